"""The instrument behind the twin of EClib: its channels, its connections, its faults.

Whoever holds it may look at the truth, and break things on purpose; the driver only
ever sees `drivers.twins.biologic.library`.
"""

import logging
import math
import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from drivers.biologic.eclib import abi
from drivers.twins.biologic.channel import Truth, TwinChannel
from drivers.twins.biologic.codes import MODELS, State, board_of
from drivers.twins.biologic.faults import BLOCKED_FOR, FaultPlan
from drivers.twins.biologic.holding import ANYTHING, Within
from drivers.twins.biologic.imperfections import SPECIFICATION, imperfections_of
from drivers.twins.world.world import BenchWorld
from labctl import columns
from labctl.clock import Clock
from labctl.roles.driver import Setup

log = logging.getLogger(__name__)


class Refusal(Exception):  # noqa: N818
    """A function returns this code of EClib."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(code)


class SimulatedInstrument:
    """One instrument with its channels."""

    def __init__(self, setup: Setup, world: BenchWorld, clock: Clock) -> None:
        wanted = dict(setup.simulated)
        self.setup, self.world, self.clock = setup, world, clock
        self.model = str(wanted.get("model", "VSP-300"))
        self.device_code = MODELS[self.model]
        boards = {int(k): int(v) for k, v in dict(wanted.get("boards", {})).items()}
        count = int(wanted.get("channels", 6))
        unplugged = {int(k) for k in wanted.get("unplugged", ())}
        no_impedance = {int(k) for k in wanted.get("without_impedance", ())}
        default = self.own_board = board_of(self.model)
        """What the legacy converter takes every channel for."""
        self.slots = count
        self.first_serial = int(wanted.get("first_serial", 1000))
        """Serial of the first board; the next ones follow."""
        errors = wanted.get("imperfections", SPECIFICATION)
        seed = int(wanted.get("seed", world.seed))
        self.channels: dict[int, TwinChannel] = {}
        for panel in range(1, count + 1):
            if panel in unplugged:
                continue
            board = boards.get(panel, default)
            self.channels[panel - 1] = TwinChannel(
                panel - 1,
                world.socket(f"{setup.name}/{panel}"),
                board=board,
                seed=seed,
                memory_bytes=int(wanted.get("memory_bytes", 262144)),
                impedance=panel not in no_impedance,
                imperfections=imperfections_of(errors, seed, setup.name, panel, board),
            )
        for panel, code in dict(wanted.get("firmware", {})).items():
            self.channels[int(panel) - 1].firmware = int(code)
        self.faults = FaultPlan()
        self.calls: list[str] = []
        """Names of all calls, for tests; kept while `listening`."""
        self.listening = False
        self.overlaps = 0
        self.firmware_loads: list[tuple[int, ...]] = []
        self.acts: deque[tuple[float, str, int]] = deque(maxlen=100_000)
        """(s, ``load``, ``start`` or ``stop``, channel on the panel) as they came."""
        self.link = 0
        """Number of the last connection."""
        self.links: set[int] = set()
        """Connections that are open; a real one takes several PCs, too."""
        self._busy = threading.Lock()
        world.join(setup.name, self)

    def replug(self) -> None:
        """See `drivers.twins.world.world.Plugged`."""
        for slot, channel in self.channels.items():
            socket = self.world.socket(f"{self.setup.name}/{slot + 1}")
            if channel.socket is not socket:
                channel.socket.unwatch(channel)
                channel.socket.release(channel)
                channel.socket = socket

    def snapshot(self) -> dict[str, Any]:
        """Return the channels' own state; cells belong to the world."""
        return {str(k): channel.snapshot() for k, channel in self.channels.items()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put back what `snapshot` returned."""
        for key, kept in state.items():
            self.channels[int(key)].restore(kept)

    def truth(self, panel: int) -> Truth:
        """Return what the channel with this number on the panel really does now."""
        with self.world.lock:
            channel = self.channels[panel - 1]
            channel.bring(self.clock.now())
            return channel.truth()

    def cut(self) -> None:
        """Break every connection; new ones can be made unless a fault says no."""
        self.links.clear()

    def power_cut(self) -> None:
        """Switch the instrument off and on again: every channel forgets its program."""
        with self.world.lock:
            for channel in self.channels.values():
                channel.bring(self.clock.now(), exact=True)
                channel.forget()
        self.cut()

    def go_on(self, to: float, within: Mapping[str, tuple[float, float]]) -> float:
        """See `labctl.clock.Foresees`: channels that only watch have no news."""
        first = math.inf
        expected = Within(
            *within.get(columns.VOLTAGE.name, ANYTHING),
            *within.get(columns.CURRENT.name, ANYTHING),
        )
        with self.world.lock:
            for channel in self.channels.values():
                first = min(first, channel.go_on(min(to, first), expected))
        return first

    def must_be_open(self, link: int) -> None:
        """Raise Refusal unless there is such a connection."""
        if link not in self.links:
            raise Refusal(-1)

    def channel(self, link: int, number: int) -> TwinChannel:
        """Return a channel by its number from 0. Refusal: it is not plugged in."""
        self.must_be_open(link)
        if number not in self.channels:
            raise Refusal(-3)
        return self.channels[number]

    def guarded(self, name: str, method: Callable[..., int]) -> Callable[..., int]:
        """Return ``method`` as one call at a time, with the faults that are planned."""

        def call(*arguments: Any) -> int:
            if self.listening:
                self.calls.append(name)
            if not self._busy.acquire(blocking=False):
                self.overlaps += 1
                return -12
            try:
                gate = self.faults.blocked.get(name)
                if gate is not None:
                    gate.wait(BLOCKED_FOR)
                if self.faults.codes and (code := self.faults.code(name)):
                    return code
                with self.world.lock:
                    return method(*arguments)
            except Refusal as refusal:
                return refusal.code
            except Exception:  # must not cross into C
                log.exception("%s: the twin of %s failed", self.setup.name, name)
                return -6
            finally:
                self._busy.release()

        return call

    def note(self, act: str, number: int) -> None:
        """Remember an act in `acts`."""
        self.acts.append((self.clock.now(), act, number + 1))

    def show(self, channel: TwinChannel, out: abi.CurrentValues, now: float) -> None:
        """Fill in what a channel sees now."""
        voltage, current = channel.reading()
        span = channel.voltage_span
        out.State = channel.shown_state
        if self.faults.late_starts > 0 and channel.state == State.RUN:
            self.faults.late_starts -= 1
            out.State = State.STOP
            out.MemFilled = 0
        else:
            out.MemFilled = channel.memory.filled
        out.TimeBase = channel.time_base
        out.Ewe, out.EweRangeMin, out.EweRangeMax = voltage, -span, span
        out.I, out.IRange = current, channel.current_range
        clips_current, clips_voltage = channel.overload
        out.Eoverflow = int(abs(voltage) >= span)
        out.Ioverflow = int(clips_current)
        out.Saturation = int(clips_current or clips_voltage)
        out.ElapsedTime = channel.elapsed(
            now, of_technique=self.faults.time_of_technique
        )
        out.Freq = channel.frequency
        out.OptErr = self.faults.option_error
