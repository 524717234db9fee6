"""What every protocol on a cell shares: rates into amperes, windows, the envelope."""

from collections.abc import Generator, Iterable, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field

from labctl.data import Outcome
from labctl.errors import Complaint, Place, QuantityError, dotted
from labctl.figures.figure import Plot
from labctl.limits import Envelope
from labctl.protocol import Parameters, Protocol, Step
from labctl.quantities import Magnitude, OneC, Rate, Second, Volt
from labctl.roles.potentiostat import PotentiostatChannel
from labctl.sample import SampleKind
from labctl.steps.channel_demands import CheckChannel
from labctl.techniques import Recording
from protocols.cells.half_cycles import VoltageWindow, one_cycle

VOLTAGE_MARGIN = 0.05
"""V beyond the widest window before the run is stopped; limits overshoot by mV."""
OVERSHOOT = 0.01
"""V; what noise and control may show beyond a limit that the cell is driven to."""
CURRENT_MARGIN = 1.2
"""Times the largest current before the run is stopped."""
HOUR = 3600.0
FORMATION_RATE: Place = ("formation_rate",)
UNKNOWN_RATE = 0.05
"""Assumed multiple of 1C where a current is given and 1C is not known."""

VOLTAGE_TIME = Plot(
    "plot",
    "Voltage against time",
    "timeseries",
    "test_time_second",
    ("voltage_volt",),
)
CURRENT_TIME = Plot(
    "current",
    "Current against time",
    "timeseries",
    "test_time_second",
    ("current_ampere",),
)
VOLTAGE_CAPACITY = Plot(
    "voltage_capacity",
    "Voltage against capacity",
    "timeseries",
    "step_net_capacity_ah",
    ("voltage_volt",),
    points=True,
)
CAPACITY_CYCLE = Plot(
    "capacity",
    "Capacity against cycle",
    "cycles",
    "cycle_count",
    ("specific_capacity_mah_g",),
    points=True,
)
EFFICIENCY_CYCLE = Plot(
    "efficiency",
    "Coulombic efficiency against cycle",
    "cycles",
    "cycle_count",
    ("coulombic_efficiency_percent",),
    points=True,
)
CYCLING_PLOTS = (
    VOLTAGE_TIME,
    CURRENT_TIME,
    VOLTAGE_CAPACITY,
    CAPACITY_CYCLE,
    EFFICIENCY_CYCLE,
)


class CellParameters(Parameters):
    """Formation and working window of a cell."""

    formation_cycles: Annotated[int, Field(ge=0, le=100)] = 1
    """Cycles at the formation rate, before anything else."""
    formation_rate: Magnitude = Rate(0.05, "C")
    """Current of formation: ``C/20``, ``0.2 mA``, ``0.1 mA/cm²``."""
    formation_one_c: OneC = OneC(3500.0, "A/kg")
    """What 1C means for the formation rate."""
    formation_lower_voltage: Volt = 0.005
    """Formation turns here."""
    formation_upper_voltage: Volt = 1.5
    """And here."""
    one_c: OneC | None = None
    """What 1C means for every other rate; without it, what the sample says."""
    lower_voltage: Volt = 0.01
    """Working window, lower end."""
    upper_voltage: Volt = 1.2
    """Working window, upper end."""
    rest: Annotated[Second, Field(ge=0)] = 600.0
    """Rest at open circuit after each half cycle."""
    record_every: Annotated[Second, Field(gt=0)] = 60.0
    """A row at least this often …"""
    record_voltage: Annotated[Volt, Field(gt=0)] = 0.005
    """… and whenever the voltage has changed by this."""


HALF_CELL: dict[str, Any] = {
    "formation_rate": "C/20",
    "formation_one_c": "3.5 A/g",
    "formation_lower_voltage": "5 mV",
    "formation_upper_voltage": "1.5 V",
    "one_c": "1.9 mA/cm²",
    "lower_voltage": "10 mV",
    "upper_voltage": "1.2 V",
}
LCO_HALF_CELL: dict[str, Any] = {
    "formation_rate": "C/20",
    "formation_one_c": "140 mA/g",
    "formation_lower_voltage": "3.0 V",
    "formation_upper_voltage": "4.3 V",
    "one_c": "140 mA/g",
    "lower_voltage": "3.0 V",
    "upper_voltage": "4.3 V",
}
FULL_CELL: dict[str, Any] = {
    "formation_rate": "C/20",
    "formation_one_c": "3.3 mA/cm²",
    "formation_lower_voltage": "3.0 V",
    "formation_upper_voltage": "4.2 V",
    "one_c": "3.3 mA/cm²",
    "lower_voltage": "3.0 V",
    "upper_voltage": "4.2 V",
}


class CellProtocol(Protocol):
    """A protocol on one cell, with formation in front if it is asked for."""

    parameters: CellParameters
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "half-cell": HALF_CELL,
        "lco-half-cell": LCO_HALF_CELL,
        "full-cell": FULL_CELL,
    }
    plots: ClassVar[tuple[Plot, ...]] = CYCLING_PLOTS
    sample_kinds = frozenset({SampleKind.HALF_CELL, SampleKind.FULL_CELL})

    def roles(self) -> Mapping[str, type]:
        """One potentiostat channel."""
        return {"cell": PotentiostatChannel}

    def check(self) -> list[Complaint]:
        """Rates need mass or area; windows must be windows, inside the sample's."""
        complaints = []
        p = self.parameters
        if p.formation_cycles:
            complaints += self.window_complaints(
                ("formation_lower_voltage", p.formation_lower_voltage),
                ("formation_upper_voltage", p.formation_upper_voltage),
            )
        complaints += self.window_complaints(
            ("lower_voltage", p.lower_voltage), ("upper_voltage", p.upper_voltage)
        )
        for path, rate in self._named_rates():
            try:
                self.current(rate, formation=path == FORMATION_RATE)
            except QuantityError as error:
                complaints.append(Complaint(("parameters", *path), str(error)))
        return complaints

    def warnings(self) -> list[str]:
        """Without mass there are no specific capacities."""
        if self.sample.active_mass is None:
            name = self.sample.name
            return [f"sample {name} has no active mass: capacities per gram are absent"]
        return []

    def envelope(self) -> Envelope:
        """Allow the widest window and the largest current, each with a margin.

        Where no current is named (rests, powers), the cell's label and the bench limit
        it alone.
        """
        p = self.parameters
        low, high = p.lower_voltage, p.upper_voltage
        if p.formation_cycles:
            low = min(low, p.formation_lower_voltage)
            high = max(high, p.formation_upper_voltage)
        try:
            currents = [
                abs(self.current(rate, formation=path == FORMATION_RATE))
                for path, rate in self._named_rates()
            ]
        except QuantityError:
            return Envelope({})  # `check` has complained about the rate
        low, high = low - VOLTAGE_MARGIN, high + VOLTAGE_MARGIN
        sample, fresh = self.sample, not p.formation_cycles
        # Without formation nobody knows where the cell stands: its label decides.
        if sample.lower_voltage is not None:
            edge = sample.lower_voltage - OVERSHOOT
            low = edge if fresh else max(low, edge)
        if sample.upper_voltage is not None:
            edge = sample.upper_voltage + OVERSHOOT
            high = edge if fresh else min(high, edge)
        if not low < high:
            return Envelope({})  # `check` has complained about the window
        bounds = {"voltage_volt": (low, high)}
        if any(currents) and self.names_all_currents():
            margin = CURRENT_MARGIN * max(currents)
            bounds["current_ampere"] = (-margin, margin)
        return Envelope(
            bounds,
            {"voltage_volt": (self._fresh_voltage(), high)} if self._is_fresh else {},
        )

    def rates(self) -> Iterable[tuple[Place, Rate]]:
        """Return every working rate with the parameter that gives it."""
        return ()

    def names_all_currents(self) -> bool:
        """Tell whether no larger current flows than the rates; a power has none."""
        return True

    def one_c(self, *, formation: bool = False) -> float | None:
        """Return 1C in A; None if nobody says what it is. QuantityError."""
        p, sample = self.parameters, self.sample
        one_c = p.formation_one_c if formation else (p.one_c or sample.one_c)
        if one_c is None:
            return None
        return one_c.ampere(sample.active_mass, sample.area)

    def current(self, rate: Rate, *, formation: bool = False) -> float:
        """Return a rate in A. QuantityError: which of 1C, mass, area is missing."""
        sample = self.sample
        reference = self.one_c(formation=formation) if rate.needs_one_c else None
        return rate.resolve(reference, sample.active_mass, sample.area)

    def currents(self) -> Mapping[Place, float]:
        """Return every rate in A. QuantityError: which of 1C, mass, area is missing."""
        return {
            path: abs(self.current(rate, formation=path == FORMATION_RATE))
            for path, rate in self._named_rates()
        }

    def ability(self, *, impedance: bool = False, sine: float = 0.0) -> CheckChannel:
        """Return the step that is the first of every plan; see `CheckChannel`.

        ``sine``: peak in A that rides on the largest current.
        """
        currents = self.currents()
        largest = max(currents, key=currents.__getitem__, default=("rate",))
        return CheckChannel(
            label="what the channel can do",
            current=currents.get(largest, 0.0) + sine,
            current_of=dotted(largest),
            impedance=impedance,
        )

    def formation(self) -> Generator[Step, Outcome, float]:
        """Yield the formation cycles; return what the last one gave back, C.

        Without formation: what 1C moves in an hour; 0 if nobody says what 1C is.
        """
        charge = HOUR * (self.one_c() or 0.0)
        for cycle in range(1, self.parameters.formation_cycles + 1):
            moved = yield from one_cycle(self.formation_window(), self.sample, cycle)
            charge = abs(moved.closing.charge)
        return charge

    def again(self, step: Step) -> Step | None:
        """See `Protocol.again`: a cell is formed once."""
        formed = 0 < step.cycle <= self.parameters.formation_cycles
        return None if formed else step

    def duration_again(self) -> float:
        """See `Protocol.duration_again`: without formation."""
        p = self.parameters
        if not p.formation_cycles:
            return self.duration()
        each = HOUR / self.formation_window().rate + p.rest
        return self.duration() - 2 * p.formation_cycles * each

    def formation_window(self) -> VoltageWindow:
        """Return how formation cycles are driven."""
        p = self.parameters
        return self._window(
            p.formation_rate,
            p.formation_lower_voltage,
            p.formation_upper_voltage,
            formation=True,
        )

    def window(self, rate: Rate, taper: Rate | None = None) -> VoltageWindow:
        """Return how working cycles at ``rate`` are driven."""
        p = self.parameters
        return self._window(rate, p.lower_voltage, p.upper_voltage, taper=taper)

    def _window(
        self,
        rate: Rate,
        lower: float,
        upper: float,
        *,
        taper: Rate | None = None,
        formation: bool = False,
    ) -> VoltageWindow:
        p = self.parameters
        current = abs(self.current(rate, formation=formation))
        reference = self.one_c(formation=formation)
        return VoltageWindow(
            lower,
            upper,
            current=current,
            rate=current / reference if reference else UNKNOWN_RATE,
            name=str(rate),
            taper=abs(self.current(taper)) if taper else 0.0,
            rest=p.rest,
            record=Recording(every_s=p.record_every, every_volt=p.record_voltage),
        )

    @property
    def _is_fresh(self) -> bool:
        """Whether the cell comes uncharged: it has to be charged into its window."""
        full = self.sample.kind is SampleKind.FULL_CELL
        return full and self.parameters.formation_cycles > 0

    def _fresh_voltage(self) -> float:
        """Return the lowest voltage in V at which a fresh full cell may stand."""
        lowest = self.sample.lower_voltage
        return (0.0 if lowest is None else lowest) - VOLTAGE_MARGIN

    def _named_rates(self) -> list[tuple[Place, Rate]]:
        p = self.parameters
        formation = [(FORMATION_RATE, p.formation_rate)] if p.formation_cycles else []
        return [*formation, *self.rates()]

    def window_complaints(
        self, lower: tuple[str, float], upper: tuple[str, float]
    ) -> list[Complaint]:
        """Return what is wrong with a window given as two named voltages."""
        sample, complaints = self.sample, []
        above = upper[0].replace("_", " ")
        if not lower[1] < upper[1]:
            complaints.append(
                Complaint(
                    ("parameters", lower[0]),
                    f"{lower[1]:g} V is not below the {above}, {upper[1]:g} V.",
                    "Exchange them, or widen the window.",
                )
            )
        for end, (name, value), limit, beyond, cure in (
            ("lower", lower, sample.lower_voltage, "is below", "Raise it, or lower"),
            ("upper", upper, sample.upper_voltage, "exceeds", "Lower it, or raise"),
        ):
            if limit is None:
                continue
            if (value < limit) if end == "lower" else (value > limit):
                complaints.append(
                    Complaint(
                        ("parameters", name),
                        f"{value:g} V {beyond} the limit of sample {sample.name}, "
                        f"{limit:g} V.",
                        f"{cure} the {end} voltage in the sample's label.",
                    )
                )
        return complaints
