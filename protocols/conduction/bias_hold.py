"""Hold a constant bias of either sign and follow the current."""

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from labctl import columns
from labctl.analysis.conduction.particle import correct_conductance
from labctl.analysis.linear_fit import fit_line
from labctl.analysis.uncertainty import Calibration, Measured, mean_of
from labctl.columns import IV
from labctl.data import Result, Stream
from labctl.errors import Complaint
from labctl.figures.figure import Figure, Plot, Series
from labctl.limits import Envelope
from labctl.protocol import Parameters, Plan, Protocol, RecordedRun
from labctl.quantities import Ampere, Second, Volt
from labctl.sample import Sample, SampleKind
from labctl.sources import Kind, Source
from labctl.steps.source_meter import HoldSource
from labctl.verdicts.conduction import COMPLIANCE, DRIFTS
from labctl.verdicts.particle import RECTIFIES
from protocols.conduction.conduction_readings import (
    Points,
    all_absent,
    doubted,
    sweep_points,
)
from protocols.conduction.probe_station import CURVATURE, ProbeParameters, with_range

SIGNS = {"both": (1, -1), "plus": (1,), "minus": (-1,)}
WORDS = {1: "plus", -1: "minus"}
RESOLVED = 3.0
"""Times its uncertainty that a drift must be, to be one."""
FEWEST_FOR_DRIFT = 5


class BiasHoldParameters(ProbeParameters):
    """How long which bias is held."""

    voltage: Annotated[Volt, Field(gt=0)] = 3.0
    """Bias that is held."""
    polarity: Literal["both", "plus", "minus"] = "both"
    """Signs, in this order."""
    compliance: Annotated[Ampere, Field(gt=0)] = 1e-5
    """Largest current; the source meter holds it back there."""
    check_voltage: Annotated[Volt, Field(gt=0)] = 0.3
    """Largest bias of the contact check."""
    hold: Annotated[Second, Field(gt=0)] = 60.0
    """How long each sign is held."""
    every: Annotated[Second, Field(gt=0)] = 1.0
    """Between two rows."""
    tail: Annotated[Second, Field(gt=0)] = 20.0
    """The end of a hold that the results are worked out of."""


class BiasHold(Protocol):
    """See the module."""

    name = "bias-hold"
    title = "Current against time at constant bias"
    view = "I – t"
    parameters_model = BiasHoldParameters
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "pellet": {
            "voltage": "0.5 V",
            "compliance": "100 mA",
            "check_voltage": "50 mV",
            "four_wire": True,
        }
    }
    streams: ClassVar[tuple[Stream, ...]] = (IV,)
    plots: ClassVar[tuple[Plot, ...]] = (
        Plot(
            "plot",
            "Current against time",
            "iv",
            "test_time_second",
            ("current_ampere",),
        ),
    )
    sample_kinds = frozenset({SampleKind.PARTICLE, SampleKind.PELLET})

    def __init__(self, parameters: Parameters, sample: Sample) -> None:
        super().__init__(parameters, sample)
        assert isinstance(parameters, BiasHoldParameters)  # noqa: S101
        self.parameters = parameters

    @property
    def signs(self) -> tuple[int, ...]:
        """The signs that are held, in order."""
        return SIGNS[self.parameters.polarity]

    def roles(self) -> Mapping[str, type]:
        """Return a source meter and what it needs."""
        return self.parameters.roles()

    def duration(self) -> float:
        """Return the holds."""
        return len(self.signs) * self.parameters.hold

    def check(self) -> list[Complaint]:
        """Check the bias and the tail."""
        p = self.parameters
        complaints = p.check(self.sample)
        if p.tail > p.hold:
            complaints.append(
                Complaint(
                    ("parameters", "tail"),
                    f"{p.tail:g} s is longer than hold, {p.hold:g} s.",
                )
            )
        return complaints

    def envelope(self) -> Envelope:
        """Allow the bias and the compliance, each with a margin."""
        return self.parameters.envelope()

    def plan(self) -> Plan:
        """Yield the bench's check, a contact check, then one hold a sign."""
        p = self.parameters
        yield p.check_bench(p.voltage)
        outcome = yield p.check_contact()
        if not p.has_contact(outcome.values):
            return
        probe = with_range(p.probe(), p.range_for(outcome.values["largest"], CURVATURE))
        for sweep, sign in enumerate(self.signs, 1):
            yield HoldSource(
                label=f"hold {sign * p.voltage:+g} V",
                level=sign * p.voltage,
                probe=probe,
                duration=p.hold,
                every=p.every,
                sweep=sweep,
            )

    def results(self, run: RecordedRun) -> Mapping[str, Result]:
        """Mean current of each sign's tail, and the conductance of both."""
        tails = {sign: self._tail(run, n) for n, sign in enumerate(self.signs, 1)}
        currents = {sign: _mean_current(tail) for sign, tail in tails.items()}
        found: dict[str, Result] = {}
        if len(tails) > 1:
            slope = _conductance(tails, currents)
            if self.sample.kind is SampleKind.PARTICLE:  # nobody lifted the probe
                slope = correct_conductance(slope)
            found["conductance"] = slope.to_result()
        for sign, current in currents.items():
            found[f"current_{WORDS[sign]}"] = current.to_result()
            found[f"drift_{WORDS[sign]}"] = _drift_result(tails[sign])
        if lack := self.parameters.no_contact(run):
            return all_absent(found, lack.doubt)
        doubts = [doubt for tail in tails.values() for doubt in tail.doubts]
        return doubted(found, doubts)

    def figures(self, run: RecordedRun) -> Sequence[Figure]:
        """Draw both holds over their own time."""
        series = []
        for sweep, sign in enumerate(self.signs, 1):
            points = sweep_points(run, (sweep,))
            if len(points):
                time = points.time - points.time[0]
                name = f"{sign * self.parameters.voltage:+g} V"
                series.append(Series(name, time, points.current))
        if not series:
            return ()
        title = "Current at constant bias"
        label = columns.CURRENT.long_name
        return (Figure("plot", title, "Time / s", label, tuple(series)),)

    def _tail(self, run: RecordedRun, sweep: int) -> Points:
        points = sweep_points(run, (sweep,))
        if not len(points):
            return points
        late = points.time >= points.time[-1] - self.parameters.tail
        doubts = points.doubts
        if points.limited[late].any():
            count = int(points.limited[late].sum())
            if not points.limited[late].all():
                said = f"{count} of {int(late.sum())} points in compliance"
                doubts += COMPLIANCE.met(fulfilled=False, text=said)
        return Points(
            points.voltage[late],
            points.current[late],
            points.limited[late],
            points.time[late],
            points.accuracy,
            doubts,
        )


def _mean_current(tail: Points) -> Measured:
    if not len(tail):
        return Measured.absent("the bias was not held", "A")
    usable = tail.current[~tail.limited]
    if not len(usable):
        return Measured.absent("every point was in compliance", "A")
    found = mean_of(usable, "scatter of the points", "A")
    accuracy: Calibration = tail.accuracy
    gain = found.value * accuracy.current_gain
    found = found.with_part(accuracy.source("current", "gain"), gain)
    found = found.with_part(accuracy.source("current", "zero"), accuracy.current_zero)
    drift, spread = _drift(tail)
    allowed = max(DRIFTS.limit, RESOLVED * spread)
    return found.suspect(*DRIFTS.at_most(abs(drift), allowed))


def _conductance(
    tails: Mapping[int, Points], currents: Mapping[int, Measured]
) -> Measured:
    volts = {s: mean_of(t.voltage[~t.limited], "voltage") for s, t in tails.items()}
    difference = currents[1] - currents[-1]
    span = volts[1] - volts[-1]
    accuracy = tails[1].accuracy
    gain = span.value * accuracy.voltage_gain
    span = span.with_part(accuracy.source("voltage", "gain"), gain)
    ratio = -(currents[1] / currents[-1])
    allowed = max(RECTIFIES.limit, 100 * RESOLVED * ratio.uncertainty)
    doubts = RECTIFIES.at_most(100 * abs(ratio.value - 1), allowed)
    return (difference / span).with_unit("S").suspect(*doubts)


def _drift(tail: Points) -> tuple[float, float]:
    """Return the relative rate of change and its standard uncertainty in 1/s.

    NaN if there are too few rows out of compliance, or no current.
    """
    time, current = tail.time[~tail.limited], tail.current[~tail.limited]
    if len(time) < FEWEST_FOR_DRIFT or not np.ptp(time) > 0:
        return math.nan, math.nan
    middle = float(current.mean())
    if not middle:
        return math.nan, math.nan
    fit = fit_line(time - time.mean(), current)
    slope, spread = float(fit.coefficients[1]), float(fit.scatter(1))
    return slope / middle, spread / abs(middle)


def _drift_result(tail: Points) -> Result:
    drift, spread = _drift(tail)
    if not math.isfinite(drift):
        return Result.absent("1/s", "too few rows out of compliance")
    freedom = float((~tail.limited).sum() - 2)
    source = Source.fresh("scatter of the points", drift, spread, kind=Kind.A)
    found = Measured(drift, "1/s", {source: spread}, {source: freedom})
    return found.to_result()
