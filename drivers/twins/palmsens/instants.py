"""Commands of a script that take no time: variables, packages, levels, the cell."""

import operator
from collections.abc import Callable, Mapping
from types import MappingProxyType

from drivers.twins.palmsens.analogue import Drive
from drivers.twins.palmsens.grammar import Command
from drivers.twins.palmsens.numerals import written_value
from drivers.twins.palmsens.running import (
    CONFLICT,
    GALVANOSTAT,
    MODES,
    NO_POTENTIAL,
    NOT_A_NUMBER,
    NOT_IN_THIS_MODE,
    OUT_OF_RANGE,
    Fault,
    Instant,
    Running,
    Value,
)


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


INSTANTS: Mapping[str, Instant] = MappingProxyType(
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
