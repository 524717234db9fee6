"""What a titration says: D against composition, by several routes, with verdicts.

Composition θ is the lithium in the host over what fills it, from 0 (as the formation
left a host that starts empty) to 1; charge that films took in between is in it.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from labctl.analysis.cells.cycles_of_rows import only
from labctl.analysis.cells.gitt import Diffusivity, analyse_gitt
from labctl.analysis.uncertainty import Measured
from labctl.data import Array, Quality, Result
from labctl.figures.figure import Figure, Series
from labctl.protocol import RecordedRun
from labctl.sample import Sample
from protocols.cells.cycling_results import cycles_of

MIDDLE = (0.2, 0.8)
"""Compositions over which the headline is taken: away from both steep ends."""
MOST_DOUBTS = 3
STRAIGHT = 0.9
"""R² from which a relaxation is shown as an example of a line."""


@dataclass(frozen=True, slots=True)
class Titration:
    """The rows of the titration and what each pulse gave."""

    sample: Sample
    time: Array
    """s."""
    voltage: Array
    current: Array
    capacity: float
    """C that takes θ from 0 to 1."""
    pulses: tuple[Diffusivity, ...]
    absent: str = ""
    """Why there are no diffusivities; empty when there are."""


def titration_of(
    run: RecordedRun, *, cycle: int, capacity: float | None, skip: float
) -> Titration:
    """Return the titration of a run: the rows of one cycle number.

    ``capacity`` in C; None: what the last formation cycle gave back, or else what the
    titration moved in its opening direction.
    """
    table, sample = run.table("timeseries"), run.sample
    rows = np.flatnonzero(table["cycle_count"] == cycle)
    own = with_switching({name: table[name][rows] for name in _COLUMNS})
    if not len(rows):
        return Titration(sample, *own, math.nan, (), "no pulse was recorded")
    known = capacity or _capacity(run, cycle, rows)
    if sample.particle_radius is None:
        reason = f"sample {sample.name} has no particle radius"
        return Titration(sample, *own, known, (), reason)
    found = analyse_gitt(
        *own,
        radius=sample.particle_radius,
        capacity=known,
        start_composition=0.0 if sample.first_step.sign < 0 else 1.0,
        skip=skip,
    )
    return Titration(sample, *own, known, found, "" if found else "no whole pulse")


_COLUMNS = (
    "test_time_second",
    "instrument_time_second",
    "voltage_volt",
    "current_ampere",
    "step_count",
)


def with_switching(table: Mapping[str, Array]) -> tuple[Array, Array, Array]:
    """Return time, voltage and current with a row of rest where a pulse begins.

    Between the last row of a rest and the first of a pulse lies the host's reaction;
    the inserted row says when the current really came on.
    """
    time = np.maximum.accumulate(table["test_time_second"])
    own = table["instrument_time_second"]
    voltage, current = table["voltage_volt"], table["current_ampere"]
    at = np.flatnonzero(np.diff(table["step_count"], prepend=-1) != 0)[1:]
    start = np.maximum(time[at] - own[at], time[at - 1])
    at, start = at[start < time[at]], start[start < time[at]]
    return (
        np.insert(time, at, start),
        np.insert(voltage, at, voltage[at - 1]),
        np.insert(current, at, 0.0),
    )


def _capacity(run: RecordedRun, cycle: int, rows: Array) -> float:
    formation = only(cycles_of(run), range(1, cycle))
    done = formation.second[formation.complete]
    if len(done):
        return float(done[-1])
    charge = 3600.0 * run.table("timeseries")["net_capacity_ah"][rows]
    return float(np.ptp(charge))


def diffusivity_result(titration: Titration) -> Result:
    """Return the median over the middle compositions, and every pulse's numbers."""
    pulses = titration.pulses
    if not pulses:
        return Result.absent("m²/s", titration.absent)
    middle = [p for p in pulses if MIDDLE[0] <= p.composition <= MIDDLE[1]]
    valid = [p.recommended for p in middle if p.recommended.valid]
    table = diffusivity_table(titration)
    doubted = [p for p in pulses if not p.recommended.valid]
    reason = f"{len(doubted)} of {len(pulses)} pulses flagged: " + "; ".join(
        f"{text} ({n}×)"
        for text, n in Counter(map(_kind_of_doubt, doubted)).most_common(MOST_DOUBTS)
    )
    if not valid:
        return Result(None, "m²/s", quality=Quality.ABSENT, reason=reason, table=table)
    value = float(np.median([d.value for d in valid]))
    relative = float(np.median([d.relative for d in valid]))
    found = Result(value, "m²/s", value * relative, table=table)
    if 2 * len(valid) < len(middle):
        return found.suspect(f"{len(valid)} of {len(middle)} middle pulses hold")
    return Result(value, "m²/s", value * relative, table=table, reason="")


def diffusivity_table(titration: Titration) -> dict[str, tuple[float, ...]]:
    """Return one row a pulse: composition, D by every route, what judges them."""
    pulses = titration.pulses
    sign = [math.copysign(1.0, p.pulse.current) for p in pulses]
    columns: dict[str, list[float]] = {
        "composition": [p.composition for p in pulses],
        "direction": sign,
        "diffusivity_m2_per_s": [p.recommended.value for p in pulses],
        "uncertainty_m2_per_s": [p.recommended.uncertainty for p in pulses],
        "valid": [float(p.recommended.valid) for p in pulses],
        "end_points_m2_per_s": [p.end_points.value for p in pulses],
        "end_points_valid": [float(p.end_points.valid) for p in pulses],
        "root_time_m2_per_s": [p.slope.value for p in pulses],
        "root_time_valid": [float(p.slope.valid) for p in pulses],
        "relaxation_m2_per_s": [p.relaxation.value for p in pulses],
        "sphere_inversion_m2_per_s": [p.inversion.value for p in pulses],
        "sphere_fit_m2_per_s": [p.fit.value for p in pulses],
        "reduced_time": [p.reduced_time for p in pulses],
        "ratio": [p.ratio.value for p in pulses],
        "root_time_r_squared": [
            math.nan if p.pulse.root_time is None else p.pulse.root_time.r_squared
            for p in pulses
        ],
        "relaxed_voltage_volt": [p.pulse.rest_after.value for p in pulses],
        "rest_drift_mv_per_h": [3.6e6 * p.pulse.drift.value for p in pulses],
        "jump_ohm": [p.pulse.jump.value / p.pulse.current for p in pulses],
    }
    return {name: tuple(map(float, x)) for name, x in columns.items()}


def _kind_of_doubt(pulse: Diffusivity) -> str:
    """Return the first reason without its numbers, so that equal ones count up."""
    first = pulse.recommended.reason.partition(";")[0]
    return first.partition(" = ")[0].partition(" ended at ")[0].partition(":")[0]


def gitt_figures(titration: Titration) -> tuple[Figure, ...]:
    """Return D and the relaxed voltage against composition, and the last pulse."""
    if not titration.pulses:
        return ()
    return (
        _d_figure(titration),
        _voltage_figure(titration),
        *_last_pulse(titration),
        *_last_rest(titration),
    )


def _d_figure(titration: Titration) -> Figure:
    routes: dict[str, Callable[[Diffusivity], Measured]] = {
        "sphere (recommended)": lambda p: p.recommended,
        "√t slope": lambda p: p.slope,
        "end points": lambda p: p.end_points,
    }
    series = []
    for way, sign in _directions(titration):
        own = [p for p in titration.pulses if p.pulse.current * sign > 0]
        x = np.array([p.composition for p in own])
        for name, route in routes.items():
            found: list[Measured] = [route(p) for p in own]
            y = np.array([d.value for d in found])
            error = np.array([d.uncertainty for d in found])
            main = name.startswith("sphere")
            holds = np.array([d.valid for d in found]) | (not main)
            series.append(
                Series(
                    f"{way}: {name}",
                    x,
                    np.where(holds, y, np.nan),
                    np.where(holds, error, np.nan) if main else None,
                    points=True,
                    group=way,
                )
            )
            if main and not holds.all():
                series.append(
                    Series(
                        f"{way}: flagged",
                        x,
                        np.where(holds, np.nan, y),
                        points=True,
                        group=way,
                    )
                )
    radius = titration.sample.particle_radius or math.nan
    return Figure(
        "diffusivity",
        "Diffusivity against composition",
        "Lithium fraction θ",
        "D / m²/s",
        tuple(series),
        y_log=True,
        note=f"Radius {1e6 * radius:g} µm, taken as exact; D goes with its square. "
        "√t slope and end points use a third of it as length and are low where "
        "Dτ/r² is not far below 0.001.",
    )


def _voltage_figure(titration: Titration) -> Figure:
    series = []
    for way, sign in _directions(titration):
        own = [p for p in titration.pulses if p.pulse.current * sign > 0]
        x = np.array([p.composition_after for p in own])
        relaxed = np.array([p.pulse.rest_after.value for p in own])
        ends = np.array([p.pulse.end_voltage for p in own])
        series.append(Series(f"{way}: rested", x, relaxed, points=True, group=way))
        series.append(Series(f"{way}: under current", x, ends, group=way))
    return Figure(
        "titration",
        "Voltage at the end of pulses and rests",
        "Lithium fraction θ",
        "Voltage / V",
        tuple(series),
    )


def _last_that_holds(titration: Titration) -> Diffusivity:
    """Return the last pulse that gave a diffusivity; the last one if none did.

    One whose rest still goes on, or that met the voltage limit, shows little; of the
    valid ones those are better whose relaxation is a line at all.
    """
    valid = [p for p in titration.pulses if p.recommended.valid]
    straight = [
        p
        for p in valid
        if p.pulse.relaxation is not None and p.pulse.relaxation.r_squared > STRAIGHT
    ]
    return (straight or valid or titration.pulses)[-1]


def _last_pulse(titration: Titration) -> tuple[Figure, ...]:
    """Return it against √t, with its line."""
    last = _last_that_holds(titration)
    pulse, line = last.pulse, last.pulse.root_time
    if line is None:
        return ()
    rows = slice(pulse.rows.first, pulse.rows.last)
    root = np.sqrt(np.maximum(titration.time[rows] - pulse.start, 0.0))
    ends = np.array([0.0, math.sqrt(pulse.duration)])
    return (
        Figure(
            "root_time",
            "Last valid pulse against √t",
            "√t / √s",
            "Voltage / V",
            (
                Series("measured", root, titration.voltage[rows], points=True),
                Series("√t line", ends, line.intercept + line.slope * ends),
            ),
            note=f"θ = {last.composition:.2f}, R² of the line {line.r_squared:.4f} "
            f"over its window; Dτ/r² = {last.reduced_time:.2g}.",
        ),
    )


def _last_rest(titration: Titration) -> tuple[Figure, ...]:
    """Return the rest after it as Kang & Chueh (2021) draw it.

    Against √(t+τ) − √t, t into the rest after a pulse of τ: a straight line as long as
    diffusion is semi-infinite, on the right; the end of the rest is at the left.
    """
    pulse = _last_that_holds(titration).pulse
    line = pulse.relaxation
    if line is None:
        return ()
    off = pulse.start + pulse.duration
    rows = slice(pulse.rows.last, pulse.rows.end)
    since = np.maximum(titration.time[rows] - off, 0.0)
    x = np.sqrt(since + pulse.duration) - np.sqrt(since)
    ends = np.array([0.0, float(x.max())])
    return (
        Figure(
            "relaxation",
            "Relaxation after the last valid pulse",
            "√(t+τ) − √t / √s",
            "Voltage / V",
            (
                Series("measured", x, titration.voltage[rows], points=True),
                Series("line", ends, line.intercept + line.slope * ends),
            ),
            note=f"From right to left, t into the rest, τ = {pulse.duration:.0f} s; "
            f"R² of the line {line.r_squared:.4f} over its window.",
        ),
    )


def _directions(titration: Titration) -> list[tuple[str, int]]:
    first = titration.sample.first_step
    ways = [(str(first), first.sign), (str(first.other), -first.sign)]
    return [
        (word, sign)
        for word, sign in ways
        if any(p.pulse.current * sign > 0 for p in titration.pulses)
    ]
