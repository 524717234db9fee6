"""A test that a person composed of steps, repeats and branches, without Python."""

import math
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

from pydantic import Field

from labctl import techniques
from labctl.columns import CURRENT, CYCLES, EIS, TIMESERIES, VOLTAGE
from labctl.data import Outcome, Result, Stream
from labctl.errors import Complaint, Place, QuantityError
from labctl.figures.cycling import cycling_figures
from labctl.figures.figure import Figure, Plot
from labctl.limits import ANYTHING, Envelope
from labctl.protocol import Parameters, Plan, RecordedRun, Step
from labctl.quantities import Coulomb, Rate, Volt
from labctl.sample import Sample
from labctl.steps.channel import RunTechniques
from labctl.techniques import Recording
from protocols.cells.cell_protocol import (
    CURRENT_MARGIN,
    CYCLING_PLOTS,
    CellParameters,
    CellProtocol,
)
from protocols.cells.cycling_results import cycles_of, cycling_results, ended_of
from protocols.compose import sequence_steps as words
from protocols.compose.sequence_charges import charge_passed
from protocols.compose.sequence_checks import (
    executed,
    rates_of,
    sequence_complaints,
    techniques_of,
)
from protocols.spectra.peis import NYQUIST
from protocols.spectra.recorded_spectra import at_one_time, spectra_of
from protocols.spectra.spectra import seconds_of
from protocols.spectra.spectra_results import (
    judged_of,
    resistance_result,
    spectra_figures,
)

Steps = Generator[Step, Outcome, Outcome | None]
DRIVEN_BY_VOLTAGE = (words.Voltage, words.Sweep, words.Peis)


class SequenceParameters(CellParameters):
    """The steps, and what they have in common."""

    formation_cycles: Annotated[int, Field(ge=0, le=100)] = 0
    """Cycles at the formation rate, before the steps."""
    steps: Annotated[tuple[words.AnyStep, ...], Field(min_length=1, max_length=1000)]
    """What to do, one after the other."""
    capacity: Annotated[Coulomb, Field(gt=0)] | None = None
    """Charge that the states of spectra are parts of; none: what 1C moves in 1 h."""
    lowest_voltage: Volt | None = None
    """The run ends at the first reading below; none: as bench and sample allow."""
    highest_voltage: Volt | None = None
    """The run ends at the first reading above."""
    lowest_current: Rate | None = None
    """The run ends at the first reading below; a discharge is negative: ``-2 mA``."""
    highest_current: Rate | None = None
    """The run ends at the first reading above."""


@dataclass(slots=True)
class _Count:
    """Where the sequence stands as the trade counts."""

    half: int = -1
    """Half cycle; -1 before the first current."""
    sign: float = 0.0
    spectra: int = 0

    def turn(self, sign: float) -> None:
        """Count a current of this sign."""
        if sign and sign != self.sign:
            self.half += 1
            self.sign = sign


class ComposedSequence(CellProtocol):
    """See the module."""

    name = "sequence"
    title = "A test composed of steps, repeats and branches"
    view = "Analysis"
    parameters_model = SequenceParameters
    streams: ClassVar[tuple[Stream, ...]] = (TIMESERIES, EIS, CYCLES)
    plots: ClassVar[tuple[Plot, ...]] = (*CYCLING_PLOTS, NYQUIST)
    parameters: SequenceParameters

    def __init__(self, parameters: Parameters, sample: Sample) -> None:
        super().__init__(parameters, sample)
        assert isinstance(parameters, SequenceParameters)  # noqa: S101
        self.parameters = parameters

    def check(self) -> list[Complaint]:
        """Return every complaint about every step, all at once."""
        p = self.parameters
        formation = super().check() if p.formation_cycles else []
        measured = {c.name for stream in self.streams for c in stream.columns}
        return [
            *formation,
            *self._stated_complaints(),
            *sequence_complaints(p.steps, self.sample, self.current, measured),
        ]

    def rates(self) -> Iterable[tuple[Place, Rate]]:
        """Return every current that is driven."""
        for path, step in techniques_of(self.parameters.steps):
            for name, rate in rates_of(step):
                if name[0] in {"rate", "bias", "max_current"}:
                    yield (*path[1:], *name), rate

    def envelope(self) -> Envelope:
        """Allow the sample's limits; bound the current where every step states one."""
        bounds = dict(super().envelope().bounds)
        unbounded = any(
            isinstance(step, words.Power)
            or (
                isinstance(step, DRIVEN_BY_VOLTAGE)
                and getattr(step, "max_current", None) is None
            )
            for _, step in techniques_of(self.parameters.steps)
        )
        sample = self.sample
        if sample.lower_voltage is None or sample.upper_voltage is None:
            bounds.pop("voltage_volt", None)  # the bench's own limits remain
        if unbounded or not any(True for _ in self.rates()):
            bounds.pop("current_ampere", None)
            if sample.maximum_current is not None:
                most = CURRENT_MARGIN * abs(self.current(sample.maximum_current))
                bounds["current_ampere"] = (-most, most)
        stated = Envelope({k: v for k, v in self._stated() if v != ANYTHING})
        try:
            return Envelope(bounds).intersect(stated)
        except ValueError:
            return Envelope(bounds)  # `check` has complained

    def _stated(self) -> Iterator[tuple[str, tuple[float, float]]]:
        """Yield what no reading may leave, as the parameters say it."""
        p = self.parameters
        yield VOLTAGE.name, _span(p.lowest_voltage, p.highest_voltage)
        low, high = (
            None if rate is None else self.current(rate)
            for rate in (p.lowest_current, p.highest_current)
        )
        yield CURRENT.name, _span(low, high)

    def _stated_complaints(self) -> Iterator[Complaint]:
        names = ("highest_voltage", "highest_current")
        try:
            for name, (_, (low, high)) in zip(names, self._stated(), strict=True):
                if not low < high:
                    what = f"{high:g} is not above {low:g}, the lowest."
                    yield Complaint(("parameters", name), what, "Exchange them.")
        except QuantityError as error:
            yield Complaint(("parameters", "highest_current"), str(error))

    def duration(self) -> float:
        """Add up the longest times of all techniques."""
        return _longest(self.parameters.steps)

    def plan(self) -> Plan:
        """Yield formation, then the steps."""
        p = self.parameters
        spectra = any(
            isinstance(step, words.Peis | words.Geis)
            for _, step in techniques_of(p.steps)
        )
        yield self.ability(impedance=spectra)
        yield from self.formation()
        count = _Count(half=2 * p.formation_cycles - 1)
        yield from self._block(p.steps, ("steps",), count, None)

    def _block(
        self,
        steps: Sequence[words.AnyStep],
        place: Place,
        count: _Count,
        last: Outcome | None,
    ) -> Steps:
        """Yield the steps of a block at ``place``; return the last outcome."""
        for number, step in enumerate(steps):
            last = yield from self._one(step, (*place, number), count, last)
        return last

    def _one(
        self, step: words.AnyStep, at: Place, count: _Count, last: Outcome | None
    ) -> Steps:
        if isinstance(step, words.Repeat):
            return (yield from self._repeat(step, (*at, "steps"), count, last))
        if isinstance(step, words.If):
            met = last is not None and last.condition == step.ended_by
            chosen, name = (step.then, "then") if met else (step.otherwise, "otherwise")
            return (yield from self._block(chosen, (*at, name), count, last))
        return (yield replace(self._upload(step, count), at=at))

    def _repeat(
        self, step: words.Repeat, place: Place, count: _Count, last: Outcome | None
    ) -> Steps:
        for _ in range(step.times):
            for number, each in enumerate(step.steps):
                last = yield from self._one(each, (*place, number), count, last)
                ended = last is not None and last.condition
                if step.until_ended_by and ended == step.until_ended_by:
                    return last
        return last

    def names_all_currents(self) -> bool:
        """Tell whether no step drives a power, whose current follows the voltage."""
        steps = techniques_of(self.parameters.steps)
        return not any(isinstance(step, words.Power) for _, step in steps)

    def _upload(
        self, step: words.AnyTechnique | words.Linked, count: _Count
    ) -> RunTechniques:
        parts = step.steps if isinstance(step, words.Linked) else (step,)
        first = count.spectra
        for part in parts:
            count.turn(self._sign(part))
            count.spectra += isinstance(part, words.Peis | words.Geis)
        driven: tuple[techniques.Technique, ...] = tuple(map(self._technique, parts))
        if isinstance(step, words.Linked):
            driven = with_loops(driven, step.loops)
        return RunTechniques(
            label=step.label or ", ".join(map(_word, parts)),
            cycle=max(count.half, 0) // 2 + 1,
            half_cycle=max(count.half, 0),
            techniques=driven,
            spectrum_id=first,
        )

    def _sign(self, step: words.AnyTechnique) -> float:
        if isinstance(step, words.Current):
            return 1.0 if step.rate.value > 0 else -1.0
        if isinstance(step, words.Power):
            return 1.0 if step.power > 0 else -1.0
        return 0.0

    def _technique(self, step: words.AnyTechnique) -> techniques.Technique:
        until = tuple(c.resolved(self.current) for c in step.until)
        record = self._record(step.record)
        match step:
            case words.Rest():
                return techniques.OpenCircuit(step.duration, record, until)
            case words.Current():
                current = self.current(step.rate)
                return techniques.ConstantCurrent(current, step.duration, until, record)
            case words.Voltage():
                return techniques.ConstantVoltage(
                    step.hold,
                    step.duration,
                    until,
                    record,
                    step.versus_initial,
                    self._most(step.max_current),
                )
            case words.Power():
                return techniques.ConstantPower(
                    step.power, step.duration, until, record
                )
            case words.Sweep():
                return techniques.VoltageSweep(
                    step.through,
                    step.scan_rate,
                    record=Recording(every_volt=record.every_volt or 0.001),
                    until=until,
                    max_current=self._most(step.max_current),
                )
            case _:
                return self._spectrum(step, until)

    def _spectrum(
        self,
        step: words.Peis | words.Geis,
        until: tuple[techniques.Condition, ...],
    ) -> techniques.Spectrum:
        return replace(
            _swept(step),
            bias=self.current(step.bias) if isinstance(step, words.Geis) else step.bias,
            amplitude=abs(self.current(step.amplitude))
            if isinstance(step, words.Geis)
            else step.amplitude,
            versus_initial=isinstance(step, words.Peis) and not step.absolute,
            until=until,
        )

    def _most(self, rate: Rate | None) -> float | None:
        return None if rate is None else abs(self.current(rate))

    def _record(self, record: words.Record | None) -> Recording:
        p = self.parameters
        if record is None:
            return Recording(every_s=p.record_every, every_volt=p.record_voltage)
        return Recording(record.every, record.voltage, self._most(record.current))

    def results(self, run: RecordedRun) -> Mapping[str, Result]:
        """Return what each step passed, cycles where there are any, and spectra."""
        out: dict[str, Result] = {"charge_passed": charge_passed(run)}
        if len(run.table("timeseries")["test_time_second"]):
            p = self.parameters
            cycles = cycles_of(run)
            if cycles.complete.any():
                out |= cycling_results(
                    run, formation_cycles=p.formation_cycles, to_limits=False
                )
        if len(run.table("eis")["spectrum_id"]):
            taken = at_one_time(spectra_of(run, {}, self._capacity()))
            spectra = judged_of(run, taken)
            out["charge_transfer_resistance"] = resistance_result(spectra)
        return out

    def _capacity(self) -> float:
        return self.parameters.capacity or 3600.0 * (self.one_c() or 1.0 / 3600.0)

    def figures(self, run: RecordedRun) -> Sequence[Figure]:
        """Return what cycling and spectra show, where there are any."""
        figures: tuple[Figure, ...] = cycling_figures(
            run.table("timeseries"), run.sample, ended_of(run)
        )
        if len(run.table("eis")["spectrum_id"]):
            figures += spectra_figures(spectra_of(run, {}, self._capacity()))
        return figures


def with_loops(
    driven: tuple[techniques.Technique, ...], loops: Sequence[words.Loop]
) -> tuple[techniques.Technique, ...]:
    """Return the techniques with a jump behind the last one of every loop."""
    out: list[techniques.Technique] = []
    place: dict[int, int] = {}
    for number, technique in enumerate(driven, start=1):
        place[number] = len(out)
        out.append(technique)
        ending = [loop for loop in loops if loop.last == number]
        inner_first = sorted(ending, key=lambda one: -one.first)
        out += [techniques.Loop(place[one.first], one.times) for one in inner_first]
    return tuple(out)


def _span(low: float | None, high: float | None) -> tuple[float, float]:
    return -math.inf if low is None else low, math.inf if high is None else high


def _longest(steps: Sequence[Any]) -> float:
    total = 0.0
    for step in steps:
        if isinstance(step, words.Repeat):
            total += step.times * _longest(step.steps)
        elif isinstance(step, words.If):
            total += max(_longest(step.then), _longest(step.otherwise))
        elif isinstance(step, words.Linked):
            share = executed((step,)) / len(step.steps)
            total += share * _longest(step.steps)
        elif isinstance(step, words.Sweep):
            way = zip(step.through[:-1], step.through[1:], strict=True)
            total += sum(abs(b - a) for a, b in way) / step.scan_rate
        elif isinstance(step, words.Peis | words.Geis):
            total += seconds_of(_swept(step))
        else:
            total += step.duration
    return total


def _swept(step: words.Peis | words.Geis) -> techniques.Spectrum:
    """Return a spectrum over the step's frequencies; of nothing yet."""
    return techniques.Spectrum(
        galvanostatic=isinstance(step, words.Geis),
        bias=0.0,
        amplitude=0.0,
        first_frequency=step.first_frequency,
        last_frequency=step.last_frequency,
        points_per_decade=step.points_per_decade,
        averages=step.averages,
        drift_correction=step.drift_correction,
    )


def _word(step: words.AnyTechnique) -> str:
    """Return what the operator reads of a step that has no label."""
    said: str = step.do
    match step:
        case words.Current():
            size = replace(step.rate, value=abs(step.rate.value))
            said = f"{'charge' if step.rate.value > 0 else 'discharge'} at {size}"
        case words.Voltage():
            said = f"hold {step.hold:g} V"
        case words.Power():
            said = f"{1e3 * step.power:g} mW"
        case words.Sweep():
            said = f"sweep at {1e3 * step.scan_rate:g} mV/s"
        case words.Geis():
            said = f"spectrum at {step.bias}"
        case words.Peis():
            said = "spectrum"
        case words.Rest():
            pass
    return step.label or said
