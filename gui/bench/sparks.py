"""The last readings of each run as a tile draws them: at most 120 points."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from labctl.api.models import RunSummary

POINTS = 120
COLUMNS = ("voltage_volt", "field_tesla", "current_ampere")
"""The first of these that a run has is drawn."""


@dataclass(slots=True)
class Spark:
    """Readings against test time; evenly thinned when it overflows."""

    times: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    spacing: float = 0.0
    """s of test time between two points that are kept."""

    def add(self, time: float, value: float) -> None:
        """Take a reading; readings closer than the spacing replace the last."""
        if self.times and time < self.times[-1]:
            self.times.clear()
            self.values.clear()
        if (
            len(self.times) > 1
            and time - self.times[-2] < self.spacing
            and time >= self.times[-2]
        ):
            self.times[-1], self.values[-1] = time, value
            return
        self.times.append(time)
        self.values.append(value)
        if len(self.times) > POINTS:
            self.times, self.values = self.times[::2], self.values[::2]
            self.spacing = (self.times[-1] - self.times[0]) / POINTS


class Sparks:
    """One spark line a run; forgets runs that are gone."""

    def __init__(self) -> None:
        self._of: dict[str, Spark] = {}

    def take(self, runs: list[RunSummary]) -> None:
        """Take the last reading of every run."""
        known = {run.run for run in runs}
        for gone in self._of.keys() - known:
            del self._of[gone]
        for run in runs:
            value = drawn(run.last)
            if value is not None:
                self._of.setdefault(run.run, Spark()).add(run.test_time, value)

    def seed(self, run: str, times: list[float], values: list[float]) -> None:
        """Take a run's past, as the station remembers it."""
        spark = Spark()
        for time, value in zip(times, values, strict=True):
            spark.add(time, value)
        self._of[run] = spark

    def of(self, run: str) -> Spark:
        """Return a run's line; empty if nothing is known."""
        return self._of.get(run, Spark())


def drawn(last: Mapping[str, float | None]) -> float | None:
    """Return the reading that is drawn; None if there is none."""
    return next((last[n] for n in COLUMNS if last.get(n) is not None), None)
