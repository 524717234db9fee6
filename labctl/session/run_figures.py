"""All figures of a run, finished or not: made here once, from all its rows.

First what its protocol draws; then what rows of such streams always show, where the
protocol does not; then the default plots that nobody drew better.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from labctl import plugins
from labctl.data import Array, Stream
from labctl.errors import LabctlError
from labctl.figures.figure import Figure
from labctl.figures.from_plot import from_plot
from labctl.figures.of_rows import Tables, coming_in, of_a_cell, of_readings
from labctl.protocol import StepRecord
from labctl.quantities import SI
from labctl.roles.channel_accuracy import ChannelAccuracy
from labctl.sample import Sample
from labctl.store.run_file.reader import RunFile

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Drawn:
    """The figures of a run, and why some are missing."""

    figures: tuple[Figure, ...]
    why: str = ""
    """Why some could not be drawn; empty if they could, or there is nothing yet."""


@dataclass(frozen=True, slots=True)
class _View:
    """See `labctl.protocol.RecordedRun`."""

    sample: Sample
    file: RunFile
    tables: Tables

    @property
    def steps(self) -> Sequence[StepRecord]:
        return self.file.steps

    @property
    def streams(self) -> Sequence[Stream]:
        return self.file.header.streams

    def table(self, stream: str) -> Mapping[str, Array]:
        return self.tables[stream]

    def accuracy(self, role: str) -> ChannelAccuracy | None:
        return self.file.header.accuracy(role)

    def temperature_uncertainty(self, column: str) -> float:
        return self.file.header.temperature_uncertainty(column)


def figures_of(file: RunFile) -> Drawn:
    """Return the figures of a run; a protocol that fails costs its own only."""
    header, rows = file.header, file.rows
    tables = {stream.name: Once(file.table(stream.name)) for stream in header.streams}
    figures: list[Figure] = []

    def protocols_own() -> Sequence[Figure]:
        kind = plugins.protocol(header.protocol, header.parameters_given)
        given = kind.parameters_model.model_validate(header.parameters, context=SI)
        return kind(given, sample()).figures(_View(sample(), file, tables))

    def sample() -> Sample:
        return Sample.model_validate(header.sample, context=SI)

    def of_rows() -> Sequence[Figure]:
        readings = () if figures else of_readings(tables)
        growing = () if file.status.finished else coming_in(tables)
        return (*of_a_cell(tables, sample()), *readings, *growing)

    def declared() -> Sequence[Figure]:
        names = {c.name: c.long_name for s in header.streams for c in s.columns}
        return [
            from_plot(plot, tables[plot.stream], names)
            for plot in header.plots
            if rows.get(plot.stream)
        ]

    reasons = [
        _add(figures, act, header.protocol)
        for act in (protocols_own, of_rows, declared)
    ]
    return Drawn(tuple(figures), "; ".join(filter(None, reasons)))


class Once(Mapping[str, Array]):
    """Columns that are read from the disk when they are first asked for."""

    def __init__(self, table: Mapping[str, Array]) -> None:
        self._table = table
        self._read: dict[str, Array] = {}

    def __getitem__(self, name: str) -> Array:
        if name not in self._read:
            self._read[name] = self._table[name]
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)

    def __contains__(self, name: object) -> bool:
        return name in self._table


def _add(
    figures: list[Figure], act: Callable[[], Sequence[Figure]], protocol: str
) -> str:
    """Add figures whose names are new; return why there are none.

    Figures are worked out by plug-ins, of runs that may stand anywhere: whatever goes
    wrong there is logged and said.
    """
    there = {figure.name for figure in figures}
    try:
        figures += [figure for figure in act() if figure.name not in there]
    except LabctlError as error:
        log.warning("figures of %s cannot be drawn: %s", protocol, error)
        return str(error)
    except Exception as error:
        log.exception("figures of %s", protocol)
        said = f"{type(error).__name__}: {error}"
        return f"the figures of {protocol} cannot be drawn of these rows: {said}"
    return ""
