"""Lets foreign readers, each environment its own process, read what a run exports."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from file_cases import CYCLES, TABLE, FileCase
from peer_run import PROGRAMS, foreign

from labctl.data import Array
from labctl.store.run_file.reader import RunFile, Table


@dataclass(frozen=True, slots=True)
class Read:
    """What came of one reader on one file."""

    deviations: Mapping[str, float] = field(default_factory=dict)
    """Reader's column -> largest deviation, of the column's largest number."""
    said: str = ""
    """What went wrong."""


def read_files(
    cases: Sequence[FileCase],
    run: RunFile,
    files: Mapping[str, Sequence[Path]],
    workplace: Path,
) -> list[Read]:
    """Read with the readers of one environment, in one process."""
    (group,) = {case.group for case in cases}
    paths = [_file(case, files) for case in cases]
    jobs, answers = workplace / "jobs.json", workplace / "answers.json"
    jobs.write_text(
        json.dumps(
            [[case.program, str(path)] for case, path in zip(cases, paths, strict=True)]
        )
    )
    program = str(PROGRAMS / "file_readers.py")
    done = foreign(program, str(jobs), str(answers), group=group, cwd=workplace)
    if done.returncode:
        return [Read(said=done.stderr[-2000:])] * len(cases)
    return [
        Read(said=answer["error"])
        if "error" in answer
        else _compared(case, run, path, answer["columns"])
        for case, path, answer in zip(
            cases, paths, json.loads(answers.read_text()), strict=True
        )
    ]


def _file(case: FileCase, files: Mapping[str, Sequence[Path]]) -> Path:
    (path,) = [path for path in files[case.format] if path.name.endswith(case.file)]
    return path


def _compared(
    case: FileCase, run: RunFile, path: Path, columns: Mapping[str, list[float]]
) -> Read:
    found: dict[str, float] = {}
    for name, (stream, column, factor) in case.columns.items():
        if name not in columns:
            return Read(said=f"no column {name}; there are {', '.join(columns)}")
        right = factor * _right(run, path, stream, column)
        read = np.array(columns[name], dtype=np.float64)
        if read.shape != right.shape:
            return Read(said=f"{name} has {len(read)} rows, not {len(right)}")
        if not np.array_equal(np.isnan(read), np.isnan(right)):
            return Read(said=f"{name} has numbers where there are none, or none")
        scale = float(np.nanmax(np.abs(right))) or 1.0
        found[name] = float(np.nanmax(np.abs(read - right))) / scale
    return Read(found)


def _right(run: RunFile, path: Path, stream: str, column: str) -> Array:
    """Return what a reader must find: of a spectrum's file its own rows."""
    if stream == CYCLES:
        return _cycles(run.table("timeseries"), 1.0 if column == "charging" else -1.0)
    if stream != TABLE:
        values = run.table(stream)[column].astype(np.float64)
        if "spectrum_" in path.name:
            number = int(path.stem[-3:])
            values = values[run.table("eis")["spectrum_id"] == number]
        return values
    series, sines = run.table("timeseries"), run.table("eis")
    parts = [
        table[column].astype(np.float64)
        if column in table
        else np.full(table.rows, np.nan)
        for table in (series, sines)
    ]
    times = np.concatenate([table["test_time_second"] for table in (series, sines)])
    whole: Array = np.concatenate(parts)[np.argsort(times, kind="stable")]
    return whole


def _cycles(series: Table, sign: float) -> Array:
    """Return what flowed in one direction in each cycle, in Ah."""
    net, cycle = series["net_capacity_ah"], series["cycle_count"]
    passed = np.maximum(sign * np.diff(net, prepend=net[0]), 0.0)
    sums: Array = np.bincount(cycle, passed)[1:]
    return sums
