"""Several runs as one table: what they are, how they ended, what came of them."""

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from labctl.api.run_summary import headline
from labctl.data import Result
from labctl.errors import LabctlError, OperatorError
from labctl.notebook import duckdb_views
from labctl.notebook.libraries import library
from labctl.notebook.line import RunLine, line_of, stamp_of, wall_time
from labctl.notebook.markup import table_html
from labctl.notebook.run import Run
from labctl.notebook.unknown import UnknownNameError

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import polars as pl

log = logging.getLogger(__name__)

_TITLES = (
    *("run", "measured", "sample", "state", "started", "first result"),
    "imported from",
)
SHOWN = 30
"""Runs that a notebook shows at once: the latest."""


class Runs(Sequence[Run]):
    """Runs by time of start; ``runs[-1]`` is the last one, ``runs["id"]`` one by name.

    Those whose start nobody knows come before all others.

    Made by `labctl.runs`. Each is opened when it is asked for; close it, or let it go.
    """

    def __init__(
        self, lines: Sequence[RunLine], unreadable: Mapping[Path, str]
    ) -> None:
        self.lines = tuple(sorted(lines, key=_by_start))
        """What is known of each run without opening it again."""
        self.unreadable = dict(unreadable)
        """Folder -> why the run in it could not be read; empty if all could."""

    def where(
        self,
        *,
        protocol: str = "*",
        sample: str = "*",
        state: str = "*",
        simulated: bool | None = None,
    ) -> "Runs":
        """Return those runs that match: ``where(sample="qms-*", state="completed")``.

        ``*`` and ``?`` stand for letters that do not matter. An imported run is found
        by what it was taken for as well: ``where(protocol="gitt")``.
        """
        kept = [
            each
            for each in self.lines
            if any(fnmatchcase(one, protocol) for one in _protocols(each))
            and fnmatchcase(each.sample, sample)
            and fnmatchcase(each.state, state)
            and (simulated is None or each.simulated == simulated)
        ]
        return Runs(kept, self.unreadable)

    def to_pandas(self) -> "pd.DataFrame":
        """Return one row a run: its facts, then value and uncertainty of each result.

        ``frame.attrs["units"]`` has the units. A result that has another unit in some
        runs gets a column for each of them.
        """
        pd = library("pandas", "to_pandas()")
        columns, units = self._columns()
        frame = pd.DataFrame(columns)
        frame["started"] = pd.to_datetime(frame["started"], utc=True, format="ISO8601")
        frame.attrs["units"] = units
        return frame

    def to_polars(self) -> "pl.DataFrame":
        """Return one row a run, as `to_pandas` does."""
        pl = library("polars", "to_polars()")
        frame = pl.DataFrame(self._columns()[0], strict=False)
        text = pl.col("started").cast(pl.String)
        started = text.str.to_datetime(time_zone="UTC")
        return frame.with_columns(started)

    def duckdb(self, *streams: str) -> "duckdb.DuckDBPyConnection":
        """Return a DuckDB connection with views ``runs``, ``results``, ``cycles``.

        ``streams``: names of streams whose rows are wanted as views as well,
        ``duckdb("timeseries")``; they are made into Parquet first. Every view has
        ``run``, the run's name. What was worked out is kept in ``.labctl-cache`` beside
        the runs where that can be written, and worked out anew when a run has changed.
        """
        return duckdb_views.connection(self.lines, streams)

    def _columns(self) -> tuple[dict[str, list[Any]], dict[str, str]]:
        columns: dict[str, list[Any]] = {
            "run": [each.id for each in self.lines],
            "protocol": [each.protocol for each in self.lines],
            "measured": [each.measured for each in self.lines],
            "imported_from": [each.imported_from for each in self.lines],
            "sample": [each.sample for each in self.lines],
            "state": [str(each.state) for each in self.lines],
            "started": [stamp_of(each.started_unix) for each in self.lines],
            "simulated": [each.simulated for each in self.lines],
            "operator": [each.operator for each in self.lines],
        }
        units: dict[str, str] = {}
        for (name, unit), title in self._titles().items():
            found = [_of_unit(each.results, name, unit) for each in self.lines]
            columns[title] = [None if one is None else one.value for one in found]
            if not any(isinstance(value, str) for value in columns[title]):
                columns[f"{title}_uncertainty"] = [
                    None if one is None else one.uncertainty for one in found
                ]
                units[title] = units[f"{title}_uncertainty"] = unit
            columns[f"{title}_quality"] = [
                None if one is None else str(one.quality) for one in found
            ]
        return columns, units

    def _titles(self) -> dict[tuple[str, str], str]:
        """Return (name, unit) -> title of its column, the unit in it if it must."""
        units: dict[str, list[str]] = {}
        for line in self.lines:
            for name, one in line.results.items():
                known = units.setdefault(name, [])
                if one.unit not in known:
                    known.append(one.unit)
        return {
            (name, unit): name if len(known) == 1 else f"{name} / {unit or '1'}"
            for name, known in units.items()
            for unit in known
        }

    @overload
    def __getitem__(self, which: int | str) -> Run: ...
    @overload
    def __getitem__(self, which: slice) -> "Runs": ...
    def __getitem__(self, which: int | str | slice) -> "Run | Runs":
        if isinstance(which, slice):
            return Runs(self.lines[which], self.unreadable)
        if isinstance(which, int):
            if not self.lines:
                raise IndexError(
                    "there are no runs here: none matches, or none was made"
                )
            return Run(self.lines[which].path)
        for line in self.lines:
            if line.id == which:
                return Run(line.path)
        raise UnknownNameError("run", which, (each.id for each in self.lines))

    def __iter__(self) -> Iterator[Run]:
        return (Run(each.path) for each in self.lines)

    def _ipython_key_completions_(self) -> list[str]:
        return [each.id for each in self.lines]

    def __len__(self) -> int:
        return len(self.lines)

    def __repr__(self) -> str:
        shown = self._shown()
        widths = [max(map(len, cells)) for cells in zip(*shown, strict=True)]
        lines = ["  ".join(map(str.ljust, cells, widths)).rstrip() for cells in shown]
        if (more := len(self) - SHOWN) > 0:
            lines.append(f"and {more} earlier runs")
        if self.unreadable:
            lines.append(f"{len(self.unreadable)} could not be read: see .unreadable")
        return "\n".join(lines) or "no runs"

    def _repr_html_(self) -> str:
        more = len(self) - SHOWN
        below = f"and {more} earlier runs" if more > 0 else ""
        if self.unreadable:
            below += f" {len(self.unreadable)} could not be read: see .unreadable"
        return table_html(_TITLES, self._shown(), below)

    def _shown(self) -> list[tuple[str, ...]]:
        return [
            (
                each.id,
                each.measured,
                each.sample,
                str(each.state),
                wall_time(each.started_unix),
                headline(each.results),
                each.imported_from,
            )
            for each in self.lines[-SHOWN:]
        ]


def collected(paths: Sequence[Path]) -> Runs:
    """Return the runs at ``paths``; those that cannot be read are told with reasons."""
    lines, unreadable = [], {}
    for path in paths:
        try:
            lines.append(line_of(path))
        except (LabctlError, OSError, ValueError, KeyError) as error:
            log.warning("%s cannot be read: %s", path, error)
            unreadable[path] = str(error)
    if unreadable and not lines:
        path, why = next(iter(unreadable.items()))
        raise OperatorError(f"{path}: no run there can be read: {why}")
    return Runs(lines, unreadable)


def _protocols(line: RunLine) -> tuple[str, ...]:
    return line.protocol, *line.measured.split(", ")


def _by_start(line: RunLine) -> tuple[float, str]:
    """Sort by time of start; what has none stands before all others."""
    known = math.isfinite(line.started_unix)
    return (line.started_unix if known else -math.inf, line.id)


def _of_unit(results: Mapping[str, Result], name: str, unit: str) -> Result | None:
    found = results.get(name)
    return found if found is not None and found.unit == unit else None
