"""What another program's segments give our analyses: scans, pulses, rates, a titration.

Our own protocols make the same values of their plans' steps.
"""

import itertools
import math
from collections.abc import Sequence

import numpy as np

from labctl.analysis.cells.rates import RateBlock
from labctl.analysis.cells.recognition import (
    Level,
    between_rests,
    parted,
    short_pulses,
    titration_pulses,
)
from labctl.analysis.cells.segment import Segment, SegmentKind
from labctl.analysis.label import labelled
from labctl.analysis.uncertainty import Measured
from labctl.quantities import Rate
from labctl.sample import Sample
from protocols.cells.gitt_results import TitrationRows
from protocols.cells.pulse_results import StatePulse
from protocols.cells.rate_results import BOTH_WAYS, RateTest
from protocols.cells.voltammograms import (
    MOST_CYCLES,
    Course,
    Scanned,
    VoltammetrySettings,
    temperature_of,
)
from protocols.compose.imported_rows import COULOMB_PER_AH, ImportedRows

NICE = 0.03
"""Relative difference up to which a current is a multiple or a part of 1C."""
MOST_HOURS = 200
FIRST_ROW = 1.05
"""Intervals of a pulse that are left out behind a switching: its first row may be of
the moment of switching, or of one interval later."""
ONE_RATE = 0.05
"""Relative difference up to which two ramps have one scan rate."""


def one_c_of(sample: Sample) -> float | None:
    """Return 1C in A by the label; None: it does not say."""
    if sample.one_c is None:
        return None
    return sample.one_c.ampere(sample.active_mass, sample.area)


def rate_name(current: float, one_c: float | None) -> str:
    """Return what a current in A is called: ``C/5``, or ``0.23 mA`` without 1C."""
    size = abs(current)
    if not one_c or not size:
        return f"{1e3 * size:.3g} mA"
    multiple = size / one_c
    tens = multiple if multiple >= 1 else 1 / multiple
    whole = round(2 * tens) / 2
    if abs(whole - tens) <= NICE * tens and whole <= MOST_HOURS:
        return str(Rate(whole if multiple >= 1 else 1 / whole, "C"))
    return str(Rate(float(f"{multiple:.3g}"), "C"))


def cycles_before(rows: ImportedRows, row: int) -> int:
    """Return how many cycles came before the one of a row."""
    counted = rows.table("timeseries")["cycle_count"]
    return max(int(counted[row]) - 1, 0) if row < len(counted) else 0


def capacity_before(rows: ImportedRows, row: int) -> float:
    """Return what the last whole cycle before that of a row gave back, in C.

    NaN: there is none.
    """
    cycles = rows.cycles
    done = cycles.complete & (cycles.number <= cycles_before(rows, row))
    given = cycles.second[done]
    return float(given[-1]) if len(given) else math.nan


def titration_rows(rows: ImportedRows) -> tuple[TitrationRows, int]:
    """Return the rows of a titration, and the first row of its first pulse.

    Where no titration was seen, but somebody told so: all rows.
    """
    segments, table = rows.segments, rows.table("timeseries")
    places = titration_pulses(segments) or between_rests(segments)
    if not places:
        nothing = np.empty(0)
        return TitrationRows(nothing, nothing, nothing, math.nan, 0.0, 0.0), 0
    first = segments[places[0]].first_row
    own = slice(
        rest_around(segments, places[0], -1).start,
        rest_around(segments, places[-1], 1).stop,
    )
    time = np.maximum.accumulate(table["test_time_second"][own])
    moved = float(np.ptp(COULOMB_PER_AH * table["net_capacity_ah"][own]))
    known = capacity_before(rows, first)
    inside = np.concatenate(
        [np.diff(table["test_time_second"][_rows(segments[k])]) for k in places]
    )
    return (
        TitrationRows(
            time,
            table["voltage_volt"][own],
            np.nan_to_num(table["current_ampere"][own]),
            capacity=moved if math.isnan(known) else known,
            start=0.0 if segments[places[0]].direction < 0 else 1.0,
            skip=FIRST_ROW * float(np.median(inside)) if len(inside) else 0.0,
        ),
        first,
    )


def rest_around(segments: Sequence[Segment], place: int, way: int) -> slice:
    """Return the rows of the rest before (-1) or behind (+1) a segment.

    A rest may have several steps, each recorded in its own way.
    """
    at = place + way
    while 0 <= at + way < len(segments) and (
        segments[at + way].kind is SegmentKind.REST
    ):
        at += way
    near, far = segments[place + way], segments[at]
    first, last = (far, near) if way < 0 else (near, far)
    return slice(first.first_row, last.end_row)


def _rows(segment: Segment) -> slice:
    return slice(segment.first_row, segment.end_row)


def state_pulses(rows: ImportedRows) -> tuple[tuple[StatePulse, ...], float, int]:
    """Return the pulses, how long most of them lasted, and the first row of the test.

    States are parts of what the last cycle before gave back, or of 1C in an hour, or
    of what the test passed.
    """
    segments, table = rows.segments, rows.table("timeseries")
    places = short_pulses(segments)
    if not places:
        return (), math.nan, 0
    half = table["half_cycle"]
    start = int(np.flatnonzero(half == half[segments[places[0]].first_row])[0])
    net = COULOMB_PER_AH * table["net_capacity_ah"]
    capacity = capacity_before(rows, start)
    if math.isnan(capacity):
        nominal = one_c_of(rows.sample)
        capacity = 3600.0 * nominal if nominal else float(np.ptp(net[start:]))
    sign = rows.sample.first_step.sign
    way = np.sign(net[segments[places[-1]].first_row] - net[start])
    begun = 0.0 if way == sign else 1.0
    out = []
    for k in places:
        pulse, rest = segments[k], rest_around(segments, k, -1)
        at = rest.stop - 1
        state = begun + sign * float(net[at] - net[max(start - 1, 0)]) / capacity
        during = np.arange(pulse.first_row, pulse.end_row)
        out.append(StatePulse(state, np.arange(rest.start, rest.stop), during))
    lasted = float(np.median([segments[k].duration for k in places]))
    return tuple(out), lasted, start


def rate_test(rows: ImportedRows) -> RateTest:
    """Return which cycles ran at which rate."""
    formation, later = parted(rows.levels)
    one_c = one_c_of(rows.sample)
    counts = [len(one.numbers) for one in later]
    many = f"{min(counts)} to {max(counts)}" if len(set(counts)) > 1 else f"{counts[0]}"
    return RateTest(
        tuple(RateBlock(rate_name(one.current, one_c), one.numbers) for one in later),
        returns=len(later) > 2 and later[-1].is_at(later[0]),  # noqa: PLR2004
        formation_cycles=formation_cycles(formation),
        one_c=one_c,
        note=f"Median of {many} cycles at each rate; {_opening(rows, later, one_c)}",
    )


def formation_cycles(formation: Sequence[Level]) -> int:
    """Return how many cycles are formation: up to the last of them."""
    return max((max(one.numbers) for one in formation), default=0)


def _opening(rows: ImportedRows, later: Sequence[Level], one_c: float | None) -> str:
    way = rows.sample.first_step.sign
    opening = {rate_name(rows.current_of(x.numbers[-1], way), one_c) for x in later}
    if len(opening) == 1 and len({rate_name(x.current, one_c) for x in later}) > 1:
        return f"opening half cycle always at {opening.pop()}."
    return BOTH_WAYS


def scans_of_segments(rows: ImportedRows) -> tuple[Scanned, ...]:
    """Return where each rate was scanned, the slowest first.

    A scan goes down from its upper vertex and up again, or else up and down again;
    where no ramp is followed by one back, single ramps are all there is.
    """
    ramps = [one for one in rows.segments if one.kind is SegmentKind.RAMP]
    blocks: list[tuple[float, list[Segment]]] = []
    for ramp in ramps:
        rate = _scan_rate(rows, ramp)
        if blocks and abs(blocks[-1][0] - rate) <= ONE_RATE * rate:
            blocks[-1][1].append(ramp)
        else:
            blocks.append((rate, [ramp]))
    scans = [(_as_told(rate), *_scans_of(block)) for rate, block in blocks]
    cycles = [one for one in scans if one[1].is_cycle]
    found: dict[float, Scanned] = {}
    for rate, course, own in cycles or scans:
        looked = own[-MOST_CYCLES:]
        every = np.concatenate([np.arange(a.first_row, b.end_row) for a, b in looked])
        places = np.flatnonzero(every >= looked[-1][0].first_row)
        found[rate] = Scanned(rate, every.astype(np.int64), places, course)
    return tuple(found[rate] for rate in sorted(found))


def _scans_of(
    ramps: Sequence[Segment],
) -> tuple[Course, Sequence[tuple[Segment, Segment]]]:
    """Return which way the scans of one rate go, and the ramps of each."""
    joined = [
        (one, back)
        for one, back in itertools.pairwise(ramps)
        if one.end_row == back.first_row and one.slope * back.slope < 0
    ]
    for course, sign in ((Course.DOWN_UP, -1), (Course.UP_DOWN, 1)):
        if pairs := [pair for pair in joined if sign * pair[0].slope > 0]:
            return course, pairs
    way = ramps[-1].slope
    alike = [(one, one) for one in ramps if one.slope * way > 0]
    return (Course.UP if way > 0 else Course.DOWN), alike


def _scan_rate(rows: ImportedRows, ramp: Segment) -> float:
    table, own = rows.table("timeseries"), _rows(ramp)
    time, volts = table["test_time_second"][own], table["voltage_volt"][own]
    return abs(float(np.polyfit(time - time[0], volts, 1)[0]))


def _as_told(rate: float) -> float:
    """Return the rate as an instrument is told it: to three digits."""
    return float(f"{rate:.3g}")


def voltammetry_settings(
    rows: ImportedRows, scans: Sequence[Scanned]
) -> VoltammetrySettings:
    """Return what the analysis must know: the vertices, and what the label says."""
    volts = rows.table("timeseries")["voltage_volt"]
    seen = np.concatenate([volts[one.rows] for one in scans] or [np.zeros(1)])
    missing = "another program's file does not say the concentration at the peak"
    return VoltammetrySettings(
        scan_rates=tuple(one.rate for one in scans),
        lowest=float(seen.min()),
        highest=float(seen.max()),
        area=labelled(rows.sample, "area"),
        concentration=Measured.absent(missing, "mol/m³"),
        radius=labelled(rows.sample, "particle_radius"),
        temperature=temperature_of(rows.sample),
        resistance=0.0,
    )
