"""The same plan on twins in virtual time: how long, how many rows, how far."""

import dataclasses
import math
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from labctl.clock import SystemClock, iso
from labctl.config.models import Config
from labctl.data import Array
from labctl.protocol import StepRecord
from labctl.session.auxiliaries import Aside
from labctl.session.order import Order, Prepared, prepare
from labctl.session.plan_walk import walk
from labctl.session.run import Finished, Observers, start
from labctl.session.thermometers import SECTION
from labctl.steps.channel import RunTechniques
from labctl.store.folder import RunFolder
from labctl.store.journal.reader import JournalReader

WATCHED = ("voltage_volt", "current_ampere", "field_tesla")
"""Columns whose extremes people ask for."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the plan comes to."""

    status: str
    """How the run ended on the twins: ``completed``, ``limit`` …"""
    duration: float
    """s."""
    end_unix: float
    """UTC epoch seconds of the end, were it started now."""
    steps: int
    rows: int
    file_bytes: int
    extremes: Mapping[str, tuple[float, float]]
    """Column -> smallest and largest reading."""
    curve: Mapping[str, Array] = field(default_factory=dict)
    """Time, voltage and current, at most `CURVE_ROWS` rows, for a preview."""
    plan: Sequence[StepRecord] = ()
    """The steps as the twins went through them."""
    reason: str = ""
    """Why it ended so; empty when completed."""

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {
            "status": self.status,
            "duration": self.duration,
            "end": iso(self.end_unix),
            "steps": self.steps,
            "rows": self.rows,
            "file_bytes": self.file_bytes,
            "extremes": {k: list(v) for k, v in self.extremes.items()},
        }


CURVE_ROWS = 2000
BYTES_PER_VALUE = 5
"""Measured: a sealed row of twelve columns takes 59 B after shuffle and gzip."""
FILE_BYTES = 60_000
"""Measured: what an empty sealed file takes."""


def forecast(
    order: Order, config: Config, observers: Observers | None = None
) -> Forecast:
    """Run ``order`` on twins as fast as they can and return what it came to."""
    watchers = dataclasses.replace(
        observers or Observers(), live_view=False, sealed=False
    )
    with tempfile.TemporaryDirectory(prefix="labctl-forecast-") as folder:
        there = dataclasses.replace(order, simulate=True, speed=None, out=Path(folder))
        prepared = prepare(there, config)
        prepared = dataclasses.replace(prepared, asides=_deciding(prepared))
        finished = start(prepared, config, watchers)
        return _measure(finished)


def _deciding(prepared: Prepared) -> tuple[Aside, ...]:
    """Return the thermometers, if a step may end by what they say.

    What is only recorded beside decides nothing, and would cost most of the time.
    """
    thermometers = tuple(a for a in prepared.asides if a.section == SECTION)
    if not thermometers:
        return ()
    steps = walk(prepared.protocol).steps
    waits = any(isinstance(s, RunTechniques) and s.ends_by_temperature for s in steps)
    return thermometers if waits else ()


def _measure(finished: Finished) -> Forecast:
    with JournalReader(RunFolder.of(finished.folder).journal) as reader:
        tables = {s.name: reader.table(s.name) for s in reader.header.streams}
        plan = reader.steps
        last = max((r.ended or 0.0 for r in plan), default=0.0)
    size = sum(len(t) * _rows(t) * BYTES_PER_VALUE for t in tables.values())
    series = tables.get("timeseries", {})
    return Forecast(
        finished.status,
        last,
        SystemClock().unix() + last,
        len(plan),
        sum(_rows(t) for t in tables.values()),
        FILE_BYTES + round(size),
        {
            name: (low, high)
            for name in WATCHED
            for low, high in (_span(tables, name),)
            if math.isfinite(low)
        },
        _curve(series),
        plan,
        finished.text,
    )


def _rows(table: Mapping[str, Array]) -> int:
    return len(next(iter(table.values()), ()))


def _span(
    tables: Mapping[str, Mapping[str, Array]], column: str
) -> tuple[float, float]:
    values = [t[column] for t in tables.values() if column in t and len(t[column])]
    finite = [v[np.isfinite(v)] for v in values]
    finite = [v for v in finite if len(v)]
    if not finite:
        return math.nan, math.nan
    return float(min(v.min() for v in finite)), float(max(v.max() for v in finite))


def _curve(table: Mapping[str, Array]) -> dict[str, Array]:
    names = ("test_time_second", "voltage_volt", "current_ampere")
    if not all(name in table for name in names):
        return {}
    stride = max(len(table[names[0]]) // CURVE_ROWS, 1)
    return {name: table[name][::stride] for name in names}
