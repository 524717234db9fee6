"""Measurement loops of a simulated instrument: hold, read, carry out what is inside."""

import math
from collections.abc import Mapping
from types import MappingProxyType

from drivers.twins.palmsens.grammar import Command
from drivers.twins.palmsens.instants import check_current, check_potential
from drivers.twins.palmsens.running import (
    GALVANOSTAT,
    NO_FREQUENCY,
    NOT_IN_THIS_MODE,
    OCP_WHILE_ON,
    OUT_OF_RANGE,
    Fault,
    Measure,
    Running,
    Signal,
    Steps,
    Told,
)

SETTLING = 0.02
"""s that a point of a spectrum takes beside its periods."""
PERIODS = 3.0
"""Of a sine that are measured, one of them to settle."""


def measure(run: Running, command: Command) -> Steps:
    """Take one reading: ``meas TIME VAR TYPE``."""
    seconds, name, kind = command.arguments
    yield run.now + run.number(seconds)
    reading = run.analogue.read()
    if str(kind) == "ba":
        run.set_value(
            name, reading.current, "ba", reading.current_status, reading.range
        )
    else:
        run.set_value(name, reading.voltage, "ab", reading.voltage_status)
    return None


def _samples(run: Running, command: Command, interval: float, count: int) -> Steps:
    """Sample ``count`` times, ``interval`` s apart."""
    names, begun = command.arguments[:2], run.now
    ocp = command.name == "meas_loop_ocp"
    for number in range(1, count + 1):
        if (yield begun + number * interval) is Told.SKIP:
            break
        reading = run.analogue.read()
        run.commands = 0
        run.set_value(names[0], reading.voltage, "ab", reading.voltage_status)
        if not ocp:
            status, code = reading.current_status, reading.range
            run.set_value(names[1], reading.current, "ba", status, code)
        signal = yield from run.run_body(command)
        if signal is Signal.ABORT:
            return signal
        if signal is Signal.BREAK:
            break
    return None


def _count(interval: float, seconds: float, command: Command) -> int:
    if not (interval > 0.0 and seconds > 0.0):
        raise Fault(OUT_OF_RANGE, command.line)
    return max(1, round(seconds / interval))


def _begin(run: Running, number: int) -> None:
    run.commands = 0
    run.say(f"M{number:04X}")


def _ocp(run: Running, command: Command) -> Steps:
    interval, seconds = map(run.number, command.arguments[1:])
    if run.analogue.on:
        raise Fault(OCP_WHILE_ON, command.line)
    count = _count(interval, seconds, command)
    _begin(run, 0x0A)
    signal = yield from _samples(run, command, interval, count)
    run.say("*")
    return signal


def _held(run: Running, command: Command) -> Steps:
    level, interval, seconds = map(run.number, command.arguments[2:])
    galvanic = command.name == "meas_loop_cp"
    if (run.mode == GALVANOSTAT) != galvanic or not run.analogue.on:
        raise Fault(NOT_IN_THIS_MODE, command.line)
    (check_current if galvanic else check_potential)(run, level, command)
    count = _count(interval, seconds, command)
    _begin(run, 0x0B if galvanic else 0x07)
    run.analogue.set_level(level)
    signal = yield from _samples(run, command, interval, count)
    run.say("*")
    return signal


def _lsv(run: Running, command: Command) -> Steps:
    begin, end, step, rate = map(run.number, command.arguments[2:])
    if run.mode == GALVANOSTAT or not run.analogue.on:
        raise Fault(NOT_IN_THIS_MODE, command.line)
    if not (step > 0.0 and rate > 0.0):
        raise Fault(OUT_OF_RANGE, command.line)
    for level in (begin, end):
        check_potential(run, level, command)
    _begin(run, 0x00)
    count, begun = max(1, round(abs(end - begin) / step)), run.now
    signal = None
    for number in range(count + 1):
        part = number / count
        run.analogue.set_level(begin + part * (end - begin))
        if (yield begun + (number + 1) * step / rate) is Told.SKIP:
            break
        reading = run.analogue.read()
        run.commands = 0
        run.set_value(command.arguments[0], reading.voltage, "ab", 0)
        status, code = reading.current_status, reading.range
        run.set_value(command.arguments[1], reading.current, "ba", status, code)
        signal = yield from run.run_body(command)
        if signal is not None:
            break
    run.say("*")
    return signal if signal is Signal.ABORT else None


def _eis(run: Running, command: Command) -> Steps:
    amplitude, first, last, points, level = map(run.number, command.arguments[3:])
    galvanic = command.name == "meas_loop_geis"
    if (run.mode == GALVANOSTAT) != galvanic or not run.analogue.on:
        raise Fault(NOT_IN_THIS_MODE, command.line)
    (check_current if galvanic else check_potential)(run, level, command)
    low, high = run.analogue.model.frequencies
    if not all(low <= f <= high for f in (first, last)):
        raise Fault(NO_FREQUENCY, command.line)
    if not (amplitude > 0.0 and points >= 1):
        raise Fault(OUT_OF_RANGE, command.line)
    _begin(run, 0x0D)
    run.analogue.set_level(level)
    signal = None
    for number in range(int(points)):
        part = number / max(points - 1, 1)
        frequency = math.exp(math.log(first) + part * math.log(last / first))
        seconds = SETTLING + PERIODS / frequency
        if (yield run.now + 0.5 * seconds) is Told.SKIP:
            break
        z = run.analogue.impedance(frequency)
        if (yield run.now + 0.5 * seconds) is Told.SKIP:
            break
        run.commands = 0
        f, real, imaginary = command.arguments[:3]
        run.set_value(f, frequency, "dc")
        run.set_value(real, z.real, "cc", 0)
        run.set_value(imaginary, z.imag, "cd", 0)
        signal = yield from run.run_body(command)
        if signal is not None:
            break
    run.say("*")
    return signal if signal is Signal.ABORT else None


MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        "meas": measure,
        "meas_loop_ocp": _ocp,
        "meas_loop_cp": _held,
        "meas_loop_ca": _held,
        "meas_loop_lsv": _lsv,
        "meas_loop_eis": _eis,
        "meas_loop_geis": _eis,
    }
)
"""Command -> what it does."""
