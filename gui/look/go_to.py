"""A channel's number, typed digit by digit: every digit goes somewhere at once.

On a bench of 17, ``1`` goes to channel 1 and waits whether another digit follows; ``2``
goes there and is done, for there is no 20.
"""


class Digits:
    """The digits typed so far, on a bench of so many channels."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._typed = 0
        self.done = False
        """No further digit can follow."""

    def press(self, digit: int) -> int | None:
        """Return the channel's number, from 1; None if there is no such channel."""
        wanted = self._typed * 10 + digit
        if not 0 < wanted <= self._count:
            self.done = True
            return None
        self._typed = wanted
        self.done = wanted * 10 > self._count
        return wanted
