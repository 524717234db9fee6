"""Read Arbin's exports: CSV of MITS Pro, and the channel sheets of its workbooks.

Titles with underscores (``Test_Time(s)``) are of older versions, with spaces
(``Test Time (s)``) of newer ones; those without a unit (``Test_Time``) are the columns
of Arbin's database, which holds s, A, V, Ah, Wh and Ω. Current is positive on charge.
The capacity counters restart where the schedule says, so that the rows have to tell
(`counters`).
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from labctl.errors import StoreError
from labctl.store.importers.counters import Scope
from labctl.store.importers.cycler_rows import DATE, CyclerRows
from labctl.store.importers.delimited import Taken, TextFile
from labctl.store.importers.foreign import ForeignFile
from labctl.store.importers.titles import Kind, Quantity, words_of

PROGRAM = "Arbin MITS Pro"
TITLES = {
    "datapoint": Quantity("record_index", Kind.COUNT),
    "testtime": Quantity("test_time_second", Kind.TIME, "s"),
    "datetime": Quantity(DATE, Kind.WORDS),
    "steptime": Quantity("step_time_second", Kind.TIME, "s"),
    "stepindex": Quantity("step_id", Kind.COUNT),
    "cycleindex": Quantity("cycle_count", Kind.COUNT),
    "current": Quantity("current_ampere", Kind.CURRENT, "A"),
    "voltage": Quantity("voltage_volt", Kind.VOLTAGE, "V"),
    "power": Quantity("power_watt", Kind.POWER, "W"),
    "chargecapacity": Quantity("charging_capacity_ah", Kind.CHARGE, "Ah"),
    "dischargecapacity": Quantity("discharging_capacity_ah", Kind.CHARGE, "Ah"),
    "chargeenergy": Quantity("charging_energy_wh", Kind.ENERGY, "Wh"),
    "dischargeenergy": Quantity("discharging_energy_wh", Kind.ENERGY, "Wh"),
    "internalresistance": Quantity("internal_resistance_ohm", Kind.RESISTANCE, "Ohm"),
    **{
        f"auxtemperature{n}": Quantity(f"temperature_t{n}_celsius", Kind.TEMPERATURE)
        for n in range(1, 6)
    },
}
NEEDS = (
    *("test_time_second", "voltage_volt", "current_ampere"),
    "record_index|step_id|step_time_second",
)
STATISTICS = ("vmaxoncycle", "vminoncycle")
"""Words of titles of statistics: one row a cycle or step, no measurement."""


def read(path: Path) -> ForeignFile:
    """Read a CSV export. StoreError names file, line and cure."""
    sheet = TextFile.read(path, "cp1252").sheet(TITLES, NEEDS)
    return as_foreign(path, sheet.take(), sheet.head)


def as_foreign(path: Path, taken: Taken, settings: Sequence[str]) -> ForeignFile:
    """Return the rows of an export as labctl has them. StoreError."""
    if any(words_of(title)[0].startswith(STATISTICS) for title in taken.untaken):
        raise StoreError(
            f"{path}: it holds statistics of cycles or steps; import the rows of the "
            "channel instead"
        )
    rows = CyclerRows.of(path, PROGRAM, taken)
    _leave_unmeasured(rows)
    rows.check_sign()
    rows.scope_counters((Scope.TEST, Scope.CYCLE, Scope.STEP))
    return rows.file(settings, {})


def _leave_unmeasured(rows: CyclerRows) -> None:
    """Leave a resistance of 0 out: Arbin writes that where none was measured."""
    name = "internal_resistance_ohm"
    column = rows.columns.get(name)
    if column is None:
        return
    values = np.where(column.values == 0, np.nan, column.values)
    rows.columns[name] = replace(column, values=values)
    if np.isnan(values).all():
        rows.leave(name, "it is 0 throughout: none was measured")
