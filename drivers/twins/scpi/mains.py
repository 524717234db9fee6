"""What instruments say of the power line: most have sensed it, some may be told."""

from drivers.twins.scpi.commands import command, query
from drivers.twins.scpi.faults import ScpiError
from drivers.twins.scpi.parameters import Number, boolean
from drivers.twins.world.circuit import Circuit

LINES = (50.0, 60.0)
"""Hz."""


class OnTheMains:
    """The half of a twin that is plugged into the wall."""

    circuit: Circuit

    @property
    def line_frequency(self) -> float:
        """Return the frequency over whose cycles it integrates, Hz."""
        return self.circuit.line_frequency

    @query(":SYSTem:LFRequency?")
    def _line(self) -> str:
        return f"{self.line_frequency:g}"


class ToldOfTheMains(OnTheMains):
    """One that believes what it was told, over ``*RST``, until it may look again."""

    _told: float | None = None

    @property
    def line_frequency(self) -> float:
        """See `OnTheMains`."""
        return self.circuit.line_frequency if self._told is None else self._told

    @command(":SYSTem:LFRequency", Number(*LINES, LINES[-1]))
    def _tell_line(self, frequency: float) -> None:
        if frequency not in LINES:
            raise ScpiError(-222, f"{frequency:g}")
        self._told = frequency

    @command(":SYSTem:LFRequency:AUTO", boolean)
    def _look_at_line(self, on: bool) -> None:
        self._told = None if on else self.line_frequency

    @query(":SYSTem:LFRequency:AUTO?")
    def _looks_at_line(self) -> str:
        return str(int(self._told is None))
