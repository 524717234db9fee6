"""Tokens that show which question an answer belongs to.

Every question leaves a new token in a register that nothing else uses, and asks for
the one that the question before it left::

    :READ?;*ESE?;*ESE 18      ->  +1.234E-03;17
    print(x,labctl) labctl=18 ->  1.234e-03   17

So an answer that is late, repeated, cut short or meant for somebody else shows, and
so do an instrument that restarted (its register is at its default) and a second
program that talks to it, at no further message. The event enable register is volatile
on all of these instruments and changes nothing while no service request is enabled.
"""

import itertools
import typing
from enum import Enum

RESTARTED = 0
"""The register of an instrument that was switched on."""


class Echo(typing.Protocol):
    """How one command language carries a token."""

    def tagged(self, message: str, token: int) -> str:
        """Return the question that also asks for the old token and leaves this one."""
        ...

    def untagged(self, answer: str) -> tuple[str, int]:
        """Return the answer proper and the token, `RESTARTED` after a restart.

        ValueError: there is none.
        """
        ...

    def leaves(self, token: int) -> str:
        """Return the message that only leaves a token."""
        ...

    @property
    def question(self) -> str:
        """Return the message that only asks for it."""
        ...


class ScpiEcho:
    """The standard event enable register, IEEE 488.2 section 11.5.1.3."""

    question = "*ESE?"

    def tagged(self, message: str, token: int) -> str:
        """See `Echo`."""
        return f"{message};*ESE?;*ESE {token}"

    def untagged(self, answer: str) -> tuple[str, int]:
        """See `Echo`."""
        payload, _, token = answer.rpartition(";")
        return payload, _whole(token)

    def leaves(self, token: int) -> str:
        """See `Echo`."""
        return f"*ESE {token}"


class TspEcho:
    """A global variable; gone after a restart."""

    question = "print(labctl)"

    def tagged(self, message: str, token: int) -> str:
        """See `Echo`; ``message`` ends with its one ``print(…)``."""
        return f"{message.removesuffix(')')},labctl) labctl={token}"

    def untagged(self, answer: str) -> tuple[str, int]:
        """See `Echo`."""
        payload, _, shown = answer.rpartition("\t")
        if shown == "nil":
            return payload, RESTARTED
        value = float(shown)
        if not value.is_integer():
            raise ValueError(shown)
        return payload, int(value)

    def leaves(self, token: int) -> str:
        """See `Echo`."""
        return f"labctl={token}"


class Belongs(Enum):
    """Whether an answer belongs to its question."""

    HERE = 0
    ELSEWHERE = 1
    """It is an older question's, or damaged."""
    PERHAPS = 2
    """It carries what a restart leaves."""


class Tokens:
    """What an instrument's register may hold now, and what comes next."""

    def __init__(self, echo: Echo) -> None:
        self.echo = echo
        self.held: set[int] = set()
        """More than one where a message may be lost; empty: it was never set."""
        self._next = itertools.cycle(range(16, 256))
        self._before: set[int] = set()
        self._after = RESTARTED

    def left(self) -> str:
        """Return the message that leaves a new token and forgets all others."""
        token = next(self._next)
        self.held = {token}
        return self.echo.leaves(token)

    def tagged(self, message: str) -> str:
        """Return the question with its tokens."""
        before, self._after = self.held, next(self._next)
        self._before, self.held = before, {*before, self._after}
        return self.echo.tagged(message, self._after)

    def untagged(self, answer: str) -> tuple[Belongs, str]:
        """Return whether an answer belongs to the question, and the answer proper."""
        try:
            payload, token = self.echo.untagged(answer)
        except ValueError:
            return Belongs.ELSEWHERE, answer
        if token == RESTARTED:
            return Belongs.PERHAPS, payload
        if token not in self._before:
            return Belongs.ELSEWHERE, payload
        self.held = {self._after}
        return Belongs.HERE, payload

    def token_of(self, answer: str) -> int | None:
        """Return the token that ``echo.question`` brought; None: that is none."""
        try:
            return self.echo.untagged(answer)[1]
        except ValueError:
            return None


_BYTES = {str(value): value for value in range(256)}
"""Tokens as most instruments write them."""


def _whole(text: str) -> int:
    value = _BYTES.get(text)
    if value is not None:
        return value
    text = text.strip().removeprefix("+")
    if not (text.isascii() and text.isdigit()):
        raise ValueError(text)
    return int(text)
