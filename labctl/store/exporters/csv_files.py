"""Hand a run to other programs as CSV: one file a stream, steps and events beside it.

Values are SI as in the run file; the header says ``name [unit]``; a missing value is an
empty cell. Text that a spreadsheet would take for a formula gets an apostrophe.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from labctl.data import Array
from labctl.documents.spreadsheet import safe_text
from labctl.store.exporters.delivery import delivery, word_of
from labctl.store.run_file.reader import RunFile, Table

BLOCK = 50_000
"""Rows turned into text at once."""


def export_csv(
    run: RunFile,
    directory: Path,
    streams: Sequence[str] | None = None,
    *,
    replace: bool = False,
) -> list[Path]:
    """Write ``<run id>_<stream>.csv`` for each stream with rows; return the paths.

    ``streams``: only these. Steps and events are always written.
    """
    header = run.header
    stem = word_of(header.run_id)
    with delivery(directory, replace=replace) as goods:
        for stream in header.streams:
            table = run.table(stream.name)
            if not table.rows or (streams is not None and stream.name not in streams):
                continue
            heads = [
                f"{column.name} [{column.unit}]" if column.unit else column.name
                for column in stream.columns
            ]
            names = [column.name for column in stream.columns]
            path = goods.file(f"{stem}_{stream.name}.csv")
            write_rows(path, heads, number_rows(table, names))
        write_rows(goods.file(f"{stem}_steps.csv"), STEP_HEADS, _step_rows(run))
        write_rows(goods.file(f"{stem}_events.csv"), EVENT_HEADS, _event_rows(run))
    return goods.paths


STEP_HEADS = (
    "step_count",
    "label",
    "kind",
    "test_time_begin_second [s]",
    "test_time_end_second [s]",
    "end_reason",
    "end_condition",
    "charge_coulomb [C]",
    "energy_joule [J]",
)
EVENT_HEADS = ("test_time_second [s]", "unix_time_second [s]", "level", "code", "text")


def write_rows(
    path: Path, heads: Iterable[str], rows: Iterable[Iterable[object]]
) -> None:
    """Write a CSV file (UTF-8, comma, full stop, RFC 4180 quotes). OSError."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(heads)
        writer.writerows(rows)


def number_rows(table: Table, names: Sequence[str]) -> Iterator[Iterable[object]]:
    """Yield rows of numbers; NaN and a missing whole number are empty cells."""
    for begin in range(0, table.rows, BLOCK):
        columns = [_cells(table.part(name, begin, begin + BLOCK)) for name in names]
        yield from zip(*columns, strict=True)


def _cells(values: Array) -> list[object]:
    cells: list[object] = values.tolist()
    missing = values != values if values.dtype.kind == "f" else values == -1  # noqa: PLR0124
    for at in missing.nonzero()[0].tolist():
        cells[at] = ""
    return cells


def _step_rows(run: RunFile) -> Iterator[tuple[object, ...]]:
    for step in run.steps:
        outcome = step.outcome
        words: Mapping[str, object] = step.payload
        yield (
            step.step_count,
            safe_text(str(words.get("label", ""))),
            safe_text(str(words.get("kind", ""))),
            step.began,
            "" if step.ended is None else step.ended,
            "" if outcome is None else str(outcome.reason),
            "" if outcome is None else safe_text(outcome.condition),
            "" if outcome is None else outcome.charge,
            "" if outcome is None else outcome.energy,
        )


def _event_rows(run: RunFile) -> Iterator[tuple[object, ...]]:
    for each in run.events:
        event = each.event
        words = (event.level.name, safe_text(event.code), safe_text(event.text))
        yield (each.test_time, each.unix, *words)
