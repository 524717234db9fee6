"""Voltage sweeps as EClib scans: a three-vertex CV where it fits, else VSCANs.

CV runs Ei → E1 → E2 → Ei, N_Cycles more times, and ends at Ef; its path is that of a
sweep that begins and ends at one potential between (or at) its turning points. All
other paths are written out, `MOST_STEPS` vertices to a technique.
"""

from drivers.biologic.dialect import Dialect
from drivers.biologic.eclib.tables import MOST_STEPS
from drivers.biologic.upload.conditions import FirmwareTests
from labctl.techniques import VoltageSweep

Upload = tuple[str, dict[str, object]]

MEASURED_PART = (0.5, 1.0)
"""Part of each stair over which the current is averaged."""
TURNS_OF_CV = 2


def scan_uploads(
    sweep: VoltageSweep,
    wanted: FirmwareTests,
    tests: FirmwareTests,
    dialect: Dialect,
) -> tuple[str, list[Upload]]:
    """Return what is wrong (empty if nothing) and the techniques with their values.

    ``wanted`` are the sweep's own limits, ``tests`` those with the envelope's. A path
    that fits CV stays one, which has no room for limits: a scan in pieces is another
    measurement.
    """
    if len(sweep.vertices) < TURNS_OF_CV:
        return "a sweep needs at least two vertices.", []
    if not sweep.scan_rate > 0.0:
        return f"a scan rate of {sweep.scan_rate:g} V/s is not positive.", []
    if sweep.cycles < 1:
        return f"{sweep.cycles} cycles; at least one.", []
    record = sweep.record
    every = record.every_volt
    if every is None and record.every_s is not None:
        every = record.every_s * sweep.scan_rate
    if every is None:
        return "nothing would be recorded. Give every_volt or every_s.", []
    shared: dict[str, object] = {
        "Record_every_dE": every,
        "Begin_measuring_I": MEASURED_PART[0],
        "End_measuring_I": MEASURED_PART[1],
    }
    if not wanted.tests and (triangle := _triangle(sweep)) is not None:
        values = {
            "vs_initial": [False] * 5,
            "Voltage_step": triangle,
            "Scan_Rate": [dialect.rate("CV", sweep.scan_rate)] * 5,
            "Scan_number": 2,
            "Average_over_dE": True,
            "N_Cycles": sweep.cycles - 1,
        }
        return "", [("CV", {**shared, **values})]
    name = "VSCANLIMIT" if tests.tests else "VSCAN"
    uploads = []
    for vertices in _pieces(_path(sweep)):
        count = len(vertices)
        values = {
            "Voltage_step": vertices,
            "vs_initial": [False] * count,
            "Scan_Rate": [dialect.rate(name, sweep.scan_rate)] * count,
            "Scan_number": count - 1,
            "N_Cycles": 0,
        }
        if tests.tests:
            values.update(tests.values(count))
        uploads.append((name, {**shared, **values}))
    return "", uploads


def _triangle(sweep: VoltageSweep) -> list[float] | None:
    start, *turns, end = sweep.vertices
    if start != end or not 1 <= len(turns) <= TURNS_OF_CV:
        return None
    first, second = turns[0], turns[-1] if len(turns) == TURNS_OF_CV else start
    if not min(first, second) <= start <= max(first, second):
        return None
    return [start, first, second, start, end]


def _path(sweep: VoltageSweep) -> list[float]:
    start, *turns, end = sweep.vertices
    if len(turns) == 1 and sweep.cycles > 1:
        turns = [*turns, start]
        once = turns * sweep.cycles
        return [start, *once[:-1], end]
    return [start, *turns * sweep.cycles, end]


def _pieces(path: list[float]) -> list[list[float]]:
    pieces, begin = [], 0
    while begin < len(path) - 1:
        pieces.append(path[begin : begin + MOST_STEPS])
        begin += MOST_STEPS - 1
    return pieces
