"""From the columns of a cycler's table to a `ForeignFile`: counters, states, dates.

What Arbin, Neware, Maccor and Basytec have in common. A reader names its titles
(`Titles`) and says in which order the scopes of its counters are likely; the rest is
told by the rows.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from labctl.data import Array
from labctl.errors import StoreError
from labctl.store.importers.clock_text import date
from labctl.store.importers.counters import (
    Bools,
    Scope,
    against,
    begins,
    held,
    scope_of,
    signed,
)
from labctl.store.importers.delimited import Taken
from labctl.store.importers.foreign import ForeignColumn, ForeignFile, ForeignTable

DATE = "date"
"""Name of the quantity that holds a row's date."""
STATE = "state"
"""Name of the quantity that holds a row's charge/discharge state."""
PAIRS = (
    ("charging_capacity_ah", "discharging_capacity_ah"),
    ("charging_energy_wh", "discharging_energy_wh"),
)
MEASURED = frozenset(
    {"test_time_second", "step_time_second", "voltage_volt", "current_ampere"}
)
"""Columns that stay even if they are empty: who analyses them has to know."""
LONGEST = 1e10
"""s: 300 years; a test time beyond is none."""
Direction = Callable[[str], float]
"""A state -> 1 charge, -1 discharge, 0 rest, NaN: it does not tell."""


@dataclass(slots=True)
class CyclerRows:
    """The columns of a file while its reader works on them."""

    path: Path
    program: str
    columns: dict[str, ForeignColumn]
    words: Mapping[str, Sequence[str]]
    untaken: list[str]
    remarks: list[str]
    step: Bools = field(init=False)
    """Which rows are the first of a step."""

    @classmethod
    def of(cls, path: Path, program: str, taken: Taken) -> "CyclerRows":
        """Return what was taken from a file's table; columns without a number not."""
        empty = [
            name
            for name, column in taken.columns.items()
            if name not in MEASURED and np.isnan(column.values).all()
        ]
        return cls(
            path,
            program,
            {n: c for n, c in taken.columns.items() if n not in empty},
            taken.words,
            [*taken.untaken, *(taken.columns[name].title for name in empty)],
            list(taken.remarks),
        )

    def __post_init__(self) -> None:
        """Find where steps begin: a step executed again restarts its own time."""
        self.step = begins(
            *(self.numbers(name) for name in ("step_count", "step_id", "cycle_count")),
            step_time=self.numbers("step_time_second"),
        )

    def numbers(self, name: str) -> Array | None:
        """Return a column's numbers; None: the file has none."""
        column = self.columns.get(name)
        return None if column is None else column.values

    def leave(self, name: str, why: str) -> None:
        """Do not take a column, and say why."""
        column = self.columns.pop(name, None)
        if column is not None:
            self.untaken.append(column.title)
            self.remarks.append(f"{column.title} is not taken: {why}")

    def derive(self, name: str, values: Array, titles: str, rule: str) -> None:
        """Put a derived column."""
        self.columns[name] = ForeignColumn(values, titles, rule)

    def directions(self, direction: Direction) -> Array | None:
        """Return the direction of each row's state; None: the file has no states."""
        states = self.words.get(STATE)
        if states is None:
            return None
        known = {state: direction(state) for state in set(states)}
        return np.array([known[state] for state in states], dtype=np.float64)

    def sign_current(self, direction: Direction, state_title: str) -> None:
        """Give a current without a sign that of its state.

        StoreError: it has neither; or sign and state contradict each other.
        """
        column = self.columns["current_ampere"]
        current, ways = column.values, self.directions(direction)
        has_sign = bool((current < 0).any())
        if ways is None:
            if has_sign or not current.any():
                return
            raise StoreError(
                f"{self.path}: {column.title} is never negative and no column tells "
                f"charge from discharge; export the column {state_title} too"
            )
        if has_sign:
            directed = current * np.where(np.abs(ways) == 1, ways, np.nan)
            wrong = np.flatnonzero(directed < 0)
            mostly = [
                (directed[ways == way] < 0).sum() > (directed[ways == way] > 0).sum()
                for way in (1, -1)
            ]
            if any(mostly) or len(wrong) > len(current) / 100:
                row = int(wrong[0])
                raise StoreError(
                    f"{self.path}: {column.title} is {current[row]:g} A in row "
                    f"{row + 1}, whose state is {self.words[STATE][row]!r}: its sign "
                    "is not that of a charge above 0"
                )
            if len(wrong):
                self.remarks.append(
                    f"{len(wrong)} rows have a current of the other direction than "
                    f"their {state_title}"
                )
            return
        values = signed(current, ways)
        if lost := int((np.isnan(values) & np.isfinite(current)).sum()):
            self.remarks.append(
                f"{lost} rows have a current whose sign no state tells: not taken"
            )
        if not np.nan_to_num(ways).any() and current.any():
            raise StoreError(
                f"{self.path}: no state tells charge from discharge, and "
                f"{column.title} has no sign"
            )
        rule = "sign-from-state"
        titles = f"{column.title}, {state_title}"
        self.columns["current_ampere"] = ForeignColumn(values, titles, rule)

    def check_sign(self) -> None:
        """Refuse a current that is positive where the discharge is counted.

        StoreError.
        """
        pair = [self.numbers(name) for name in PAIRS[0]]
        current = self.numbers("current_ampere")
        if current is None or pair[0] is None or pair[1] is None:
            return
        if against(current, pair[0], pair[1]):
            names = " and ".join(self.columns[name].title for name in PAIRS[0])
            raise StoreError(
                f"{self.path}: {self.columns['current_ampere'].title} has the opposite "
                f"sign of {names}: it is not known which of them is right"
            )

    def scope_counters(self, order: Sequence[Scope]) -> None:
        """Name charge and energy counters by when they restart, as the rows tell."""
        starts = {Scope.TEST: np.zeros(0, bool), Scope.STEP: self.step}
        starts[Scope.CYCLE] = begins(self.numbers("cycle_count"))
        for pair in PAIRS:
            there = [name for name in pair if name in self.columns]
            counters = [self.columns[name].values for name in there]
            if not there:
                continue
            scope = scope_of(counters, [(each, starts[each]) for each in order])
            if scope is None:
                for name in there:
                    self.leave(name, "it restarts where neither step nor cycle does")
                continue
            if scope is Scope.STEP:
                self.count_steps()
            for name in there:
                self.columns[scope + name] = self.columns.pop(name)

    def scope_both_ways(self, name: str, ways: Array | None) -> None:
        """Name a counter that counts charge and discharge alike, and give it a sign.

        ``ways``: direction of each row; None: that of the current.
        """
        column, current = self.columns.get(name), self.numbers("current_ampere")
        if column is None or current is None:
            return
        now = np.sign(current)
        way = now if ways is None else np.where(np.isnan(ways), now, ways)
        told = not (np.isnan(way) & (column.values != 0)).any()
        way = held(way)
        starts = [(Scope.STEP, self.step), (Scope.HALF_CYCLE, begins(way))]
        scope = scope_of([column.values], starts) if told else None
        if scope is None or (column.values < 0).any():
            self.leave(name, "it restarts where neither step nor direction does")
            return
        if scope is Scope.STEP:
            self.count_steps()
        del self.columns[name]
        unit = "energy_wh" if name.endswith("_wh") else "capacity_ah"
        named = f"step_net_{unit}" if scope is Scope.STEP else f"half_cycle_{unit}"
        self.derive(named, column.values * way + 0.0, column.title, "sign-from-state")

    def count_steps(self) -> None:
        """Put the number of each step's execution, for counters of a step."""
        if "step_count" not in self.columns:
            names = ("step_id", "cycle_count", "step_time_second")
            titles = [self.columns[n].title for n in names if n in self.columns]
            values = np.cumsum(self.step).astype(np.float64)
            self.derive("step_count", values, ", ".join(titles), "steps-from-rows")

    def file(self, settings: Sequence[str], facts: Mapping[str, Any]) -> ForeignFile:
        """Return the file, read completely."""
        started, said = self._started()
        return ForeignFile(
            self.path,
            self.program,
            ForeignTable({n: c for n, c in self.columns.items() if n != DATE}),
            started=started,
            started_said=said,
            settings=tuple(settings),
            facts=facts,
            untaken=tuple(self.untaken),
            remarks=tuple(self.remarks),
        )

    def _started(self) -> tuple[datetime | None, str]:
        """Return when test time was 0, by the first row's date; or what it says.

        The dates of first and last row, and one above 12 between, tell day from month.
        """
        dates, time = self.words.get(DATE), self.numbers("test_time_second")
        if dates is None or time is None or not dates[0]:
            return None, ""
        there = [at for at, text in enumerate(dates) if text]
        days: dict[str, int] = {}
        for at in there:
            days.setdefault(dates[at][:10], at)
        chosen = sorted({there[0], *days.values(), there[-1]})
        first = date([dates[at] for at in chosen], [float(time[at]) for at in chosen])
        elapsed = float(time[there[0]])
        if first is None or not 0 <= elapsed < LONGEST:
            return None, dates[there[0]]
        return first - timedelta(seconds=elapsed), ""


def told_start(file: ForeignFile, text: str, elapsed: float = 0.0) -> ForeignFile:
    """Return the file with a start that its header tells, ``elapsed`` s into it."""
    first = date([text])
    if first is None:
        return replace(file, started=None, started_said=text)
    return replace(file, started=first - timedelta(seconds=elapsed), started_said="")
