"""Read Neware's ``.nda`` and ``.ndax`` through the package NewareNDA (BSD-3).

What the package invents is taken out again: a current range that it does not know is 0
to it; in files that keep a record only now and then it fills times, capacities and
energies between them. ``.nda`` dates are the clock of the PC; ``.ndax`` dates are UTC.
"""

import tempfile
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from labctl.data import Array
from labctl.errors import OperatorError, StoreError
from labctl.store.importers.counters import Scope, in_order
from labctl.store.importers.cycler_rows import STATE, CyclerRows
from labctl.store.importers.delimited import Taken
from labctl.store.importers.foreign import ForeignColumn, ForeignFile, as_numbers
from labctl.store.importers.neware_text import direction

PROGRAM = "Neware BTS"
INSTALL = "pip install 'labctl-bench[neware]'"
RECORDS = "data_runInfo.ndc"
"""In an ``.ndax``: the records that have times and capacities of their own."""
MILLI = 1e-3
COLUMNS: Mapping[str, tuple[str, float]] = {
    "Index": ("record_index", 1.0),
    "Cycle": ("cycle_count", 1.0),
    "Step_Index": ("step_id", 1.0),
    "Step": ("step_count", 1.0),
    "Time": ("step_time_second", 1.0),
    "Voltage": ("voltage_volt", 1.0),
    "Current(mA)": ("current_ampere", MILLI),
    "Charge_Capacity(mAh)": ("charging_capacity_ah", MILLI),
    "Discharge_Capacity(mAh)": ("discharging_capacity_ah", MILLI),
    "Charge_Energy(mWh)": ("charging_energy_wh", MILLI),
    "Discharge_Energy(mWh)": ("discharging_energy_wh", MILLI),
}
"""Name in NewareNDA's table -> labctl's, and the factor to its unit."""
COUNTED = [name for name in COLUMNS if name.startswith(("Charge", "Discharge"))]


def read(path: Path) -> ForeignFile:
    """Read a file. OperatorError: the package is missing. StoreError: it is damaged."""
    try:
        import NewareNDA  # noqa: PLC0415  (an extra)
    except ImportError as e:
        raise OperatorError(
            f"{path}: to read Neware's own files labctl needs NewareNDA: {INSTALL}"
        ) from e
    try:
        with warnings.catch_warnings():
            for kind in (DeprecationWarning, FutureWarning):
                warnings.simplefilter("ignore", kind)  # between it and pandas
            frame: Any = NewareNDA.read(
                str(path), software_cycle_number=False, log_level="CRITICAL"
            )
            recorded = _recorded(path)
    except Exception as e:
        raise StoreError(
            f"{path}: NewareNDA cannot read it ({type(e).__name__}: {e}); export the "
            "record layer from BTSDA as CSV or xlsx"
        ) from e
    if not len(frame):
        raise StoreError(f"{path}: the file has no row of data")
    return _foreign(path, frame, recorded)


def _recorded(path: Path) -> frozenset[int] | None:
    """Return the index of rows with times of their own; None: all have."""
    if not zipfile.is_zipfile(path):
        return None
    from NewareNDA.NewareNDAx import read_ndc  # noqa: PLC0415

    with zipfile.ZipFile(path) as file, tempfile.TemporaryDirectory() as folder:
        if RECORDS not in file.namelist():
            return None
        found: Any = read_ndc(file.extract(RECORDS, path=folder))
    return frozenset(int(index) for index in found["Index"])


def _foreign(path: Path, frame: Any, recorded: frozenset[int] | None) -> ForeignFile:
    columns = {
        name: ForeignColumn(factor * _decimal(frame[title].to_numpy()), title)
        for title, (name, factor) in COLUMNS.items()
        if title in frame.columns
    }
    columns["step_count"] = replace(columns["step_count"], rule="steps-from-rows")
    if not columns["cycle_count"].values.any():
        del columns["cycle_count"]  # the package's word for: not in the file
    other = [t for t in frame.columns if t not in COLUMNS]
    untaken = tuple(str(t) for t in other if t not in {"Status", "Timestamp"})
    words = {STATE: [str(state) for state in frame["Status"]]}
    rows = CyclerRows.of(path, PROGRAM, Taken(columns, words, untaken))
    _refuse_unknown_ranges(rows)
    _leave_filled(rows, recorded)
    moments = list(frame["Timestamp"])
    step_time = rows.columns["step_time_second"].values
    try:
        wall = np.array([(each - moments[0]).total_seconds() for each in moments])
        begun = moments[0] - timedelta(seconds=float(step_time[0]))
        started: datetime = getattr(begun, "to_pydatetime", lambda: begun)()
    except (OverflowError, TypeError, ValueError) as e:
        raise StoreError(f"{path}: its times are damaged: {e}") from e
    first = np.append(True, np.diff(rows.columns["step_count"].values) != 0)
    time = in_order(step_time, first, wall)
    rows.derive("test_time_second", time, "Time, Timestamp", "step-times-in-order")
    rows.sign_current(direction, "Status")
    rows.check_sign()
    rows.scope_counters((Scope.STEP, Scope.CYCLE, Scope.TEST))
    if started.tzinfo is not None:
        unix = np.array([each.timestamp() for each in moments], dtype=np.float64)
        rule = "" if recorded is None else "filled-between-records"
        rows.derive("unix_time_second", unix, "Timestamp", rule)
    return replace(rows.file((), {}), started=started)


def _decimal(values: Array) -> Array:
    """Return the shortest decimals of single-precision numbers: 3.4751 of 3.47510004.

    The file counts in 0.1 mV and the like; the package rounds to single precision.
    """
    if values.dtype == np.float32:
        return values.astype(str).astype(np.float64)
    return as_numbers(values)


def _refuse_unknown_ranges(rows: CyclerRows) -> None:
    """Refuse a file in which a whole step that drives a current has none."""
    current = rows.columns["current_ampere"].values
    steps = rows.columns["step_count"].values
    ways = rows.directions(direction)
    driven = (ways if ways is not None else np.zeros(len(steps))) != 0
    for step in np.unique(steps[driven & (current == 0)]):
        of_it = (steps == step) & driven
        if of_it.sum() > 1 and not current[of_it].any():
            raise StoreError(
                f"{rows.path}: step {step:.0f} charges or discharges at 0 A: NewareNDA "
                "does not know its current range; export the record layer from BTSDA "
                "as CSV or xlsx"
            )


def _leave_filled(rows: CyclerRows, recorded: frozenset[int] | None) -> None:
    """Take out what was filled between records."""
    if recorded is None:
        return
    index: Array = rows.columns["record_index"].values
    own = np.isin(index, np.fromiter(recorded, dtype=np.float64))
    if own.all():
        return
    for name, column in list(rows.columns.items()):
        if column.title in COUNTED:
            values = np.where(own, column.values, np.nan)
            rows.columns[name] = replace(column, values=values)
    rule = "filled-between-records"
    time = rows.columns["step_time_second"]
    rows.columns["step_time_second"] = replace(time, rule=rule)
    rows.remarks.append(
        f"{int((~own).sum())} of {len(own)} rows have no time and no capacity of their "
        "own: times are filled, capacities and energies are not taken there"
    )
