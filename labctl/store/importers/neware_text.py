"""Read Neware's exports of the record layer: CSV of BTS and BTSDA, in both languages.

``Time`` is the step's time, ``Total Time`` the test's. Capacities restart with every
step. Older versions write currents without a sign: the step's type gives it.
"""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from labctl.errors import StoreError
from labctl.store.importers.clock_text import date
from labctl.store.importers.counters import Scope, in_order
from labctl.store.importers.cycler_rows import DATE, STATE, CyclerRows
from labctl.store.importers.delimited import Taken, TextFile
from labctl.store.importers.foreign import ForeignColumn, ForeignFile
from labctl.store.importers.titles import Kind, Quantity, Titles

PROGRAM = "Neware BTS"
_WORDS: dict[Quantity, tuple[str, ...]] = {
    Quantity("record_index", Kind.COUNT): (
        *("datapoint", "recordid", "recordindex", "recordnumber", "record"),
        *("数据序号", "记录序号", "记录号"),
    ),
    Quantity("cycle_count", Kind.COUNT): (
        *("cycleindex", "cycleid", "cyclenumber", "cycle"),
        *("循环号", "循环序号", "循环"),
    ),
    Quantity("step_id", Kind.COUNT): (
        *("stepindex", "stepid", "step", "工步号", "工步序号", "工步"),
    ),
    Quantity(STATE, Kind.WORDS): (
        *("steptype", "stepname", "status", "state"),
        *("工步类型", "工步名称", "状态", "工作模式"),
    ),
    Quantity("step_time_second", Kind.TIME): (
        *("time", "relativetime", "steptime", "statetime"),
        *("时间", "相对时间", "工步时间"),
    ),
    Quantity("test_time_second", Kind.TIME): (
        *("totaltime", "testtime", "cumulativetime"),
        *("总时间", "测试时间", "累计时间"),
    ),
    Quantity(DATE, Kind.WORDS): (
        *("date", "datetime", "realtime", "absolutetime"),
        *("绝对时间", "系统时间", "日期"),
    ),
    Quantity("current_ampere", Kind.CURRENT): ("current", "电流"),
    Quantity("voltage_volt", Kind.VOLTAGE): ("voltage", "电压"),
    Quantity("power_watt", Kind.POWER): ("power", "功率"),
    Quantity("capacity_ah", Kind.CHARGE): ("capacity", "容量"),
    Quantity("charging_capacity_ah", Kind.CHARGE): (
        *("chg.cap.", "chg.capacity", "chargecapacity", "capacity-chg", "充电容量"),
    ),
    Quantity("discharging_capacity_ah", Kind.CHARGE): (
        *("dchg.cap.", "dchg.capacity", "dischargecapacity", "capacity-dchg"),
        "放电容量",
    ),
    Quantity("energy_wh", Kind.ENERGY): ("energy", "能量"),
    Quantity("charging_energy_wh", Kind.ENERGY): (
        *("chg.energy", "chargeenergy", "engy-chg", "充电能量"),
    ),
    Quantity("discharging_energy_wh", Kind.ENERGY): (
        *("dchg.energy", "dischargeenergy", "engy-dchg", "放电能量"),
    ),
    **{
        Quantity(f"temperature_t{n}_celsius", Kind.TEMPERATURE): (f"t{n}",)
        for n in range(1, 6)
    },
}
TITLES: Titles = {
    word: quantity for quantity, words in _WORDS.items() for word in words
}
NEEDS = ("voltage_volt", "current_ampere", "test_time_second|step_time_second|date")
RESTS = frozenset(
    {"rest", "pause", "ocv", "end", "stop", "搁置", "静置", "暂停", "结束"}
)


def read(path: Path) -> ForeignFile:
    """Read a CSV export. StoreError names file, line and cure."""
    sheet = TextFile.read(path, "gb18030").sheet(TITLES, NEEDS)
    return as_foreign(path, sheet.take(), sheet.head)


def as_foreign(path: Path, taken: Taken, settings: Sequence[str]) -> ForeignFile:
    """Return the rows of an export as labctl has them. StoreError."""
    rows = CyclerRows.of(path, PROGRAM, taken)
    _test_time(rows)
    rows.sign_current(direction, "Step Type")
    rows.check_sign()
    rows.scope_counters((Scope.STEP, Scope.CYCLE, Scope.TEST))
    ways = rows.directions(direction)
    for both, one in (("capacity_ah", "charging_"), ("energy_wh", "charging_")):
        apart = [f"{scope}{one}{both}" for scope in Scope]
        if any(name in rows.columns for name in apart) and both in rows.columns:
            rows.untaken.append(rows.columns.pop(both).title)  # the two again
        rows.scope_both_ways(both, ways)
    return rows.file(settings, {})


def direction(state: str) -> float:
    """Return 1 for charge, -1 for discharge, 0 for rest; NaN: it does not tell."""
    text = state.lower().replace(" ", "").replace("_", "").replace("-", "")
    if text in RESTS:
        return 0.0
    if "dchg" in text or "discharge" in text or "放电" in text:
        return -1.0
    if "chg" in text or "charge" in text or "充电" in text:
        return 1.0
    return math.nan


def _test_time(rows: CyclerRows) -> None:
    """Derive the test's time where the export has only the step's, or dates."""
    if "test_time_second" in rows.columns:
        return
    dates = rows.words.get(DATE)
    wall = None
    if dates is not None:
        moments = [date([text]) for text in dates]
        if any(each is None for each in moments):
            at = moments.index(None)
            raise StoreError(
                f"{rows.path}: the date {dates[at]!r} of row {at + 1} cannot be read "
                "surely, and there is no Total Time; export Total Time too"
            )
        zero = moments[0]
        wall = np.array([(m - zero).total_seconds() for m in moments if m and zero])
    own = rows.columns.get("step_time_second")
    if own is not None:
        _check_restarts(rows, own)
        time = in_order(own.values, rows.step, wall)
        titles = own.title if wall is None else f"{own.title}, Date"
        rows.derive("test_time_second", time, titles, "step-times-in-order")
    elif wall is not None:
        rows.derive("test_time_second", wall, "Date", "elapsed-since-first-row")


def _check_restarts(rows: CyclerRows, own: ForeignColumn) -> None:
    """Refuse a time that most steps do not restart: it may be that of the test.

    StoreError.
    """
    begins = np.flatnonzero(rows.step)[1:]
    runs_on = own.values[begins] > own.values[begins - 1]
    if 2 * runs_on.sum() > len(begins):
        at = int(begins[runs_on][0])
        raise StoreError(
            f"{rows.path}: {own.title} goes on from {own.values[at - 1]:g} s to "
            f"{own.values[at]:g} s where row {at + 1} begins a step: it may be the "
            "time of the step or of the test; export Total Time too"
        )
