"""The same cycles by PyProBE, which is given running charges."""

import importlib
from typing import Any

from cycles_told import column, tell_cycles

# not dependencies of labctl, so that mypy cannot know them
polars: Any = importlib.import_module("polars")
cycling: Any = importlib.import_module("pyprobe.analysis.cycling")
experiment: Any = importlib.import_module("pyprobe.filters").Experiment


def work() -> float:
    """Return what the last whole cycle gave back."""
    frame = polars.DataFrame(
        {
            "Time [s]": column("time"),
            "Step": column("step"),
            "Event": column("half_cycle"),
            "Current [A]": column("current"),
            "Voltage [V]": column("voltage"),
            "Capacity [Ah]": column("capacity"),
        }
    ).lazy()
    found = cycling.summary(experiment(lf=frame, info={}))
    charges = found.lf.collect()["Charge Capacity [Ah]"].to_numpy()
    return 1e3 * float(charges[-2])


if __name__ == "__main__":
    tell_cycles(work)
