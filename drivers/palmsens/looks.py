"""Short scripts that look at a cell, and the end of a long one.

A look drives nothing. It overwrites what is loaded: whoever loaded it does so again.
"""

import typing
from collections.abc import Sequence

from drivers.palmsens.line import Line, RefusedScriptError
from drivers.palmsens.options import Options
from drivers.palmsens.wire.literals import literal
from drivers.palmsens.wire.replies import Failure, Package
from drivers.palmsens.wire.vocabulary import CURRENT, NOT_NOW, Status
from labctl.errors import InstrumentError

STOPPING = 10.0
"""s from an abort to the end of the script, where nothing slow is measured."""
SLOW = 60.0
"""s more, at most: some firmware ends a slow sine first."""
ABORTS = 3
"""How often a script is told to end."""
LOOKING = 5.0
"""s for a look at the cell."""
SMALL = 1e-6
"""A; the range on which an open cell is looked at."""
ZERO_PART = 0.02
"""Of that range: a current that counts as none."""
LOOK = (
    "var v",
    "var c",
    "set_pgstat_chan 0",
    "cell_off",  # before the mode, which would hold 0 V at a cell that was left on
    "set_pgstat_mode 3",
    f"set_range ba {literal(SMALL)}",
    f"set_autoranging ba {literal(SMALL)} {literal(SMALL)}",
    "cell_off",
    "meas 100m v ab",
    "meas 100m c ba",
    "pck_start",
    "pck_add v",
    "pck_add c",
    "pck_end",
    "on_finished:",
    "cell_off",
)
"""Opens the cell, which is open, and reads it."""


class Device(typing.Protocol):
    """What a look needs of an instrument."""

    name: str
    options: Options
    line: Line


class CellLooks:
    """Looks at the cell of one instrument that stands still, and brings it there."""

    def __init__(self, device: Device) -> None:
        self._device, self._line = device, device.line

    def look(self) -> Package:
        """Run a look and read to its end. InstrumentError: it is not as it should."""
        self._line.run("e", _text(LOOK))
        ended = self._line.wait_until(
            lambda: not self._line.runs, LOOKING, "a look at the cell"
        )
        heard = self._line.heard()
        failed = [found for found in heard if isinstance(found, Failure)]
        packages = [found for found in heard if isinstance(found, Package)]
        if failed or not ended or len(packages) != 1:
            why = str(failed[0]) if failed else "it did not end as it should"
            raise InstrumentError(
                f"{self._device.name}: a look at the cell failed: {why}"
            )
        return packages[0]

    def stop(self, silence: float) -> None:
        """Tell what runs to end and read that it has; what it said stays to be read.

        ``silence`` in s is how long its slowest measurement takes. InstrumentError: it
        does not end.
        """
        seconds = STOPPING + min(silence, SLOW)
        self._line.pump()
        if not self._line.runs:
            return
        self._abort()
        ended = self._line.wait_until(
            lambda: not self._line.runs, seconds, "the end of a script"
        )
        if not ended:
            raise InstrumentError(
                f"{self._device.name}: was told to end its script and has not within "
                f"{seconds:g} s. Disconnect the cell or switch the instrument off"
            )

    def _abort(self) -> None:
        """Tell a script to end; one that cannot be told has ended by itself.

        What is refused in other words was damaged on its way, and is told again. That
        nothing runs any more is for the look behind it to prove.
        """
        for _ in range(ABORTS):
            try:
                self._line.ask("Z")
            except RefusedScriptError as refused:
                self._line.pump()
                if (refused.failure.command, refused.failure.code) == ("Z", NOT_NOW):
                    break
            else:
                return
        self._line.runs = False

    def prove_open(self) -> None:
        """Open the cell and read that no current flows. InstrumentError: one does."""
        current = self.look().find(CURRENT)
        most = self._device.options.zero_current or ZERO_PART * SMALL
        status = Status(0) if current is None else current.status or Status(0)
        over = bool(status & Status.OVERLOAD)
        if current is None or over or not abs(current.value) <= most:
            shown = "nothing" if current is None else f"{current.value:g} A"
            raise InstrumentError(
                f"{self._device.name}: opened the cell and still reads {shown} (at "
                f"most {most:g} A counts as none, option zero_current). Disconnect "
                "the cell or switch the instrument off"
            )


def _text(lines: Sequence[str]) -> str:
    return "\n".join([*lines, "", ""])
