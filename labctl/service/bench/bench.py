"""The bench of the station's process: one station, one clock, many runs at once."""

import logging
import threading
from collections.abc import Callable, Mapping

from labctl.api.answers import Amended, Applies, Started
from labctl.api.models import RunSummary
from labctl.api.requests import AmendIn, AskIn, OrderIn
from labctl.api.station_files import StationFiles
from labctl.clock import Clock
from labctl.config.models import Config
from labctl.data import Level
from labctl.engine.states import TABLE, RunState, Wish, require
from labctl.errors import LabctlError, OperatorError, OwnershipError
from labctl.sample import UNNAMED
from labctl.service.bench.amending import amend_run
from labctl.service.bench.events import EventBook
from labctl.service.bench.interrupted import about_of, find_interrupted, state_of
from labctl.service.bench.live_run import About, LiveRun
from labctl.service.bench.orders import order_of
from labctl.service.bench.outputs import Outputs
from labctl.service.bench.queue import Queue, will_be_free
from labctl.service.guard.safed_file import stopped_by_guards
from labctl.session.finish import discard, finish
from labctl.session.limits import CELLS
from labctl.session.names import run_id
from labctl.session.order import Equipment, Prepared, prepare_with
from labctl.session.resume import resume
from labctl.session.run import Finished, Observers, start

log = logging.getLogger(__name__)

MOST_LIVE = 64
"""Runs at once; each has a thread."""
OPENING = 20.0
"""s of the wall that a request waits for the instruments of its run to be opened."""
KEPT_ENDED = 32
"""Ended runs whose rows stay in memory."""
HOLDER = "the simulated sample holder"


class StationBench:
    """Starts runs, passes wishes on, keeps queue and events; safe from any thread."""

    def __init__(
        self,
        config: Config,
        equipment: Equipment,
        files: StationFiles,
        *,
        speed: float | None,
        live_view: bool = True,
    ) -> None:
        self.config = config
        self.equipment = equipment
        self.files = files
        self.speed = speed
        self.events = EventBook(files.events_file)
        self.queue = Queue(files.queue_file)
        self.interrupted: dict[str, RunSummary] = {}
        self.changed: Callable[[], None] = lambda: None
        """Called, from any thread, when the state is another one."""
        self.started: Callable[[LiveRun, OrderIn], None] = lambda _run, _order: None
        """Called when a run begins that was ordered here."""
        self._live_view = live_view
        self._runs: dict[str, LiveRun] = {}
        self._keys: dict[str, Started] = {}
        self._dispatch = threading.RLock()
        self.outputs = Outputs(
            equipment.station,
            files,
            self.events,
            lambda: self.runs,
            self._tell_changed,
        )

    @property
    def clock(self) -> Clock:
        """The bench's clock."""
        return self.equipment.station.clock

    @property
    def simulated(self) -> bool:
        """Whether twins stand on it."""
        return self.equipment.world is not None

    @property
    def runs(self) -> list[LiveRun]:
        """The runs of this process, the first one first."""
        return list(self._runs.values())  # no lock: STOP waits for nothing

    @property
    def live(self) -> list[LiveRun]:
        """The runs that have their instruments."""
        return [run for run in self.runs if run.is_live]

    def run(self, run: str) -> LiveRun | None:
        """Return a run of this process; None if it is not one."""
        return self._runs.get(run)

    def channels(self) -> dict[str, list[str]]:
        """Return every configured channel and the roles it may play."""
        channels: dict[str, list[str]] = {}
        for role, names in self.config.channels.items():
            for channel in names:
                channels.setdefault(channel, []).append(role)
        return channels

    def prepare(
        self, order: OrderIn, *, even_busy: bool = False, inquire: bool = False
    ) -> Prepared:
        """Check an order against this bench; RefusedError, OperatorError.

        ``even_busy``: a role may also take a channel that somebody has now;
        ``inquire``: compare its plan with what the instruments can do.
        """
        return prepare_with(
            order_of(order, self.files, simulated=self.simulated, speed=self.speed),
            self.config,
            equipment=self.equipment,
            even_busy=even_busy,
            inquire=inquire,
        )

    def start(self, asked: OrderIn) -> Started:
        """Start a run at once; the same key again starts nothing new.

        RefusedError, OperatorError, OwnershipError: nothing was switched on.
        """
        if not (asked.key and asked.key in self._keys):
            # Outside the lock, as connecting takes time; who is busy is seen below.
            self.prepare(asked, even_busy=True, inquire=True)
        with self._dispatch:
            if asked.key and asked.key in self._keys:
                return self._keys[asked.key]
            if len(self.live) >= MOST_LIVE:
                raise OperatorError(f"{MOST_LIVE} runs go on; that is the most")
            prepared = self.prepare(asked)
            protocol = prepared.protocol
            name = run_id(protocol.name, protocol.sample.name, self.clock.unix())
            about = About(
                run=name,
                protocol=protocol.name,
                title=f"{protocol.title}: "
                f"{protocol.sample.title or protocol.sample.name}",
                sample=protocol.sample.name,
                channels=dict(prepared.cast),
                kind=protocol.sample.kind,
                simulated=self.simulated,
                operator=self.config.lab.person(
                    asked.operator or self.config.station.operator
                )[0],
            )
            self.equipment.station.reserve(
                name, self._places(about.channels, about.kind, about.sample)
            )
            run = LiveRun(
                about,
                self.files.data / name,
                self._guarded(about, lambda o: start(prepared, self.config, o, name)),
                self.clock,
                self.changed,
                doubt=self.outputs.doubt,
                leave=self.outputs.give_back,
                live_view=self._live_view,
            )
            started = Started(
                run=name, channels=dict(prepared.cast), warnings=protocol.warnings()
            )
            self._admit(run)
            self.started(run, asked)
            if asked.key:
                self._keys[asked.key] = started
        log.info("started %s on %s", name, ", ".join(about.channels.values()))
        return started

    def state_of(self, run: str) -> RunState:
        """Return where a run of this station's folder stands; OperatorError: no such.

        Of one that has ended here or that another process has, its journal says it.
        """
        if run in self.interrupted:
            return RunState.INTERRUPTED
        found = self._runs.get(run)
        return found.state if found is not None else state_of(self.files.data / run)

    def ask(self, run: str, wish: Wish, reason: str) -> None:
        """Pass a wish on to a live run, at once; OperatorError: not in its state."""
        found = self._runs[run]
        require(run, found.state, wish, found.asked)
        found.ask(wish, reason)

    def take_up(
        self, run: str, wish: Wish, reason: str, *, accept_voltage: bool = False
    ) -> None:
        """Resume, finish or discard a run that nobody runs; blocks for seconds.

        OperatorError: not in its state.
        """
        require(run, self.state_of(run), wish)
        if wish is Wish.RESUME:
            self.resume(run, accept_voltage=accept_voltage)
        else:
            self.close_interrupted(run, wish, reason)

    def request(self, run: str, asked: AskIn, who: str) -> None:
        """Ask something of a live run by hand; OperatorError: it is not one.

        RefusedError: every complaint. BusyError: another person drives it.
        """
        require(run, self.state_of(run), Wish.REQUEST)
        found = self._runs[run]
        if not found.is_by_hand:
            raise OperatorError(f"{run} is no run by hand; it takes no requests")
        found.control.person.wait_until_heard(OPENING)
        found.control.person.ask(asked.request, asked.values, who)
        self.changed()

    def busy(self, prepared: Prepared) -> dict[str, str]:
        """Return who has what a prepared run would need now: place -> run or person."""
        lent = self.equipment.station.lent()
        sample = prepared.protocol.sample
        places = self._places(prepared.cast, sample.kind, sample.name)
        return {place: lent[place] for place in places.values() if place in lent}

    def doubtful(self, prepared: Prepared) -> dict[str, str]:
        """Return which channels of a prepared run may still be on, and why."""
        doubts = self.equipment.station.doubts()
        return {s: doubts[s] for s in prepared.cast.values() if s in doubts}

    def _places(
        self, channels: Mapping[str, str], kind: str, sample: str
    ) -> dict[str, str]:
        """Return what a run keeps for itself: its channels, and the one sample holder.

        All twins of a simulated bench share one circuit; a second pellet, particle or
        film would take the first one out while it is measured.
        """
        places = dict(channels)
        if self.simulated and kind not in CELLS and sample != UNNAMED:
            places[HOLDER] = HOLDER
        return places

    # ---- runs whose process died

    def recover(self) -> None:
        """Find what a dead process left: its guard's word, and the runs that wait."""
        self.outputs.recover()
        for summary in find_interrupted(self.files.data):
            self.interrupted[summary.run] = summary
            self.events.tell(
                Level.ALARM,
                "interrupted",
                f"{summary.run} was cut short: resume, finish or discard it",
                summary.run,
            )

    def resume(self, run: str, *, accept_voltage: bool = False) -> Started:
        """Go on with a run that was cut short or has ended, on this bench.

        ``accept_voltage``: wherever its cell is now.
        """
        with self._dispatch:
            require(run, self.state_of(run), Wish.RESUME)
            folder = self.files.data / run
            about = about_of(folder)
            if about.simulated is not self.simulated:
                kind = "simulated" if about.simulated else "real"
                raise OperatorError(f"{run} is {kind}; this station is not")
            if len(self.live) >= MOST_LIVE:
                raise OperatorError(f"{MOST_LIVE} runs go on; that is the most")
            self.equipment.station.reserve(
                run, self._places(about.channels, about.kind, about.sample)
            )
            live = LiveRun(
                about,
                folder,
                self._guarded(
                    about,
                    lambda observers: resume(
                        folder,
                        observers,
                        None,
                        self.equipment,
                        accept_voltage=accept_voltage,
                        stopped=stopped_by_guards([self.files.folder, folder]),
                    ),
                ),
                self.clock,
                self.changed,
                doubt=self.outputs.doubt,
                leave=self.outputs.give_back,
                live_view=self._live_view,
            )
            live.started_unix = about.started_unix
            self.interrupted.pop(run, None)
            self._admit(live)
        return Started(run=run, channels=about.channels, warnings=[])

    def amend(self, run: str, asked: AmendIn, who: str) -> Amended:
        """Change what a run of this station has still to do; see `amend_run`."""
        require(run, self.state_of(run), Wish.AMEND)
        found = self._runs.get(run)
        amended = amend_run(
            self.files.data / run,
            found if found is not None and found.is_live else None,
            asked.parameters,
            self.equipment,
            who=who,
            reason=asked.reason,
            dry_run=asked.dry_run,
        )
        if amended.applies is not Applies.NOT:
            names = ", ".join(amended.parameters)
            text = f"{run}: {names} amended by {who}"
            self.events.tell(Level.INFO, "amend", text, run)
            self.changed()
        return amended

    def close_interrupted(self, run: str, wish: Wish, reason: str) -> None:
        """Finish or discard an interrupted run; blocks for seconds."""
        with self._dispatch:
            require(run, self.state_of(run), wish)
            kept = self.interrupted.pop(run, None)
        try:
            close = finish if wish is Wish.FINISH else discard
            close(self.files.data / run, reason)
        except LabctlError:
            if kept is not None:
                self.interrupted[run] = kept
            raise
        self.events.tell(Level.INFO, str(wish), f"{run}: {reason}", run)
        self.changed()

    # ---- what the background does again and again

    def start_waiting(self) -> None:
        """Start every order of the queue whose turn it is."""
        passed: set[str] = set()
        station = self.equipment.station
        while True:
            entry = self.queue.turn(station.lent(), passed, station.doubts())
            if entry is None:
                return
            try:
                started = self.start(entry.order)
            except OwnershipError as error:
                log.debug("queue: %s", error)
                passed.add(entry.entry)
                continue
            except LabctlError as error:
                if will_be_free(error):
                    passed.add(entry.entry)
                    continue
                self.queue.refuse(entry.entry, str(error))
                text = f"{entry.order.protocol} on {entry.order.sample}: {error}"
                self.events.tell(Level.ALARM, "queue", text)
            else:
                self.queue.remove(entry.entry)
                text = f"{started.run} started from the queue"
                self.events.tell(Level.INFO, "queue", text, started.run)
            self.changed()

    def note_end(self, run: LiveRun) -> None:
        """Do what follows from a run's end: hold its channels if it ended badly."""
        if not TABLE[run.state].is_bad:
            return
        reason = run.summary().reason
        why = f"{run.about.run} ended: {run.state}" + (f" ({reason})" if reason else "")
        for channel in run.about.channels.values():
            self.queue.hold_channel(channel, why)
        if run.finished is None:
            # it never had a journal to say so
            self.events.tell(Level.ALARM, str(run.state), why, run.about.run)
            for summary in find_interrupted(self.files.data, run.about.run):
                reason = run.summary().reason  # why it could not go on: it waits again
                waits = summary.model_copy(update={"reason": reason})
                self.interrupted[summary.run] = waits

    def forget_old(self) -> None:
        """Let go of the rows of runs that ended long ago."""
        with self._dispatch:
            ended = [name for name, run in self._runs.items() if not run.is_live]
            for name in ended[:-KEPT_ENDED]:
                del self._runs[name]

    def close(self) -> None:
        """Let go of instruments and files; every run must have ended."""
        self.equipment.station.close()
        self.outputs.close()
        self.events.close()

    def _guarded(
        self, about: About, act: Callable[[Observers], Finished]
    ) -> Callable[[Observers], Finished]:
        return act if self.simulated else self.outputs.guarded(about, act)

    def _tell_changed(self) -> None:
        self.changed()

    def _admit(self, run: LiveRun) -> None:
        self._runs[run.about.run] = run
        run.start()
        self.changed()
