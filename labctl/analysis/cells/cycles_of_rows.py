"""Cycles of a run from its rows, paired as the sample's convention says."""

import dataclasses
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

from labctl.analysis.cells.beginnings import COLUMN, Beginning
from labctl.analysis.cells.completeness import Cut, Ended, cut_halves
from labctl.analysis.cells.cycling import Cycles, Pairing, pair_cycles
from labctl.analysis.cells.half_cycles import (
    REST_FRACTION,
    HalfCycleCounter,
    HalfCycles,
    split_half_cycles,
)
from labctl.analysis.cells.opposite_pulses import (
    Flags,
    opposite_pulses,
    without_pulses,
)
from labctl.analysis.cells.running_time import COLUMNS as TIMES
from labctl.analysis.cells.running_time import RunningTime, running_time
from labctl.analysis.cells.segment import Driving
from labctl.analysis.cells.steps_under_current import steps_under_current
from labctl.analysis.row_blocks import Table, blocks, largest_size
from labctl.columns import CURRENT_RANGE
from labctl.data import Array
from labctl.sample import Sample

COUNTED = "interval_charge_ah"
"""Column of imported runs: what the instrument counted since the row before."""
COULOMB_PER_AH = 3600.0
CURRENT, TECHNIQUE = "current_ampere", "technique_index"
PARTED = (*TIMES, "voltage_volt", CURRENT, "half_cycle", "cycle_count")
"""Columns that part rows into half cycles."""


def cycles_of_rows(
    table: Mapping[str, Array],
    sample: Sample,
    last: int | None = None,
    ended: Ended | None = None,
) -> Cycles:
    """Return the cycles of a time series, as far as it goes.

    Rows of cycles after ``last`` are left out: what follows formation in the same
    direction would count to its last half. ``ended``: how the steps of the run ended;
    None or empty: nobody recorded it.
    """
    goes_on = False
    if last is not None:
        kept = np.asarray(table["cycle_count"]) <= last
        goes_on = not kept[-1:].all()
        table = {name: np.asarray(table[name])[kept] for name in table}
    table = _measured(table)
    ended, rest = ended or {}, REST_FRACTION * largest_size(table, CURRENT)
    halves, perhaps = half_cycles_of_rows(table, rest)
    cut = cut_halves(
        halves,
        steps_under_current(table, rest) if any(ended.values()) else {},
        ended,
        goes_on=goes_on,
        counted=COUNTED in table,
    )
    beginning, driven = _beginning(table), np.flatnonzero(halves.direction)
    if len(driven) and (how := _CUT.get(beginning)) is not None:
        cut[driven[0]] = max(cut[driven[0]], how)
    pairing = pairing_of(sample)
    cycles = pair_cycles(
        halves,
        pairing,
        cut=cut,
        ranges=_ranges(halves, table, rest),
        perhaps_pulses=perhaps,
    )
    return dataclasses.replace(cycles, goes_on=_goes_on(cycles, beginning))


_CUT: Mapping[Beginning | None, Cut] = {
    Beginning.UNKNOWN: Cut.UNKNOWN,
    Beginning.MISSING: Cut.HOLE,
}


def _beginning(table: Mapping[str, Array]) -> Beginning | None:
    """Return how another program's rows begin; None: they are our own."""
    code = table.get(COLUMN)
    return None if code is None or not len(code) else Beginning(int(code[0]))


def _goes_on(cycles: Cycles, beginning: Beginning | None) -> bool:
    """Return whether another program's rows begin within a test.

    They do as well where they begin with the half that closes a cycle: the label says
    with which half the cell began.
    """
    if beginning is None:
        return False
    within = beginning in {Beginning.LATER, Beginning.MISSING}
    return within or bool((cycles.number[:1] == 0).any())


def half_cycles_of_rows(
    table: Mapping[str, Array], rest: float | None = None
) -> tuple[HalfCycles, Flags]:
    """Return the half cycles of a time series, and which of them may be pulses.

    ``rest``: |current| in A up to which a row is a rest; None: as of its largest.

    The file's own counter decides where one ends, or else the sign of the current;
    `opposite_pulses` belong to the half cycle that they lie in.
    """
    if rest is None:
        rest = REST_FRACTION * largest_size(table, CURRENT)
    halves = _split(table, rest, _own_counter if _counts_half_cycles(table) else None)
    found = opposite_pulses(halves)
    if not found.sure.any():
        return halves, found.perhaps
    number = without_pulses(halves, found.sure)
    perhaps = np.bincount(number, found.perhaps & ~found.sure) > 0

    def without(first: int, rows: Table) -> Array:
        every = np.arange(first, first + len(rows[CURRENT]))
        return number[np.searchsorted(halves.first_row, every, side="right") - 1]

    return _split(table, rest, without), perhaps


def _counts_half_cycles(table: Table) -> bool:
    return any(
        (rows["half_cycle"] >= 0).any() for _, rows in blocks(table, ["half_cycle"])
    )


def _own_counter(_: int, rows: Table) -> Array:
    return rows["half_cycle"]


def _split(
    table: Table, rest: float, half_cycle: Callable[[int, Table], Array] | None
) -> HalfCycles:
    """Split the rows where ``half_cycle`` changes; None: where the current turns.

    It is given the number of the first of some rows, and these.
    """
    if COUNTED in table:
        return split_half_cycles(
            running_time(table),
            table["voltage_volt"],
            table[CURRENT],
            half_cycle=None if half_cycle is None else half_cycle(0, table),
            cycle=table["cycle_count"],
            charge=COULOMB_PER_AH * np.asarray(table[COUNTED]),
            rest_current=rest,
        )
    counter = HalfCycleCounter(rest)
    time = RunningTime()
    for first, rows in blocks(table, PARTED):
        counter.add(
            time.of(rows),
            rows["voltage_volt"],
            rows[CURRENT],
            half_cycle=None if half_cycle is None else half_cycle(first, rows),
            cycle=rows["cycle_count"],
        )
    return counter.finish()


def _measured(table: Table) -> Table:
    """Leave out rows of another program's file whose current is not there.

    They are missing, and no rest, unless the file says so; what the instrument counted
    meanwhile belongs to the next row. Rows of our own without a current are at open
    circuit. A file without any current is left as it is.
    """
    if TECHNIQUE not in table or any(
        (rows[TECHNIQUE] >= 0).any() for _, rows in blocks(table, [TECHNIQUE])
    ):
        return table
    there = np.isfinite(table[CURRENT])
    if "driving_code" in table:
        there |= np.asarray(table["driving_code"]) == Driving.REST
    if there.all() or not there.any():
        return table
    kept = {name: np.asarray(column)[there] for name, column in table.items()}
    if COUNTED in table:
        total = np.cumsum(np.nan_to_num(table[COUNTED]))[there]
        kept[COUNTED] = np.diff(total, prepend=0.0)
    return kept


def _ranges(halves: HalfCycles, table: Table, rest: float) -> Array | None:
    """Return the one current range of each half cycle, -1 where it had several."""
    if CURRENT_RANGE.name not in table or not len(halves):
        return None
    none = np.iinfo(np.int64).max
    lowest, highest = np.full(len(halves), none), np.full(len(halves), -1)
    for first, rows in blocks(table, (CURRENT_RANGE.name, CURRENT)):
        code = np.asarray(rows[CURRENT_RANGE.name], dtype=np.int64)
        driven = np.abs(rows[CURRENT]) > rest
        a = int(np.searchsorted(halves.first_row, first, side="right")) - 1
        b = int(np.searchsorted(halves.first_row, first + len(code)))
        starts = np.maximum(halves.first_row[a:b] - first, 0)
        least = np.minimum.reduceat(np.where(driven, code, none), starts)
        most = np.maximum.reduceat(np.where(driven, code, -1), starts)
        lowest[a:b] = np.minimum(lowest[a:b], least)
        highest[a:b] = np.maximum(highest[a:b], most)
    return np.where(lowest == highest, highest, -1)


def pairing_of(sample: Sample) -> Pairing:
    """Return which half opens a cycle of this sample."""
    opens_discharge = sample.first_step.sign < 0
    return Pairing.DISCHARGE_FIRST if opens_discharge else Pairing.CHARGE_FIRST


def only(cycles: Cycles, numbers: Collection[int]) -> Cycles:
    """Return the cycles whose numbers are among ``numbers``."""
    kept = np.isin(cycles.number, list(numbers))
    columns: dict[str, Any] = {
        each.name: value[kept]
        for each in dataclasses.fields(cycles)
        if isinstance(value := getattr(cycles, each.name), np.ndarray)
    }
    return dataclasses.replace(cycles, **columns)
