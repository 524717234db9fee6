"""Looks at twins from behind, and writes down what their outputs really are."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from truth import Log

from drivers.twins.biologic.channel import TwinChannel
from drivers.twins.biologic.codes import State
from drivers.twins.biologic.library import BiologicTwin
from drivers.twins.keithley.keithley_2636b import Keithley2636BTwin
from drivers.twins.keithley.keithley_7001 import Keithley7001Twin
from drivers.twins.lakeshore.lakeshore_643 import LakeShore643Twin
from drivers.twins.scpi.exchange import Exchange
from drivers.twins.world.circuit import Source

LOOK_EVERY = 0.003
"""s between two looks."""
LEVEL_EVERY = 0.1
"""s between two entries of a channel whose current and voltage only drift."""
MAGNET_OFF = 0.7
"""A below which a magnet holds no energy worth the word: 1 % of what it is made for."""
MAGNET_GRAIN = 0.25
"""A between two entries of a ramp."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An output at one moment."""

    on: bool
    level: float
    more: tuple[tuple[str, Any], ...] = ()


class Witness:
    """Watches twins: after each command at once, and all the time in between."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._outputs: dict[str, Callable[[], Seen]] = {}
        self._last: dict[str, Seen] = {}
        self._lock = threading.Lock()
        self._leave = threading.Event()
        self._channels: list[tuple[BiologicTwin, dict[str, TwinChannel]]] = []
        self._drifts: dict[str, Seen] = {}
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self.look()
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._leave.set()
        self._thread.join(5.0)

    def watch_exchange(self, name: str, twin: Exchange) -> None:
        """Watch a message-based instrument and hear what it is told."""
        self._outputs.update(_outputs(name, twin))
        carry_out = twin.execute

        def execute(message: str) -> str | bytes | None:
            self._log.command(name, message[:200])
            try:
                return carry_out(message)
            finally:
                self.look(name)

        twin.execute = execute  # type: ignore[method-assign]

    def watch_channels(self, name: str, twin: BiologicTwin) -> None:
        """Watch every channel of a potentiostat."""
        channels = {f"{name}/{slot + 1}": c for slot, c in twin.channels.items()}
        self._channels.append((twin, channels))
        for place, channel in channels.items():
            self._outputs[place] = partial(_of_channel, channel)

    def heard(self, instrument: str, text: str, by: int) -> None:
        """Write down a call that came by another way, then look."""
        self._log.command(instrument, text, by)
        self.look(instrument.partition("/")[0])

    def look(self, instrument: str = "") -> None:
        """Write down what is another than it was."""
        with self._lock:
            for name, see in self._outputs.items():
                if instrument and name.partition("/")[0] != instrument:
                    continue
                seen = see()
                if seen != self._last.get(name):
                    self._last[name] = seen
                    self._log.state(
                        name, on=seen.on, level=seen.level, **dict(seen.more)
                    )

    def _watch(self) -> None:
        rounds = 0
        while not self._leave.wait(LOOK_EVERY):
            rounds += 1
            self._advance(rounds)
            self.look()
            if rounds % int(LEVEL_EVERY / LOOK_EVERY) == 0:
                self._levels()

    def _advance(self, rounds: int) -> None:
        """Let cells come to now, so that a technique that ends is seen to end."""
        for twin, channels in self._channels:
            running = [c for c in channels.values() if c.state == State.RUN]
            # Eight cells three hundred times a second would be the twin's only work.
            if running and rounds % len(running) == 0:
                channel = running[(rounds // len(running)) % len(running)]
                with twin.world.lock:
                    channel.bring(twin.clock.now())

    def _levels(self) -> None:
        """Write down how far running channels have come."""
        for _, channels in self._channels:
            for place, channel in channels.items():
                seen = _of_channel(channel)
                voltage, current = channel.socket.live
                level = Seen(seen.on, round(current, 9), (("v", round(voltage, 4)),))
                if seen.on and level != self._drifts.get(place):
                    self._drifts[place] = level
                    more = {**dict(seen.more), "voltage": voltage}
                    self._log.state(place, on=seen.on, level=current, **more)


def _outputs(name: str, twin: Exchange) -> Mapping[str, Callable[[], Seen]]:
    """Return what to look at of a twin; nothing for a meter."""
    if isinstance(twin, Keithley2636BTwin):
        return {
            f"{name}/{key[-1]}": partial(_of_source, channel.front.source)
            for key, channel in twin.channels.items()
        }
    if isinstance(twin, LakeShore643Twin):
        return {name: lambda: _of_magnet(twin)}
    if isinstance(twin, Keithley7001Twin):
        return {name: lambda: _of_relays(twin)}
    holder: Any = getattr(twin, "front", twin)
    if isinstance(getattr(holder, "source", None), Source):
        return {name: lambda: _of_source(holder.source)}
    return {}


def _of_source(source: Source) -> Seen:
    unit = "V" if source.holds_voltage else "A"
    opens = source.when_off == 0.0
    more = (("unit", unit), ("limit", source.limit), ("opens", opens))
    return Seen(source.on, source.level, more)


def _of_magnet(twin: LakeShore643Twin) -> Seen:
    current = twin.circuit.magnet.ramp.at(twin.clock.now())
    rounded = round(current / MAGNET_GRAIN) * MAGNET_GRAIN
    target = round(twin.circuit.magnet.ramp.last, 4)
    return Seen(abs(current) > MAGNET_OFF, rounded, (("target", target),))


def _of_relays(twin: Keithley7001Twin) -> Seen:
    """Relays carry no energy of their own; what is closed is told beside."""
    return Seen(False, 0.0, (("closed", len(twin.told)),))


def _of_channel(channel: TwinChannel) -> Seen:
    """Return a channel: on is whatever can move charge through the cell."""
    state = channel.shown_state
    run = channel._run
    rests = run is not None and run.rests
    on = state is not State.STOP and not rests
    return Seen(on, 0.0, (("state", state.name), ("rests", rests)))
