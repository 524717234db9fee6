"""One piece of code turns a journal into HDF5: while it grows, or once it is done.

Rules for whoever edits this: nothing is created after SWMR starts; columns are
extended, then the status is written, then the file is flushed once. After any error of
HDF5 the handle is dead (it may serve zeros for rows): drop the file and start over.
"""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from labctl.clock import iso
from labctl.data import Array, Result
from labctl.store.header import dumps
from labctl.store.journal.reader import JournalReader
from labctl.store.journal.records import EventRecord, Status, StepRecord
from labctl.store.run_file.fields import (
    encoded,
    free_name,
    node_name,
    raw,
    write_group,
    write_mapping,
    write_text,
    write_time,
)
from labctl.store.run_file.hdf5_door import LIBVER, h5py
from labctl.store.run_file.layout import (
    OVERVIEW,
    SEALED_CHUNK,
    STEP_TEXTS,
    choose_default,
    create,
)
from labctl.store.run_file.nodes import describe_node, new_scalar
from labctl.thinning.groups import LEAST, PLANES, WIDTH, Overview

log = logging.getLogger(__name__)

BLOCK = SEALED_CHUNK
"""Rows written or compared at once."""


def write_view(
    reader: JournalReader,
    path: Path,
    *,
    live: bool,
    go_on: Callable[[], bool] = lambda: False,
) -> None:
    """Write the journal into a fresh file at ``path``.

    ``live``: the file can be followed with SWMR; it grows as long as the run is not
    finished and ``go_on`` (which may wait) returns true. Otherwise: all that is in the
    journal now, compressed, with the results, durable on return.
    """
    header = reader.header
    with h5py.File(path, "w", libver=LIBVER) as file:
        create(file, header, {} if live else _widths(reader), live)
        view = View(file, reader)
        if live:
            file.flush()
            file.swmr_mode = True
            while not view.catch_up() and go_on():
                pass
            return
        view.catch_up()
        write_overviews(file["entry"], view.overviews)
        write_results(file["entry/results"], reader.results)
        choose_default(file["entry"], header.plots)
        file.flush()


class View:
    """An open run file that takes what is new in the journal."""

    def __init__(self, file: Any, reader: JournalReader) -> None:
        self._file = file
        self._reader = reader
        self._sequence = 0
        self._events = 0
        self._steps: dict[int, int] = {}
        entry = file["entry"]
        self._columns = {
            stream.name: {
                column.name: entry[stream.name][column.name]
                for column in stream.columns
            }
            for stream in reader.header.streams
        }
        self._step_table = dict(entry["steps"].items())
        self._event_table = dict(entry["events"].items())
        self.overviews = {name: Overview(own) for name, own in self._columns.items()}
        """Stream -> its rows in groups; kept up only where the file is to be sealed."""

    def catch_up(self) -> bool:
        """Write everything new; return whether the run is finished."""
        status = self._reader.status
        if status.sequence == self._sequence and self._file.swmr_mode:
            return status.finished
        for name, first, columns in blocks(self._reader, self._sequence):
            for column, dataset in self._columns[name].items():
                _put(dataset, first, columns[column])
            if not self._file.swmr_mode:
                self.overviews[name].add(columns)
        events = self._reader.events_after(self._events)
        self._put_events(events)
        self._put_steps(self._reader.steps_after(self._sequence))
        self._put_status(status)
        self._file.flush()
        self._sequence = status.sequence
        self._events += len(events)
        return status.finished

    def _put_events(self, events: list[EventRecord]) -> None:
        if events:
            values = {
                "test_time_second": [each.test_time for each in events],
                "unix_time_second": [each.unix for each in events],
                "level": [each.event.level.name for each in events],
                "code": [each.event.code for each in events],
                "text": [each.event.text for each in events],
            }
            _put_rows(self._event_table, self._events, values)

    def _put_steps(self, steps: list[StepRecord]) -> None:
        fresh = [step for step in steps if step.step_count not in self._steps]
        for step in steps:
            row = self._steps.get(step.step_count)
            if row is not None:
                _put_rows(self._step_table, row, _step_columns([step]))
        if fresh:
            start = len(self._steps)
            _put_rows(self._step_table, start, _step_columns(fresh))
            for row, step in enumerate(fresh, start):
                self._steps[step.step_count] = row

    def _put_status(self, status: Status) -> None:
        group = self._file["entry/status"]
        rows = sum(len(next(iter(each.values()))) for each in self._columns.values())
        numbers = {
            "rows_committed": rows,
            "sequence": status.sequence,
            "finished": int(status.finished),
            "last_update_unix_second": status.unix,
            "test_time_second": status.test_time,
            "step_count": status.step_count,
            "cycle_count": status.cycle_count,
        }
        for name, value in numbers.items():
            group[name][()] = value
        texts = {
            "state": status.state,
            "reason": status.reason,
            "label": status.label,
        }
        for name, text in texts.items():
            _put_text(group[name], text)
        _put_text(group["unsafe_json"], _unsafe(status, group["unsafe_json"]))
        if status.finished and np.isfinite(self._reader.header.started_unix):
            self._put_end(iso(status.unix))

    def _put_end(self, text: str) -> None:
        entry = self._file["entry"]
        if self._file.swmr_mode:
            _put_text(entry["end_time"], text)
        else:
            write_time(entry, "end_time", text)


def blocks(
    reader: JournalReader, after: int = 0, rows: int = BLOCK
) -> Iterator[tuple[str, int, Mapping[str, Array]]]:
    """Yield (stream, first row, columns) after commit ``after``, gathered to ``rows``.

    A stream's last block may be shorter, and any block longer.
    """
    waiting: dict[str, list[Mapping[str, Array]]] = {}
    first: dict[str, int] = {}
    count: dict[str, int] = {}
    for stored in reader.batches_after(after):
        name = stored.batch.stream
        if not waiting.get(name):
            waiting[name], first[name], count[name] = [], stored.first_row, 0
        waiting[name].append(stored.batch.columns)
        count[name] += len(stored.batch)
        if count[name] >= rows:
            yield name, first[name], _joined(waiting.pop(name))
    for name, parts in waiting.items():
        yield name, first[name], _joined(parts)


def write_results(group: Any, results: Mapping[str, Result]) -> None:
    """Write each result as a group: value, unit, uncertainty, quality, reason."""
    group.attrs["count"] = len(results)
    for position, (name, result) in enumerate(results.items()):
        own = write_group(
            group, free_name(group, name), "NXcollection", id=name, position=position
        )
        if isinstance(result.value, str):
            number = write_text(own, "value", result.value)
        else:
            value = np.nan if result.value is None else result.value
            number = new_scalar(own, "value", np.array(float(value)))
        describe_node(number, "units", result.unit)
        if result.uncertainty is not None:
            uncertainty = np.asarray(result.uncertainty)
            uncertainty = new_scalar(own, "uncertainty", uncertainty)
            describe_node(uncertainty, "units", result.unit)
        write_text(own, "unit", result.unit)
        write_text(own, "quality", str(result.quality))
        write_text(own, "reason", result.reason)
        if result.freedom is not None:
            new_scalar(own, "degrees_of_freedom", np.asarray(result.freedom))
        if result.verdicts:
            write_text(own, "verdicts", " ".join(result.verdicts))
        if result.table is not None:
            table = write_group(own, "table", "NXcollection")
            columns = {key: np.array(v, "<f8") for key, v in result.table.items()}
            for at, (key, column) in enumerate(columns.items()):
                dataset = table.create_dataset(node_name(key), data=column)
                describe_node(dataset, "long_name", key)
                dataset.attrs["position"] = at
        if result.budget is not None:
            budget = write_group(own, "budget", "NXcollection")
            write_mapping(
                budget, result.budget, dict.fromkeys(result.budget, result.unit)
            )
        write_text(own, "json", dumps(result.to_json()))


def write_overviews(entry: Any, overviews: Mapping[str, Overview]) -> None:
    """Write the overview of every long stream, a dataset a column: (groups, 3)."""
    long = {n: one for n, one in overviews.items() if one.rows >= LEAST}
    if not long:
        return
    title = "First, smallest and largest of groups of rows"
    whole = write_group(entry, OVERVIEW, "NXcollection", title=title)
    for name, overview in long.items():
        group = write_group(whole, name, "NXcollection", rows_per_group=WIDTH)
        group.attrs["planes"] = list(PLANES)
        values = overview.groups()
        for at, column in enumerate(overview.columns):
            group.create_dataset(
                column, data=values[:, :, at].T, compression="gzip", shuffle=True
            )


def _joined(parts: list[Mapping[str, Array]]) -> Mapping[str, Array]:
    if len(parts) == 1:
        return parts[0]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _put(dataset: Any, first: int, values: Any) -> None:
    end = first + len(values)
    if len(dataset) < end:
        dataset.resize((end,))
    dataset[first:end] = values


def _put_text(dataset: Any, text: str) -> None:
    dataset[()] = np.array(encoded(text, dataset.dtype.itemsize), dataset.dtype)


def _unsafe(status: Status, dataset: Any) -> str:
    """Return what was left on as JSON; reasons too long for the room are left out."""
    text = json.dumps(status.unsafe)
    if len(raw(text)) <= dataset.dtype.itemsize:
        return text
    return json.dumps(dict.fromkeys(status.unsafe, "see the events"))


def _put_rows(table: Mapping[str, Any], first: int, columns: Mapping[str, Any]) -> None:
    for name, values in columns.items():
        dataset = table[name]
        if dataset.dtype.kind == "S":
            width = dataset.dtype.itemsize
            texts = [_fitted(name, text, width) for text in values]
            _put(dataset, first, np.array(texts, dataset.dtype))
        else:
            _put(dataset, first, values)


def _fitted(name: str, text: str, width: int) -> bytes:
    # half a JSON text helps nobody
    cut = name.endswith("_json") and len(raw(text)) > width
    return b"" if cut else encoded(text, width)


def _step_columns(steps: list[StepRecord]) -> dict[str, list[Any]]:
    out: dict[str, list[Any]] = {}
    for step in steps:
        outcome = step.outcome
        row: dict[str, Any] = {
            "step_count": step.step_count,
            "cycle_count": _whole(step.payload.get("cycle")),
            "test_time_begin_second": step.began,
            "test_time_end_second": np.nan if step.ended is None else step.ended,
            "charge_coulomb": np.nan if outcome is None else outcome.charge,
            "energy_joule": np.nan if outcome is None else outcome.energy,
            "rows": -1 if outcome is None else outcome.rows,
            "label": str(step.payload.get("label", "")),
            "kind": str(step.payload.get("kind", "")),
            "end_reason": "" if outcome is None else str(outcome.reason),
            "end_condition": "" if outcome is None else outcome.condition,
            "payload_json": json.dumps(step.payload),
            "outcome_json": "" if outcome is None else json.dumps(outcome.to_json()),
        }
        row |= {f"first_row_{name}": at for name, at in step.first_rows.items()}
        for name, value in row.items():
            out.setdefault(name, []).append(value)
    return out


def _whole(value: Any) -> int:
    return value if isinstance(value, int) else -1


def _widths(reader: JournalReader) -> dict[str, int]:
    columns = _step_columns(reader.steps)
    events = reader.events
    texts = {name: columns.get(name, []) for name in STEP_TEXTS}
    texts["level"] = [each.event.level.name for each in events]
    texts["code"] = [each.event.code for each in events]
    texts["text"] = [each.event.text for each in events]
    return {
        name: max((len(raw(text)) for text in each), default=1)
        for name, each in texts.items()
    }
