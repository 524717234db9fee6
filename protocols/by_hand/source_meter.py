"""A source meter's front panel: hold a voltage or a current, sweep, keep a reading."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from labctl import columns
from labctl.analysis.conduction.conduction import Drive, OhmicFit, ohmic_fit
from labctl.analysis.conduction.dual_sweep import ZeroBias, zero_bias_conductance
from labctl.columns import IV
from labctl.data import Result, Stream
from labctl.errors import Complaint
from labctl.figures.conduction import in_decades
from labctl.figures.figure import Figure, Plot, Series
from labctl.limits import Envelope
from labctl.protocol import Bench, Parameters, RecordedRun
from labctl.quantities import Ampere, Second, Volt, format_si
from labctl.roles.source_meter import Driven, SourceMeter
from labctl.sample import SampleKind
from labctl.steps.asking import KEPT, Ask
from labctl.steps.asking_source import AskSource
from labctl.steps.demands import SourceDemand, beyond_meter
from labctl.steps.source_meter import Probe, SweepSource
from protocols.by_hand.by_hand import (
    COMMON,
    ByHand,
    ByHandParameters,
    Doing,
    kept_result,
    outside,
)
from protocols.conduction.conduction_readings import Points, doubted, sweep_points

MARGIN = 1.05
"""Ranges overshoot by 5 %: what trips a limit lies so far beyond what may be asked."""
A, V = columns.CURRENT.name, columns.VOLTAGE.name


@dataclasses.dataclass(frozen=True, slots=True)
class Front:
    """Where a source meter stands."""

    sweeps: int = 0
    """How many were begun."""
    probe: Probe | None = None
    """None: output off."""
    level: float = 0.0
    """V or A."""

    @property
    def is_on(self) -> bool:
        """See `Holds`."""
        return self.probe is not None


class SourceMeterParameters(ByHandParameters):
    """How points are taken, and what nobody may ask for."""

    nplc: Annotated[float, Field(gt=0, le=25)] = 1.0
    """Integration time in power-line cycles."""
    four_wire: bool = False
    """Sense the voltage with leads of its own."""
    largest_voltage: Annotated[Volt, Field(gt=0)] | None = None
    """Nobody may ask for more, and no reading may be above; none: the instrument's."""
    largest_current: Annotated[Ampere, Field(gt=0)] | None = None
    """Nobody may ask for more, and no reading may be above; none: the instrument's."""


class HoldVoltage(Parameters):
    """Hold a voltage."""

    voltage: Volt
    """Level."""
    compliance: Annotated[Ampere, Field(gt=0)]
    """Largest current."""

    def asked_levels(self) -> dict[str, float]:
        """Return every level by the name that a person gave it."""
        return {"voltage": self.voltage}


class HoldCurrent(Parameters):
    """Hold a current."""

    current: Ampere
    """Level."""
    compliance: Annotated[Volt, Field(gt=0)]
    """Largest voltage."""

    def asked_levels(self) -> dict[str, float]:
        """Return every level by the name that a person gave it."""
        return {"current": self.current}


class Sweep(Parameters):
    """Levels of a sweep, evenly spaced."""

    start: float
    """First level, V or A."""
    stop: float
    """Last level, V or A, or the turning point of a loop."""
    points: Annotated[int, Field(ge=2, le=2001)] = 41
    """From start to stop, both included."""
    loop: bool = False
    """Back to where it began."""
    dwell: Annotated[Second, Field(ge=0, le=60)] = 0.1
    """At a level before it is measured."""

    def asked_levels(self) -> dict[str, float]:
        """Return the ends by the names that a person gave them."""
        return {"start": self.start, "stop": self.stop}

    def levels(self) -> tuple[float, ...]:
        """Return every level in order."""
        there = tuple(np.linspace(self.start, self.stop, self.points).tolist())
        return there + there[-2::-1] if self.loop else there


class SweepVoltage(Sweep):
    """Visit voltages in order, then output off."""

    start: Volt
    """First level."""
    stop: Volt
    """Last level, or the turning point of a loop."""
    compliance: Annotated[Ampere, Field(gt=0)]
    """Largest current."""


class SweepCurrent(Sweep):
    """Visit currents in order, then output off."""

    start: Ampere
    """First level."""
    stop: Ampere
    """Last level, or the turning point of a loop."""
    compliance: Annotated[Volt, Field(gt=0)]
    """Largest voltage."""


class SourceMeterByHand(ByHand[Front]):
    """See the module."""

    name = "source-meter-by-hand"
    title = "A source meter by hand"
    view = "I–V"
    parameters_model = SourceMeterParameters
    requests: ClassVar[Mapping[str, type[Parameters]]] = {
        "hold-voltage": HoldVoltage,
        "hold-current": HoldCurrent,
        "sweep-voltage": SweepVoltage,
        "sweep-current": SweepCurrent,
        **COMMON,
    }
    streams: ClassVar[tuple[Stream, ...]] = (
        IV,
        dataclasses.replace(IV, name=KEPT, title="Readings that were kept"),
    )
    plots: ClassVar[tuple[Plot, ...]] = (
        Plot("plot", "Current against voltage", IV.name, V, (A,), points=True),
        Plot("current", "Current against time", IV.name, "test_time_second", (A,)),
        Plot("voltage", "Voltage against time", IV.name, "test_time_second", (V,)),
    )
    sample_kinds = frozenset({SampleKind.PARTICLE, SampleKind.PELLET, SampleKind.FILM})
    parameters: SourceMeterParameters

    def roles(self) -> Mapping[str, type]:
        """One source meter."""
        return {"source_meter": SourceMeter}

    def envelope(self) -> Envelope:
        """Allow what may be asked for, with a margin."""
        p = self.parameters
        largest = {V: p.largest_voltage, A: p.largest_current}
        return Envelope(
            {
                name: (-MARGIN * most, MARGIN * most)
                for name, most in largest.items()
                if most is not None
            }
        )

    def refuse(self, asked: Parameters, bench: Bench) -> list[Complaint]:
        """Compare levels with the instrument's bounds and the run's limits."""
        if not isinstance(
            asked, HoldVoltage | HoldCurrent | SweepVoltage | SweepCurrent
        ):
            return []
        meter = bench.role("source_meter", SourceMeter)
        levels, (driven, held_back) = asked.asked_levels(), (V, A)
        by_voltage = isinstance(asked, HoldVoltage | SweepVoltage)
        if not by_voltage:
            driven, held_back = held_back, driven
        demand = SourceDemand(
            "source_meter",
            Driven.VOLTAGE if by_voltage else Driven.CURRENT,
            max(map(abs, levels.values())),
            asked.compliance,
            max(levels, key=lambda name: abs(levels[name])),
        )
        return [
            *beyond_meter(meter.bounds, demand, "the source meter"),
            *outside(bench.envelope, driven, levels),
            *outside(bench.envelope, held_back, {"compliance": asked.compliance}),
        ]

    def begin(self) -> Front:
        """Return the output off."""
        return Front()

    def ask(self, held: Front) -> Ask:
        """Return the step that holds a level and waits."""
        if held.probe is None:
            return AskSource(label="output off", probe=Probe())
        label = f"holds {_said(held.probe.driven, held.level)}"
        return AskSource(label=label, probe=held.probe, level=held.level)

    def release(self, held: Front) -> Doing[Front]:
        """Every step leaves the output off."""
        yield from ()
        return Front(held.sweeps)

    def do(self, asked: Parameters, held: Front) -> Doing[Front]:
        """Sweep, or hold another level."""
        match asked:
            case HoldVoltage():
                probe = self._probe(Driven.VOLTAGE, asked.compliance)
                return Front(held.sweeps, probe, asked.voltage)
            case HoldCurrent():
                probe = self._probe(Driven.CURRENT, asked.compliance)
                return Front(held.sweeps, probe, asked.current)
            case SweepVoltage() | SweepCurrent():
                number = held.sweeps + 1
                yield self._sweep(asked, number)
                return Front(number)
        return held

    def _sweep(self, asked: SweepVoltage | SweepCurrent, number: int) -> SweepSource:
        volts = isinstance(asked, SweepVoltage)
        driven = Driven.VOLTAGE if volts else Driven.CURRENT
        ends = f"{_said(driven, asked.start)} to {_said(driven, asked.stop)}"
        probe = self._probe(driven, asked.compliance)
        return SweepSource(
            label=f"sweep {number}, {ends}",
            levels=asked.levels(),
            probe=dataclasses.replace(probe, delay=asked.dwell),
            sweep=number,
        )

    def _probe(self, driven: Driven, compliance: float) -> Probe:
        p = self.parameters
        return Probe(driven, compliance, p.nplc, p.four_wire)

    def results(self, run: RecordedRun) -> Mapping[str, Result]:
        """Return the last sweep's resistance and slope at zero; the readings kept."""
        numbers = _sweeps(run)
        if not numbers:
            why = "no sweep was made"
            found = {
                "resistance": Result.absent("ohm", why),
                "conductance": Result.absent("S", why),
            }
        else:
            points = sweep_points(run, (numbers[-1],))
            found = doubted(
                {
                    "resistance": _fit(points).resistance.to_result(),
                    "conductance": _at_zero(points).conductance.to_result(),
                },
                points.doubts,
            )
        return {**found, **kept_result(run, V, A)}

    def figures(self, run: RecordedRun) -> Sequence[Figure]:
        """Draw every sweep, the lines of the last one, and the size in decades."""
        numbers = _sweeps(run)
        if not numbers:
            return ()
        curves = {n: sweep_points(run, (n,)) for n in numbers}
        series = [
            Series(f"sweep {n}", points.voltage, points.current)
            for n, points in curves.items()
        ]
        held = tuple(_in_compliance(curves.values()))
        return (
            Figure(
                "plot",
                "Current against voltage",
                columns.VOLTAGE.long_name,
                columns.CURRENT.long_name,
                (*series, *_lines(curves[numbers[-1]]), *held),
            ),
            Figure(
                "decades",
                "Size of the current against voltage",
                columns.VOLTAGE.long_name,
                "|Current| / A",
                tuple(map(in_decades, (*series, *held))),
                y_log=True,
            ),
        )


def _said(driven: Driven, level: float) -> str:
    return format_si(level, "V" if driven is Driven.VOLTAGE else "A")


def _sweeps(run: RecordedRun) -> list[int]:
    found = run.table(IV.name).get(columns.SWEEP.name, np.empty(0))
    return [int(n) for n in np.unique(found) if n > 0]


def _fit(points: Points) -> OhmicFit:
    driven = Drive.VOLTAGE if points.drives_voltage else Drive.CURRENT
    return ohmic_fit(
        points.voltage,
        points.current,
        points.accuracy,
        driven=driven,
        compliance=points.limited,
    )


def _at_zero(points: Points) -> ZeroBias:
    return zero_bias_conductance(
        points.voltage, points.current, points.accuracy, compliance=points.limited
    )


def _lines(points: Points) -> Iterator[Series]:
    """Yield the lines of the resistance and of the slope at zero, over the sweep."""
    if not np.isfinite(points.voltage).any():
        return
    volts = np.array([np.nanmin(points.voltage), np.nanmax(points.voltage)])
    fit, zero = _fit(points), _at_zero(points)
    if not fit.resistance.is_absent and fit.resistance.value:
        amperes = (volts - fit.offset_voltage.value) / fit.resistance.value
        yield Series(f"R = {fit.resistance.value:.4g} Ω", volts, amperes)
    if not zero.conductance.is_absent:
        amperes = zero.offset_current.value + zero.conductance.value * volts
        name = f"at zero: G = {zero.conductance.value:.4g} S"
        yield Series(name, volts, amperes).doubted(zero.conductance.reason)


def _in_compliance(curves: Iterable[Points]) -> Iterator[Series]:
    """Yield the points that are the limit's and not the sample's, of all sweeps."""
    found = [(c.voltage[c.limited], c.current[c.limited]) for c in curves]
    volts, amperes = (np.concatenate(part) for part in zip(*found, strict=True))
    if volts.size:
        yield Series("in compliance", volts, amperes, points=True)
