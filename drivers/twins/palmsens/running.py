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

from drivers.twins.palmsens.analogue import Analogue, Drive
from drivers.twins.palmsens.grammar import Argument, Command, Script
from drivers.twins.palmsens.numerals import written_value

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
        if name == "if":
            return self._now_block(self._chosen(command))
        if name == "breakloop":
            return Signal.BREAK
        if name == "abort":
            return Signal.ABORT
        if name == "loop":
            return self._loop_now(command)
        _COMMANDS[name](self, command)
        return None

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


def _var(run: Running, command: Command) -> None:
    run.variables[str(command.arguments[0])] = Value()


def _store(run: Running, command: Command) -> None:
    name, number, kind = command.arguments
    whole = isinstance(number, int)
    run.variables[str(name)] = Value(run.number(number), str(kind), whole=whole)


def _copy(run: Running, command: Command) -> None:
    source = run.variables[str(command.arguments[0])]
    run.variables[str(command.arguments[1])] = Value(
        source.number, source.type, source.status, source.range, source.whole
    )


def _arithmetic(
    act: Callable[[float, float], float],
) -> Callable[[Running, Command], None]:
    def carry_out(run: Running, command: Command) -> None:
        target = run.variables[str(command.arguments[0])]
        try:
            target.number = act(target.number, run.number(command.arguments[1]))
        except ZeroDivisionError as error:
            raise Fault(NOT_A_NUMBER, command.line) from error

    return carry_out


def _timer_start(run: Running, _: Command) -> None:
    run.timer = run.now


def _timer_get(run: Running, command: Command) -> None:
    run.set_value(command.arguments[0], run.now - run.timer, "eb")


def _package_start(run: Running, _: Command) -> None:
    run.package = []


def _package_add(run: Running, command: Command) -> None:
    if run.package is None:
        raise Fault(0x4002, command.line)
    value = run.variables[str(command.arguments[0])]
    text = value.type + written_value(value.number, whole=value.whole)
    if value.status is not None:
        text += f",1{value.status:X}"
    if value.range is not None:
        text += f",2{value.range:02X}"
    run.package.append(text)


def _package_end(run: Running, command: Command) -> None:
    if run.package is None:
        raise Fault(0x4002, command.line)
    run.say("P" + ";".join(run.package))
    run.package = None


def _mode(run: Running, command: Command) -> None:
    mode = int(run.number(command.arguments[0]))
    lacks = "set_i" in run.analogue.model.lacks
    if mode not in MODES or (mode == GALVANOSTAT and lacks):
        raise Fault(0x0021, command.line)
    if mode != run.mode and run.analogue.on:
        run.analogue.open_cell()
    run.mode = mode


def _set_e(run: Running, command: Command) -> None:
    if run.mode == GALVANOSTAT:
        raise Fault(NOT_IN_THIS_MODE, command.line)
    wanted = run.number(command.arguments[0])
    check_potential(run, wanted, command)
    run.stored = wanted
    if run.analogue.on:
        run.analogue.set_level(wanted)


def _set_i(run: Running, command: Command) -> None:
    if run.mode != GALVANOSTAT:
        raise Fault(NOT_IN_THIS_MODE, command.line)
    wanted = run.number(command.arguments[0])
    check_current(run, wanted, command)
    run.stored = wanted
    if run.analogue.on:
        run.analogue.set_level(wanted)


def _cell_on(run: Running, command: Command) -> None:
    drive = Drive.CURRENT if run.mode == GALVANOSTAT else Drive.VOLTAGE
    if not run.mode:
        raise Fault(NOT_IN_THIS_MODE, command.line)
    if not run.analogue.close_cell(drive):
        raise Fault(CONFLICT, command.line)
    run.analogue.set_level(run.stored)


def _cell_off(run: Running, _: Command) -> None:
    run.analogue.open_cell()


def _range(run: Running, command: Command) -> None:
    kind, wanted = str(command.arguments[0]), run.number(command.arguments[1])
    if kind in {"ba", "db"}:
        _check_span(run, wanted, command)
        run.analogue.choose_span(wanted)
        run.analogue.auto = False


def _autoranging(run: Running, command: Command) -> None:
    kind, *ends = command.arguments
    low, high = (run.number(end) for end in ends)
    if str(kind) == "ba":
        _check_span(run, high, command)
        fits = [s for s in run.analogue.model.spans if s <= max(low, high)]
        run.analogue.least = max(
            [s for s in fits if s <= low], default=min(run.analogue.model.spans)
        )
        run.analogue.auto = low < high


def _check_span(run: Running, wanted: float, command: Command) -> None:
    model = run.analogue.model
    if abs(wanted) > max(model.spans) * model.reach * (1.0 + 1e-6):
        raise Fault(OUT_OF_RANGE, command.line)


def check_potential(run: Running, wanted: float, command: Command) -> None:
    """Fault: the instrument does not control such a potential."""
    low, high = run.analogue.model.control
    if not low - 1e-9 <= wanted <= high + 1e-9:
        raise Fault(NO_POTENTIAL, command.line)


def check_current(run: Running, wanted: float, command: Command) -> None:
    """Fault: the instrument does not drive such a current on this range."""
    model, span = run.analogue.model, run.analogue.span
    most = min(model.current, span * model.reach)
    if not abs(wanted) <= most * (1.0 + 1e-6):
        raise Fault(OUT_OF_RANGE, command.line)


def _nothing(_: Running, __: Command) -> None:
    """Accept what makes no difference to the cell."""


_COMMANDS: Mapping[str, Callable[[Running, Command], None]] = MappingProxyType(
    {
        "var": _var,
        "store_var": _store,
        "copy_var": _copy,
        "add_var": _arithmetic(operator.add),
        "sub_var": _arithmetic(operator.sub),
        "mul_var": _arithmetic(operator.mul),
        "div_var": _arithmetic(operator.truediv),
        "timer_start": _timer_start,
        "timer_get": _timer_get,
        "pck_start": _package_start,
        "pck_add": _package_add,
        "pck_end": _package_end,
        "set_pgstat_mode": _mode,
        "set_pgstat_chan": _nothing,
        "set_max_bandwidth": _nothing,
        "set_acquisition_frac_autoadjust": _nothing,
        "set_range_minmax": _nothing,
        "set_range": _range,
        "set_autoranging": _autoranging,
        "set_e": _set_e,
        "set_i": _set_i,
        "cell_on": _cell_on,
        "cell_off": _cell_off,
    }
)
