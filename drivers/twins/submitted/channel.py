"""A channel that runs a program to its end, whoever watches: stages, jumps, points.

Physics only; what a point is called and where it is kept belongs to the maker's twin.
The cell's time steps are those of `drivers.twins.biologic.in_flight`.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from drivers.twins.biologic.front_end import FrontEnd, Noise
from drivers.twins.biologic.holding import Conflict
from drivers.twins.biologic.imperfections import NONE, Imperfections
from drivers.twins.biologic.in_flight import TechniqueInFlight
from drivers.twins.biologic.memory import Row
from drivers.twins.biologic.sweep import SpectrumInFlight
from drivers.twins.biologic.techniques import LoadedTechnique
from drivers.twins.world.socket import Socket

MOST_JUMPS = 1_000_000
"""Loops without a measuring technique inside would never let time pass."""
ENDS_ALL = 2
"""Of `Stage.exit`: the whole program is over."""
ANYTHING = (-math.inf, math.inf)


@dataclass(frozen=True, slots=True)
class Point:
    """One recorded point, as the electronics see it."""

    technique: int
    """Index in the program."""
    loops: int
    """Jumps back since the start."""
    begun: float
    """s since the start at which its technique began."""
    time: float
    """s since then."""
    voltage: float
    """V."""
    current: float
    """A."""
    charge: float
    """C since the technique began, signed."""
    frequency: float = 0.0
    """Hz; 0 for a point of direct current."""
    impedance: complex = 0j
    """Ω."""
    amplitudes: tuple[float, float] = (0.0, 0.0)
    """Peak V and A of the sine."""


class ProgramChannel:
    """Holds or watches its socket; time is the world's, in s."""

    def __init__(
        self,
        number: int,
        socket: Socket,
        *,
        seed: int = 0,
        compliance: float = 10.0,
        largest_current: float = 1.0,
        imperfections: Imperfections = NONE,
    ) -> None:
        self.socket, self.compliance = socket, compliance
        self.noise, self.live_noise = Noise(seed, number), Noise(seed, number + 1000)
        self.imperfections, self.largest_current = imperfections, largest_current
        self.running = False
        self.tripped = ""
        """Which bound ended the last program: ``voltage``, ``current``; else empty."""
        self.begun = 0.0
        """When the program began, s."""
        self.index = 0
        """Index of the technique in flight."""
        self.loops = 0
        self.technique_begun = 0.0
        """s of the world's clock."""
        self._program: tuple[LoadedTechnique, ...] = ()
        self._voltage, self._current = ANYTHING, ANYTHING
        self._write: Callable[[Point], None] = lambda _point: None
        self._run: TechniqueInFlight | None = None
        self._front = FrontEnd(12, 3, imperfections=imperfections)
        self._plugged = socket.time
        self._jumps: dict[int, int] = {}
        self._sines = False
        self._advancing = False

    # ---- what the maker's twin asks for

    def begin(
        self,
        program: Sequence[LoadedTechnique],
        now: float,
        write: Callable[[Point], None],
        voltage: tuple[float, float] = ANYTHING,
        current: tuple[float, float] = ANYTHING,
    ) -> None:
        """Run ``program`` from now on; V and A beyond the bounds end it."""
        self.bring(now, exact=True)
        self._program, self._write = tuple(program), write
        self._voltage, self._current = voltage, current
        self.tripped, self.running = "", True
        self.begun, self.index, self.loops = now, -1, 0
        self._jumps.clear()
        self._next(now)

    def stop(self, now: float) -> None:
        """Open the circuit."""
        self.bring(now, exact=True)
        self._halt()

    def reading(self) -> tuple[float, float]:
        """Return what the converters read now, V and A."""
        voltage, current = self.socket.live
        if self.socket.holder is not self:
            current = 0.0
        noise = self.live_noise.take(2)
        return self._front.reading(voltage, current, self._passed, noise)

    @property
    def drives(self) -> bool:
        """Whether a current, a voltage or a sine is driven now."""
        return self._run is not None and not self._run.rests

    @property
    def true_current(self) -> float:
        """A that this channel really drives through its cell."""
        return self.socket.live[1] if self.socket.holder is self else 0.0

    @property
    def frequency(self) -> float:
        """Hz of the sine in flight; 0 without one."""
        return 0.0 if self._run is None else self._run.frequency

    def bring(self, to: float, *, exact: bool = False) -> None:
        """Let this channel and its cell come to ``to`` (s)."""
        if self._advancing:
            return
        self._advancing = True
        try:
            while self.running and self._run is not None:
                run = self._run
                run.advance(to, exact=exact)
                if self._run is not run:
                    continue
                if not run.done:
                    break
                self._next(self.socket.time)
        finally:
            self._advancing = False
        if self.socket.holder is not self:
            self.socket.bring_to(to, exact=exact)

    def replug(self, socket: Socket) -> None:
        """Be connected to ``socket`` from now on."""
        if socket is not self.socket:
            self.socket.unwatch(self)
            self.socket.release(self)
            self.socket = socket

    def snapshot(self) -> dict[str, float]:
        """Return where the noise generators stand, and how old the channel is."""
        return {
            "rows": self.noise.count,
            "live": self.live_noise.count,
            "age": self.socket.time - self._plugged,
        }

    def restore(self, state: dict[str, float]) -> None:
        """Put the noise generators back."""
        self.noise.count = int(state["rows"])
        self.live_noise.count = int(state["live"])
        self._plugged = self.socket.time - state["age"]

    # ---- socket: holder and watcher

    def advance(self, to: float, *, exact: bool = False) -> None:
        """See `drivers.twins.world.socket.Holder`."""
        self.bring(to, exact=exact)

    @property
    def yields(self) -> bool:
        """See `drivers.twins.world.socket.Holder`."""
        return self._run is not None and self._run.rests

    def yield_cell(self) -> None:
        """See `drivers.twins.world.socket.Holder`."""
        if self._run is not None:
            self._run.watching = True
        self.socket.watch(self)

    @property
    def next_look(self) -> float:
        """See `drivers.twins.world.socket.Watcher`."""
        return math.inf if self._run is None else self._run.next_look

    def see(self, time: float, voltage: float) -> None:
        """See `drivers.twins.world.socket.Watcher`."""
        run = self._run
        if run is None or not run.watching:
            return
        run.see(time, voltage)
        if run.done:
            self._next(time)

    # ---- technique in flight: its channel

    def hold(self, *, driving: bool) -> bool:
        """See `drivers.twins.biologic.in_flight.Channel`."""
        if self.socket.take(self, driving=driving):
            self.socket.unwatch(self)
            return True
        if not driving:
            self.socket.watch(self)
        return False

    def begin_process(self, process: int, start: float) -> None:  # noqa: ARG002
        """See `drivers.twins.biologic.sweep.SweepChannel`."""
        self._sines = process == 1

    def record(self, row: Row) -> None:
        """See `drivers.twins.biologic.in_flight.Channel`."""
        if self.tripped:
            return
        point = self._sine(row) if self._sines else self._direct(row)
        self._write(point)
        self._watch(point)

    # ---- within

    def _direct(self, row: Row) -> Point:
        time, voltage, current, _, charge, _ = row
        noise = self.noise.take(2)
        read = self._front.reading(voltage, current, time, noise)
        counted = self._front.charges(*(np.array([x]) for x in (charge, current, time)))
        return Point(
            self.index,
            self.loops,
            self.technique_begun - self.begun,
            time,
            *read,
            float(counted[0]),
        )

    def _sine(self, row: Row) -> Point:
        frequency, volts, amperes, phase, voltage, current, time = row
        return Point(
            self.index,
            self.loops,
            self.technique_begun - self.begun,
            time,
            voltage,
            current,
            0.0,
            frequency,
            volts / amperes * complex(math.cos(phase), math.sin(phase)),
            (volts, amperes),
        )

    def _watch(self, point: Point) -> None:
        """End the program where a point lies beyond its bounds."""
        for name, value, (low, high) in (
            ("voltage", point.voltage, self._voltage),
            ("current", point.current, self._current),
        ):
            if not low <= value <= high:
                self.tripped = name
        if self.tripped and self._run is not None:
            self._run.done, self._run.exit = True, ENDS_ALL

    @property
    def _passed(self) -> float:
        return self.socket.time - self._plugged - self._front.begun

    def _next(self, time: float) -> None:
        run = self._run
        if self.tripped or (run is not None and run.exit == ENDS_ALL):
            self._halt()
            return
        for _ in range(MOST_JUMPS):
            self.index += 1
            if self.index >= len(self._program):
                break
            wanted = self._program[self.index]
            if wanted.jump is None:
                self._begin(wanted, time)
                return
            self._jump(*wanted.jump)
        self._halt()

    def _jump(self, target: int, times: int) -> None:
        made = self._jumps.get(self.index, 0)
        self._jumps[self.index] = made + 1 if made < times else 0
        if made < times:
            self.loops += 1
            self.index = target - 1

    def _begin(self, wanted: LoadedTechnique, time: float) -> None:
        self.technique_begun, self._sines = time, False
        front = self._front = FrontEnd(
            wanted.current_range,
            wanted.voltage_range,
            board_current=self.largest_current,
            imperfections=self.imperfections,
            begun=time - self._plugged,
        )
        try:
            if wanted.sweep is None:
                self._run = TechniqueInFlight(self, wanted, front, time)
            else:
                self._run = None
                self._run = SpectrumInFlight(self, wanted, wanted.sweep, front, time)
        except Conflict:  # another channel drives this cell
            self._halt()
            return
        if self.tripped:  # by its very first point
            self._run.done, self._run.exit = True, ENDS_ALL

    def _halt(self) -> None:
        self.running, self._run = False, None
        self.socket.unwatch(self)
        self.socket.release(self)
