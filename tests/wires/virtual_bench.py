"""A bench of twins in virtual time whose run can be stopped between any two waits.

The run has a thread of its own, and there is one turn: either the run works, or whoever
tests it does. A wait of the run hands the turn over; `Turns.give` hands it back. So
a hold, a cut or a death falls exactly between two waits, the same ones every time.
"""

import json
import threading
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

from eclib_calls import LOST, SIZES
from eclib_server import OF_A_CHANNEL
from truth import Log, Truth
from witness import Witness

from drivers.biologic.eclib.library import FunctionTable
from drivers.twins.biologic.library import BiologicTwin
from drivers.twins.keithley import keithley_2400
from drivers.twins.scpi.exchange import Exchange, NotReadyError
from drivers.twins.visa.library import LabsimLibrary
from drivers.twins.world import catalogue
from drivers.twins.world.circuit import Circuit
from drivers.twins.world.specimen_samples import build_specimen
from drivers.twins.world.world import BenchWorld
from labctl.clock import EVERY_LOOK, Clock, Quiet, VirtualClock
from labctl.possession import Held, NobodyElse
from labctl.roles.driver import Driver, Setup

TURN = 60.0
"""s of real time in which a run must come to its next wait."""


class Killed(BaseException):
    """The process of the run is gone; what it still does reaches nobody."""


class Memory(Truth, Log):
    """A log and its reader in one, in virtual time."""

    def __init__(self, clock: Clock) -> None:
        self.states, self.commands = [], []
        self._clock = clock

    def _write(self, entry: dict[str, Any]) -> None:
        self._take({"t": self._clock.now(), **entry})

    def refresh(self) -> "Truth":
        """Return itself; everything is here already."""
        return self


class SteppingWall(VirtualClock):
    """Virtual time whose wall clock can be set."""

    def step(self, seconds: float) -> None:
        """Set the wall clock forward or back."""
        self._epoch += seconds


class Turns:
    """Who may work: the run or its tester."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._run_has_it = False
        self._over = False

    def begin(self, run: Callable[[], None]) -> None:
        """Start the run's thread and give it the turn until its first wait."""

        def whole() -> None:
            try:
                run()
            finally:
                self.give_back(over=True)

        self._run_has_it = True
        threading.Thread(target=whole, daemon=True).start()
        self._await_return()

    @property
    def over(self) -> bool:
        """Whether the run's thread has ended."""
        return self._over

    def give(self) -> None:
        """Let the run work until its next wait."""
        with self._condition:
            if self._over:
                return
            self._run_has_it = True
            self._condition.notify_all()
        self._await_return()

    def give_back(self, *, over: bool = False) -> None:
        """Let the tester work; called by the run."""
        with self._condition:
            self._over = self._over or over
            self._run_has_it = False
            self._condition.notify_all()

    def pause(self) -> None:
        """Hand the turn over and wait for it; called by the run."""
        self.give_back()
        with self._condition:
            if not self._condition.wait_for(lambda: self._run_has_it, TURN):
                raise Killed("its tester forgot it")

    def _await_return(self) -> None:
        with self._condition:
            if not self._condition.wait_for(lambda: not self._run_has_it, TURN):
                raise AssertionError(
                    f"the run did not come to a wait within {TURN:g} s"
                )


class TurnClock:
    """The clock of one incarnation of a run; every wait is a turn."""

    def __init__(self, base: SteppingWall, life: "Life") -> None:
        self._base, self._life = base, life
        self._after = 0.0
        """s that have passed for the dead alone."""

    def now(self) -> float:
        return self._base.now() + self._after

    def unix(self) -> float:
        return self._base.unix() + self._after

    def poll_period(self, rows_every: float) -> float:
        return self._base.poll_period(rows_every)

    def idle(
        self,
        period: float,
        quiet: Quiet = EVERY_LOOK,  # noqa: ARG002
        until: threading.Event | None = None,
    ) -> None:
        """Leave no look out: each is a turn."""
        self.sleep(period, until)

    def sleep(self, seconds: float, until: threading.Event | None = None) -> None:
        """Let time pass once the turn comes back."""
        life = self._life
        if life.dead:
            self._after += max(seconds, 0.0)
            return
        if life.thread is not threading.current_thread():
            self._base.sleep(seconds, until)
            return
        life.wait_its_turn()
        self._base.sleep(seconds, until)
        life.passed()


class Life:
    """One process, as it were: from its start to its end or its death."""

    def __init__(self, passed: Callable[[], None]) -> None:
        self.turns = Turns()
        self.dead = False
        self.thread: threading.Thread | None = None
        self.passed = passed

    def wait_its_turn(self) -> None:
        """Let the tester work; called by the run. Killed: it died meanwhile."""
        self.turns.pause()
        if self.dead:
            raise Killed


class Line:
    """The way from one life to an instrument; it dies with the life."""

    def __init__(self, life: Life) -> None:
        self._life = life
        self.cut_for = 0
        """So many exchanges fail before the line is whole again."""

    @property
    def dead(self) -> bool:
        """Whether nobody is there any more who could use it."""
        return self._life.dead

    def is_down(self) -> bool:
        """Take one exchange; tell whether it is lost."""
        if self._life.dead:
            return True
        if self.cut_for > 0:
            self.cut_for -= 1
            return True
        return False


class Lead:
    """A twin as one life sees it: an `Exchange` behind a `Line`."""

    def __init__(self, twin: Exchange, line: Line) -> None:
        self._twin, self._line = twin, line
        self._lost = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._twin, name)

    def receive(self, data: bytes, end: bool) -> None:
        """See `Exchange`."""
        self._lost = self._line.is_down()
        if not self._lost:
            self._twin.receive(data, end)

    def read(
        self, count: int, timeout: float, stop: int | None = None
    ) -> tuple[bytes, bool]:
        """See `Exchange`."""
        if self._lost:
            if not self._line.dead:  # for the dead no time passes
                self._twin.clock.sleep(timeout)
            raise NotReadyError
        return self._twin.read(count, timeout, stop)


class Wires:
    """The cables of one life; see `labctl.station.Wires`."""

    def __init__(self, bench: "Bench", life: Life) -> None:
        self._bench = bench
        self.lines = {name: Line(life) for name in ("k2400", "vsp")}

    def connect(
        self,
        driver: Driver,  # noqa: ARG002
        setup: Setup,
        clock: Clock,  # noqa: ARG002
    ) -> Any:
        """Return the wire of one instrument."""
        line = self.lines[setup.name]
        if setup.name == "vsp":
            return self._bench.library(line)
        lead = typing.cast("Exchange", Lead(self._bench.smu, line))
        return LabsimLibrary.around({setup.address: lead})

    def possess(self, setup: Setup) -> Held:  # noqa: ARG002
        """Return nobody: lives come one after the other, in one process."""
        return NobodyElse()


class Bench:
    """A source meter before a particle, and a potentiostat with a cell."""

    ADDRESSES: typing.ClassVar = {"k2400": "GPIB0::24::INSTR", "vsp": "192.168.0.10"}
    OUTPUTS: typing.ClassVar = {"source_meter": "k2400", "cell": "vsp/1"}

    def __init__(self) -> None:
        self.clock = SteppingWall(1.7e9)
        self.truth = Memory(self.clock)
        self.witness = Witness(self.truth)
        kind = catalogue.label("particle-si")["kind"]
        truth = catalogue.truth("particle-si")
        circuit = Circuit(build_specimen("particle-si", kind, truth))
        setup = Setup("k2400", "keithley-2400", self.ADDRESSES["k2400"])
        self.smu = keithley_2400.twin.alone(setup, circuit, self.clock)
        world = BenchWorld(self.clock)
        world.place("si", ("vsp/1",))
        options = {"model": "VSP-300", "channels": 6}
        self.twin = BiologicTwin(
            Setup("vsp", "biologic", self.ADDRESSES["vsp"], {}, options),
            world,
            self.clock,
        )
        self.witness.watch_exchange("k2400", self.smu)
        self.witness.watch_channels("vsp", self.twin)
        self.witness.look()

    def look(self) -> None:
        """Let twins come to now, and write down what is another than it was."""
        for channel in self.twin.channels.values():
            channel.bring(self.clock.now())
        self.witness.look()

    def library(self, line: Line) -> FunctionTable:
        """Return EClib as one life sees it."""

        def resolve(name: str) -> Callable[..., Any] | None:
            function = self.twin.function(name)
            if function is None or name not in SIZES:
                return function

            def call(*arguments: Any) -> int:
                if line.is_down():
                    return LOST
                code = int(function(*arguments))
                place = "vsp"
                if name in OF_A_CHANNEL:
                    place += f"/{arguments[1] + 1}"
                self.witness.heard(place, name if code == 0 else f"{name} -> {code}", 1)
                return code

            return call

        return FunctionTable(resolve, "twin")

    def configuration(self, folder: Path) -> Path:
        """Write the configuration of this bench; nothing in it is simulated."""
        drivers = {"k2400": "keithley-2400", "vsp": "biologic"}
        instruments = {
            name: {"driver": driver, "address": self.ADDRESSES[name]}
            for name, driver in drivers.items()
        }
        channels = {role: [output] for role, output in self.OUTPUTS.items()}
        path = folder / "config.yaml"
        path.write_text(json.dumps({"instruments": instruments, "channels": channels}))
        return path
