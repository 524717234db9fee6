"""What twins in a process of their own really did: written there, read by whoever asks.

One JSON line an entry. ``t`` is the machine's monotonic clock in s, the same for every
process. A *state* line says what an output is from then on; a *command* line says what
the instrument was told. The driver's belief never gets in here.
"""

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labctl.clock import SystemClock

LOOK_EVERY = 0.01
"""s between two looks at a log that somebody waits for."""


def monotonic() -> float:
    """Return s of the clock that all processes of this machine share."""
    return time.clock_gettime(time.CLOCK_MONOTONIC)


@dataclass(frozen=True, slots=True)
class State:
    """One output from ``time`` on."""

    time: float
    output: str
    """``k2400``, ``k2636b/a``, ``vsp/1``."""
    on: bool
    """Whether energy can reach what is connected."""
    level: float
    """A or V, as the output has it; of a potentiostat's channel the current in A."""
    more: dict[str, Any] = field(default_factory=dict)
    """``state`` (RUN, STOP, PAUSE) and ``voltage`` of a channel; ``target`` of a
    magnet, ``closed`` of relays."""


@dataclass(frozen=True, slots=True)
class Command:
    """One message that an instrument received."""

    time: float
    instrument: str
    text: str
    client: int = 0
    """Which connection it came by."""


class Truth:
    """The log of one twin process, read as far as it goes."""

    def __init__(self, path: Path, begin: int = 0) -> None:
        """Read a log from byte ``begin`` on."""
        self.path = path
        self.states: list[State] = []
        self.commands: list[Command] = []
        self._read = begin

    def from_now(self) -> "Truth":
        """Return a reader of what comes from now on; use one in each thread."""
        return Truth(self.path, self.path.stat().st_size)

    def refresh(self) -> "Truth":
        """Read what was written since the last look."""
        with self.path.open("rb") as log:
            log.seek(self._read)
            for line in log:
                if not line.endswith(b"\n"):
                    break
                self._read += len(line)
                self._take(json.loads(line))
        return self

    def _take(self, entry: dict[str, Any]) -> None:
        if entry["what"] == "state":
            more = {k: v for k, v in entry.items() if k not in _OWN}
            output, on, level = entry["output"], bool(entry["on"]), entry["level"]
            self.states.append(State(entry["t"], output, on, float(level), more))
        else:
            self.commands.append(
                Command(
                    entry["t"], entry["instrument"], entry["text"], entry.get("by", 0)
                )
            )

    def outputs(self) -> tuple[str, ...]:
        """Return the names of all outputs."""
        return tuple(sorted({state.output for state in self.states}))

    def of(self, output: str) -> list[State]:
        """Return the states of one output in order of time."""
        return [state for state in self.states if state.output == output]

    def at(self, output: str, when: float) -> State | None:
        """Return what an output was at a time; None before it was known."""
        found = None
        for state in self.states:
            if state.output == output and state.time <= when:
                found = state
        return found

    def now_on(self, outputs: Iterable[str] | None = None) -> list[str]:
        """Return the outputs that are on as the log ends."""
        latest: dict[str, State] = {}
        for state in self.states:
            latest[state.output] = state
        wanted = self.outputs() if outputs is None else tuple(outputs)
        return [name for name in wanted if name in latest and latest[name].on]

    def ever_on(self, output: str, after: float = 0.0) -> bool:
        """Tell whether an output was on at any time after ``after``."""
        before = self.at(output, after)
        return bool(before and before.on) or any(
            state.on for state in self.of(output) if state.time >= after
        )

    def off_since(self, output: str) -> float | None:
        """Return when an output went off for good; None while it is on."""
        since = None
        for state in self.of(output):
            if state.on:
                since = None
            elif since is None:
                since = state.time
        return since

    def told(
        self, instrument: str, *parts: str, after: float = 0.0
    ) -> Iterator[Command]:
        """Return the commands to an instrument that hold one of ``parts``."""
        for command in self.commands:
            if command.time < after or command.instrument != instrument:
                continue
            if not parts or any(part in command.text for part in parts):
                yield command

    def wait_on(self, output: str, patience: float) -> bool:
        """Wait until an output is on; False if it is not within ``patience`` s."""
        return self._wait(output, patience, wanted=True)

    def wait_off(self, output: str, patience: float) -> bool:
        """Wait until an output is off; False if it is not within ``patience`` s."""
        return self._wait(output, patience, wanted=False)

    def _wait(self, output: str, patience: float, *, wanted: bool) -> bool:
        clock = SystemClock()
        while True:
            self.refresh()
            if (output in self.now_on()) is wanted and output in self.outputs():
                return True
            if clock.now() >= patience:
                return False
            clock.sleep(LOOK_EVERY)


_OWN = frozenset({"t", "what", "output", "on", "level"})


class Log:
    """The writer's side; lines of several threads never mix."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)

    def state(self, output: str, *, on: bool, level: float, **more: Any) -> None:
        """Write what an output is from now on."""
        self._write(
            {"what": "state", "output": output, "on": on, "level": level, **more}
        )

    def command(self, instrument: str, text: str, by: int = 0) -> None:
        """Write what an instrument was told."""
        self._write(
            {"what": "command", "instrument": instrument, "text": text, "by": by}
        )

    def _write(self, entry: dict[str, Any]) -> None:
        # One write of a file opened for appending is one line, whoever else writes.
        self._file.write(json.dumps({"t": monotonic(), **entry}).encode() + b"\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()
