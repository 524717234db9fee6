"""Conductivity of a pressed pellet, from I-V curves or delta readings.

One pellet measures R = R_c + t / (σ A), beside the sleeve. The contacts R_c are told
apart by pellets of other thickness, measured before and given as earlier runs or as
``series``; the sleeve by a run of its own (``sleeve: empty``). What is not known leaves
the conductivity suspect: a lower bound for the contacts, an upper one for the sleeve.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from labctl.analysis.conduction.conduction import OhmicFit, ohmic_fit
from labctl.analysis.conduction.particle import open_probe
from labctl.analysis.conduction.pellet import (
    apparent_conductivity,
    pellet_conductivity,
    without_sleeve,
)
from labctl.analysis.conduction.temperature import activated
from labctl.analysis.conduction.thickness_series import (
    PELLET_SCATTER,
    thickness_series,
)
from labctl.analysis.temperature.law import Kind, Law
from labctl.analysis.uncertainty import Measured
from labctl.columns import DELTA, IV
from labctl.data import Result, Stream
from labctl.errors import Complaint
from labctl.figures.figure import Figure, Plot
from labctl.limits import Envelope
from labctl.protocol import Earlier, Parameters, Plan, Protocol, RecordedRun
from labctl.quantities import Ampere, Fraction, Ohm, Second, Siemens, Volt
from labctl.roles.delta_meter import DeltaMeter
from labctl.roles.source_meter import Driven
from labctl.sample import Sample, SampleKind
from labctl.steps.delta import RunDelta
from labctl.steps.demands import CheckBench, SourceDemand
from labctl.steps.source_meter import (
    HoldSource,
    Probe,
    SweepSource,
    there_and_back,
)
from labctl.verdicts import conduction
from labctl.verdicts.condition import Doubts
from protocols.conduction.conduction_readings import (
    Points,
    all_absent,
    area_of,
    doubted,
    steps_of,
    sweep_points,
    temperature_of,
    thickness_of,
    told,
)
from protocols.conduction.delta_readings import delta_resistance
from protocols.conduction.pellet_figures import delta_figure, ohmic_figure
from protocols.conduction.pellet_series import (
    PELLET,
    PelletPoint,
    alike,
    different_pellets,
    earlier_pellet,
    label_warnings,
    point_of,
    sleeve_of,
    within_share,
)
from protocols.conduction.probe_station import ProbeParameters, with_range

SECONDS_A_POINT = 0.1


class PelletParameters(ProbeParameters):
    """How a pellet is measured."""

    method: Literal["iv", "delta"] = "iv"
    """I-V curves with a source meter, or delta readings of a current source pair."""
    voltage: Annotated[Volt, Field(gt=0)] = 0.5
    """Largest bias, both signs."""
    compliance: Annotated[Ampere, Field(gt=0)] = 0.1
    """Largest current; the source meter holds it back there."""
    least_conductance: Annotated[Siemens, Field(ge=0)] = 1e-9
    """A contact check below this means no contact: nothing more is driven."""
    four_wire: bool = True
    """Sense the voltage at the pistons."""
    points: Annotated[int, Field(ge=6, le=1000)] = 11
    """Levels from zero to either end of a sweep."""
    sweeps: Annotated[int, Field(ge=1, le=100)] = 2
    """Sweeps 0 → +V → -V → 0."""
    settle_time: Annotated[Second, Field(ge=0)] = 60.0
    """Longest wait at +V for the current to stand still; 0 does not wait."""
    settle_rate: Annotated[float, Field(gt=0)] = 1e-3
    """Relative change a second that counts as still."""
    currents: Annotated[tuple[Ampere, ...], Field(min_length=1)] = (1e-5, 2e-5, 5e-5)
    """Delta method: amplitudes, one after the other."""
    delta_compliance: Annotated[Volt, Field(gt=0)] = 10.0
    """Delta method: largest voltage of the source."""
    delta_readings: Annotated[int, Field(ge=3, le=65536)] = 40
    """Delta method: readings at each current."""
    contact_share: Annotated[Fraction, Field(ge=0, lt=1)] | None = None
    """Without a series: somebody's limit of the contacts' share of the resistance. It
    goes into the uncertainty; the conductivity stays suspect, nobody measured it."""
    contact_resistance: Annotated[Ohm, Field(ge=0)] | None = None
    """Both contacts, measured some other way; 0 if the voltage is sensed in the bulk.
    A series of thicknesses comes first."""
    contact_resistance_uncertainty: Annotated[Ohm, Field(ge=0)] | None = None
    """Its standard uncertainty; none: as large as itself."""
    series: tuple[PelletPoint, ...] = ()
    """Pellets of other thickness, for σ without contacts."""
    pellet_scatter: Annotated[Fraction, Field(ge=0, lt=1)] = PELLET_SCATTER
    """How much pellets of this powder differ, as a relative standard deviation; a
    series takes what it sees if that is more."""
    sleeve: Literal["filled", "empty"] = "filled"
    """Empty measures the sleeve without a pellet, pistons apart."""
    sleeve_conductance: Siemens | None = None
    """Of the empty sleeve, from a run with ``sleeve: empty``."""
    sleeve_conductance_uncertainty: Annotated[Siemens, Field(ge=0)] | None = None
    """Its standard uncertainty; none: as large as itself."""
    activation_energy: Annotated[float, Field(ge=0, le=5)] | None = None
    """Of the conductivity in eV: the temperature's uncertainty then counts."""

    def check_delta(self) -> CheckBench:
        """Return the first step of the delta method: can the pair do it at all."""
        demand = SourceDemand(
            "delta_meter",
            Driven.CURRENT,
            max(self.currents),
            self.delta_compliance,
            "currents",
            "delta_compliance",
        )
        return CheckBench(label="check the bench", deltas=(demand,))


class PelletConductivity(Protocol):
    """See the module."""

    name = PELLET
    title = "Conductivity of a pressed pellet"
    view = "Pellet"
    parameters_model = PelletParameters
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"empty": {"sleeve": "empty"}}
    streams: ClassVar[tuple[Stream, ...]] = (IV, DELTA)
    plots: ClassVar[tuple[Plot, ...]] = (
        Plot(
            "plot",
            "Current against voltage",
            "iv",
            "voltage_volt",
            ("current_ampere",),
            points=True,
        ),
    )
    laws: ClassVar[tuple[Law, ...]] = (
        Law("conductivity", "conduction_activation_energy", Kind.ACTIVATED, "eV"),
    )
    sample_kinds = frozenset({SampleKind.PELLET})

    def __init__(self, parameters: Parameters, sample: Sample) -> None:
        super().__init__(parameters, sample)
        assert isinstance(parameters, PelletParameters)  # noqa: S101
        self.parameters = parameters

    @classmethod
    def build_on(cls, earlier: Sequence[Earlier]) -> Mapping[str, Any]:
        """Take pellets of other thickness into the series, an empty sleeve as such."""
        found: dict[str, Any] = {}
        pellets: list[Earlier] = []
        for run in earlier:
            if run.protocol == cls.name and run.parameters.get("sleeve") == "empty":
                found |= sleeve_of(run)
            else:
                pellets.append(run)
        different_pellets(pellets)
        if pellets:
            found["series"] = [point_of(run) for run in pellets]
        return found

    def roles(self) -> Mapping[str, type]:
        """Return a source meter and what it needs, or a delta pair."""
        if self.parameters.method == "delta":
            return {"delta_meter": DeltaMeter}
        return self.parameters.roles()

    def duration(self) -> float:
        """Settle for the longest time; allow a tenth of a second a point."""
        p = self.parameters
        if p.method == "delta":
            return len(p.currents) * p.delta_readings * SECONDS_A_POINT
        return p.settle_time + p.sweeps * 4 * p.points * SECONDS_A_POINT

    def check(self) -> list[Complaint]:
        """Check the bias; delta currents must be positive."""
        p = self.parameters
        complaints = p.check(self.sample) if p.method == "iv" else []
        if p.method == "delta" and min(p.currents) <= 0:
            complaints.append(
                Complaint(("parameters", "currents"), "every amplitude is positive.")
            )
        if p.method == "delta" and p.sleeve == "empty":
            what = "delta readings do not resolve an empty sleeve."
            complaints.append(Complaint(("parameters", "method"), what, "Take iv."))
        return complaints

    def warnings(self) -> list[str]:
        """Without thickness or area there is a resistance and no conductivity."""
        if self.parameters.sleeve == "empty":
            return []
        found = [*label_warnings(self.sample), *self._contact_warning()]
        if self.sample.pressure is None:
            found.append(f"sample {self.sample.name} has no pressure: not recorded")
        return found

    def envelope(self) -> Envelope:
        """Allow the bias and the compliance; delta readings only have a compliance."""
        if self.parameters.method == "delta":
            return Envelope({})
        return self.parameters.envelope()

    def plan(self) -> Plan:
        """Yield the bench's check, a contact check, the settling, then the curves."""
        p = self.parameters
        if p.method == "delta":
            yield p.check_delta()
            for current in p.currents:
                yield RunDelta(
                    label=f"delta at {current:g} A",
                    current=current,
                    compliance=p.delta_compliance,
                    count=p.delta_readings,
                    nplc=p.nplc,
                )
            return
        yield p.check_bench(p.voltage)
        if p.sleeve == "empty":
            for sweep in range(1, p.sweeps + 1):
                yield self._sweep(sweep, p.probe())
            return
        outcome = yield p.check_contact()
        if not p.has_contact(outcome.values):
            return
        probe = with_range(p.probe(), p.range_for(outcome.values["largest"]))
        if p.settle_time:
            yield HoldSource(
                label=f"settle at {p.voltage:g} V",
                level=p.voltage,
                probe=probe,
                duration=p.settle_time,
                settled_rate=p.settle_rate,
                sweep=-1,
            )
        for sweep in range(1, p.sweeps + 1):
            yield self._sweep(sweep, probe)

    def results(self, run: RecordedRun) -> Mapping[str, Result]:
        """Conductivity first, then what it was worked out of."""
        if self.parameters.method == "delta":
            return self._conductivity(
                run, delta_resistance(run, self.parameters.currents)
            )
        points, fit = self._fit(run)
        if self.parameters.sleeve == "empty":
            sleeve = open_probe(points.voltage, points.current, points.accuracy)
            empty = {"sleeve_conductance": sleeve.leakage.to_result()}
            return doubted(empty, points.doubts)
        results = self._conductivity(run, fit.resistance)
        results["conductance"] = fit.conductance.to_result()
        results["offset_voltage"] = fit.offset_voltage.to_result()
        if lack := self.parameters.no_contact(run):
            return all_absent(results, lack.doubt)
        return doubted(results, points.doubts + self._settling(run))

    def figures(self, run: RecordedRun) -> Sequence[Figure]:
        """Draw the curve with its line, or the delta readings."""
        if self.parameters.method == "delta":
            return delta_figure(run)
        points, fit = self._fit(run)
        return (ohmic_figure(points, fit),) if len(points) else ()

    def _fit(self, run: RecordedRun) -> tuple[Points, OhmicFit]:
        points = sweep_points(run, range(1, self.parameters.sweeps + 1))
        fit = ohmic_fit(
            points.voltage, points.current, points.accuracy, compliance=points.limited
        )
        return points, fit

    def _sweep(self, sweep: int, probe: Probe) -> SweepSource:
        p = self.parameters
        return SweepSource(
            label=f"I-V {sweep} to ±{p.voltage:g} V",
            levels=there_and_back(p.voltage, p.points),
            probe=probe,
            sweep=sweep,
        )

    def _settling(self, run: RecordedRun) -> Doubts:
        holds = steps_of(run, "HoldSource")
        return conduction.SETTLED.met(
            all(h.outcome is None or h.outcome.condition == "settled" for h in holds),
            f"the current did not settle within {self.parameters.settle_time:g} s",
        )

    def _conductivity(
        self, run: RecordedRun, resistance: Measured
    ) -> dict[str, Result]:
        area, thickness = area_of(self.sample), thickness_of(self.sample)
        p, sleeve = self.parameters, self._sleeve()
        kelvin = temperature_of(run)
        bulk = without_sleeve(resistance, sleeve)
        found: dict[str, Measured] = {}
        if p.series and thickness is not None:
            points = [earlier_pellet(n, point) for n, point in enumerate(p.series, 1)]
            series = thickness_series(
                [thickness, *(t for t, _ in points)],
                [bulk, *(without_sleeve(r, sleeve) for _, r in points)],
                area,
                p.pellet_scatter,
            )
            doubts = alike(self.sample, p.series)
            found["conductivity"] = series.conductivity.suspect(*doubts)
            found["contact_resistance"] = series.contact_resistance.suspect(*doubts)
        else:
            conductivity = pellet_conductivity(bulk, thickness, area, self._contacts())
            if p.contact_share is not None and self._contacts() is None:
                conductivity = within_share(conductivity, p.contact_share)
            found["conductivity"] = conductivity
        found["conductivity"] = activated(
            found["conductivity"], kelvin, p.activation_energy
        )
        found["apparent_conductivity"] = apparent_conductivity(
            resistance, thickness, area
        )
        found["resistance"], found["temperature"] = resistance, kelvin
        return {name: value.to_result() for name, value in found.items()}

    def _contacts(self) -> Measured | None:
        p = self.parameters
        return told(
            p.contact_resistance, p.contact_resistance_uncertainty, "contacts", "ohm"
        )

    def _sleeve(self) -> Measured | None:
        p = self.parameters
        return told(
            p.sleeve_conductance, p.sleeve_conductance_uncertainty, "sleeve", "S"
        )

    def _contact_warning(self) -> list[str]:
        p = self.parameters
        found = []
        if not p.series and p.contact_resistance is None:
            found.append(
                "one thickness: the conductivity will be a lower bound and suspect, "
                "contacts are in it; --earlier RUN with pellets of other thickness "
                "tells them apart"
            )
        if p.sleeve_conductance is None:
            found.append(
                "the sleeve was not measured empty: the conductivity will be suspect; "
                "--earlier RUN with sleeve=empty tells what flows through it"
            )
        return found
