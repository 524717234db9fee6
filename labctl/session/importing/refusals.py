"""What no run can be made of: time that is missing, or goes back."""

import numpy as np

from labctl.errors import StoreError
from labctl.store.importers.foreign import ForeignFile


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
        back = np.flatnonzero(np.diff(time) < 0)
        if len(back):
            k = int(back[0])
            raise StoreError(
                f"{file.path}: {rows}: {title} goes back from {time[k]:.9g} s to "
                f"{time[k + 1]:.9g} s at row {k + 2}; a test that was started again is "
                "another file: import its parts one by one"
            )
