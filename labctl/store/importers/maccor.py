"""Read Maccor's text exports: ``Rec#``, ``Amps``, ``Volts`` and their newer titles.

Current, ``Amp-hr`` and ``Watt-hr`` have no sign: the state (``C``, ``D``, ``R``, ``P``,
``S``) gives it. The counters restart with the step or with the direction, as the test
plan says, so that the rows have to tell (`counters`).
"""

import math
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from labctl.errors import StoreError
from labctl.store.importers.clock_text import AGREE, AGREE_FRACTION, duration
from labctl.store.importers.cycler_rows import DATE, STATE, CyclerRows
from labctl.store.importers.delimited import TextFile
from labctl.store.importers.foreign import ForeignFile
from labctl.store.importers.titles import Kind, Quantity

PROGRAM = "Maccor"
_RECORD = Quantity("record_index", Kind.COUNT)
_CYCLE = Quantity("cycle_count", Kind.COUNT)
_STATE = Quantity(STATE, Kind.WORDS)
TITLES = {
    "rec#": _RECORD,
    "rec": _RECORD,
    "cyc#": _CYCLE,
    "cyclec": _CYCLE,
    "step": Quantity("step_id", Kind.COUNT),
    "testtime": Quantity("test_time_second", Kind.TIME),
    "test()": Quantity("test_time_second", Kind.TIME),
    "steptime": Quantity("step_time_second", Kind.TIME),
    "step()": Quantity("step_time_second", Kind.TIME),
    "amps": Quantity("current_ampere", Kind.CURRENT, "A"),
    "mamps": Quantity("current_ampere", Kind.CURRENT, "mA"),
    "current": Quantity("current_ampere", Kind.CURRENT),
    "volts": Quantity("voltage_volt", Kind.VOLTAGE, "V"),
    "mvolts": Quantity("voltage_volt", Kind.VOLTAGE, "mV"),
    "voltage": Quantity("voltage_volt", Kind.VOLTAGE),
    "amp-hr": Quantity("capacity_ah", Kind.CHARGE, "Ah"),
    "mamp-hr": Quantity("capacity_ah", Kind.CHARGE, "mAh"),
    "cap.": Quantity("capacity_ah", Kind.CHARGE),
    "capacity": Quantity("capacity_ah", Kind.CHARGE),
    "watt-hr": Quantity("energy_wh", Kind.ENERGY, "Wh"),
    "mwatt-hr": Quantity("energy_wh", Kind.ENERGY, "mWh"),
    "ener.": Quantity("energy_wh", Kind.ENERGY),
    "energy": Quantity("energy_wh", Kind.ENERGY),
    "state": _STATE,
    "md": _STATE,
    "dpttime": Quantity(DATE, Kind.WORDS),
    **{
        f"temp{n}": Quantity(f"temperature_t{n}_celsius", Kind.TEMPERATURE)
        for n in range(1, 6)
    },
}
NEEDS = ("test_time_second", "voltage_volt", "current_ampere")
_DATE_OF_TEST = re.compile(r"Date of Test:\s*([^\t,]+?)\s*(?:[\t,]|$)")
MOST_VOLTS = 100.0
"""No Maccor channel for cells goes there."""
DAY = 86_400.0
DIRECTIONS = {"C": 1.0, "D": -1.0, "R": 0.0, "P": 0.0, "S": 0.0}
"""Charge, discharge, rest, pause, suspended."""


def read(path: Path) -> ForeignFile:
    """Read a text export. StoreError names file, line and cure."""
    sheet = TextFile.read(path, "cp1252").sheet(TITLES, NEEDS)
    rows = CyclerRows.of(path, PROGRAM, sheet.take())
    _check_voltage(rows)
    rows.sign_current(direction, "State")
    _date_of_test(rows, sheet.head)
    ways = rows.directions(direction)
    for name in ("capacity_ah", "energy_wh"):
        rows.scope_both_ways(name, ways)
    return rows.file(sheet.head, {})


def direction(state: str) -> float:
    """Return 1 for charge, -1 for discharge, 0 for rest; NaN: it does not tell."""
    return DIRECTIONS.get(state.upper(), math.nan)


def _date_of_test(rows: CyclerRows, head: Sequence[str]) -> None:
    """Put the header's date before the rows' time of day, where they go together."""
    told = next((m[1] for line in head if (m := _DATE_OF_TEST.search(line))), "")
    texts = rows.words.get(DATE, ())
    if not told or not texts or ":" not in texts[0] or "/" in texts[0]:
        return
    first, last = (duration(texts[at]) for at in (0, -1))
    time = rows.columns["test_time_second"].values
    if first is not None and last is not None:
        passed = time[-1] - time[0]
        ahead = (last - first - passed + DAY / 2) % DAY - DAY / 2
        together = abs(ahead) <= AGREE + AGREE_FRACTION * passed
        # else it is a clock of twelve hours, or of another test: said, not read
        between = " " if together else ", "
        rows.words = {**rows.words, DATE: [f"{told}{between}{texts[0]}"]}


def _check_voltage(rows: CyclerRows) -> None:
    """Refuse volts that can only be millivolts: some exports write those so."""
    column = rows.columns["voltage_volt"]
    highest = float(np.max(np.abs(column.values), initial=0.0, where=column.values > 0))
    if highest > MOST_VOLTS:
        raise StoreError(
            f"{rows.path}: {column.title} goes to {highest:g} V; some exports write mV "
            "under that title, and the file does not say which: export in V"
        )
