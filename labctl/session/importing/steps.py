"""The rows of another program's file become steps: one a segment.

A segment is a stretch of rows in which one thing was kept (`labctl.analysis.cells.
segments`); rows of impedance belong to the step that was on at their time. A driving
profile has too many: then the file's own steps are taken.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np

from labctl.analysis.cells.segment import Segment, SegmentKind
from labctl.analysis.cells.segments import segments_of
from labctl.data import IMPORTED, Array, EndReason, Outcome
from labctl.json_numbers import finite
from labctl.quantities import format_si
from labctl.session.importing.charges import Charges
from labctl.store.importers.foreign import ForeignFile, ForeignTable

COULOMB_PER_AH = 3600.0
MOST_STEPS = 30_000
"""2000 cycles of holds and rests have half as many."""
STEP_COLUMNS = ("step_count", "step_id")
"""Which of the file's columns says that another step began: the first there is."""


@dataclass(frozen=True, slots=True)
class ImportedStep:
    """One step of an imported run."""

    number: int
    """From 1."""
    payload: dict[str, Any]
    began: float
    """Test time, s."""
    ended: float
    rows: slice
    """Of the time series."""
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class ImportedSteps:
    """All steps, and which one each row belongs to."""

    steps: tuple[ImportedStep, ...]
    timeseries: Array
    """Number of the step of each row, int64."""
    eis: Array
    began: Array
    """Test time at which each row's step began, s; of the time series."""
    before: Array
    """Position of the last row before each row's step; -1: none. Of the time series."""


def steps_of(file: ForeignFile, charges: Charges) -> ImportedSteps:
    """Return the steps that the rows show; a file of spectra alone is one."""
    rows = file.timeseries
    segments = _few(_segments(rows, charges))
    if not segments:
        return _one(file)
    counted = np.array([each.rows for each in segments])
    first = np.array([each.first_row for each in segments])
    begins = np.array([each.start_time for each in segments])
    time = rows["test_time_second"].values
    of_eis = np.ones(file.eis.rows, dtype=np.int64)
    if (when := file.eis.numbers("test_time_second")) is not None:
        at = np.searchsorted(time[first], when, side="right")
        of_eis = np.maximum(at, 1).astype(np.int64)
    return ImportedSteps(
        tuple(_step(n, one) for n, one in enumerate(segments, 1)),
        np.repeat(np.arange(1, len(segments) + 1), counted),
        of_eis,
        np.repeat(begins, counted),
        np.repeat(first - 1, counted),
    )


def _segments(rows: ForeignTable, charges: Charges) -> tuple[Segment, ...]:
    if not rows.rows:
        return ()
    missing = np.full(rows.rows, np.nan)
    voltage, current = (
        missing if (found := rows.numbers(name)) is None else found
        for name in ("voltage_volt", "current_ampere")
    )
    known = (rows.numbers(name) for name in STEP_COLUMNS)
    net = charges.timeseries
    return segments_of(
        rows["test_time_second"].values,
        voltage,
        current,
        step=next((each for each in known if each is not None), None),
        driving=rows.numbers("driving_code"),
        charge=None if net is None else COULOMB_PER_AH * net,
    )


def _few(segments: tuple[Segment, ...]) -> tuple[Segment, ...]:
    """Return the segments, or those of each of the file's steps as one."""
    if len(segments) <= MOST_STEPS:
        return segments
    groups = [list(own) for _, own in groupby(segments, lambda each: each.step)]
    if len(groups) > MOST_STEPS:
        groups = [list(segments)]
    return tuple(map(_as_one, groups))


def _as_one(segments: Sequence[Segment]) -> Segment:
    last = segments[-1]
    if len(segments) == 1:
        return last
    return replace(
        segments[0],
        kind=SegmentKind.VARYING,
        rows=sum(each.rows for each in segments),
        current=math.nan,
        end_voltage=last.end_voltage,
        end_time=last.end_time,
        charge=sum(each.charge for each in segments),
    )


def _step(number: int, segment: Segment) -> ImportedStep:
    own = slice(segment.first_row, segment.end_row)
    return ImportedStep(
        number,
        {
            "label": _label(segment),
            "kind": IMPORTED,
            "segment": str(segment.kind),
            "step": segment.step,
            "current": finite(segment.current),
        },
        segment.start_time,
        segment.end_time,
        own,
        Outcome(
            EndReason.COMPLETED,
            duration=segment.duration,
            charge=segment.charge,
            rows=segment.rows,
        ),
    )


def _label(segment: Segment) -> str:
    if segment.direction and np.isfinite(segment.current):
        return f"{segment.kind}, {format_si(segment.current, 'A')}"
    return str(segment.kind)


def _one(file: ForeignFile) -> ImportedSteps:
    """Return the one step of a file without a time series."""
    time = file.eis.numbers("test_time_second")
    known = np.empty(0) if time is None else time[np.isfinite(time)]
    begin, end = (float(known[0]), float(known[-1])) if len(known) else (0.0, 0.0)
    rows = file.eis.rows
    step = ImportedStep(
        1,
        {"label": "impedance", "kind": IMPORTED, "segment": "impedance", "step": -1},
        begin,
        end,
        slice(0, 0),
        Outcome(EndReason.COMPLETED, duration=end - begin, rows=rows),
    )
    nothing = np.empty(0)
    return ImportedSteps(
        (step,),
        np.empty(0, dtype=np.int64),
        np.ones(rows, dtype=np.int64),
        nothing,
        np.empty(0, dtype=np.int64),
    )


def rows_by_step(steps: ImportedSteps) -> Iterator[tuple[ImportedStep, slice]]:
    """Yield each step with its rows of the impedance table, in order."""
    ends = np.searchsorted(steps.eis, [each.number for each in steps.steps], "right")
    begin = 0
    for step, end in zip(steps.steps, ends.tolist(), strict=True):
        yield step, slice(begin, end)
        begin = end
