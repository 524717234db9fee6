"""The same cycles by cellpy, which is given steps and running charges."""

import importlib
import logging
from typing import Any

import numpy as np
import pandas as pd
from cycles_told import column, tell_cycles

# not a dependency of labctl, so that mypy cannot know it
cell_of: Any = importlib.import_module("cellpy.readers.cellreader").CellpyCell
logging.disable(logging.CRITICAL)


def work() -> float:
    """Return what the last whole cycle gave back."""
    cell = cell_of(initialize=True)
    names = cell.headers_normal
    time = column("time")
    cell.data.raw = pd.DataFrame(
        {
            names.data_point_txt: np.arange(1, len(time) + 1),
            names.datetime_txt: pd.to_datetime(time, unit="s"),
            names.test_time_txt: time,
            names.step_time_txt: column("step_time"),
            names.cycle_index_txt: column("cycle"),
            names.step_index_txt: column("step"),
            names.current_txt: column("current"),
            names.voltage_txt: column("voltage"),
            names.charge_capacity_txt: column("charge"),
            names.discharge_capacity_txt: column("discharge"),
        }
    )
    cell.data.raw_units["charge"] = "Ah"
    cell.data.mass = 1.0
    cell.make_step_table()
    cell.make_summary()
    charges = cell.data.summary[cell.headers_summary.charge_capacity].to_numpy()
    return 1e3 * float(charges[-2])


if __name__ == "__main__":
    tell_cycles(work)
