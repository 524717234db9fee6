"""What no run can be made of: time that is missing or goes back, odd counts."""

import numpy as np

from labctl.errors import StoreError
from labctl.session.importing.columns import column_of
from labctl.store.importers.foreign import ForeignFile

LARGEST = 2.0**53
"""Beyond it neighbouring whole numbers are one number."""
ROUNDING = 16
"""Steps of a float by which a sum of step times may fall short of itself: a step's
start plus its time (ours, and others') ends one or two beside the next step's start."""


def refuse_counts(file: ForeignFile) -> None:
    """Refuse a count, a number of a step or a code that is not whole. StoreError."""
    for table, rows in ((file.timeseries, "rows"), (file.eis, "impedance rows")):
        for name, column in table.items():
            if column_of(name).dtype != "i8":
                continue
            values = np.nan_to_num(column.values, nan=-1.0)
            wrong = np.flatnonzero(
                (np.abs(values) > LARGEST) | (values != np.floor(values))
            )
            if len(wrong):
                raise StoreError(
                    f"{file.path}: {rows}: row {wrong[0] + 1}: {column.title} is "
                    f"{values[wrong[0]]:g}, which is no whole number; correct it, or "
                    "leave the column out"
                )


def refuse_time(file: ForeignFile) -> None:
    """Refuse a file whose time is not there or goes back. StoreError: which row."""
    if file.timeseries.rows and "test_time_second" not in file.timeseries:
        raise StoreError(
            f"{file.path}: no column of time is known to labctl; "
            f"it has {', '.join(file.untaken) or 'no others'}"
        )
    for table, rows in ((file.timeseries, "rows"), (file.eis, "impedance rows")):
        time = table.numbers("test_time_second")
        if time is None:
            continue
        title = table["test_time_second"].title
        missing = np.flatnonzero(~np.isfinite(time))
        if len(missing):
            raise StoreError(
                f"{file.path}: {rows}: row {missing[0] + 1} has no {title}; "
                "take the row out, or export the file again"
            )
        back = np.flatnonzero(np.diff(time) < -ROUNDING * np.spacing(abs(time[1:])))
        if len(back):
            k = int(back[0])
            raise StoreError(
                f"{file.path}: {rows}: {title} goes back from {time[k]:.9g} s to "
                f"{time[k + 1]:.9g} s at row {k + 2}; a test that was started again is "
                "another file: import its parts one by one"
            )
