"""The shape of the run file: every group, dataset and attribute, before the first row.

NeXus (``NXroot`` default -> entry -> plot), one dataset per column, plots as groups of
soft links. ``docs/reference/run-file.md`` describes it for people; whoever edits this
file edits that page, raises `SCHEMA`, and keeps `reader` able to read the old ones.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from labctl.columns import TEST_TIME
from labctl.data import Column, Stream
from labctl.figures.figure import Plot
from labctl.store.header import THERMOMETERS, RunHeader
from labctl.store.imported_from import ColumnOrigin
from labctl.store.run_file.description import describe
from labctl.store.run_file.fields import (
    node_name,
    write_group,
    write_text,
)
from labctl.store.run_file.hdf5_door import h5py
from labctl.store.run_file.nodes import describe_node, new_scalar, text_type

SCHEMA = 1
LIVE_CHUNK = 1024
"""Rows; 8 kB a chunk: small files stay small, appends stay fast."""
SEALED_CHUNK = 8192
OVERVIEW = "overview"
"""Group beside the streams; in sealed files with a long stream only."""
TEXT_CHUNK = 64
"""Rows of a table with wide texts."""

STEP_NUMBERS = (
    Column("step_count", "", "Step Count / 1", "i8"),
    Column("cycle_count", "", "Cycle Count / 1", "i8"),
    Column("test_time_begin_second", "s", "Test Time at Begin / s"),
    Column("test_time_end_second", "s", "Test Time at End / s"),
    Column("charge_coulomb", "C", "Net Charge / C"),
    Column("energy_joule", "J", "Net Energy / J"),
    Column("rows", "", "Rows / 1", "i8"),
)
STEP_TEXTS = {
    "label": 128,
    "kind": 64,
    "end_reason": 16,
    "end_condition": 128,
    "payload_json": 4096,
    "outcome_json": 4096,
}
"""Name -> bytes kept in the live view; the sealed file keeps what is needed."""
EVENT_NUMBERS = (
    Column("test_time_second", "s", "Test Time / s"),
    Column("unix_time_second", "s", "Unix Time / s"),
)
EVENT_TEXTS = {"level": 8, "code": 64, "text": 1024}
STATUS_NUMBERS = (
    Column("rows_committed", "", "Rows / 1", "i8"),
    Column("sequence", "", "Commit / 1", "i8"),
    Column("finished", "", "Finished / 1", "i8"),
    Column("last_update_unix_second", "s", "Last Update / s"),
    Column("test_time_second", "s", "Test Time / s"),
    Column("step_count", "", "Step Count / 1", "i8"),
    Column("cycle_count", "", "Cycle Count / 1", "i8"),
)
STATUS_TEXTS = {"state": 32, "reason": 512, "label": 128, "unsafe_json": 4096}
FILL: dict[str, Any] = {"f8": np.nan, "i8": -1}


def create(file: Any, header: RunHeader, texts: dict[str, int], live: bool) -> None:
    """Create everything that a run file holds apart from rows and results.

    ``texts`` says how many bytes each text column needs (sealed file).
    """
    file.attrs["NX_class"] = "NXroot"
    file.attrs["default"] = "entry"
    file.attrs["creator"] = "labctl"
    file.attrs["creator_version"] = header.program_version
    file.attrs["labctl_schema"] = SCHEMA
    file.attrs["HDF5_Version"] = h5py.version.hdf5_version
    file.attrs["h5py_version"] = h5py.version.version
    entry = write_group(file, "entry", "NXentry")
    describe(entry, header, SCHEMA, live=live)
    for stream in header.streams:
        _create_stream(entry, stream, header, live)
    steps = write_group(entry, "steps", "NXcollection", title="Executed steps")
    firsts = tuple(first_row(stream) for stream in header.streams)
    _create_table(steps, (*STEP_NUMBERS, *firsts), STEP_TEXTS, texts, live)
    events = write_group(entry, "events", "NXcollection", title="Events")
    _create_table(events, EVENT_NUMBERS, EVENT_TEXTS, texts, live)
    status = write_group(entry, "status", "NXcollection", title="Where the run stands")
    for column in STATUS_NUMBERS:
        fill = np.array(FILL[column.dtype], f"<{column.dtype}")
        dataset = new_scalar(status, column.name, fill)
        _label(dataset, column)
    for name, width in STATUS_TEXTS.items():
        write_text(status, name, "", width)
    write_group(entry, "results", "NXprocess")
    for plot in header.plots:
        _plot(entry, plot, header.stream(plot.stream))


def _create_stream(entry: Any, stream: Stream, header: RunHeader, live: bool) -> None:
    """Create the rows of a stream as data that a viewer can draw, too."""
    group = write_group(entry, stream.name, "NXdata")
    for column in stream.columns:
        dataset = create_column(group, column, live)
        _say_thermometer(dataset, header.extra.get(THERMOMETERS, {}).get(column.name))
        if header.imported is not None:
            _say_origin(dataset, header.imported.origin(stream.name, column.name))
    names = [column.name for column in stream.columns]
    drawn = [plot.y[0] for plot in header.plots if plot.stream == stream.name]
    signal = next((name for name in drawn if name in names), names[-1])
    group.attrs["signal"] = signal
    if TEST_TIME.name in names and signal != TEST_TIME.name:
        group.attrs["axes"] = [TEST_TIME.name]


def create_column(group: Any, column: Column, live: bool) -> Any:
    """Create an empty column that can grow; compressed unless ``live``."""
    chunk = LIVE_CHUNK if live else SEALED_CHUNK
    how = {} if live else {"compression": "gzip", "shuffle": True, "fletcher32": True}
    if not live:
        how["compression_opts"] = 1  # level 4 saves 2 % more for twice the time
    dataset = group.create_dataset(
        column.name,
        (0,),
        f"<{column.dtype}",
        maxshape=(None,),
        chunks=(chunk,),
        fillvalue=FILL[column.dtype],
        **how,
    )
    _label(dataset, column)
    return dataset


def _say_origin(dataset: Any, origin: ColumnOrigin | None) -> None:
    if origin is None:
        return
    dataset.attrs["origin"] = str(origin.origin)
    if origin.title:
        dataset.attrs["source_title"] = origin.title
    if origin.rule:
        dataset.attrs["rule"] = origin.rule


def _say_thermometer(dataset: Any, noted: Mapping[str, Any] | None) -> None:
    """Say which instrument measured a temperature, and how well, if it states that."""
    if not noted:
        return
    dataset.attrs["thermometer"] = noted["channel"]
    if noted["standard_uncertainty"] is not None:
        dataset.attrs["standard_uncertainty"] = noted["standard_uncertainty"]


def first_row(stream: Stream) -> Column:
    """Return the column of steps that says where a step's rows begin in ``stream``."""
    return Column(f"first_row_{stream.name}", "", "First Row / 1", "i8")


def choose_default(entry: Any, plots: Sequence[Plot]) -> None:
    """Open the file on the first plot that has rows."""
    for plot in plots:
        for name in (node_name(plot.name), f"{node_name(plot.name)}_plot"):
            if name in entry and plot.x in entry[name] and len(entry[name][plot.x]):
                entry.attrs["default"] = name
                return


def _create_table(
    group: Any,
    numbers: Sequence[Column],
    texts: dict[str, int],
    needed: dict[str, int],
    live: bool,
) -> None:
    for column in numbers:
        create_column(group, column, live)
    how = {} if live else {"compression": "gzip", "shuffle": True, "fletcher32": True}
    for name, width in texts.items():
        group.create_dataset(
            name,
            (0,),
            text_type(width if live else needed.get(name, 1)),
            maxshape=(None,),
            chunks=(TEXT_CHUNK,),
            **how,
        )


def _label(dataset: Any, column: Column) -> None:
    describe_node(dataset, "units", column.unit or "1")
    describe_node(dataset, "long_name", column.long_name)


def _plot(entry: Any, plot: Plot, stream: Stream) -> None:
    names = dict.fromkeys((plot.x, *plot.y))
    known = {column.name for column in stream.columns}
    if not known.issuperset(names):
        return  # an older stream without the column: the plot has nothing to show
    own = _free(entry, plot.name)
    group = write_group(entry, own, "NXdata")
    write_text(group, "title", plot.title)
    for name in names:
        column = entry[stream.name][name]
        group[name] = h5py.SoftLink(column.name)
        column.attrs["target"] = column.name  # NeXus: whoever is linked to says so
    group.attrs["signal"] = plot.y[0]
    group.attrs["axes"] = [plot.x]
    if len(plot.y) > 1:
        group.attrs["auxiliary_signals"] = list(plot.y[1:])
    if plot.x_log or plot.y_log:
        style = {
            "axes_scale_type": ["log" if plot.x_log else "linear"],
            "signal_scale_type": "log" if plot.y_log else "linear",
        }
        group.attrs["SILX_style"] = json.dumps(style)
    if "default" not in entry.attrs:
        entry.attrs["default"] = own


def _free(entry: Any, name: str) -> str:
    plain = node_name(name)
    return f"{plain}_plot" if plain in entry else plain
