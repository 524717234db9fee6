"""What pulses at several states say: a resistance after each time, and the figures.

R(t) = (V(t) − V before)/(I(t) − 0): after 0.1 s mostly ohmic and films, after 1 s with
charge transfer, after 10 s and more with diffusion.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from labctl.analysis.cells.half_cycles import Ints
from labctl.analysis.meter import reading
from labctl.analysis.uncertainty import Measured, rectangular
from labctl.data import Array, Result
from labctl.figures.figure import Figure, Series
from labctl.protocol import RecordedRun
from labctl.roles.channel_accuracy import ChannelAccuracy
from labctl.verdicts.cycling import RESTED_BEFORE_PULSE, WHOLE_PULSE
from protocols.cells.cycling_results import cell_accuracy

TIMES = (0.1, 1.0, 10.0)
"""s after the current came on at which a resistance is read."""
READING = 50e-6
"""V, standard uncertainty of one reading: noise and the step of 16 bits over 5 V."""
STATE_OF_HEADLINE = 0.5
LATE = 4
"""The drift of a rest is that of its last quarter."""
FEWEST_FOR_DRIFT = 4
Table = dict[str, tuple[float, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class StatePulse:
    """One pulse at one state, whoever recorded it; rows of the time series."""

    state: float
    """Part of the capacity that had passed in the opening direction."""
    before: Ints
    """Rows of the rest before."""
    during: Ints
    """Rows under current."""


def pulse_table(run: RecordedRun, pulses: Sequence[StatePulse], length: float) -> Table:
    """Return one row a pulse; ``length`` in s is how long each should last."""
    rows = run.table("timeseries")
    found = [
        {"state": one.state, **_pulse(rows, one.before, one.during, length)}
        for one in pulses
    ]
    names = found[0] if found else {}
    return {name: tuple(row[name] for row in found) for name in names}


def pulse_result(
    run: RecordedRun, pulses: Sequence[StatePulse], length: float
) -> Result:
    """Return the resistance at the end of a pulse in the middle, with a row a pulse."""
    table = pulse_table(run, pulses, length)
    if not table:
        return Result.absent("Ω", "no pulse was recorded")
    sign = run.sample.first_step.sign
    opening = np.flatnonzero(np.sign(table["current_ampere"]) == sign)
    if not len(opening):
        opening = np.arange(len(table["state"]))
    states = np.array(table["state"])[opening]
    at = int(opening[np.argmin(np.abs(states - STATE_OF_HEADLINE))])
    row = {name: column[at] for name, column in table.items()}
    found = _resistance(row, cell_accuracy(run))
    drift = rectangular(row["rest_drift_part"] * found.value)
    found = found.with_part("drift of the rest", drift).suspect(
        *WHOLE_PULSE.met(row["complete"] >= 1, "the pulse met its voltage limit early"),
        *RESTED_BEFORE_PULSE.at_most(row["rest_drift_part"]),
    )
    return dataclasses.replace(found.to_result(), table=table)


def pulse_figures(
    run: RecordedRun, pulses: Sequence[StatePulse], length: float
) -> tuple[Figure, ...]:
    """Resistance against state, after each time, both directions; the pulses."""
    if not pulses:
        return ()
    return (_against_state(run, pulses, length), _answers(run, pulses))


def _against_state(
    run: RecordedRun, pulses: Sequence[StatePulse], length: float
) -> Figure:
    table = pulse_table(run, pulses, length)
    state = np.array(table["state"])
    current = np.array(table["current_ampere"])
    first = run.sample.first_step
    series = []
    for word, sign in ((first, first.sign), (first.other, -first.sign)):
        own = np.sign(current) == sign
        for name in [n for n in table if n.startswith("resistance_")]:
            after = name.removeprefix("resistance_").removesuffix("_ohm")
            number, _, unit = after.rpartition("_")  # 0_1_s is 0.1 s
            after = f"{number.replace('_', '.')} {unit}".strip()
            y = np.array(table[name])[own]
            label = f"{word}: {after}"
            series.append(Series(label, state[own], y, points=True, group=str(word)))
    return Figure(
        "pulse_resistance",
        "Pulse resistance",
        f"Part of the capacity, {first}",
        "Resistance / Ω",
        tuple(series),
        note=f"(V − V before)/I; the end is after {length:g} s.",
    )


def _answers(run: RecordedRun, pulses: Sequence[StatePulse]) -> Figure:
    """Return how the voltage answered in every pulse, shaded by state."""
    rows, first = run.table("timeseries"), run.sample.first_step
    series = []
    for one in pulses:
        begun = rows["instrument_time_second"][one.before[-1]]
        rest = float(np.mean(rows["voltage_volt"][one.before[-3:]]))
        way = float(np.median(rows["current_ampere"][one.during]))
        word = first if way * first.sign > 0 else first.other
        series.append(
            Series(
                f"{100 * one.state:g} %",
                rows["instrument_time_second"][one.during] - begun,
                1e3 * (rows["voltage_volt"][one.during] - rest),
                shade=one.state,
                group=str(word),
            )
        )
    return Figure(
        "pulses",
        "Pulses, shaded by state",
        "Time since the pulse began / s",
        "Change of voltage / mV",
        tuple(series),
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
