"""Read a run wherever it lies: sealed file, live file, folder or bare journal.

Files of older schema versions are translated here, and nowhere else; schema 1 is the
first.
"""

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np

from labctl.data import Array, Event, Level, Outcome, Result
from labctl.errors import StoreError
from labctl.store.folder import JOURNAL, RunFolder
from labctl.store.header import RunHeader
from labctl.store.journal.reader import JournalReader
from labctl.store.journal.records import UNSAFE, EventRecord, Status, StepRecord
from labctl.store.lock import HeldError
from labctl.store.run_file.hdf5_door import (
    h5py,
    is_cut_short,
    is_locked,
    is_open_elsewhere,
)
from labctl.store.run_file.layout import OVERVIEW, SCHEMA
from labctl.store.run_file.unpacking import rows_of
from labctl.thinning.groups import WIDTH


class Table(Mapping[str, Array]):
    """Columns of one stream, read when asked for; each has shape (n,)."""

    def __init__(self, columns: Mapping[str, Any], rows: int) -> None:
        self._columns = columns
        self._rows = rows

    @property
    def rows(self) -> int:
        """Number of rows in every column."""
        return self._rows

    def __len__(self) -> int:
        return len(self._columns)

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __contains__(self, column: object) -> bool:
        """Tell whether there is such a column; reads nothing."""
        return column in self._columns

    def __getitem__(self, column: str) -> Array:
        return self.part(column, 0, self._rows)

    def part(self, column: str, begin: int, end: int) -> Array:
        """Return rows ``begin`` to ``end`` (exclusive) of one column."""
        return rows_of(self._columns[column], begin, min(end, self._rows))


class RunFile:
    """One run, read-only; `refresh` shows what a live one has gained.

    StoreError: nothing there, damaged, or written by a later labctl.
    """

    def __init__(self, path: Path) -> None:
        self.path = _choose(path)
        """The file that is read."""
        source: _Hdf5Source | _JournalSource
        if self.path.name == JOURNAL:
            source = _JournalSource(self.path)
        else:
            source = _Hdf5Source(self.path)
        self._source = source

    @property
    def header(self) -> RunHeader:
        """What was known at the start."""
        return self._source.header

    @property
    def status(self) -> Status:
        """Where the run stands, or how it ended."""
        return self._source.status

    @property
    def steps(self) -> list[StepRecord]:
        """Every step that began, in order."""
        return self._source.steps

    @property
    def events(self) -> list[EventRecord]:
        """Every event, in order."""
        return self._source.events

    @property
    def results(self) -> dict[str, Result]:
        """The results; a live file has none yet."""
        return self._source.results

    @property
    def rows(self) -> dict[str, int]:
        """Stream -> rows."""
        return self._source.rows

    def table(self, stream: str) -> Table:
        """Return the rows of ``stream`` that are there now."""
        self.header.stream(stream)
        return self._source.table(stream)

    def overview(self, stream: str) -> Mapping[str, Array] | None:
        """Return ``first``, ``min``, ``max`` of groups of rows, column by column.

        Each has shape (3, n); a group has `groups.WIDTH` rows. None: this source has
        none, and the rows have to be read.
        """
        return self._source.overview(stream)

    def refresh(self) -> None:
        """Look again at a run that goes on."""
        self._source.refresh()

    def close(self) -> None:
        """Let go of the file; harmless the second time."""
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _JournalSource:
    def __init__(self, path: Path) -> None:
        self._reader = JournalReader(path)
        self.close = self._reader.close
        self.header = self._reader.header
        self._tables: dict[str, Table] = {}

    @property
    def status(self) -> Status:
        return self._reader.status

    @property
    def steps(self) -> list[StepRecord]:
        return self._reader.steps

    @property
    def events(self) -> list[EventRecord]:
        return self._reader.events

    @property
    def results(self) -> dict[str, Result]:
        return self._reader.results

    @property
    def rows(self) -> dict[str, int]:
        return self._reader.rows_stored

    def overview(self, _stream: str) -> None:
        return None

    def table(self, stream: str) -> Table:
        if stream not in self._tables:
            columns = self._reader.table(stream)
            self._tables[stream] = Table(columns, len(next(iter(columns.values()))))
        return self._tables[stream]

    def refresh(self) -> None:
        self._tables.clear()


class _Hdf5Source:
    def __init__(self, path: Path) -> None:
        self._file = _open(path)
        self.close = self._file.close
        version = self._file.attrs.get("labctl_schema")
        if version is None or int(version) > SCHEMA:
            self.close()
            raise StoreError(
                f"{path}: not a run file of labctl"
                if version is None
                else f"{path}: run file of schema {version}; this labctl reads up to "
                f"{SCHEMA}; update it"
            )
        self._entry = self._file["entry"]
        self.header = RunHeader.from_json(_text(self._entry["header_json"]))

    @property
    def status(self) -> Status:
        group = self._entry["status"]
        return Status(
            _text(group["state"]),
            _text(group["reason"]),
            float(group["test_time_second"][()]),
            float(group["last_update_unix_second"][()]),
            int(group["step_count"][()]),
            int(group["cycle_count"][()]),
            _text(group["label"]),
            _unsafe(group),
            finished=bool(group["finished"][()] > 0),
            sequence=int(group["sequence"][()]),
        )

    @property
    def steps(self) -> list[StepRecord]:
        table = _rows(self._entry["steps"])
        streams = [stream.name for stream in self.header.streams]
        return [
            StepRecord(
                int(row["step_count"]),
                json.loads(row["payload_json"] or "{}"),
                float(row["test_time_begin_second"]),
                _number(row["test_time_end_second"]),
                Outcome.from_json(json.loads(row["outcome_json"]))
                if row["outcome_json"]
                else None,
                {name: int(row[f"first_row_{name}"]) for name in streams},
            )
            for row in table
        ]

    @property
    def events(self) -> list[EventRecord]:
        return [
            EventRecord(
                Event(Level[row["level"]], row["code"], row["text"]),
                float(row["test_time_second"]),
                float(row["unix_time_second"]),
                number,
            )
            for number, row in enumerate(_rows(self._entry["events"]), 1)
        ]

    @property
    def results(self) -> dict[str, Result]:
        found = [
            (int(group.attrs["position"]), str(group.attrs["id"]), group)
            for group in self._entry["results"].values()
        ]
        return {
            name: Result.from_json(json.loads(_text(group["json"])))
            for _, name, group in sorted(found, key=lambda each: each[0])
        }

    @property
    def rows(self) -> dict[str, int]:
        return {each.name: self.table(each.name).rows for each in self.header.streams}

    def overview(self, stream: str) -> Mapping[str, Array] | None:
        whole = self._entry.get(OVERVIEW)
        if whole is None or stream not in whole:
            return None
        if int(whole[stream].attrs["rows_per_group"]) != WIDTH:
            return None  # of a labctl that grouped otherwise
        return {name: dataset[:].T for name, dataset in whole[stream].items()}

    def table(self, stream: str) -> Table:
        group = self._entry[stream]
        return Table(dict(group.items()), min(len(each) for each in group.values()))

    def refresh(self) -> None:
        if self._file.swmr_mode:
            self._file.visititems(_refresh)


def _choose(path: Path) -> Path:
    if path.is_file():
        return path
    folder = RunFolder.of(path)
    if not folder.journal.exists():
        return folder.sealed
    if folder.sealed.exists():
        # a file that another program writes into is no view; the journal has it all
        with (
            contextlib.suppress(HeldError),
            JournalReader(folder.journal) as journal,
            RunFile(folder.sealed) as sealed,
        ):
            if sealed.status.sequence == journal.sequence:
                return folder.sealed
    return folder.journal


def _open(path: Path) -> Any:
    """Open a run file to read. HeldError: another program has it open to write."""
    # The second: labctl replaces files whole, so that a lock protects nothing. It is
    # not the first: one process cannot have a file open in both ways. The third: a run
    # goes on, or was killed.
    # Of a file that nobody left open a part is missing: asked to follow its writer,
    # HDF5 1.14 looks for it without end.
    ways: list[dict[str, bool]] = [{}, {"locking": False}]
    if is_open_elsewhere(path):
        ways.append({"swmr": True})
    errors: list[OSError] = []
    for way in ways:
        try:
            return h5py.File(path, "r", **way)
        except OSError as e:
            errors.append(e)
        if is_cut_short(path):
            # As a growing file it would open, and be searched without end.
            raise StoreError(
                f"{path}: cannot be read as HDF5: it was cut short; copy it anew, or "
                "write it afresh from its journal with `labctl runs seal`"
            ) from errors[0]
    if is_locked(errors[0]) or is_open_elsewhere(path):
        raise HeldError(
            f"{path}: another program has it open to write; close it there (a viewer, "
            "a notebook). If none has, one ended without closing it: `labctl runs "
            "seal` writes the file afresh from the journal"
        ) from errors[0]
    raise StoreError(f"{path}: cannot be read as HDF5: {errors[0]}") from errors[0]


def _refresh(_: str, node: Any) -> None:
    if isinstance(node, h5py.Dataset):
        node.refresh()


def _text(dataset: Any) -> str:
    return str(dataset[()].decode("utf-8", "replace"))


def _unsafe(group: Any) -> dict[str, Any]:
    """Return the status's fields that the file keeps; older files have none."""
    text = _text(group["unsafe_json"]) if "unsafe_json" in group else ""
    unsafe = json.loads(text or "{}")
    return {UNSAFE: unsafe} if unsafe else {}


def _number(value: Any) -> float | None:
    return None if np.isnan(value) else float(value)


def _rows(group: Any) -> list[dict[str, Any]]:
    columns = {
        name: dataset.asstr()[:] if dataset.dtype.kind == "S" else dataset[:]
        for name, dataset in group.items()
    }
    count = min(len(each) for each in columns.values())
    return [{name: each[at] for name, each in columns.items()} for at in range(count)]
