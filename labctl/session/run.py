"""One run from its first commit to its sealed file."""

import contextlib
import dataclasses
import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from labctl.clock import VirtualClock
from labctl.config.models import Config
from labctl.data import EndReason, Result
from labctl.engine.auxiliaries import Auxiliaries
from labctl.engine.control import Control
from labctl.engine.ledger import Ledger
from labctl.engine.run import Engine
from labctl.engine.situation import Ended, Recorded, Situation, Watchers
from labctl.engine.states import TABLE, RunState
from labctl.errors import LabctlError, StoreError
from labctl.protocol import ClaimRecord, StepRecord
from labctl.session.asking import judge_of
from labctl.session.auxiliaries import opened
from labctl.session.birth import make_header
from labctl.session.further_columns import recorded_streams
from labctl.session.names import run_id
from labctl.session.order import Prepared, refuse_beyond
from labctl.session.suspicion import flagged_tables, suspected
from labctl.session.view import JournalView
from labctl.session.worlds import keep_snapshots
from labctl.station import LentBench
from labctl.store.folder import RunFolder
from labctl.store.journal.journal import Journal
from labctl.store.journal.reader import JournalReader
from labctl.store.journal.records import UNSAFE
from labctl.store.journal.reserve import Reserve, reserve, size_for
from labctl.store.run_file import live
from labctl.store.run_file.seal import patience_for, seal_apart
from labctl.waits import announce

log = logging.getLogger(__name__)

VIEW_PATIENCE = 10.0
"""s of wall time that the live view may take to catch up with the end."""
EXIT_UNSAFE = 7
"""What the shell is told when an output may still be on."""
ROWS_A_SECOND = 1.0
"""For the room that is reserved: slow techniques record at 0.1 to 1 Hz."""


@dataclass(frozen=True, slots=True)
class Finished:
    """How a run ended, and where it lies."""

    status: RunState
    """``completed``, ``stopped``, ``limit`` or ``failed``."""
    text: str
    """Why, in words; empty when completed."""
    folder: Path
    file: Path | None
    """The sealed file; None if it could not be written."""
    results: Mapping[str, Result]
    error: BaseException | None = None
    unsafe: Mapping[str, str] = field(default_factory=dict)
    """Role -> why its output may still be on."""

    @property
    def exit_code(self) -> int:
        """What the shell is told."""
        if self.unsafe:
            return EXIT_UNSAFE
        if isinstance(self.error, LabctlError):
            return self.error.exit_code
        return TABLE[self.status].exit_code


@dataclass(frozen=True, slots=True)
class Observers:
    """Who watches a run from outside."""

    control: Control = field(default_factory=Control)
    watch: Callable[[Situation], None] | None = None
    started: Callable[[Path], None] | None = None
    """Called with the run's folder once its header is durable."""
    ended: Callable[[Ended], None] | None = None
    """Called once every output is safe or, see `Ended.unsafe`, could not be made so;
    before results and file are written."""
    waiting: Callable[[str, float], None] | None = None
    """Called before anything that may block: what for, s of wall time at most."""
    working: Callable[[], None] | None = None
    """Called after it."""
    claimed: Callable[[ClaimRecord], None] | None = None
    """Called with what is about to be started, once that is durable."""
    live_view: bool = True
    """Whether a second process keeps an HDF5 view growing."""
    sealed: bool = True
    """Whether results and a file are wanted; a forecast looks at the rows alone."""


def start(
    prepared: Prepared, config: Config, observers: Observers, name: str = ""
) -> Finished:
    """Run a prepared order to its end, under ``name`` if one was given out already.

    Blocks until the file is sealed. Errors of the run are in the answer; StoreError,
    InstrumentError and RefusedError (its channels cannot do the plan) raise only while
    nothing is switched on yet.
    """
    station, protocol = prepared.station, prepared.protocol
    unix = station.clock.unix()
    name = name or run_id(protocol.name, protocol.sample.name, unix)
    _make_folder(prepared.order.out)
    bench = prepared.borrow(name)
    try:
        refuse_beyond(prepared, config)
        beside = opened(prepared.asides, prepared.station)
        folder = RunFolder(prepared.order.out / name)
        header = make_header(prepared, config, name, unix)
        streams = recorded_streams(header.streams, bench.roles.values())
        header = dataclasses.replace(header, streams=streams)
        with (
            room_for(prepared, folder, observers) as room,
            Journal.create(folder.journal, header) as journal,
        ):
            journal.keep(room)
            ledger = Ledger(header.streams, temperatures=beside.temperatures)
            engine = build(prepared, bench, journal, observers, ledger, beside)
            return execute(prepared, engine, journal, observers, Recorded())
    finally:
        prepared.hand_back(name)


def comes_back(prepared: Prepared) -> bool:
    """Tell whether what a run drives comes back as of its last commit.

    So does a simulated bench in virtual time: however far the run was ahead of the
    disk when its process died, nothing went on meanwhile.
    """
    clock = prepared.station.clock
    return prepared.world is not None and isinstance(clock, VirtualClock)


def _make_folder(out: Path) -> None:
    """Make the folder of runs. StoreError: runs cannot be written there."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"{out}: runs cannot be written there ({error.strerror}); choose another "
            "folder with --out, or change `data:` of the configuration"
        ) from error


def room_for(
    prepared: Prepared, folder: RunFolder, observers: Observers
) -> contextlib.AbstractContextManager[Reserve | None]:
    """Reserve what the run may write, until it has ended; a forecast needs nothing.

    StoreError: the disk has not that much room.
    """
    if not observers.sealed:
        return contextlib.nullcontext()
    duration = prepared.protocol.duration()
    rows = duration * ROWS_A_SECOND if math.isfinite(duration) else 0.0
    return reserve(folder.path, size_for(rows))


def build(
    prepared: Prepared,
    bench: LentBench,
    journal: Journal,
    observers: Observers,
    ledger: Ledger,
    beside: Auxiliaries,
) -> Engine:
    """Put the loop together."""
    if prepared.world is not None:
        keep_snapshots(journal, prepared.world)
    return Engine(
        bench,
        journal,
        ledger,
        prepared.envelope,
        bench.outputs(),
        observers.control,
        _watchers(observers),
        prepared.cast,
        lambda: _history(journal.path),
        beside,
    )


def _watchers(observers: Observers) -> Watchers:
    """Return what the engine calls; nobody listens where none is given."""
    usual = Watchers()
    return Watchers(
        observers.watch or usual.seen,
        observers.waiting or usual.waiting,
        observers.working or usual.working,
        observers.claimed or usual.claimed,
    )


def _history(path: Path) -> dict[int, StepRecord]:
    with JournalReader(path) as reader:
        return {record.step_count: record for record in reader.steps}


def execute(
    prepared: Prepared,
    engine: Engine,
    journal: Journal,
    observers: Observers,
    recorded: Recorded,
) -> Finished:
    """Drive the engine, work out the results, seal the file."""
    folder = RunFolder.of(journal.path)
    journal.set_status(RunState.RUNNING)
    journal.commit()
    if observers.started is not None:
        try:
            observers.started(folder.path)
        except LabctlError as error:  # nobody guards it: nothing is switched on
            unix = prepared.station.clock.unix()
            journal.finish(str(EndReason.FAILED), {}, unix, str(error))
            raise
    # A guard that outlives the process relies on claims that are on the disk.
    journal.runs_ahead = observers.claimed is None and comes_back(prepared)
    viewer = None
    if observers.live_view:
        viewer = live.start(folder, seals=observers.sealed)
    person = observers.control.person
    if prepared.protocol.requests:
        person.attend(judge_of(prepared.protocol, lambda: engine.bench))
    try:
        ended = engine.run(prepared.protocol.plan(), recorded)
    finally:
        person.leave()
    if observers.ended is not None:
        observers.ended(ended)
    if ended.unsafe:
        fields = {**journal.status.fields, UNSAFE: dict(ended.unsafe)}
        journal.set_status(str(ended.reason), reason=ended.text, fields=fields)
    journal.settle()
    results = work_out(prepared, folder) if observers.sealed else {}
    journal.finish(
        str(ended.reason), results, prepared.station.clock.unix(), ended.text
    )
    journal.give_up_room()
    file = seal(folder, viewer) if observers.sealed else None
    if viewer is not None and not viewer.wait(VIEW_PATIENCE):
        viewer.stop()
    return Finished(
        RunState(ended.reason),
        ended.text,
        folder.path,
        file,
        results,
        ended.error,
        ended.unsafe,
    )


def work_out(prepared: Prepared, folder: RunFolder) -> Mapping[str, Result]:
    """Return the protocol's results; what cannot be worked out is absent, and why."""
    with JournalReader(folder.journal) as reader:
        protocol = prepared.protocol
        view = JournalView(protocol.sample, reader)
        try:
            if dict(reader.header.parameters) != protocol.parameters_json():
                given = reader.header.parameters_given  # amended while it went on
                parameters = protocol.parameters_model.model_validate(given)
                protocol = type(protocol)(parameters, protocol.sample)
            tables = flagged_tables(view)
            return suspected(protocol.results(view), reader.events, tables)
        except Exception as error:
            log.exception("the results could not be worked out")
            reason = f"{type(error).__name__}: {error}"
            return {"results": Result.absent("", reason)}


def seal(folder: RunFolder, viewer: live.LiveView | None = None) -> Path | None:
    """Seal the file; a failure never costs the run, the journal has everything.

    The process of its live view does so where there is one, else another.
    """
    try:
        if viewer is not None and _sealed_by(viewer, folder):
            return folder.sealed
        return seal_apart(folder)
    except Exception:
        log.exception("the file could not be sealed; `labctl runs seal` tries again")
        return None


def _sealed_by(viewer: live.LiveView, folder: RunFolder) -> bool:
    patience = patience_for(folder)
    with announce(f"the file of {folder.run_id} to be sealed", patience):
        return viewer.seal(patience) and folder.sealed.exists()
