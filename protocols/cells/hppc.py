"""Pulse resistance at several states: rest, pulse, rest, pulse back, on to the next.

R(t) = (V(t) − V before)/(I(t) − 0): after 0.1 s mostly ohmic and films, after 1 s with
charge transfer, after 10 s and more with diffusion.
"""

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from labctl.analysis.meter import reading
from labctl.analysis.uncertainty import Measured, rectangular
from labctl.columns import CYCLES, TIMESERIES
from labctl.data import Array, EndReason, Result, Stream
from labctl.errors import Complaint, Place
from labctl.figures.figure import Figure, Series
from labctl.protocol import Parameters, Plan, RecordedRun
from labctl.quantities import Coulomb, Fraction, Magnitude, Rate, Second
from labctl.roles.channel_accuracy import ChannelAccuracy
from labctl.sample import Sample
from labctl.steps.channel import RunTechniques
from labctl.techniques import ConstantCurrent, OpenCircuit, Recording
from labctl.verdicts.cycling import RESTED_BEFORE_PULSE, WHOLE_PULSE
from protocols.cells.cell_protocol import CellParameters, CellProtocol
from protocols.cells.cycling_results import cell_accuracy, formation_results
from protocols.cells.half_cycles import voltage_limit

TIMES = (0.1, 1.0, 10.0)
"""s after the current came on at which a resistance is read."""
READING = 50e-6
"""V, standard uncertainty of one reading: noise and the step of 16 bits over 5 V."""
STATE_OF_HEADLINE = 0.5
LATE = 4
"""The drift of a rest is that of its last quarter."""
FEWEST_FOR_DRIFT = 4


class HppcParameters(CellParameters):
    """Where and how strongly the cell is pulsed."""

    states: Annotated[
        tuple[Annotated[Fraction, Field(gt=0, lt=1)], ...],
        Field(min_length=1, max_length=100),
    ] = tuple(round(0.1 * k, 1) for k in range(1, 10))
    """Parts of the capacity, counted in the opening direction."""
    capacity: Annotated[Coulomb, Field(gt=0)] | None = None
    """Charge that the states are parts of; none: what formation gave back, or what 1C
    moves in an hour."""
    step_rate: Magnitude = Rate(0.2, "C")
    """Current from one state to the next."""
    pulse_rate: Magnitude = Rate(1.0, "C")
    """Current of the pulse in the opening direction."""
    return_rate: Magnitude = Rate(0.75, "C")
    """Current of the pulse back."""
    pulse: Annotated[Second, Field(gt=0.2)] = 10.0
    """How long each pulse lasts."""
    pause: Annotated[Second, Field(gt=0)] = 40.0
    """Rest between the two pulses and after them."""
    settle: Annotated[Second, Field(gt=0)] = 3600.0
    """Rest at each state before the pulses."""
    pulse_every: Annotated[Second, Field(gt=0)] = 0.05
    """s between two rows of a pulse."""


class Hppc(CellProtocol):
    """See the module."""

    name = "hppc"
    title = "Pulse resistance against state"
    view = "HPPC"
    parameters_model = HppcParameters
    streams: ClassVar[tuple[Stream, ...]] = (TIMESERIES, CYCLES)
    parameters: HppcParameters

    def __init__(self, parameters: Parameters, sample: Sample) -> None:
        super().__init__(parameters, sample)
        assert isinstance(parameters, HppcParameters)  # noqa: S101
        self.parameters = parameters

    def check(self) -> list[Complaint]:
        """See `CellProtocol.check`; states rise, pulses have rows."""
        p, complaints = self.parameters, super().check()
        if list(p.states) != sorted(set(p.states)):
            complaints.append(
                Complaint(
                    ("parameters", "states"),
                    "do not rise: the cell goes one way.",
                    "Sort them and leave repeats out.",
                )
            )
        if p.pulse_every > p.pulse / 10:
            complaints.append(
                Complaint(
                    ("parameters", "pulse_every"),
                    f"{p.pulse_every:g} s gives a pulse of {p.pulse:g} s fewer than 10 "
                    "rows.",
                    "Record faster, or pulse longer.",
                )
            )
        return complaints

    def rates(self) -> Iterable[tuple[Place, Rate]]:
        """Return every working rate."""
        p = self.parameters
        yield ("step_rate",), p.step_rate
        yield ("pulse_rate",), p.pulse_rate
        yield ("return_rate",), p.return_rate

    def duration(self) -> float:
        """Allow formation, the way, rests and pulses."""
        p, formation = self.parameters, self.formation_window()
        slow = p.formation_cycles * 2 * (3600.0 / formation.rate + p.rest)
        way = max(p.states) * 3600.0 / self.window(p.step_rate).rate
        return slow + way + len(p.states) * (p.settle + 2 * (p.pulse + p.pause))

    def plan(self) -> Plan:
        """Yield formation; then for each state the way, a rest and both pulses."""
        p, sign = self.parameters, self.sample.first_step.sign
        yield self.ability()
        formed = yield from self.formation()
        capacity = p.capacity or formed
        reached = 0.0
        there, back = abs(self.current(p.pulse_rate)), abs(self.current(p.return_rate))
        for state in p.states:
            step = abs(self.current(p.step_rate))
            outcome = yield RunTechniques(
                label=f"to {100 * state:g} %",
                cycle=p.formation_cycles + 1,
                half_cycle=2 * p.formation_cycles,
                techniques=(
                    self._drive(
                        sign * step,
                        max(state - reached, 0.0) * capacity / step,
                        Recording(every_s=p.record_every, every_volt=p.record_voltage),
                    ),
                ),
            )
            if outcome.reason is EndReason.CONDITION:
                return  # the limit: there is no further state
            fast = Recording(every_s=p.pulse_every)
            yield RunTechniques(
                label=f"pulses at {100 * state:g} %",
                cycle=p.formation_cycles + 1,
                half_cycle=2 * p.formation_cycles,
                techniques=(
                    OpenCircuit(p.settle, Recording(every_s=10.0)),
                    self._drive(sign * there, p.pulse, fast),
                    OpenCircuit(p.pause, Recording(every_s=1.0)),
                    self._drive(-sign * back, p.pulse, fast),
                    OpenCircuit(p.pause, Recording(every_s=1.0)),
                ),
            )
            reached = state + (there - back) * p.pulse / capacity

    def _drive(
        self, current: float, duration: float, record: Recording
    ) -> ConstantCurrent:
        window = self.window(self.parameters.step_rate)
        limit = voltage_limit(window, 1 if current > 0 else -1)
        return ConstantCurrent(current, duration, (limit,), record)

    def table(self, run: RecordedRun) -> dict[str, tuple[float, ...]]:
        """Return one row a pulse."""
        p, rows = self.parameters, run.table("timeseries")
        found: list[dict[str, float]] = []
        for record in run.steps:
            if not record.label.startswith("pulses at"):
                continue
            state = float(record.label.removeprefix("pulses at").strip(" %")) / 100
            own = np.flatnonzero(rows["step_count"] == record.step_count)
            index = rows["technique_index"][own]
            for technique in (1, 3):
                before, during = own[index == technique - 1], own[index == technique]
                if len(before) and len(during):
                    pulse = _pulse(rows, before, during, p.pulse)
                    found.append({"state": state, **pulse})
        names = found[0] if found else {}
        return {name: tuple(row[name] for row in found) for name in names}

    def results(self, run: RecordedRun) -> Mapping[str, Result]:
        """Return the resistance after 10 s in the middle, with a row a pulse."""
        formation = formation_results(run, self.parameters.formation_cycles)
        table = self.table(run)
        if not table:
            absent = Result.absent("Ω", "no pulse was recorded")
            return {"pulse_resistance": absent, **formation}
        sign = self.sample.first_step.sign
        opening = np.flatnonzero(np.sign(table["current_ampere"]) == sign)
        states = np.array(table["state"])[opening]
        at = int(opening[np.argmin(np.abs(states - STATE_OF_HEADLINE))])
        row = {name: column[at] for name, column in table.items()}
        found = _resistance(row, cell_accuracy(run))
        drift = rectangular(row["rest_drift_part"] * found.value)
        found = found.with_part("drift of the rest", drift).suspect(
            *WHOLE_PULSE.met(
                row["complete"] >= 1, "the pulse met its voltage limit early"
            ),
            *RESTED_BEFORE_PULSE.at_most(row["rest_drift_part"]),
        )
        result = dataclasses.replace(found.to_result(), table=table)
        return {"pulse_resistance": result, **formation}

    def figures(self, run: RecordedRun) -> Sequence[Figure]:
        """Resistance against state, after each time, both directions; the pulses."""
        return (*self._against_state(run), *self._pulses(run))

    def _against_state(self, run: RecordedRun) -> tuple[Figure, ...]:
        table = self.table(run)
        if not table:
            return ()
        state = np.array(table["state"])
        current = np.array(table["current_ampere"])
        first = self.sample.first_step
        series = []
        for word, sign in ((first, first.sign), (first.other, -first.sign)):
            own = np.sign(current) == sign
            for name in [n for n in table if n.startswith("resistance_")]:
                after = name.removeprefix("resistance_").removesuffix("_ohm")
                number, _, unit = after.rpartition("_")  # 0_1_s is 0.1 s
                after = f"{number.replace('_', '.')} {unit}".strip()
                y = np.array(table[name])[own]
                series.append(
                    Series(
                        f"{word}: {after}", state[own], y, points=True, group=str(word)
                    )
                )
        return (
            Figure(
                "pulse_resistance",
                "Pulse resistance",
                f"Part of the capacity, {first}",
                "Resistance / Ω",
                tuple(series),
                note=f"(V − V before)/I; the end is after {self.parameters.pulse:g} s.",
            ),
        )

    def _pulses(self, run: RecordedRun) -> tuple[Figure, ...]:
        """Return how the voltage answered in every pulse, shaded by state."""
        rows = run.table("timeseries")
        first = self.sample.first_step
        series = []
        for record in run.steps:
            if not record.label.startswith("pulses at"):
                continue
            percent = float(record.label.removeprefix("pulses at").strip(" %"))
            own = np.flatnonzero(rows["step_count"] == record.step_count)
            index = rows["technique_index"][own]
            for technique, word in ((1, str(first)), (3, str(first.other))):
                before, during = own[index == technique - 1], own[index == technique]
                if len(before) and len(during):
                    begun = rows["instrument_time_second"][before[-1]]
                    rest = float(np.mean(rows["voltage_volt"][before[-3:]]))
                    series.append(
                        Series(
                            f"{percent:g} %",
                            rows["instrument_time_second"][during] - begun,
                            1e3 * (rows["voltage_volt"][during] - rest),
                            shade=percent / 100,
                            group=word,
                        )
                    )
        return (
            (
                Figure(
                    "pulses",
                    "Pulses, shaded by state",
                    "Time since the pulse began / s",
                    "Change of voltage / mV",
                    tuple(series),
                ),
            )
            if series
            else ()
        )


def _pulse(
    rows: Mapping[str, Array], before: Array, during: Array, length: float
) -> dict[str, float]:
    """Return the resistances of one pulse, from its rows and those of its rest."""
    own = rows["instrument_time_second"]
    begun = float(own[before[-1]])
    time = own[during] - begun
    rest = float(np.mean(rows["voltage_volt"][before[-3:]]))
    volts, amperes = rows["voltage_volt"][during], rows["current_ampere"][during]
    current = float(np.median(amperes))
    ohm = (volts - rest) / current
    out = {
        "current_ampere": current,
        "rest_volt": rest,
        "complete": float(time[-1] > 0.95 * length),
    }
    for after in TIMES:
        if after < length:
            reached = time[-1] >= after
            word = f"{after:g}_s".replace(".", "_")
            value = float(np.interp(after, time, ohm)) if reached else math.nan
            out[f"resistance_{word}_ohm"] = value
    out["resistance_end_ohm"] = float(ohm[-1])
    answer = abs(float(ohm[-1]) * current)
    drift = _drift(own[before], rows["voltage_volt"][before])
    moved = abs(drift) * float(time[-1])
    out["rest_drift_part"] = moved / answer if answer else math.nan
    return out


def _drift(time: Array, voltage: Array) -> float:
    """Return the rate in V/s at the end of a rest; NaN from too few rows."""
    late = time >= time[-1] - (time[-1] - time[0]) / LATE
    if late.sum() < FEWEST_FOR_DRIFT or not np.ptp(time[late]) > 0:
        return math.nan
    return float(np.polyfit(time[late] - time[-1], voltage[late], 1)[0])


def _resistance(row: Mapping[str, float], accuracy: ChannelAccuracy | None) -> Measured:
    """Return the resistance at the end of a pulse: one voltmeter, its zero cancels."""
    volts, amperes = (accuracy.voltage, accuracy.current) if accuracy else (None, None)
    current, rest = row["current_ampere"], row["rest_volt"]
    end = rest + row["resistance_end_ohm"] * current
    largest = max(abs(rest), abs(end))
    step = reading("voltage", end, "V", volts, largest=largest) - reading(
        "voltage", rest, "V", volts, largest=largest
    )
    step = step.with_part("voltage readings", math.sqrt(2) * READING)
    return (step / reading("current", current, "A", amperes)).with_unit("Ω")
