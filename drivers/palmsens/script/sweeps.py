"""Voltage sweeps: one linear scan after the other, without a gap between them."""

import math
from itertools import pairwise

from drivers.palmsens.script.breaks import breaks_at, breaks_for, split
from drivers.palmsens.script.holds import (
    go_potential,
    holding_current,
    package,
    recorded,
)
from drivers.palmsens.script.program import FASTEST, Draft
from drivers.palmsens.wire.literals import literal
from labctl.techniques import VoltageSweep

MOST_SCANS = 100
"""Of one technique: each is a part of the script, whose room is limited."""
LARGEST_STEP = 0.005
"""V; of a staircase, where rows are wanted by time alone."""


def sweep(draft: Draft, index: int, technique: VoltageSweep) -> None:
    """Scan from vertex to vertex; each stair is a sample."""
    path = scans(technique)
    step = _step(draft, technique)
    if not (_possible(draft, index, technique, path, step) and path):
        return
    most = holding_current(draft, index, technique.max_current)
    of_script, of_host = split(technique.until, current_is_set=False)
    draft.leave_to_host(index, of_host)
    seconds = step / technique.scan_rate
    span = min(path), max(path)
    go_potential(draft, literal(path[0]), span, most, seconds)
    rate, height = literal(technique.scan_rate), literal(step)
    draft.lines.append("store_var y 0i jd")
    for begin, end in pairwise(path):
        draft.lines += [
            "if y == 0i",
            "if z == 0i",
            f"meas_loop_lsv v c {literal(begin)} {literal(end)} {height} {rate}",
            *package(),
            *breaks_for(of_script, flag=True),
            *breaks_at(draft.bounds, voltage=False, current=True),
            "endloop",
            "endif",
            "endif",
        ]
    if any(map(math.isinf, draft.bounds.current)):
        draft.unwatched[technique.kind] = None
    draft.note(index, f"{len(path) - 1} LSV in steps of {step:g} V, up to {most:.4g} A")


def scans(technique: VoltageSweep) -> list[float]:
    """Return the path through the vertices; turning points ``cycles`` times."""
    start, *turns, end = technique.vertices
    if len(turns) == 1 and technique.cycles > 1:
        once = [*turns, start] * technique.cycles
        return [start, *once[:-1], end]
    return [start, *turns * technique.cycles, end]


def _step(draft: Draft, technique: VoltageSweep) -> float:
    every = technique.record.every_volt
    if every is None and technique.record.every_s is not None:
        every = min(technique.record.every_s * technique.scan_rate, LARGEST_STEP)
    least = draft.facts.model.step
    return max(least, math.nan if every is None else every)


def _possible(
    draft: Draft, index: int, technique: VoltageSweep, path: list[float], step: float
) -> bool:
    before = len(draft.complaints)
    if not technique.scan_rate > 0.0:
        what = f"a scan rate of {technique.scan_rate:g} V/s is not positive."
        draft.complain(index, what)
    elif technique.cycles < 1:
        draft.complain(index, f"{technique.cycles} cycles; at least one.")
    elif len(path) - 1 > MOST_SCANS:
        draft.complain(
            index,
            f"{len(path) - 1} scans are more than {MOST_SCANS} in one script.",
            "Run fewer cycles at a time.",
        )
    elif recorded(draft, index, technique.record) and (
        technique.scan_rate * FASTEST > step * (1.0 + 1e-9)
    ):
        draft.complain(
            index,
            f"{technique.scan_rate:g} V/s in steps of {step:g} V needs a sample every "
            f"{step / technique.scan_rate:.2g} s, more than its line carries.",
            "Scan more slowly, or record more coarsely.",
            technique.scan_rate,
            step / FASTEST,
            "V/s",
        )
    return len(draft.complaints) == before
