"""Formation at a low rate, then cycles at a working rate."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field

from labctl.columns import CYCLES, TIMESERIES
from labctl.data import Result, Stream
from labctl.errors import Complaint, QuantityError
from labctl.figure import Plot
from labctl.limits import Envelope
from labctl.protocol import Parameters, Plan, Protocol, Run
from labctl.quantities import OneC, Rate, Second, Volt
from labctl.roles.potentiostat import PotentiostatChannel
from labctl.sample import Sample, SampleKind
from labctl.techniques import Recording
from protocols.cycling_results import cycling_results
from protocols.half_cycles import Window, one_cycle

VOLTAGE_MARGIN = 0.05
"""V beyond the widest window before the run is stopped; limits overshoot by mV."""
CURRENT_MARGIN = 1.2
"""Times the largest current before the run is stopped."""


class FormationCyclingParameters(Parameters):
    """How a cell is formed and cycled."""

    formation_cycles: Annotated[int, Field(ge=0, le=100)] = 1
    """Cycles at the formation rate."""
    formation_rate: Rate = Rate(0.05, "C")
    """Current of formation: ``C/20``, ``0.2 mA``, ``0.1 mA/cm²``."""
    formation_one_c: OneC = OneC(3500.0, "A/kg")
    """What 1C means for the formation rate."""
    formation_lower_voltage: Volt = 0.005
    """Formation turns here."""
    formation_upper_voltage: Volt = 1.5
    """And here."""
    cycles: Annotated[int, Field(ge=0, le=100_000)] = 3
    """Cycles at the working rate, after formation."""
    rate: Rate = Rate(0.5, "C")
    """Current of the working cycles, both ways."""
    one_c: OneC | None = None
    """What 1C means for the working rate; without it, what the sample says."""
    lower_voltage: Volt = 0.01
    """Working cycles turn here."""
    upper_voltage: Volt = 1.2
    """And here."""
    taper: Rate | None = None
    """Hold the upper limit until the current has fallen to this; none: no hold."""
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


class FormationCycling(Protocol):
    """See the module."""

    name = "formation-cycling"
    title = "Formation, then cycles at a working rate"
    parameters_model = FormationCyclingParameters
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "half-cell": HALF_CELL,
        "lco-half-cell": LCO_HALF_CELL,
        "full-cell": FULL_CELL,
    }
    streams: ClassVar[tuple[Stream, ...]] = (TIMESERIES, CYCLES)
    plots: ClassVar[tuple[Plot, ...]] = (
        Plot(
            "plot",
            "Voltage against time",
            "timeseries",
            "test_time_second",
            ("voltage_volt",),
        ),
        Plot(
            "current",
            "Current against time",
            "timeseries",
            "test_time_second",
            ("current_ampere",),
        ),
        Plot(
            "voltage_capacity",
            "Voltage against capacity",
            "timeseries",
            "step_net_capacity_ah",
            ("voltage_volt",),
            points=True,
        ),
        Plot(
            "capacity",
            "Capacity against cycle",
            "cycles",
            "cycle_count",
            ("specific_capacity_mah_g",),
            points=True,
        ),
        Plot(
            "efficiency",
            "Coulombic efficiency against cycle",
            "cycles",
            "cycle_count",
            ("coulombic_efficiency_percent",),
            points=True,
        ),
    )
    sample_kinds = frozenset({SampleKind.HALF_CELL, SampleKind.FULL_CELL})

    def __init__(self, parameters: Parameters, sample: Sample) -> None:
        super().__init__(parameters, sample)
        assert isinstance(parameters, FormationCyclingParameters)  # noqa: S101
        self.parameters = parameters

    def roles(self) -> Mapping[str, type]:
        """One potentiostat channel."""
        return {"cell": PotentiostatChannel}

    def duration(self) -> float:
        """Allow each half cycle the time that its rate promises, and the rests."""
        p = self.parameters
        cycles = ((p.formation_cycles, self._formation()), (p.cycles, self._work()))
        return sum(n * 2 * (3600.0 / w.rate + p.rest) for n, w in cycles)

    def check(self) -> list[Complaint]:
        """Rates need mass or area; windows must be windows, inside the sample's."""
        complaints = []
        p = self.parameters
        for prefix in ("formation_", ""):
            lower = getattr(p, f"{prefix}lower_voltage")
            upper = getattr(p, f"{prefix}upper_voltage")
            complaints += _window_complaints(self.sample, prefix, lower, upper)
        for name, build in (("formation_rate", self._formation), ("rate", self._work)):
            try:
                build()
            except QuantityError as error:
                complaints.append(Complaint(name, str(error)))
        return complaints

    def warnings(self) -> list[str]:
        """Without mass there are no specific capacities."""
        if self.sample.active_mass is None:
            name = self.sample.name
            return [f"sample {name} has no active_mass: capacities per gram are absent"]
        return []

    def envelope(self) -> Envelope:
        """Allow the widest window and the largest current, each with a margin."""
        p = self.parameters
        low = min(p.formation_lower_voltage, p.lower_voltage) - VOLTAGE_MARGIN
        high = max(p.formation_upper_voltage, p.upper_voltage) + VOLTAGE_MARGIN
        largest = CURRENT_MARGIN * max(self._formation().current, self._work().current)
        return Envelope(
            {"voltage_volt": (low, high), "current_ampere": (-largest, largest)}
        )

    def plan(self) -> Plan:
        """Yield formation cycles, then working cycles."""
        p = self.parameters
        for cycle in range(1, p.formation_cycles + 1):
            yield from one_cycle(self._formation(), self.sample, cycle)
        for cycle in range(p.formation_cycles + 1, p.formation_cycles + p.cycles + 1):
            yield from one_cycle(self._work(), self.sample, cycle)

    def results(self, run: Run) -> Mapping[str, Result]:
        """First-cycle efficiency and capacities, retention, a table by cycle."""
        return cycling_results(run, formation_cycles=self.parameters.formation_cycles)

    def _formation(self) -> Window:
        p = self.parameters
        return self._window(
            p.formation_rate,
            p.formation_one_c,
            (p.formation_lower_voltage, p.formation_upper_voltage),
        )

    def _work(self) -> Window:
        p = self.parameters
        one_c = p.one_c or self.sample.one_c
        return self._window(p.rate, one_c, (p.lower_voltage, p.upper_voltage))

    def _window(
        self, rate: Rate, one_c: OneC | None, limits: tuple[float, float]
    ) -> Window:
        p, sample = self.parameters, self.sample
        mass, area = sample.active_mass, sample.area
        reference = None if one_c is None else one_c.ampere(mass, area)
        current = abs(rate.resolve(reference, mass, area))
        taper = p.taper.resolve(reference, mass, area) if p.taper else 0.0
        multiple = current / reference if reference else 0.05
        return Window(
            *limits,
            current=current,
            rate=multiple,
            name=str(rate),
            taper=abs(taper),
            rest=p.rest,
            record=Recording(every_s=p.record_every, every_volt=p.record_voltage),
        )


def _window_complaints(
    sample: Sample, prefix: str, lower: float, upper: float
) -> list[Complaint]:
    complaints = []
    if not lower < upper:
        complaints.append(
            Complaint(
                f"{prefix}lower_voltage",
                f"{lower:g} V is not below {prefix}upper_voltage, {upper:g} V.",
            )
        )
    if sample.lower_voltage is not None and lower < sample.lower_voltage:
        complaints.append(
            Complaint(
                f"{prefix}lower_voltage",
                f"{lower:g} V is below the limit of sample {sample.name}, "
                f"{sample.lower_voltage:g} V.",
                "Raise it, or lower the sample's limit.",
            )
        )
    if sample.upper_voltage is not None and upper > sample.upper_voltage:
        complaints.append(
            Complaint(
                f"{prefix}upper_voltage",
                f"{upper:g} V exceeds the limit of sample {sample.name}, "
                f"{sample.upper_voltage:g} V.",
                "Lower it, or raise the sample's limit.",
            )
        )
    return complaints
