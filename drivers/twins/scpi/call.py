"""What a header that was heard calls: one method of one instrument, ready to be called.

What does not change from message to message is worked out once: the numbers in the
header are bound, and whether a parameter must, may or cannot come is known.
"""

import functools
from collections.abc import Sequence

from drivers.twins.scpi.commands import Entry
from drivers.twins.scpi.faults import ScpiError
from drivers.twins.scpi.parameters import Kind, split


class Call:
    """An entry of an instrument's commands, with the numbers that its header brought.

    Called with the text behind the header, it carries the unit out and returns what
    the method returns. ScpiError: -108 too many parameters, -109 too few, or what a
    parameter or the method refuses.
    """

    __slots__ = ("_kind", "_kinds", "_required", "_rest", "_run", "leaves")

    def __init__(
        self, instrument: object, entry: Entry, numbers: tuple[int, ...], leaves: str
    ) -> None:
        self._run = functools.partial(entry.run, instrument, *numbers)
        self._kinds, self._rest = entry.kinds, entry.rest
        self._kind = entry.kinds[0] if len(entry.kinds) == 1 else None
        self._required = entry.required
        self.leaves = leaves
        """Path to which a header without a leading colon, next in line, belongs."""

    def __call__(self, data: str) -> object:
        """Carry the unit out with its parameters."""
        if not data:
            if self._required:
                raise ScpiError(-109)
            return self._run()
        if self._kind is not None and "," not in data:
            return self._run(self._kind(data))
        sent = [item.strip() for item in split(data, ",")]
        if len(sent) < self._required:
            raise ScpiError(-109, data)
        kinds = self._kinds_of(sent, data)
        values = [kind(text) for kind, text in zip(kinds, sent, strict=False)]
        return self._run(*values)

    def _kinds_of(self, sent: Sequence[str], data: str) -> tuple[Kind, ...]:
        """Return what the parameters are; -108: more came than there may be."""
        kinds = self._kinds
        if len(sent) <= len(kinds):
            return kinds
        if not (self._rest and kinds):
            raise ScpiError(-108, data)
        return kinds + (kinds[-1],) * (len(sent) - len(kinds))
