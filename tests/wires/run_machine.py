"""Everything that can befall one run, in any order, in virtual time.

Rules are what people, links, clocks and processes do; after each of them the invariants
are checked against what the twins really do. A kill leaves the files as the kernel
would and a line that reaches nobody; guard and resumption then meet the same twins.
"""

import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import invariants
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from rigs import SAMPLES, write_sample
from virtual_bench import Bench, Killed, Life, TurnClock, Wires

from labctl.cli.ordering import read_config
from labctl.documents.hardened_yaml import Document
from labctl.engine.control import Control
from labctl.engine.situation import Ended, Situation
from labctl.errors import LabctlError
from labctl.session.order import Equipment, Order, prepare
from labctl.session.resume import resume
from labctl.session.run import Finished, Observers, start
from labctl.station import Station
from labctl.store.folder import RunFolder, list_runs
from labctl.store.journal.reader import JournalReader
from labctl.waits import to_the_end

HOLD = 6.0
"""s of each bias."""
STEP = 240.0
"""s of a current."""
COMPLIANCE = 1e-5
"""A."""
ATTEMPTS = 3
"""Tries that a guard gives each instrument."""
HAND = 1.0
"""s between two acts of a person at least."""
PROCESS = 2.0
"""s that a process needs to start."""
BIAS = 3.0
"""V."""
KINDS: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "hold": (
        "bias-hold",
        "particle",
        {"hold": f"{HOLD:g} s", "tail": "2 s", "every": "0.5 s"},
        "k2400",
    ),
    "current": (
        "sequence",
        "cell",
        {
            "steps": [
                {"do": "current", "rate": "D/10", "duration": f"{STEP:g} s"},
                {"do": "rest", "duration": "60 s"},
                {"do": "current", "rate": "D/20", "duration": f"{STEP:g} s"},
            ],
            "record_every": "2 s",
        },
        "vsp/1",
    ),
    "too strong": (
        "sequence",
        "cell",
        {
            "steps": [{"do": "current", "rate": "C/5", "duration": "2 h"}],
            "record_every": "2 s",
        },
        "vsp/1",
    ),
}
"""Kind -> protocol, sample, parameters, output. The last charges a full electrode."""
Act = Callable[[Observers, Equipment], Finished]


class RunMachine(RuleBasedStateMachine):
    """One bench and the runs on it, one after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="machine-"))
        self.bench = Bench()
        self.config = read_config(self.bench.configuration(self.folder), simulate=False)
        for name, label in SAMPLES.items():
            write_sample(self.folder / f"{name}.yaml", label)
        self.life: Life | None = None
        self.wires: Wires | None = None
        self.control = Control()
        self.finished: Finished | None = None
        self.ended: Ended | None = None
        self.refused: LabctlError | None = None
        self.run: RunFolder | None = None
        self.kind = ""
        self.killed = False
        self.acknowledged: dict[str, int] = {}
        self.since = 0.0
        """When this life began, s."""
        self.disturbed = False
        self.orphans: set[str] = set()
        """Outputs that earlier lives left on, and nobody has switched off yet."""
        self.stepped = False
        """The wall clock was set since the run began: it does not tell whose it is."""
        self.lives = 0

    # ---- lives

    def _live(self, act: Act) -> None:
        """Begin a life and let it come to its first wait."""
        self.bench.clock.sleep(PROCESS)
        life = self.life = Life(self.bench.look)
        clock = TurnClock(self.bench.clock, life)
        self.wires = Wires(self.bench, life)
        station = Station(self.config.setups(), self.config.channels, clock, self.wires)
        self.control = Control()
        self.finished = self.ended = self.refused = None
        self.killed = False
        self.since = self.bench.clock.now()
        self.lives += 1

        def watch(situation: Situation) -> None:
            if situation.state == "hold" and not life.dead:
                life.wait_its_turn()

        def ended(how: Ended) -> None:
            self.ended = how

        observers = Observers(
            self.control, watch=watch, ended=ended, live_view=False, sealed=False
        )

        def whole() -> None:
            life.thread = threading.current_thread()
            try:
                self.finished = act(observers, Equipment(station, None))
            except Killed:
                pass
            except LabctlError as error:
                self.refused = error
            finally:
                if not life.dead:
                    station.close()

        life.turns.begin(whole)

    @property
    def alive(self) -> bool:
        """Whether a run is in flight."""
        return self.life is not None and not self.life.turns.over

    @property
    def output(self) -> str:
        """The run's output."""
        return KINDS[self.kind][3] if self.kind else ""

    # ---- what people do

    @precondition(lambda self: not self.alive and not self.killed)
    @rule(kind=st.sampled_from(sorted(KINDS)))
    def start(self, kind: str) -> None:
        protocol, sample, parameters, _ = KINDS[kind]
        self.kind, self.acknowledged, self.disturbed = kind, {}, False
        self.stepped = self.stepped and bool(self.orphans)
        out = self.folder / f"runs-{self.lives}"
        order = Order(
            protocol,
            Document("plan", dict(parameters)),
            str(self.folder / f"{sample}.yaml"),
            out=out,
        )

        def act(observers: Observers, equipment: Equipment) -> Finished:
            prepared = prepare(order, self.config, equipment)
            return start(prepared, self.config, observers)

        self._live(act)
        self.run = next(iter(list_runs(out)), None)

    @precondition(lambda self: self.alive)
    @rule(waits=st.integers(1, 25))
    def advance(self, waits: int) -> None:
        assert self.life is not None
        for _ in range(waits):
            if self.life.turns.over:
                break
            self.life.turns.give()
        if self.run is None and self.kind:
            folders = self.folder.glob("runs-*")
            found = [r for f in folders for r in list_runs(f)]
            self.run = found[-1] if found else None

    @precondition(lambda self: self.alive)
    @rule()
    def hold(self) -> None:
        self.disturbed = True
        self.control.hold("a rule")
        self._settle(lambda: self.output not in self._on())
        self.bench.clock.sleep(HAND)

    @precondition(lambda self: self.alive)
    @rule()
    def release(self) -> None:
        self.bench.clock.sleep(HAND)
        self.control.release()
        self.advance(1)

    @precondition(lambda self: self.alive)
    @rule()
    def skip(self) -> None:
        self.disturbed = True
        self.control.skip("a rule")
        self.advance(1)

    @precondition(lambda self: self.alive)
    @rule()
    def stop(self) -> None:
        assert self.life is not None
        self.control.stop("a rule")
        self._settle(lambda: self.life is not None and self.life.turns.over)

    def _settle(self, done: Callable[[], bool], most: int = 400) -> None:
        """Give turns until something is so; the run has to come to it."""
        assert self.life is not None
        for _ in range(most):
            if done() or self.life.turns.over:
                return
            self.life.turns.give()
        raise AssertionError(f"the run did not come to it within {most} waits")

    # ---- what links and clocks do

    @precondition(lambda self: self.alive)
    @rule(exchanges=st.sampled_from([1, 2, 3, 8, 100_000]))
    def cut(self, exchanges: int) -> None:
        assert self.wires is not None
        self.disturbed = True
        for line in self.wires.lines.values():
            line.cut_for = exchanges

    @precondition(lambda self: self.alive)
    @rule()
    def mend(self) -> None:
        assert self.wires is not None
        for line in self.wires.lines.values():
            line.cut_for = 0

    @precondition(lambda self: self.alive)
    @rule()
    def lose_an_answer(self) -> None:
        """The instrument does what it is told, and its answer is late for ever."""
        twin = self.bench.smu
        self.disturbed = True

        def swallow(_answer: bytes) -> None:
            twin.tamper = None

        twin.tamper = swallow

    @rule(seconds=st.sampled_from([3600.0, -3600.0, 86400.0]))
    def set_the_wall_clock(self, seconds: float) -> None:
        self.bench.clock.step(seconds)
        self.stepped = True

    @rule(seconds=st.sampled_from([1.0, 20.0, 300.0]))
    @precondition(lambda self: not self.alive)
    def let_time_pass(self, seconds: float) -> None:
        self.bench.clock.sleep(seconds)
        self.bench.look()

    # ---- what processes do

    @precondition(lambda self: self.alive and self.run is not None)
    @rule()
    def kill(self) -> None:
        assert self.life is not None
        assert self.run is not None
        with JournalReader(self.run.journal) as reader:
            self.acknowledged = reader.rows_stored
        self.life.dead = True
        copy = self.folder / f"killed-{self.lives}" / self.run.path.name
        shutil.copytree(self.run.path, copy, ignore=shutil.ignore_patterns("*lock*"))
        self.life.turns.give()
        self.run = RunFolder(copy)
        self.killed = self.disturbed = True
        self.bench.look()
        self.orphans |= {self.output} & self._on()
        found = self._tables()
        self._check(invariants.rows_complete(self.acknowledged, found))

    @precondition(lambda self: self.killed)
    @rule()
    def guard_acts(self) -> None:
        """Make safe what was the dead run's, from another process, as it were."""
        assert self.run is not None
        life = Life(self.bench.look)
        wires = Wires(self.bench, life)
        clock = TurnClock(self.bench.clock, life)
        for attempt in range(1, ATTEMPTS + 1):
            station = Station(self.config.setups(), self.config.channels, clock, wires)
            try:
                self._make_safe(station, self.run)
                break
            except LabctlError:
                if attempt == ATTEMPTS:
                    raise
            finally:
                station.close()
        self.bench.look()
        self._check(invariants.off_when_ended(self.bench.truth, [self.output], ()))

    def _make_safe(self, station: Station, run: RunFolder) -> None:
        instrument, _, name = self.output.partition("/")
        role: Any = station.players(instrument)[name]
        with JournalReader(run.journal) as reader:
            claims = [c for c in reader.claims if c.role == "cell"]
        begun = list(self.bench.truth.told(self.output, "BL_StartChannel"))
        with to_the_end():
            if claims and begun:  # by a clock that nobody sets
                age = self.bench.clock.now() - begun[-1].time
                role.recognise(claims[-1].token, self.bench.clock.unix() - age)
            role.make_safe()

    @precondition(lambda self: self._can_resume())
    @rule()
    def resume(self) -> None:
        assert self.run is not None
        place = self.run.path
        self.disturbed = True
        self._live(
            lambda observers, equipment: resume(place, observers, None, equipment)
        )
        self._check(
            invariants.looked_before_current(self.bench.truth, self.output, self.since)
        )

    def _can_resume(self) -> bool:
        if self.alive or self.run is None:
            return False
        done = self.finished is not None and self.finished.status == "completed"
        return not done and (self.killed or self.finished is not None)

    # ---- what holds

    @invariant()
    def levels_are_within_their_limits(self) -> None:
        truth = self.bench.truth
        self._check(invariants.level_within(truth, "k2400", BIAS))
        self._check(invariants.limits_before_on(truth, "k2400", COMPLIANCE))
        self._check(invariants.loaded_limits_read_back(truth, "vsp/1"))

    @invariant()
    def nothing_is_on_once_the_run_has_ended(self) -> None:
        self.bench.look()
        self.orphans &= self._on()
        if self.alive or self.killed or not self.kind:
            return
        if self.output in self.orphans and (self.stepped or self.refused is not None):
            return  # left alone, and said so
        unsafe = () if self.ended is None else self.ended.unsafe
        names = [Bench.OUTPUTS[role] for role in unsafe]
        self.orphans |= set(names) & self._on()
        wrong = invariants.off_when_ended(self.bench.truth, [self.output], names)
        self._check(wrong)

    @invariant()
    def who_answers_is_asked_first(self) -> None:
        for name in ("k2400", "vsp/1"):
            self._check(invariants.asked_first(self.bench.truth, name, self.since))

    @invariant()
    def rows_are_in_order(self) -> None:
        if self.alive or self.run is None:
            return
        with JournalReader(self.run.journal) as reader:
            begun = [claim.test_time for claim in reader.claims]
        for table in self._tables().values():
            self._check(invariants.rows_in_order(table, begun))

    @invariant()
    def what_completed_lasted_as_long_as_it_was_told(self) -> None:
        finished = self.finished
        if finished is None or finished.status != "completed" or self.disturbed:
            return
        if self.kind != "current" or self.run is None:
            return
        with JournalReader(self.run.journal) as reader:
            outcomes = [record.outcome for record in reader.steps]
        driven = [o.duration for o in outcomes if o is not None and o.duration > 0.0]
        for seconds, wanted in zip(driven, (STEP, 60.0, STEP), strict=False):
            self._check(invariants.lasted(seconds, wanted, 1.0))

    def _on(self) -> set[str]:
        return set(self.bench.truth.now_on())

    def _tables(self) -> dict[str, Any]:
        assert self.run is not None
        with JournalReader(self.run.journal) as reader:
            return {s.name: reader.table(s.name) for s in reader.header.streams}

    def _check(self, wrong: list[str]) -> None:
        assert not wrong, "; ".join(wrong)

    def teardown(self) -> None:
        """End whatever is in flight."""
        if self.life is not None and not self.life.turns.over:
            self.life.dead = True
            self.life.turns.give()
        shutil.rmtree(self.folder, ignore_errors=True)
