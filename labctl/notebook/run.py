"""One run, open in a notebook: header first, everything else when it is asked for."""

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from pydantic import ValidationError

from labctl.api.run_summary import headline
from labctl.clock import Clock, SystemClock
from labctl.engine.states import RunState, stored_state
from labctl.errors import StoreError
from labctl.notebook.cycles import cycles_table
from labctl.notebook.figures import Figures
from labctl.notebook.line import wall_time
from labctl.notebook.markup import facts_html
from labctl.notebook.results import Results
from labctl.notebook.spectra import MeasuredSpectrum, spectra_of
from labctl.notebook.table import Table
from labctl.notebook.tables import Tables
from labctl.protocol import StepRecord
from labctl.quantities import SI
from labctl.sample import Sample
from labctl.session.run_figures import Once, figures_of
from labctl.store.folder import RunFolder
from labctl.store.header import RunHeader
from labctl.store.journal.records import EventRecord
from labctl.store.run_file.reader import RunFile

EVERY = 1.0
"""s between two looks at a run that goes on."""
SHOWN_RESULTS = 6
"""Results that a notebook shows of a run at once."""


class Run:
    """A run on the disk, finished or not; made by `labctl.open`.

    Opening reads the header; columns, results and figures are read when asked for. The
    file is let go of by `close`, at the end of a ``with``, or with the object.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = RunFile(path)
        self._figures: Figures | None = None

    @property
    def path(self) -> Path:
        """The file that is read: the sealed one, else the journal."""
        return self._file.path

    @property
    def header(self) -> RunHeader:
        """All that was known before the first reading."""
        return self._file.header

    @property
    def id(self) -> str:
        """Name of the run."""
        return self.header.run_id

    @property
    def uuid(self) -> str:
        """What names it all over the world; empty for runs of an earlier labctl."""
        return self.header.uuid

    @property
    def protocol(self) -> str:
        """Name of its protocol: ``formation-cycling``, ``gitt``, ``imported``."""
        return self.header.protocol

    @property
    def sample(self) -> Sample:
        """What was measured, in SI. StoreError: no label that this labctl reads."""
        try:
            return Sample.model_validate(self.header.sample, context=SI)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            raise StoreError(
                f"{self.path}: its sample is no label that this labctl reads: {place} "
                f"{first['msg']}; `run.header.sample` has it as it is"
            ) from error

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Parameters as the protocol understood them: SI, defaults filled in."""
        return self.header.parameters

    @property
    def started(self) -> datetime | None:
        """When it began, UTC; None where another program's file does not say it."""
        unix = self.header.started_unix
        return datetime.fromtimestamp(unix, UTC) if math.isfinite(unix) else None

    @property
    def state(self) -> RunState:
        """Where it stands, or how it ended."""
        status = self._file.status
        return stored_state(
            status.state, finished=status.finished, is_written=self._is_written
        )

    @property
    def finished(self) -> bool:
        """Whether it came to its end, good or bad."""
        return self._file.status.finished

    @property
    def tables(self) -> Tables:
        """Every stream of the run by name; a stream without rows is there as well."""
        return Tables(self._file)

    def table(self, stream: str = "timeseries") -> Table:
        """Return the rows of a stream that are there now, to be read by columns."""
        return self.tables[stream]

    def has(self, stream: str) -> bool:
        """Tell whether the run has a stream of that name with rows in it."""
        declared = (each.name for each in self.header.streams)
        return stream in declared and self._file.table(stream).rows > 0

    @property
    def cycles(self) -> Table:
        """One row a cycle, worked out of the rows; no rows where none are counted."""
        rows = Once(self.table()) if self.has("timeseries") else {}
        accuracy = self.header.accuracy("cell")
        return cycles_table(rows, self.sample, self.steps, accuracy)

    @property
    def spectra(self) -> tuple[MeasuredSpectrum, ...]:
        """The impedance spectra, in the order in which they were measured."""
        return spectra_of(self.table("eis") if self.has("eis") else {})

    @property
    def results(self) -> Results:
        """The results as they stand; none yet while it goes on."""
        return Results(self._file.results)

    @property
    def figures(self) -> Figures:
        """Its figures by name, drawn for paper; worked out when the first is asked."""
        if self._figures is None:
            self._figures = Figures(lambda: figures_of(self._file))
        return self._figures

    @property
    def steps(self) -> list[StepRecord]:
        """Every step that began, in order."""
        return self._file.steps

    @property
    def events(self) -> list[EventRecord]:
        """Every event, in order: holds, gaps, limits."""
        return self._file.events

    def refresh(self) -> Self:
        """Look again at a run that goes on; return it.

        Once it is sealed, the sealed file is read from then on.
        """
        self._figures = None
        if self._path.is_dir() and (self.finished or not self._file.path.exists()):
            self._file.close()
            self._file = RunFile(self._path)
        else:
            self._file.refresh()
        return self

    def follow(
        self, every: float = EVERY, clock: Clock | None = None
    ) -> Iterator[Self]:
        """Yield the run each time it has something new, until it goes on no more.

        First as it is now, at last as it ended or was left by a process that died.
        ``every``: s between two looks. The run is only read; it goes on undisturbed.
        """
        clock = clock or SystemClock()
        seen = None
        while True:
            goes_on = not self.finished and self._is_written  # before its rows are read
            self.refresh()
            now = self._file.status.sequence
            if now != seen or not goes_on:
                yield self
            if not goes_on:
                return
            seen = now
            clock.sleep(every)

    def close(self) -> None:
        """Let go of the file; harmless the second time."""
        self._file.close()

    @property
    def _is_written(self) -> bool:
        folder = RunFolder(self.path.absolute().parent)
        return folder.lock.exists() and folder.is_written

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        name = self.header.sample.get("name", "")
        said = headline(self._file.results) or "no results yet"
        return f"<run {self.id}: {self.protocol}, sample {name}, {self.state}; {said}>"

    def _repr_html_(self) -> str:
        status, results = self._file.status, self.results
        facts = [
            ("sample", str(self.header.sample.get("name", ""))),
            ("protocol", self.protocol),
            ("started", wall_time(self.header.started_unix)),
            ("state", f"{self.state}{': ' if status.reason else ''}{status.reason}"),
            ("rows", ", ".join(f"{n}: {c}" for n, c in self._file.rows.items() if c)),
        ]
        if self.header.simulated:
            facts.insert(0, ("simulated", "from a model, no instrument was connected"))
        for name, one in list(results.items())[:SHOWN_RESULTS]:
            facts.append((name.replace("_", " "), str(one)))
        return facts_html(facts, self.id)
