"""The analogue half of a source and measure unit, or of a meter: ranges and errors.

Physics only. Noise of a reading falls with the square root of its integration time;
gain and offset errors are drawn once for each range within its maker's limits.
"""

import math
from typing import NamedTuple

from drivers.specification import Specification
from drivers.twins.world.cell_leads import CellLeads
from drivers.twins.world.circuit import Circuit, Imperfection, Point, Source


class Measured(NamedTuple):
    """One conversion."""

    voltage: float
    """V; infinite on overflow."""
    current: float
    """A; infinite on overflow."""
    in_compliance: bool
    """The limit that was set."""
    in_range_compliance: bool
    """The limit that a fixed measure range is."""


class Meter:
    """One analogue-to-digital converter with its own errors."""

    def __init__(self, circuit: Circuit, name: str, spec: Specification) -> None:
        self.spec = spec
        self._circuit, self._name = circuit, name
        self._errors: dict[float, Imperfection] = {}
        self._gauss = circuit.random(name).gauss

    def errors(self, span: float) -> Imperfection:
        """Return gain and offset of the range called ``span``."""
        found = self._errors.get(span)
        if found is None:
            gain, zero = self.spec.limit_at(span)
            rng = self._circuit.random(f"{self._name}:{span:.6g}")
            found = Imperfection.draw(rng, gain, zero / span)
            self._errors[span] = found
        return found

    def convert(
        self, true: float, fixed: float | None, nplc: float, extra: float = 0.0
    ) -> float:
        """Return what is shown for ``true``; infinite if it does not fit.

        ``fixed`` is the range, None for auto; ``extra`` is rms noise from outside.
        """
        name = self.spec.range_for(true if fixed is None else fixed)
        if abs(true) > name * self.spec.over * 1.001:
            return math.copysign(math.inf, true)
        noise = self.spec.noise * name / math.sqrt(nplc)
        if extra:
            noise = math.hypot(noise, extra)
        return self.errors(name).apply(true, name) + self._gauss(0.0, noise)


class SourceFrontEnd:
    """Source, voltmeter and ammeter of an SMU on the bench."""

    def __init__(
        self,
        circuit: Circuit,
        name: str,
        voltage: Specification,
        current: Specification,
        channel: str = "",
    ) -> None:
        """Stand on the bench; a cell at ``channel`` is where its leads are then."""
        self.circuit = circuit
        self.source = Source()
        self.lifted = False
        """A fault: the sense leads are off, and show nothing."""
        self._channel = channel
        self._leads: CellLeads | None = None
        self.voltmeter = Meter(circuit, name + ":voltage", voltage)
        self.ammeter = Meter(circuit, name + ":current", current)

    def connect(self) -> None:
        """Put this source onto the specimen: its output was switched on."""
        if self.leads() is None:
            self.circuit.source = self.source

    def leads(self) -> CellLeads | None:
        """Return the leads on the cell that is plugged in here; None: on no cell."""
        socket = self.circuit.sockets(self._channel)
        if socket is None:
            self._leads = None
        elif self._leads is None or self._leads.socket is not socket:
            self._leads = CellLeads(socket)
        return self._leads

    def follow(self, time: float) -> None:
        """Let the cell, if there is one, feel the source as it is from ``time`` on."""
        leads = self.leads()
        if leads is not None:
            leads.follow(self.source, time)

    def operate(self, time: float) -> Point:
        """Return the operating point at ``time`` (s)."""
        leads = self.leads()
        if leads is None:
            return self.circuit.operate(time)
        leads.follow(self.source, time)
        return leads.operate(time)

    def measure(
        self,
        time: float,
        nplc: float,
        voltage_range: float | None = None,
        current_range: float | None = None,
    ) -> Measured:
        """Measure both quantities; a range is None where the meter chooses."""
        source, limit = self.source, self.source.limit
        fixed = current_range if source.holds_voltage else voltage_range
        other = self.ammeter if source.holds_voltage else self.voltmeter
        ranged = fixed is not None and fixed * other.spec.over < limit
        if ranged and fixed is not None:
            source.limit = fixed * other.spec.over
        point = self.operate(time)
        source.limit = limit
        volts = point.sensed if source.remote else point.driven
        if self.lifted and source.remote:
            volts = 0.0
        nplc = max(nplc, 1e-3)
        thermal = 0.0
        if not source.holds_voltage and self._leads is None:
            seconds = nplc / self.circuit.line_frequency
            thermal = self.circuit.johnson(time, seconds)
        return Measured(
            self.voltmeter.convert(volts, voltage_range, nplc, thermal),
            self.ammeter.convert(point.current, current_range, nplc),
            point.in_limit and not ranged,
            point.in_limit and ranged,
        )
