"""A script that runs: commands one after the other, in the time of the bench.

Whatever takes time is a generator that yields the moment (s) until which the instrument
goes on as it is; it is sent None when that moment is there, or `Told.SKIP` when the
host asks for the end of the measurement loop. What takes no time is carried out at
once.
"""

import operator
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from drivers.twins.palmsens.analogue import Analogue
from drivers.twins.palmsens.grammar import Argument, Command, Script

OUT_OF_RANGE = 0x4003
NOT_IN_THIS_MODE = 0x0023
OCP_WHILE_ON = 0x0014
NO_POTENTIAL = 0x000F
NO_FREQUENCY = 0x0011
NOT_A_NUMBER = 0x0010
CONFLICT = 0x0001
GALVANOSTAT = 6
MODES = frozenset({0, 2, 3, 5, GALVANOSTAT})
INTEGER_TYPES = frozenset({"ja", "jb", "jc", "jd", "ea", "ee", "ec"})
MOST_COMMANDS = 100_000
"""Without any time passing: a loop that never ends."""


class Told(Enum):
    """What the host asks of a loop that is measuring."""

    SKIP = 0


class Signal(Enum):
    """How a block was left."""

    BREAK = 0
    ABORT = 1


class Fault(Exception):  # noqa: N818
    """The script cannot go on."""

    def __init__(self, code: int, line: int) -> None:
        self.code, self.line = code, line
        super().__init__(f"!{code:04X}: Line {line}")


@dataclass(slots=True)
class Value:
    """What a variable holds."""

    number: float = 0.0
    type: str = "aa"
    status: int | None = None
    range: int | None = None
    whole: bool = False


Steps = Generator[float, Told | None, Signal | None]

Measure = Callable[["Running", Command], Steps]
Instant = Callable[["Running", Command], None]

_COMPARE: Mapping[str, Callable[[float, float], bool]] = MappingProxyType(
    {
        "<": operator.lt,
        "<=": operator.le,
        ">": operator.gt,
        ">=": operator.ge,
        "==": operator.eq,
        "!=": operator.ne,
    }
)


@dataclass(slots=True)
class Running:
    """One script on its way."""

    script: Script
    analogue: Analogue
    say: Callable[[str], None]
    """Takes a line for the host."""
    measures: Mapping[str, "Measure"]
    """Command that measures -> what it does: `measuring.MEASURES`."""
    instants: Mapping[str, "Instant"]
    """Command that takes no time -> what it does: `instants.INSTANTS`."""
    variables: dict[str, Value] = field(default_factory=dict)
    mode: int = 0
    stored: float = 0.0
    """What ``set_e`` or ``set_i`` said."""
    timer: float = 0.0
    package: list[str] | None = None
    commands: int = 0

    def steps(self) -> Generator[float, Told | None, None]:
        """Run it; at its end whatever stands behind ``on_finished:``."""
        try:
            yield from self._block(self.script.body)
        finally:
            self.finish()

    def finish(self) -> None:
        """Carry out what stands behind ``on_finished:``; no time passes."""
        for command in self.script.finish:
            self._do(command)

    @property
    def now(self) -> float:
        """S of the bench."""
        return self.analogue.socket.time

    # ---- blocks

    def _block(self, block: Sequence[Command]) -> Steps:
        for command in block:
            if command.takes_time:
                signal = yield from self._take(command)
            else:
                signal = self._do(command)
            if signal is not None:
                return signal
        return None

    def _take(self, command: Command) -> Steps:
        name = command.name
        if name == "wait":
            yield self.now + self.number(command.arguments[0])
            return None
        if name == "if":
            return (yield from self._block(self._chosen(command)))
        if name == "loop":
            return (yield from self._loop(command))
        return (yield from self.measures[name](self, command))

    def _loop(self, command: Command) -> Steps:
        self.say("L")
        while self._holds(command.arguments):
            self._count(command)
            signal = yield from self._block(command.body)
            if signal is Signal.ABORT:
                return signal
            if signal is Signal.BREAK:
                break
        self.say("+")
        return None

    def run_body(self, command: Command) -> Steps:
        """Carry out what stands in a measurement loop, once."""
        return (yield from self._block(command.body))

    def _now_block(self, block: Sequence[Command]) -> Signal | None:
        for command in block:
            signal = self._do(command)
            if signal is not None:
                return signal
        return None

    def _chosen(self, command: Command) -> Sequence[Command]:
        if self._holds(command.arguments):
            return command.body
        for branch in command.branches:
            if branch.name == "else" or self._holds(branch.arguments):
                return branch.body
        return ()

    def _holds(self, arguments: Sequence[Argument]) -> bool:
        left, sign, right = arguments
        return _COMPARE[str(sign)](self.number(left), self.number(right))

    def _count(self, command: Command) -> None:
        self.commands += 1
        if self.commands > MOST_COMMANDS:
            raise Fault(CONFLICT, command.line)

    # ---- commands that take no time

    def _do(self, command: Command) -> Signal | None:
        name = command.name
        self._count(command)
        instant = self.instants.get(name)
        if instant is not None:
            instant(self, command)
            return None
        if name == "if":
            return self._now_block(self._chosen(command))
        if name == "breakloop":
            return Signal.BREAK
        if name == "abort":
            return Signal.ABORT
        assert name == "loop"  # noqa: S101  (the grammar lets no other name through)
        return self._loop_now(command)

    def _loop_now(self, command: Command) -> Signal | None:
        self.say("L")
        while self._holds(command.arguments):
            self._count(command)
            signal = self._now_block(command.body)
            if signal is Signal.ABORT:
                return signal
            if signal is Signal.BREAK:
                break
        self.say("+")
        return None

    # ---- values

    def number(self, argument: Argument) -> float:
        """Return what a literal or a variable is worth."""
        if isinstance(argument, str):
            return self.variables[argument].number
        return argument

    def set_value(
        self,
        name: Argument,
        number: float,
        kind: str,
        status: int | None = None,
        code: int | None = None,
    ) -> None:
        """Let a variable be a reading."""
        self.variables[str(name)] = Value(number, kind, status, code)
