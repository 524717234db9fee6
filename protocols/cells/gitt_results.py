"""What a titration says: D against composition, by several routes, with verdicts.

Composition θ is the lithium in the host over what fills it, from 0 (as the formation
left a host that starts empty) to 1; charge that films took in between is in it.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from labctl.analysis.cells.cycles_of_rows import only
from labctl.analysis.cells.gitt import Diffusivity, analyse_gitt
from labctl.analysis.cells.gitt_mean import geometric_mean
from labctl.analysis.label import labelled
from labctl.analysis.uncertainty import Measured
from labctl.data import Array, Result
from labctl.protocol import RecordedRun
from labctl.sample import Sample
from labctl.sources import Source
from labctl.verdicts.condition import Doubt
from labctl.verdicts.gitt import BOUND, MOSTLY_GOOD
from labctl.verdicts.table import by_code
from protocols.cells.cycling_results import cycles_of

MIDDLE = (0.2, 0.8)
"""Compositions over which the headline is taken: away from both steep ends."""
RESIDUAL = 0.02
"""Standard uncertainty of θ: what a formation leaves in a host that it empties, and
what films take from then on, are not known; 1 to 4 % at C/20."""
LOW_LITHIUM = 0.1
"""Composition below which the host is nearly empty."""
MOST_DOUBTS = 3
"""Kinds of doubt that a reason lists."""


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
    radius: Measured
    """Median radius by volume of the particles, m, by the label."""
    absent: Doubt | str = ""
    """Why there are no diffusivities; empty when there are."""


@dataclass(frozen=True, slots=True)
class TitrationRows:
    """The rows of a titration, whoever recorded them; rests are 0 A."""

    time: Array
    """s."""
    voltage: Array
    current: Array
    capacity: float
    """C that takes θ from 0 to 1."""
    start: float
    """θ before the first pulse."""
    skip: float
    """s after a switching that are left out."""


def titration_of_plan(
    run: RecordedRun, *, cycle: int, capacity: float | None, skip: float
) -> TitrationRows:
    """Return the rows of our own plan: those of one cycle number.

    ``capacity`` in C; None: what the last formation cycle gave back, or else what the
    titration moved in its opening direction.
    """
    table, sample = run.table("timeseries"), run.sample
    rows = np.flatnonzero(table["cycle_count"] == cycle)
    own = with_switching({name: table[name][rows] for name in _COLUMNS})
    start = 0.0 if sample.first_step.sign < 0 else 1.0
    known = math.nan
    if len(rows):
        known = capacity or capacity_before(run, cycle, rows)
    return TitrationRows(*own, capacity=known, start=start, skip=skip)


def titration_of(sample: Sample, rows: TitrationRows) -> Titration:
    """Return what each pulse of a titration gave."""
    own = (rows.time, rows.voltage, rows.current)
    radius = labelled(sample, "particle_radius")
    if not len(rows.time):
        return Titration(sample, *own, math.nan, (), radius, "no pulse was recorded")
    if radius.is_absent:
        return Titration(sample, *own, rows.capacity, (), radius, radius.doubts[0])
    found = analyse_gitt(
        *own,
        radius=radius,
        capacity=rows.capacity,
        start_composition=rows.start,
        charge_uncertainty=RESIDUAL * rows.capacity,
        skip=rows.skip,
    )
    why = "" if found else "no whole pulse"
    return Titration(sample, *own, rows.capacity, found, radius, why)


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


def capacity_before(run: RecordedRun, cycle: int, rows: Array) -> float:
    """Return what the last cycle before ``cycle`` gave back, or what these rows passed.

    In C.
    """
    formation = only(cycles_of(run), range(1, cycle))
    done = formation.second[formation.complete]
    if len(done):
        return float(done[-1])
    charge = 3600.0 * run.table("timeseries")["net_capacity_ah"][rows]
    return float(np.ptp(charge))


def gitt_results(titration: Titration) -> dict[str, Result]:
    """Return the headline, one of each direction, and the first lithium's.

    ``diffusivity`` is that of the opening direction, with every pulse's numbers.
    """
    pulses = titration.pulses
    if not pulses:
        return {"diffusivity": Measured.absent(titration.absent, "m²/s").to_result()}
    found: dict[str, Result] = {}
    for way, sign in directions(titration):
        own = [p for p in pulses if p.pulse.current * sign > 0]
        middle = [p for p in own if MIDDLE[0] <= p.composition <= MIDDLE[1]]
        headline = _mean_result(middle, f"{way}, θ from {MIDDLE[0]:g} to {MIDDLE[1]:g}")
        found.setdefault(
            "diffusivity", replace(headline, table=diffusivity_table(titration))
        )
        found[f"diffusivity_{way}"] = headline
        low = [p for p in own if p.composition < LOW_LITHIUM]
        if low:
            name = "diffusivity_low_lithium"
            name = f"{name}_{way}" if name in found else name
            found[name] = _low_lithium(low, f"{way}, θ below {LOW_LITHIUM:g}")
    return found


def _mean_result(pulses: Sequence[Diffusivity], where: str) -> Result:
    """Return the geometric mean of what holds, and how much does not."""
    valid = [p.recommended for p in pulses if p.recommended.valid]
    said = f"{where}: {flagged_text(pulses)}"
    if not valid:
        codes = _codes(pulses)
        return replace(Result.absent("m²/s", said), verdicts=codes)
    found = geometric_mean(valid).to_result()
    found = replace(found, reason=said)
    for doubt in MOSTLY_GOOD.at_least(len(valid) / len(pulses)):
        found = found.suspect(doubt)
    return found


def _low_lithium(pulses: Sequence[Diffusivity], where: str) -> Result:
    """Return the mean, or where most pulses were too fast, the bound they give."""
    valid = [p for p in pulses if p.recommended.valid]
    if 2 * len(valid) >= len(pulses):
        return _mean_result(pulses, where)
    able = [p for p in pulses if p.at_least > 0]
    if 2 * len(able) < len(pulses):
        return _mean_result(pulses, where)
    bound = math.exp(float(np.mean([math.log(p.at_least) for p in able])))
    one = able[0].recommended
    length = {s: u / one.value * bound for s, u in one.parts.items() if _is_length(s)}
    found = Measured(bound, "m²/s", length).to_result()
    text = f"{where}: a lower bound (95 %) from {len(able)} of {len(pulses)} pulses"
    return found.suspect(BOUND.met(fulfilled=False, text=text)[0])


def _is_length(source: Source) -> bool:
    return source.term in {"particle radius", "particle radius (assumed)"}


def _codes(pulses: Sequence[Diffusivity]) -> tuple[str, ...]:
    found = Counter(d.code for p in pulses for d in p.recommended.doubts if d.code)
    return tuple(code for code, _ in found.most_common())


def flagged_text(pulses: Sequence[Diffusivity]) -> str:
    """Return how many of the pulses are flagged, and what for."""
    flagged = [p for p in pulses if not p.recommended.valid]
    if not flagged:
        return f"none of {len(pulses)} pulses flagged"
    codes = by_code()
    kinds = Counter(
        codes[d.code].holds if d.code in codes else str(d)
        for p in flagged
        for d in p.recommended.doubts[:1]
    )
    listed = "; ".join(
        f"{n}x not met: {text[:1].lower()}{text[1:].rstrip('.')}"
        for text, n in kinds.most_common(MOST_DOUBTS)
    )
    return f"{len(flagged)} of {len(pulses)} pulses flagged: {listed}"


def diffusivity_table(titration: Titration) -> dict[str, tuple[float, ...]]:
    """Return one row a pulse: composition, D by every route, what judges them."""
    pulses = titration.pulses
    sign = [math.copysign(1.0, p.pulse.current) for p in pulses]
    columns: dict[str, list[float]] = {
        "composition": [p.composition for p in pulses],
        "direction": sign,
        "diffusivity_m2_per_s": [p.recommended.value for p in pulses],
        "uncertainty_m2_per_s": [p.recommended.uncertainty for p in pulses],
        "at_least_m2_per_s": [p.at_least for p in pulses],
        "valid": [float(p.recommended.valid) for p in pulses],
        "end_points_m2_per_s": [p.end_points.value for p in pulses],
        "end_points_valid": [float(p.end_points.valid) for p in pulses],
        "root_time_m2_per_s": [p.slope.value for p in pulses],
        "root_time_valid": [float(p.slope.valid) for p in pulses],
        "relaxation_m2_per_s": [p.relaxation.value for p in pulses],
        "sphere_inversion_m2_per_s": [p.inversion.value for p in pulses],
        "reduced_time": [p.reduced_time for p in pulses],
        "size_spread": [p.sigma for p in pulses],
        "size_spread_uncertainty": [p.sigma_uncertainty for p in pulses],
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


def directions(titration: Titration) -> list[tuple[str, int]]:
    """Return the word and the sign of each direction that was titrated, in order."""
    first = titration.sample.first_step
    ways = [(str(first), first.sign), (str(first.other), -first.sign)]
    return [
        (word, sign)
        for word, sign in ways
        if any(p.pulse.current * sign > 0 for p in titration.pulses)
    ]
