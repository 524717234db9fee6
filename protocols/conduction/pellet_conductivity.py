"""Conductivity of a pressed pellet, from I-V curves or delta readings.

One pellet measures R = R_c + t / (σ A). The contacts R_c are told apart by pellets of
other thickness, measured before and given as earlier runs or as ``series``; without
them nothing is subtracted, and the budget holds ``contact_share`` of the resistance as
their limit.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from labctl import columns
from labctl.analysis.conduction.conduction import OhmicFit, ohmic_fit
from labctl.analysis.conduction.pellet import pellet_conductivity, thickness_series
from labctl.analysis.conduction.reversal import delta_mode_resistance
from labctl.analysis.uncertainty import Measured, combine, known, rectangular
from labctl.columns import DELTA, IV
from labctl.data import Result, Stream
from labctl.errors import Complaint, OperatorError
from labctl.figures.figure import Figure, Plot, Series
from labctl.limits import Envelope
from labctl.protocol import Earlier, Parameters, Plan, Protocol, RecordedRun
from labctl.quantities import Ampere, Fraction, Metre, Ohm, Second, Siemens, Volt
from labctl.roles.delta_meter import DeltaMeter
from labctl.roles.source_meter import Driven
from labctl.sample import Sample, SampleKind
from labctl.steps.delta import RunDelta
from labctl.steps.demands import CheckBench, SourceDemand
from labctl.steps.source_meter import HoldSource, SweepSource, there_and_back
from protocols.conduction.conduction_readings import (
    Points,
    accuracy_of,
    all_absent,
    area_of,
    doubted,
    steps_of,
    sweep_points,
    thickness_of,
)
from protocols.conduction.probe_station import ProbeParameters, with_range

AGREEMENT = 0.05
"""Largest relative difference of resistances at different delta currents."""
SECONDS_A_POINT = 0.1


class PelletPoint(BaseModel):
    """A pellet of the same powder and area that was measured before."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True
    )

    thickness: Annotated[Metre, Field(gt=0)]
    """Height under load."""
    resistance: Annotated[Ohm, Field(gt=0)]
    """What it measured, contacts included."""
    thickness_uncertainty: Annotated[Metre, Field(ge=0)] = 0.0
    """Standard uncertainty."""
    resistance_uncertainty: Annotated[Ohm, Field(ge=0)] = 0.0
    """Standard uncertainty."""


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
    contact_share: Annotated[Fraction, Field(ge=0, lt=1)] = 0.005
    """Without a series: contacts are at most this share of the resistance."""
    series: tuple[PelletPoint, ...] = ()
    """Pellets of other thickness, for σ without contacts."""

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

    name = "pellet-conductivity"
    title = "Conductivity of a pressed pellet"
    view = "Pellet"
    parameters_model = PelletParameters
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
    sample_kinds = frozenset({SampleKind.PELLET})

    def __init__(self, parameters: Parameters, sample: Sample) -> None:
        super().__init__(parameters, sample)
        assert isinstance(parameters, PelletParameters)  # noqa: S101
        self.parameters = parameters

    @classmethod
    def build_on(cls, earlier: Sequence[Earlier]) -> Mapping[str, Any]:
        """Take pellets of other thickness into the series."""
        return {"series": [_point(run) for run in earlier]}

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
        return complaints

    def warnings(self) -> list[str]:
        """Without thickness or area there is a resistance and no conductivity."""
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
            yield SweepSource(
                label=f"I-V {sweep} to ±{p.voltage:g} V",
                levels=there_and_back(p.voltage, p.points),
                probe=probe,
                sweep=sweep,
            )

    def results(self, run: RecordedRun) -> Mapping[str, Result]:
        """Conductivity first, then what it was worked out of."""
        if self.parameters.method == "delta":
            return self._conductivity(_delta(run, self.parameters.currents))
        points, fit = self._fit(run)
        results = self._conductivity(fit.resistance)
        results["conductance"] = fit.conductance.to_result()
        results["offset_voltage"] = fit.offset_voltage.to_result()
        if lack := self.parameters.no_contact(run):
            return all_absent(results, lack.reason)
        return doubted(results, points.doubts + self._settling(run))

    def figures(self, run: RecordedRun) -> Sequence[Figure]:
        """Draw the curve with its line, or the delta readings."""
        if self.parameters.method == "delta":
            return _delta_figure(run)
        points, fit = self._fit(run)
        return (ohmic_figure(points, fit),) if len(points) else ()

    def _fit(self, run: RecordedRun) -> tuple[Points, OhmicFit]:
        points = sweep_points(run, range(1, self.parameters.sweeps + 1))
        fit = ohmic_fit(
            points.voltage, points.current, points.accuracy, compliance=points.limited
        )
        return points, fit

    def _settling(self, run: RecordedRun) -> tuple[str, ...]:
        holds = steps_of(run, "HoldSource")
        if all(h.outcome is None or h.outcome.condition == "settled" for h in holds):
            return ()
        return (f"the current did not settle within {self.parameters.settle_time:g} s",)

    def _conductivity(self, resistance: Measured) -> dict[str, Result]:
        area, thickness = area_of(self.sample), thickness_of(self.sample)
        p = self.parameters
        if p.series and thickness is not None:
            mine = [(thickness, resistance)]
            earlier = [_earlier(n, point) for n, point in enumerate(p.series, 1)]
            depths, sizes = zip(*mine, *earlier, strict=True)
            found = thickness_series(depths, sizes, area)
            return {
                "conductivity": found.conductivity.to_result(),
                "resistance": resistance.to_result(),
                "contact_resistance": found.contact_resistance.to_result(),
            }
        contacts = self._assumed(resistance)
        conductivity = pellet_conductivity(resistance, thickness, area, contacts)
        return {
            "conductivity": conductivity.to_result(),
            "resistance": resistance.to_result(),
        }

    def _assumed(self, resistance: Measured) -> Measured:
        """Return contacts of 0 Ω that may be off by their share (rectangular)."""
        spread = rectangular(self.parameters.contact_share * abs(resistance.value))
        return known(0.0, spread, "contacts (assumed)", "ohm")

    def _contact_warning(self) -> list[str]:
        p = self.parameters
        if p.series or not p.contact_share:
            return []
        share = f"{p.contact_share:.1%}"
        text = (
            f"one thickness: contacts are taken to be below {share} of the "
            "resistance; --earlier RUN with pellets of other thickness tells them apart"
        )
        return [text]


def label_warnings(sample: Sample) -> list[str]:
    """Return what a sample's label lacks for specific values."""
    found = []
    for name in ("thickness", "area"):
        if getattr(sample, name) is None:
            found.append(f"sample {sample.name} has no {name}: conductivity is absent")
        elif getattr(sample, f"{name}_uncertainty") is None:
            found.append(
                f"sample {sample.name} has no {name}_uncertainty: it is taken as exact"
            )
    return found


def ohmic_figure(points: Points, fit: OhmicFit) -> Figure:
    """Return measured points and the line that was fitted."""
    series = [Series("measured", points.voltage, points.current, points=True)]
    if not fit.conductance.is_absent:
        ends = np.array([np.nanmin(points.voltage), np.nanmax(points.voltage)])
        line = fit.offset_current.value + fit.conductance.value * ends
        series.append(Series(f"G = {fit.conductance.value:.4g} S", ends, line))
    series[-1] = series[-1].doubted("; ".join(fit.doubts))
    return Figure(
        "plot",
        "Current against voltage",
        columns.VOLTAGE.long_name,
        columns.CURRENT.long_name,
        tuple(series),
    )


def _delta_figure(run: RecordedRun) -> tuple[Figure, ...]:
    """Return the resistance of every delta reading, a series a current."""
    table = run.table(DELTA.name)
    series = []
    for current in np.unique(table["source_ampere"]):
        own = table["source_ampere"] == current
        ohm = table["voltage_volt"][own] / current
        number = np.arange(1.0, len(ohm) + 1)
        series.append(Series(f"{1e6 * current:g} µA", number, ohm, points=True))
    if not series:
        return ()
    title, x_label = "Resistance of every delta reading", "Reading"
    return (Figure("delta", title, x_label, "Resistance / Ω", tuple(series)),)


def _point(run: Earlier) -> dict[str, str]:
    """Return a pellet measured before, as a person would write it into ``series``."""
    if run.protocol != PelletConductivity.name:
        raise OperatorError(f"run {run.run_id} is a {run.protocol}, not of a pellet")
    if run.sample.thickness is None:
        raise OperatorError(f"run {run.run_id}: its sample's label has no thickness")
    resistance = run.good("resistance")
    return {
        "thickness": f"{run.sample.thickness!r} m",
        "thickness_uncertainty": f"{run.sample.thickness_uncertainty or 0.0!r} m",
        "resistance": f"{resistance.value!r} ohm",
        "resistance_uncertainty": f"{resistance.uncertainty or 0.0!r} ohm",
    }


def _earlier(number: int, point: PelletPoint) -> tuple[Measured, Measured]:
    return (
        known(point.thickness, point.thickness_uncertainty, f"thickness: {number}"),
        known(point.resistance, point.resistance_uncertainty, f"resistance: {number}"),
    )


def _delta(run: RecordedRun, currents: Sequence[float]) -> Measured:
    """Return the mean resistance over the currents; they must agree."""
    table = run.table(DELTA.name)
    found = []
    for record in steps_of(run, "RunDelta"):
        mask = table["step_count"] == record.step_count
        accuracy = accuracy_of([record])
        if accuracy is None or not mask.any():
            continue
        current = float(table["source_ampere"][mask][0])
        limited = bool((table["in_compliance"][mask] > 0).any())
        voltage = table["voltage_volt"][mask]
        if limited:
            continue
        found.append(delta_mode_resistance(voltage, current, accuracy))
    if not found:
        taken = "out of compliance" if len(table["step_count"]) else "at all"
        return Measured.absent(f"no delta readings {taken}", "ohm")
    share = 1.0 / len(found)
    mean = sum(r.value for r in found) * share
    resistance = combine(mean, *((r, share) for r in found)).with_unit("ohm")
    doubts = []
    if len(found) < len(currents):
        doubts.append(f"{len(found)} of {len(currents)} currents used")
    values = [r.value for r in found]
    apart = (max(values) - min(values)) / abs(mean) if mean else 0.0
    if apart > AGREEMENT:
        doubts.append(
            f"resistances at different currents differ by {apart:.1%}"
            f" (limit {AGREEMENT:.0%}): not ohmic"
        )
    return resistance.suspect(*doubts)
