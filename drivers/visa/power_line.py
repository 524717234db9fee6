"""Integration over power-line cycles: how long it takes, and at which line.

The station says the frequency of its line once, in its configuration. An instrument
that knows better is not measured with: it would average over other cycles than the
hum's, and every integration time in the run's file would be off by a fifth. It is
asked before it is set up, never on the way to its safe state.
"""

import math

from drivers.visa.talk import Talk, refuse_outside
from drivers.visa.wire import DeclinedError
from labctl.data import Event, Level
from labctl.errors import Complaint, RefusedError
from labctl.waits import tell

SCPI_LINE = ":SYST:LFR?"


class Integrating(Talk):
    """`Talk` of an instrument that integrates over power-line cycles."""

    nplc_limits: tuple[float, float] = (0.01, 10.0)
    longest_integration = math.inf
    """s; some go to one second, which is 50 cycles here and 60 there."""
    line_query = ""
    """What asks at which line it believes to stand; empty: it cannot be asked."""
    _line_is_known = True
    """False once it did not know the question."""

    def refuse_nplc(self, nplc: float) -> None:
        """Raise LimitError unless the instrument integrates over ``nplc`` cycles."""
        least, most = self.nplc_limits
        most = min(most, self.longest_integration * self.setup.line_frequency)
        refuse_outside(self.name, "nplc", nplc, least, most, "")

    def seconds(self, nplc: float) -> float:
        """Return how long ``nplc`` cycles of the station's line last, s."""
        return nplc / self.setup.line_frequency

    def refuse_other_line(self) -> None:
        """Raise RefusedError if the instrument stands at another line, as it says."""
        if not (self.line_query and self._line_is_known):
            return
        mains = self.setup.line_frequency
        try:
            told = self.inquire_number(self.line_query)
        except DeclinedError as error:
            self._line_is_known = False
            text = f"{error}; its power line is taken to be the station's, {mains:g} Hz"
            tell(Event(Level.WARNING, "line", text))
            return
        if told != mains:  # NaN, too
            raise RefusedError(
                [
                    Complaint(
                        ("station", "line_frequency"),
                        f"{self.name} integrates over cycles of {told:g} Hz, the "
                        f"station's line has {mains:g} Hz.",
                        f"Write `line_frequency: {told:g} Hz` under `station` if that "
                        "is the line, else set the instrument to it.",
                    )
                ]
            )
