"""Cycles of a run from its rows, paired as the sample's convention says."""

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from labctl.analysis.cells.beginnings import COLUMN, Beginning
from labctl.analysis.cells.completeness import Cut, Ended, cut_halves
from labctl.analysis.cells.cycling import Cycles, Pairing, pair_cycles
from labctl.analysis.cells.half_cycles import (
    REST_FRACTION,
    HalfCycles,
    split_half_cycles,
)
from labctl.analysis.cells.opposite_pulses import (
    Flags,
    opposite_pulses,
    without_pulses,
)
from labctl.analysis.cells.segment import Driving
from labctl.columns import CURRENT_RANGE
from labctl.data import Array
from labctl.sample import Sample

COUNTED = "interval_charge_ah"
"""Column of imported runs: what the instrument counted since the row before."""
COULOMB_PER_AH = 3600.0


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
    current = np.asarray(table["current_ampere"])
    halves, perhaps = half_cycles_of_rows(table)
    steps, index = table["step_count"], table.get("technique_index")
    cut = cut_halves(
        halves,
        current,
        steps,
        steps if index is None else index,
        ended or {},
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
        ranges=_ranges(halves, table),
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


def half_cycles_of_rows(table: Mapping[str, Array]) -> tuple[HalfCycles, Flags]:
    """Return the half cycles of a time series, and which of them may be pulses.

    The file's own counter decides where one ends, or else the sign of the current;
    `opposite_pulses` belong to the half cycle that they lie in.
    """
    half = table["half_cycle"]
    halves = _split(table, None if (half < 0).all() else half)
    found = opposite_pulses(halves)
    if not found.sure.any():
        return halves, found.perhaps
    number = without_pulses(halves, found.sure)
    perhaps = np.bincount(number, found.perhaps & ~found.sure) > 0
    return _split(table, np.repeat(number, halves.rows)), perhaps


def _split(table: Mapping[str, Array], half_cycle: Array | None) -> HalfCycles:
    return split_half_cycles(
        running_time(table),
        table["voltage_volt"],
        table["current_ampere"],
        half_cycle=half_cycle,
        cycle=table["cycle_count"],
        charge=None
        if COUNTED not in table
        else COULOMB_PER_AH * np.asarray(table[COUNTED]),
    )


def _measured(table: Mapping[str, Array]) -> Mapping[str, Array]:
    """Leave out rows of another program's file whose current is not there.

    They are missing, and no rest, unless the file says so; what the instrument counted
    meanwhile belongs to the next row. Rows of our own without a current are at open
    circuit. A file without any current is left as it is.
    """
    index = table.get("technique_index")
    if index is None or (np.asarray(index) >= 0).any():
        return table
    there = np.isfinite(table["current_ampere"])
    if "driving_code" in table:
        there |= np.asarray(table["driving_code"]) == Driving.REST
    if there.all() or not there.any():
        return table
    kept = {name: np.asarray(column)[there] for name, column in table.items()}
    if COUNTED in table:
        total = np.cumsum(np.nan_to_num(table[COUNTED]))[there]
        kept[COUNTED] = np.diff(total, prepend=0.0)
    return kept


def _ranges(halves: HalfCycles, table: Mapping[str, Array]) -> Array | None:
    """Return the one current range of each half cycle, -1 where it had several."""
    if CURRENT_RANGE.name not in table or not len(halves):
        return None
    code = np.asarray(table[CURRENT_RANGE.name], dtype=np.int64)
    size = np.abs(np.nan_to_num(np.asarray(table["current_ampere"])))
    driven = size > REST_FRACTION * size.max()
    least = np.where(driven, code, np.iinfo(np.int64).max)
    lowest = np.minimum.reduceat(least, halves.first_row)
    highest = np.maximum.reduceat(np.where(driven, code, -1), halves.first_row)
    return np.where(lowest == highest, highest, -1)


def running_time(table: Mapping[str, Array]) -> Array:
    """Return the rows' time in s without what passed between two uploads.

    From the last row of one upload to the start of the next no current flowed, so
    that interval must carry no charge; the first row of an upload stands as far
    behind its start as the instrument says.
    """
    time = np.array(table["test_time_second"], dtype=np.float64)
    own = np.asarray(table["instrument_time_second"])
    fresh = np.diff(table["step_count"], prepend=-1) != 0
    fresh |= np.diff(own, prepend=-np.inf) < 0
    at = np.flatnonzero(fresh)[1:]
    lost = np.zeros_like(time)
    lost[at] = np.maximum(time[at] - time[at - 1] - own[at], 0.0)
    return time - np.cumsum(lost)


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
