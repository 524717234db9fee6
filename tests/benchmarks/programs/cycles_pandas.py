"""The same cycles by pandas, the customary way: integrate, group, aggregate."""

import pandas as pd
from cycles_told import column, tell_cycles

COLUMNS = ("time", "voltage", "current", "half_cycle")


def work() -> float:
    """Return what the last whole cycle gave back."""
    frame = pd.DataFrame({name: column(name) for name in COLUMNS})
    step = frame["time"].diff().fillna(0)
    mean = (frame["current"] + frame["current"].shift(fill_value=0)) / 2
    frame["charge"] = mean * step
    frame["energy"] = frame["charge"] * frame["voltage"]
    table = frame.groupby("half_cycle").agg(
        charge=("charge", "sum"), energy=("energy", "sum"), end=("voltage", "last")
    )
    return float(table["charge"].iloc[-3]) / 3.6


if __name__ == "__main__":
    tell_cycles(work)
