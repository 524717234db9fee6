"""One simulated channel: loaded techniques, the one in flight, and its memory."""

import logging
import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.twins.biologic.codes import (
    COMPLIANCE,
    DRIVES,
    EC_LAB,
    KERNEL,
    USUAL_COMPLIANCE,
    USUALLY_DRIVES,
    State,
)
from drivers.twins.biologic.conversion import NOISE_A_ROW, converted
from drivers.twins.biologic.front_end import FrontEnd, Noise
from drivers.twins.biologic.holding import Conflict, Within
from drivers.twins.biologic.imperfections import NONE, Imperfections
from drivers.twins.biologic.in_flight import TechniqueInFlight
from drivers.twins.biologic.memory import Block, Memory, Row
from drivers.twins.biologic.sweep import SpectrumInFlight
from drivers.twins.biologic.tables import PREMIUM, row_of
from drivers.twins.biologic.techniques import LoadedTechnique, loaded_technique
from drivers.twins.biologic.words import rows_as_words
from drivers.twins.world.socket import Socket

log = logging.getLogger(__name__)

MOST_JUMPS = 1_000_000
"""Loops without a measuring technique inside would never let time pass."""

Words = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Truth:
    """What a channel really does, whatever its converters and its host say."""

    state: State
    current: float
    """A that this channel drives through its cell."""
    voltage: float
    """V at the cell."""
    technique: str
    """Name of the technique in flight; empty without one."""


class TwinChannel:
    """Holds or watches its socket; time is the world's, in s."""

    def __init__(
        self,
        number: int,
        socket: Socket,
        *,
        board: int = PREMIUM,
        seed: int = 0,
        memory_bytes: int = 262144,
        impedance: bool = True,
        largest_range: int = 10,
        imperfections: Imperfections = NONE,
    ) -> None:
        self.number = number
        self.socket = socket
        self.board = board
        self.impedance = impedance
        self.largest_range = largest_range
        self.firmware = KERNEL
        self.compliance = COMPLIANCE.get(board, USUAL_COMPLIANCE)
        self.noise = Noise(seed, number)
        self.live_noise = Noise(seed, number + 1000)
        self.memory = Memory(memory_bytes)
        self.messages: deque[str] = deque()
        self.loaded: list[LoadedTechnique] = []
        self.state: State = State.STOP
        self.paused = False
        """Shows PAUSE and drives on: the worst that a host must reckon with."""
        self.hardware = (0, 0)
        self.time_base = 25e-6
        self._run: TechniqueInFlight | None = None
        self.imperfections = imperfections
        self._plugged = socket.time
        """When the channel's age was 0, s of the world's clock."""
        self._front = FrontEnd(12, 3, largest_range, imperfections=imperfections)
        self._index = 0
        self._loop = 0
        self._jumps: dict[int, int] = {}
        self._begun = 0.0
        self._advancing = False
        self._sines = False
        """Whether rows are those of a spectrum, which draw their noise themselves."""

    # ---- program

    def load(
        self, file: str, sent: Sequence[tuple[str, int, int, int]], *, first: bool
    ) -> int:
        """Take one technique; return 0 or an error code."""
        if self.firmware != KERNEL:
            return -9 if self.firmware == EC_LAB else -308
        if self.state != State.STOP:
            return -13
        built = loaded_technique(file, self.board, sent)
        if isinstance(built, int):
            self.messages.append(f"{file}: refused with {built}")
            return built
        if first:
            self.loaded.clear()
        self.loaded.append(built)
        unknown = {label for label, *_ in sent} - set(built.table.labels)
        for label in sorted(unknown):
            self.messages.append(f"{file}: parameter {label} ignored")
        return 0

    def update(
        self, index: int, sent: Sequence[tuple[str, int, int, int]], now: float
    ) -> int:
        """Change the duration of the technique in flight."""
        self.bring(now, exact=True)
        if self.state != State.RUN or self._run is None or index != self._index:
            return -15
        table = self.loaded[index].table
        for label, kind, bits, _ in sent:
            if label == table.duration:
                value = np.array([bits], dtype=np.int32).view(np.float32)[0]
                self._run.shorten(float(value))
            elif label not in table.labels or kind != table.labels[label].type:
                return -4
        self.bring(now)
        return 0

    def start(self, now: float) -> int:
        """Begin with the first technique."""
        if self.firmware != KERNEL:
            return -9 if self.firmware == EC_LAB else -308
        if self.state != State.STOP:
            return -13
        if not self.loaded:
            return -6
        self.bring(now, exact=True)
        self.memory.clear()
        self.state = State.RUN
        self._begun, self._index, self._loop = now, -1, 0
        self._jumps.clear()
        self._next(now)
        return 0

    def stop(self, now: float) -> int:
        """Open the circuit."""
        self.bring(now, exact=True)
        self._halt()
        return 0

    def forget(self) -> None:
        """Lose program and rows, as without power."""
        self._halt()
        self.loaded.clear()
        self.memory.clear()

    # ---- time

    def bring(self, to: float, *, exact: bool = False) -> None:
        """Let this channel and its cell come to ``to`` (s)."""
        if self._advancing:
            return
        self._advancing = True
        try:
            while self.state == State.RUN and self._run is not None:
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

    def go_on(self, to: float, within: Within) -> float:
        """Go on to ``to`` (s), no further than to the end of a technique.

        Nor behind a row that is not ``within``. Return when that was; infinity if
        there was none, or the cell is another's.
        """
        run = self._run
        if self._advancing or run is None or run.watching:
            return math.inf
        self._advancing = True
        try:
            has_news = run.go_on(to, within)
        finally:
            self._advancing = False
        return self.socket.time if has_news or self._run is not run else math.inf

    def advance(self, to: float, *, exact: bool = False) -> None:
        """See `drivers.twins.world.socket.Holder`."""
        self.bring(to, exact=exact)

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

    # ---- what a run asks for

    def hold(self, *, driving: bool) -> bool:
        """Take the cell, or watch it if another channel drives it."""
        if self.socket.take(self, driving=driving):
            self.socket.unwatch(self)
            return True
        if not driving:
            self.socket.watch(self)
        return False

    @property
    def yields(self) -> bool:
        """Whether this channel only rests, and may be taken the cell from."""
        return self._run is not None and self._run.rests

    def yield_cell(self) -> None:
        """Go on as a watcher: another channel begins to drive."""
        if self._run is not None:
            self._run.watching = True
        self.socket.watch(self)

    def record(self, row: Row) -> None:
        """Write a row into memory."""
        if self.memory.add(row) and not self._sines:
            self.noise.count += NOISE_A_ROW

    def record_all(self, rows: list[Row]) -> None:
        """Write rows into memory."""
        kept = self.memory.add_all(rows)
        if not self._sines:
            self.noise.count += NOISE_A_ROW * kept

    def begin_process(self, process: int, start: float) -> None:
        """Open a block of rows for ``process`` of the technique in flight."""
        self._open(self.loaded[self._index], process, start)

    # ---- what the host asks for

    def rows(self) -> tuple[Block, Words, int] | None:
        """Return the oldest rows as words, and how many were lost before them."""
        taken = self.memory.take()
        if taken is None:
            return None
        block, rows, lost = taken
        return block, self._words(block, rows), lost

    def reading(self) -> tuple[float, float]:
        """Return what the converters read now, V and A."""
        voltage, current = self.socket.live
        if self.socket.holder is not self:
            current = 0.0
        passed = self._age - self._front.begun
        return self._front.reading(voltage, current, passed, self.live_noise.take(2))

    @property
    def shown_state(self) -> State:
        """What the host is told."""
        if self.paused and self.state == State.RUN:
            return State.PAUSE
        return self.state

    def truth(self) -> Truth:
        """Return what is really there, without noise."""
        voltage, current = self.socket.live
        mine = self.socket.holder is self
        running = self.state == State.RUN
        name = self.loaded[self._index].table.name if running else ""
        return Truth(self.shown_state, current if mine else 0.0, voltage, name)

    def elapsed(self, now: float, *, of_technique: bool = False) -> float:
        """Return the time since the experiment, or its technique, began, s."""
        if self.state != State.RUN:
            return 0.0
        begun = self._run.start if of_technique and self._run else self._begun
        return now - begun

    @property
    def frequency(self) -> float:
        """Hz of the sine in flight; 0 without one."""
        return 0.0 if self._run is None else self._run.frequency

    @property
    def overload(self) -> tuple[bool, bool]:
        """Whether the current, and whether the voltage, is held back by the board."""
        run = self._run
        return (False, False) if run is None else (run.clips_current, run.clips_voltage)

    @property
    def current_range(self) -> int:
        """Code of the current range in use."""
        return self._front.current_range

    @property
    def voltage_span(self) -> float:
        """Full scale of the voltage range in use, V."""
        return self._front.voltage_span

    # ---- within

    def _next(self, time: float) -> None:
        run = self._run
        if run is not None and run.exit == 2:  # noqa: PLR2004
            self._halt()
            return
        for _ in range(MOST_JUMPS):
            self._index += 1
            if self._index >= len(self.loaded):
                self._halt()
                return
            wanted = self.loaded[self._index]
            if wanted.jump is None:
                self._begin(wanted, time)
                return
            self._jump(*wanted.jump)
        self.messages.append("LOOP jumps without end")
        self._halt()

    def _jump(self, target: int, times: int) -> None:
        made = self._jumps.get(self._index, 0)
        if times < 0 or made < times:
            self._jumps[self._index] = made + 1
            self._loop += 1
            self._index = target - 1
        else:
            self._jumps[self._index] = 0

    def _begin(self, wanted: LoadedTechnique, time: float) -> None:
        front = self._front = FrontEnd(
            wanted.current_range,
            wanted.voltage_range,
            self.largest_range,
            DRIVES.get(self.board, USUALLY_DRIVES),
            self.imperfections,
            time - self._plugged,
        )
        self.time_base = wanted.time_base
        self._open(wanted, 0, time)
        try:
            if wanted.sweep is None:
                self._run = TechniqueInFlight(self, wanted, front, time)
            else:
                self._run = None
                self._run = SpectrumInFlight(self, wanted, wanted.sweep, front, time)
        except Conflict:
            self.messages.append("another channel drives this cell")
            log.warning("channel %d: another channel drives this cell", self.number + 1)
            self._halt()

    def _halt(self) -> None:
        self.state = State.STOP
        self.paused = False
        self._run = None
        self.socket.unwatch(self)
        self.socket.release(self)

    def _open(self, wanted: LoadedTechnique, process: int, start: float) -> None:
        self._sines = process == 1
        self.memory.open(
            Block(
                self._index,
                wanted.table.id,
                process,
                self._loop,
                start - self._begun,
                row_of(wanted.table, self.board, process, wanted.xctr),
                self._front,
                wanted.time_base,
                self.noise.count,
            )
        )

    def _words(self, block: Block, rows: list[Row]) -> Words:
        count = len(rows)
        if not count:
            return np.empty((0, len(block.row.columns)), dtype=np.uint32)
        columns = converted(block, rows, self.noise)
        return rows_as_words(columns, block.row, count, self.board)

    def snapshot(self) -> dict[str, float]:
        """Return where the noise generators stand, and how old the channel is."""
        return {
            "rows": self.noise.count,
            "live": self.live_noise.count,
            "age": self._age,
        }

    def restore(self, state: dict[str, float]) -> None:
        """Put the noise generators back; ``age`` may be absent in old snapshots."""
        self.noise.count = int(state["rows"])
        self.live_noise.count = int(state["live"])
        self._plugged = self.socket.time - state.get("age", 0.0)

    @property
    def _age(self) -> float:
        return self.socket.time - self._plugged
