"""Runs, results, cycles and rows of many runs as views of a DuckDB connection."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labctl.data import Array
from labctl.errors import LabctlError, OperatorError
from labctl.notebook.cache import Cache, stamp
from labctl.notebook.cycles import CHARGES, SPECIFIC
from labctl.notebook.libraries import library
from labctl.notebook.line import RunLine, stamp_of
from labctl.notebook.run import Run
from labctl.store.folder import RunFolder

if TYPE_CHECKING:
    import duckdb

log = logging.getLogger(__name__)

PART = 1_000_000
"""Rows that become Parquet at once."""
SHORT = 16_000_000
"""Bytes of a journal that is read faster than a file that must be opened by columns."""
CYCLES = (*CHARGES, *SPECIFIC)
PURPOSE = "a view over many runs"
_TYPES = {"f8": "DOUBLE", "i8": "BIGINT"}
_RUNS = (
    *("run VARCHAR", "protocol VARCHAR", "sample VARCHAR", "title VARCHAR"),
    *("state VARCHAR", "started TIMESTAMPTZ", "simulated BOOLEAN"),
    *("operator VARCHAR", "path VARCHAR", "measured VARCHAR"),
    "imported_from VARCHAR",
)
_RESULTS = (
    *("run VARCHAR", "name VARCHAR", "value DOUBLE", "word VARCHAR"),
    *("uncertainty DOUBLE", "unit VARCHAR", "quality VARCHAR", "reason VARCHAR"),
)
_CYCLES = (
    *("run VARCHAR", "folder VARCHAR", "stamp VARCHAR"),
    *(f"{column.name} {_TYPES[column.dtype]}" for column in CYCLES),
)
"""What a run without cycles has is one row of nulls: it need not be looked at again."""


def connection(
    lines: Sequence[RunLine], streams: Iterable[str]
) -> "duckdb.DuckDBPyConnection":
    """Return a connection with the views; see `labctl.notebook.collection.Runs`."""
    opened = library("duckdb", PURPOSE).connect(":memory:")
    _create(opened, "runs", _RUNS, map(_run_row, lines))
    _create(opened, "results", _RESULTS, _result_rows(lines))
    _create(opened, "_cycles", _CYCLES, ())
    by_folder: dict[Path, list[RunLine]] = {}
    for line in lines:
        by_folder.setdefault(line.path.absolute().parent, []).append(line)
    for folder, own in by_folder.items():
        _add_cycles(opened, own, Cache(folder))
    shown = ", ".join(column.name for column in CYCLES)
    opened.execute(
        f"CREATE VIEW cycles AS SELECT run, {shown} FROM _cycles "  # noqa: S608
        "WHERE cycle_count IS NOT NULL"
    )
    for stream in dict.fromkeys(streams):
        files = [
            file
            for folder, own in by_folder.items()
            for file in _rows_files(own, Cache(folder), stream)
        ]
        _create_rows(opened, stream, files)
    return opened


def _create(
    into: Any, name: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    into.execute(f"CREATE TABLE {name} ({', '.join(columns)})")
    every = list(rows)
    if every:
        _insert(into, name, columns, [list(each) for each in zip(*every, strict=True)])


def _insert(
    into: Any, name: str, columns: Sequence[str], values: Sequence[list[Any]]
) -> None:
    """Insert columns as lists; Arrow would load pandas first, which takes a second."""
    listed = ", ".join(f"unnest(?::{column.split()[1]}[])" for column in columns)
    into.execute(f"INSERT INTO {name} SELECT {listed}", list(values))


def _run_row(line: RunLine) -> tuple[Any, ...]:
    facts = (line.id, line.protocol, line.sample, line.title, str(line.state))
    about = (stamp_of(line.started_unix), line.simulated, line.operator)
    return (*facts, *about, str(line.path), line.measured, line.imported_from)


def _result_rows(lines: Iterable[RunLine]) -> Iterator[tuple[Any, ...]]:
    for line in lines:
        for name, one in line.results.items():
            word = one.value if isinstance(one.value, str) else None
            value = None if one.value is None or word is not None else float(one.value)
            yield (
                *(line.id, name, value, word, one.uncertainty),
                *(one.unit, str(one.quality), one.reason),
            )


def _add_cycles(into: Any, lines: Sequence[RunLine], cache: Cache) -> None:
    """Put the cycles of the runs of one folder into ``_cycles``."""
    now = {line.path.name: stamp(line.path) for line in lines}
    kept = _read_kept(into, cache.cycles)
    current = [name for name, made in now.items() if kept.get(name) == made]
    into.execute(
        "INSERT INTO _cycles BY NAME SELECT * FROM _kept "
        "WHERE list_contains(?, folder)",
        [current],
    )
    fresh = [line for line in lines if line.path.name not in set(current)]
    _insert_all(into, [_cycles_of(line, now[line.path.name]) for line in fresh])
    finished = [line.path.name for line in fresh if line.finished]
    if finished:
        others = [name for name in kept if name not in now and cache.knows(name)]
        _write_kept(into, finished + current, others, cache)


def _cycles_of(line: RunLine, made: str) -> list[list[Any]]:
    """Return the cycles of a run by column; one row of None where there are none."""
    found: dict[str, list[Any]] = {}
    try:
        with Run(_quickest(line.path)) as run:
            table = run.cycles
            found = {name: _known(values) for name, values in table.items()}
    except (LabctlError, OSError, ValueError, KeyError) as error:
        log.warning("cycles of %s cannot be worked out: %s", line.id, error)
    rows = max(1, len(found.get("cycle_count", ())))
    about = [[value] * rows for value in (line.id, line.path.name, made)]
    return about + [found.get(each.name) or [None] * rows for each in CYCLES]


def _quickest(path: Path) -> Path:
    """Return what of a run is read soonest: a short journal has all in one piece."""
    journal = RunFolder(path.absolute()).journal
    return journal if journal.exists() and journal.stat().st_size < SHORT else path


def _known(values: Array) -> list[Any]:
    """Return the values, None where they are NaN; no cycle counts to -1."""
    return [None if value != value else value for value in values.tolist()]  # noqa: PLR0124


def _insert_all(into: Any, parts: Sequence[list[list[Any]]]) -> None:
    if parts:
        joined = [list(chain.from_iterable(each)) for each in zip(*parts, strict=True)]
        _insert(into, "_cycles", _CYCLES, joined)


def _read_kept(into: Any, file: Path) -> dict[str, str]:
    """Read the cache into ``_kept``; return the name of a run's folder -> its stamp."""
    into.execute("CREATE OR REPLACE TEMP TABLE _kept AS SELECT * FROM _cycles LIMIT 0")
    if file.exists():
        try:
            into.execute(
                "INSERT INTO _kept BY NAME SELECT * FROM read_parquet(?)", [str(file)]
            )
        except library("duckdb", PURPOSE).Error as error:
            log.info("%s is made anew: %s", file, error)
    return dict(into.execute("SELECT DISTINCT folder, stamp FROM _kept").fetchall())


def _write_kept(into: Any, now: list[str], others: list[str], cache: Cache) -> None:
    """Write what is known now and what the cache knew of other runs."""
    try:
        with cache.replaced(cache.cycles) as part:
            into.execute(
                "COPY (SELECT * FROM _cycles WHERE list_contains(?, folder) "  # noqa: S608
                "UNION ALL BY NAME SELECT * FROM _kept WHERE list_contains(?, folder)) "
                f"TO '{_quoted(part)}' (FORMAT parquet)",
                [now, others],
            )
    except (OSError, library("duckdb", PURPOSE).Error) as error:
        log.debug("nothing is kept beside the runs: %s", error)


def _rows_files(lines: Iterable[RunLine], cache: Cache, stream: str) -> list[Path]:
    """Return Parquet files with the rows of a stream, made where they are not yet."""
    found = []
    for line in lines:
        with Run(line.path) as run:
            if not run.has(stream):
                continue
            file = cache.rows(line.path, stream)
            if not file.exists():
                with cache.replaced(file) as part:
                    _write_rows(run, stream, part)
                cache.forget_older(file)
            found.append(file)
    return found


def _write_rows(run: Run, stream: str, path: Path) -> None:
    parquet = library("pyarrow.parquet", PURPOSE)
    pa = library("pyarrow", PURPOSE)
    table, name = run.table(stream), run.id
    with parquet.ParquetWriter(
        path, _with_run(pa, table.part(0, 0).to_arrow(), name).schema
    ) as file:
        for begin in range(0, table.rows, PART):
            part = table.part(begin, begin + PART).to_arrow()
            file.write_table(_with_run(pa, part, name))


def _with_run(pa: Any, table: Any, run: str) -> Any:
    return table.add_column(0, "run", pa.array([run] * len(table), pa.string()))


def _create_rows(into: Any, stream: str, files: Sequence[Path]) -> None:
    if not files:
        raise OperatorError(f"none of these runs has rows of {stream!r}")
    listed = ", ".join(f"'{_quoted(file)}'" for file in files)
    into.execute(
        f'CREATE VIEW "{stream}" AS '  # noqa: S608  a stream's name is checked
        f"SELECT * FROM read_parquet([{listed}], union_by_name = true)"
    )


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
