"""Cyclic voltammograms at several scan rates, slowest first, from the upper vertex."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from labctl.analysis.label import labelled, noted
from labctl.analysis.uncertainty import Measured, known
from labctl.columns import CYCLES, TIMESERIES
from labctl.data import Result, Stream
from labctl.errors import Complaint, Place
from labctl.figures.figure import Figure, Plot
from labctl.limits import Envelope
from labctl.protocol import Parameters, Plan, RecordedRun
from labctl.quantities import (
    Magnitude,
    Ohm,
    Rate,
    Second,
    SquareMetre,
    Volt,
    VoltPerSecond,
)
from labctl.sample import Sample
from labctl.sources import Source
from labctl.steps.channel import RunTechniques
from labctl.techniques import (
    Comparison,
    Condition,
    ConditionQuantity,
    ConstantCurrent,
    ConstantVoltage,
    OpenCircuit,
    Recording,
    VoltageSweep,
)
from protocols.cells.cell_protocol import (
    CURRENT_MARGIN,
    CYCLING_PLOTS,
    CellParameters,
    CellProtocol,
)
from protocols.cells.cycling_results import formation_results
from protocols.cells.voltammetry_figures import voltammetry_figures
from protocols.cells.voltammetry_results import voltammetry_results
from protocols.cells.voltammograms import (
    Scanned,
    VoltammetrySettings,
    scans_of_plan,
    temperature_of,
)

CURRENT_VOLTAGE = Plot(
    "voltammogram",
    "Current against voltage",
    "timeseries",
    "voltage_volt",
    ("current_ampere",),
    points=True,
)
MILLIVOLT_PER_SECOND = 1e-3
LOOK = 10.0
"""s of rest that tell where the cell stands."""
NEAR = 0.01
"""V from the first vertex that a hold may jump."""

CONCENTRATION_LEFT = 0.10
"""Relative, standard, of a concentration that a person states: a density and the
lithium content at the peak, each known to several percent."""


class CyclicVoltammetryParameters(CellParameters):
    """Where and how fast is scanned."""

    scan_rates: Annotated[
        tuple[Annotated[VoltPerSecond, Field(gt=0, le=100)], ...],
        Field(min_length=1, max_length=30),
    ] = tuple(MILLIVOLT_PER_SECOND * x for x in (0.1, 0.2, 0.3, 0.5, 0.7, 1.0))
    """Slowest first."""
    cycles_per_rate: Annotated[int, Field(ge=1, le=1000)] = 2
    """Cycles at each rate; the last one is analysed."""
    lowest_vertex: Volt = 0.0
    """Lower turning point."""
    highest_vertex: Volt = 1.2
    """Upper turning point; every scan begins and ends here."""
    approach_rate: Magnitude = Rate(0.1, "C")
    """Current on the way to the first vertex."""
    hold: Annotated[Second, Field(ge=0)] = 600.0
    """How long the first vertex is held before the first scan of each rate."""
    max_current: Magnitude = Rate(0.1, "A")
    """Largest |current| to expect; chooses the range and bounds the run."""
    record_step: Annotated[Volt, Field(gt=0, le=0.1)] = 0.001
    """V between two rows."""
    concentration: Annotated[float, Field(gt=0)] | None = None
    """Concentration of lithium at the peak in mol/m³; without it there is no
    Randles–Ševčík diffusivity, which goes with its inverse square."""
    electroactive_area: Annotated[SquareMetre, Field(gt=0)] | None = None
    """Area that takes part; none: the sample's geometric one."""
    uncompensated: Annotated[Ohm, Field(ge=0)] = 0.0
    """Resistance whose voltage drop is taken off peak potentials."""


WINDOWS: dict[str, dict[str, str]] = {
    "half-cell": {"lowest_vertex": "0 V", "highest_vertex": "1.2 V"},
    "lco-half-cell": {"lowest_vertex": "3.0 V", "highest_vertex": "4.3 V"},
    "full-cell": {"lowest_vertex": "3.0 V", "highest_vertex": "4.2 V"},
}


class CyclicVoltammetry(CellProtocol):
    """See the module."""

    name = "cyclic-voltammetry"
    title = "Cyclic voltammograms at several scan rates"
    view = "CV"
    parameters_model = CyclicVoltammetryParameters
    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        name: {**given, **WINDOWS[name]} for name, given in CellProtocol.presets.items()
    }
    streams: ClassVar[tuple[Stream, ...]] = (TIMESERIES, CYCLES)
    plots: ClassVar[tuple[Plot, ...]] = (CURRENT_VOLTAGE, *CYCLING_PLOTS)
    parameters: CyclicVoltammetryParameters

    def __init__(self, parameters: Parameters, sample: Sample) -> None:
        super().__init__(parameters, sample)
        assert isinstance(parameters, CyclicVoltammetryParameters)  # noqa: S101
        self.parameters = parameters

    def check(self) -> list[Complaint]:
        """See `CellProtocol.check`; vertices in the window, rates rising."""
        p, complaints = self.parameters, super().check()
        complaints += self.window_complaints(
            ("lowest_vertex", p.lowest_vertex), ("highest_vertex", p.highest_vertex)
        )
        if list(p.scan_rates) != sorted(set(p.scan_rates)):
            complaints.append(
                Complaint(
                    ("parameters", "scan_rates"),
                    f"{', '.join(f'{1e3 * v:g}' for v in p.scan_rates)} mV/s do not "
                    "rise.",
                    "Sort them, slowest first, and leave repeats out.",
                )
            )
        span = p.highest_vertex - p.lowest_vertex
        if p.record_step > span / 50:
            complaints.append(
                Complaint(
                    ("parameters", "record_step"),
                    f"{p.record_step:g} V gives a scan of {span:g} V fewer than 50 "
                    "rows; its peaks need more.",
                    "Record closer.",
                )
            )
        return complaints

    def rates(self) -> Iterable[tuple[Place, Rate]]:
        """Return the currents that the parameters name."""
        yield ("approach_rate",), self.parameters.approach_rate
        yield ("max_current",), self.parameters.max_current

    def envelope(self) -> Envelope:
        """Allow the vertices too."""
        p = self.parameters
        working = super().envelope()
        bounds = working.bounds
        if not bounds:
            return Envelope({})
        low, high = bounds["voltage_volt"]
        sample = self.sample
        wide = (p.lowest_vertex - 0.05, p.highest_vertex + 0.05)
        if sample.lower_voltage is None:
            low = min(low, wide[0])
        if sample.upper_voltage is None:
            high = max(high, wide[1])
        most = CURRENT_MARGIN * abs(self.current(p.max_current))
        return Envelope(
            {"voltage_volt": (low, high), "current_ampere": (-most, most)},
            working.eased,
        )

    def duration(self) -> float:
        """Add up the scans; formation as its rate promises."""
        p, formation = self.parameters, self.formation_window()
        there_and_back = 2 * (p.highest_vertex - p.lowest_vertex)
        scans = sum(p.cycles_per_rate * there_and_back / v for v in p.scan_rates)
        slow = p.formation_cycles * 2 * (3600.0 / formation.rate + p.rest)
        return slow + scans + len(p.scan_rates) * p.hold

    def plan(self) -> Plan:
        """Yield formation, the way to the first vertex, then one upload a rate."""
        p = self.parameters
        yield self.ability()
        yield from self.formation()
        most = abs(self.current(p.max_current))
        here = yield RunTechniques(
            label="where the cell stands",
            cycle=p.formation_cycles + 1,
            half_cycle=2 * p.formation_cycles,
            techniques=(OpenCircuit(LOOK, Recording(every_s=1.0)),),
        )
        apart = p.highest_vertex - here.last.get("voltage_volt", p.highest_vertex)
        if abs(apart) > NEAR:
            yield self._approach(1 if apart > 0 else -1)
        for number, rate in enumerate(p.scan_rates):
            hold = ConstantVoltage(
                p.highest_vertex, p.hold, (), Recording(every_s=10.0), max_current=most
            )
            sweep = VoltageSweep(
                (p.highest_vertex, p.lowest_vertex, p.highest_vertex),
                rate,
                record=Recording(every_volt=p.record_step),
                max_current=most,
            )
            yield RunTechniques(
                label=f"scan at {1e3 * rate:g} mV/s",
                cycle=p.formation_cycles + 1 + number,
                half_cycle=2 * (p.formation_cycles + number),
                techniques=(
                    *((hold,) if p.hold else ()),
                    *(sweep for _ in range(p.cycles_per_rate)),
                ),
            )

    def _approach(self, sign: int) -> RunTechniques:
        """Return the way to the first vertex from below (+1) or above (-1)."""
        p = self.parameters
        reached = Comparison.AT_LEAST if sign > 0 else Comparison.AT_MOST
        limit = Condition(
            "vertex", ConditionQuantity.VOLTAGE, reached, p.highest_vertex
        )
        record = Recording(every_s=p.record_every, every_volt=p.record_voltage)
        drive = ConstantCurrent(
            sign * abs(self.current(p.approach_rate)),
            self.window(p.approach_rate).longest,
            (limit,),
            record,
        )
        return RunTechniques(
            label=f"to {p.highest_vertex:g} V",
            cycle=p.formation_cycles + 1,
            half_cycle=2 * p.formation_cycles,
            techniques=(drive,),
        )

    def scans(self, run: RecordedRun) -> tuple[Scanned, ...]:
        """Return where each rate was scanned."""
        p = self.parameters
        held = 1 if p.hold else 0
        return scans_of_plan(
            run,
            p.scan_rates,
            first_cycle=p.formation_cycles + 1,
            sweeps=(held, held + p.cycles_per_rate - 1),
        )

    def settings(self) -> VoltammetrySettings:
        """Return what the analysis needs to know."""
        p = self.parameters
        own = p.electroactive_area
        return VoltammetrySettings(
            scan_rates=p.scan_rates,
            lowest=p.lowest_vertex,
            highest=p.highest_vertex,
            area=labelled(self.sample, "area") if own is None else noted("area", own),
            concentration=_concentration(p.concentration),
            radius=labelled(self.sample, "particle_radius"),
            temperature=temperature_of(self.sample),
            resistance=p.uncompensated,
        )

    def results(self, run: RecordedRun) -> Mapping[str, Result]:
        """Return b, peaks and diffusivities of both branches; formation's values."""
        formation = formation_results(run, self.parameters.formation_cycles)
        found = voltammetry_results(run, self.scans(run), self.settings())
        return {**found, **formation}

    def figures(self, run: RecordedRun) -> Sequence[Figure]:
        """Voltammograms shaded by rate, peak currents with b, the surface's share."""
        return voltammetry_figures(run, self.scans(run), self.settings())


def _concentration(stated: float | None) -> Measured:
    if stated is None:
        return Measured.absent("no `concentration`", "mol/m³")
    source = Source("concentration (assumed)", assumed=True)
    return known(stated, CONCENTRATION_LEFT * stated, source, "mol/m³")
