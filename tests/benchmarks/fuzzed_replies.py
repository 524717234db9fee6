"""Prints what every VISA driver makes of ten thousand spoiled answers.

Run by hand: ``python tests/benchmarks/fuzzed_replies.py [COUNT] [MODEL ...]``. The
faults are those of `tests/wires/faulty_wire.py`, between a driver and its twin in one
process and in virtual time. Columns: `invented` floats were handed out and stand in no
answer the twin gave during the call; `digits` the same where a character became
another one in an answer of the right form and of a plausible size, which nothing but a
checksum can notice; `uncaught` exceptions that are no InstrumentError; `on` outputs
that are on in the twin after `make_safe` returned.
"""

import logging
import math
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "wires"))

from faulty_wire import READABLE, Fault, spoil
from pairs import driver_of, twin_alone

from drivers.twins.visa.library import LabsimLibrary
from drivers.twins.world.circuit import Circuit
from drivers.twins.world.specimen import Film, Pellet
from labctl.clock import VirtualClock, stopwatch
from labctl.errors import InstrumentError, LimitError, LinkError, RefusedError
from labctl.limits import Envelope
from labctl.roles.current_source import CurrentSettings
from labctl.roles.driver import Setup
from labctl.roles.electrometer import ElectrometerSettings
from labctl.roles.source_meter import Driven, SourceSettings
from labctl.roles.switch_matrix import Connection
from labctl.roles.voltmeter import VoltmeterSettings
from labctl.techniques import ConstantVoltage

COUNT = 10_000
SHARE = 0.25
KINDS = (*READABLE, Fault.DROP, Fault.UNENDED)
ADDRESS = "GPIB0::5::INSTR"
FLOATS = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
CHANGED = {Fault.FLIP, Fault.CORRUPT}
Act = Callable[[Any, random.Random], object]
COLUMNS = (
    "faults",
    "calls",
    "refused",
    "invented",
    "digits",
    "uncaught",
    "on",
    "seconds",
)


@dataclass
class Row:
    """What came of one driver."""

    faults: int = 0
    calls: int = 0
    refused: int = 0
    invented: int = 0
    digits: int = 0
    uncaught: int = 0
    on: int = 0
    seconds: float = 0.0
    examples: list[str] = field(default_factory=list)


def _levels(rng: random.Random) -> float:
    return round(rng.uniform(-1.0, 1.0), 3)


def _prepare_meter(meter: Any, rng: random.Random) -> object:
    four = rng.random() < 0.5
    return meter.prepare(SourceSettings(Driven.VOLTAGE, 1.0, 2.5e-3, four_wire=four))


METER: dict[str, Act] = {
    "prepare": _prepare_meter,
    "drive": lambda meter, rng: meter.drive(_levels(rng)),
    "measure": lambda meter, _: meter.measure(),
    "point": lambda meter, rng: meter.point(_levels(rng)),
}


def _begin_cell(channel: Any, rng: random.Random) -> None:
    channel.make_safe()
    channel.load([ConstantVoltage(_levels(rng), 1e6, max_current=2.5e-3)], CELL_BOUNDS)
    channel.start()


def _poll_cell(channel: Any, _: random.Random) -> tuple[float, ...]:
    live = channel.poll().live
    return tuple(live[name] for name in CELL_BOUNDS.bounds if name in live)


CELL_BOUNDS = Envelope({"voltage_volt": (-2.0, 2.0), "current_ampere": (-0.1, 0.1)})
CELL: dict[str, Act] = {
    "begin": _begin_cell,
    "poll": _poll_cell,
    "again": _poll_cell,
    "and again": _poll_cell,
}
SOURCE: dict[str, Act] = {
    "prepare": lambda source, _: source.prepare(CurrentSettings(1e-3, 10.0)),
    "drive": lambda source, rng: source.drive(1e-3 * _levels(rng)),
    "in_compliance": lambda source, _: source.in_compliance(),
}
VOLTMETER: dict[str, Act] = {
    "prepare": lambda meter, _: meter.prepare(VoltmeterSettings(1.0, 1.0)),
    "read": lambda meter, _: meter.read(),
}
ELECTROMETER: dict[str, Act] = {
    "prepare": lambda meter, _: meter.prepare(ElectrometerSettings(1.0, 2e-3)),
    "read": lambda meter, _: meter.read(),
}
SWITCH: dict[str, Act] = {
    "connect": lambda switch, rng: len(
        switch.connect(Connection(*rng.sample((1, 2, 3, 4), 4)))
    ),
}
GAUSSMETER: dict[str, Act] = {
    "prepare": lambda meter, _: meter.prepare(0.3),
    "read": lambda meter, _: meter.read(),
}
SUPPLY: dict[str, Act] = {
    "ramp_to": lambda supply, rng: supply.ramp_to(20.0 * _levels(rng)),
    "current": lambda supply, _: supply.current(),
    "voltage": lambda supply, _: supply.voltage(),
    "is_settled": lambda supply, _: supply.is_settled(),
}
DRIVERS: dict[str, tuple[str, str, dict[str, Act]]] = {
    "2400": ("keithley-2400", "", METER),
    "2450": ("keithley-2450", "", METER),
    "2636b": ("keithley-2636b", "a", METER),
    "2460 cell": ("keithley-2460", "cell", CELL),
    "2636b cell": ("keithley-2636b", "cell-a", CELL),
    "6430": ("keithley-6430", "", METER),
    "b2901a": ("keysight-b2901a", "", METER),
    "6487": ("keithley-6487", "", ELECTROMETER),
    "6487 bias": ("keithley-6487", "bias", METER),
    "6517b": ("keithley-6517b", "", ELECTROMETER),
    "6221": ("keithley-6221", "", SOURCE),
    "2000": ("keithley-2000", "", VOLTMETER),
    "2182a": ("keithley-2182a", "", VOLTMETER),
    "7001": ("keithley-7001", "", SWITCH),
    "475": ("lakeshore-475", "", GAUSSMETER),
    "425": ("lakeshore-425", "", GAUSSMETER),
    "643": ("lakeshore-643", "", SUPPLY),
}


class Spoiler:
    """The twin's `tamper`: spoils answers and remembers the true ones."""

    def __init__(self, row: Row, seed: int) -> None:
        self.row = row
        self.rng = random.Random(seed)  # noqa: S311
        self.active = False
        self.before = b""
        self.true: list[bytes] = []
        self.changed: list[bytes] = []
        self.done: Counter[Fault] = Counter()

    def __call__(self, answer: bytes) -> bytes | None:
        before, self.before = self.before, answer
        self.true.append(answer)
        if not self.active or self.rng.random() >= SHARE:
            return answer
        fault = self.rng.choice(KINDS)
        self.row.faults += 1
        self.done[fault] += 1
        out = spoil(fault, answer, before, self.rng)
        if fault in CHANGED:
            self.changed.append(out)
        return out or None


def _floats(value: object) -> Iterator[float]:
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, float | int):
        if math.isfinite(value):
            yield float(value)
        return
    if isinstance(value, tuple):
        for one in value:
            yield from _floats(one)
    elif hasattr(value, "__dataclass_fields__"):
        yield from _floats(astuple(value))  # type: ignore[call-overload]


def _in(answers: list[bytes]) -> set[float]:
    return {float(text) for answer in answers for text in FLOATS.findall(answer)}


class Trial:
    """One driver under fuzz."""

    def __init__(self, name: str, seed: int) -> None:
        driver, self.role_name, self.acts = DRIVERS[name]
        self.row = Row()
        self.rng = random.Random(seed)  # noqa: S311
        self.clock = VirtualClock(0.0)
        specimen = Film.of("n", 1e21, 0.135, 5e-4) if name == "7001" else None
        self.circuit = Circuit(specimen or Pellet(1e-3, 1e-4, 1e-3, 0.0))
        setup = Setup(name, name, ADDRESS, {"on_link_loss": "make_safe"})
        self.twin: Any = twin_alone(driver, setup, self.circuit, self.clock)
        self.library = LabsimLibrary.around({ADDRESS: self.twin})
        self.spoiler = Spoiler(self.row, seed + 1)
        self.twin.tamper = self.spoiler
        self.driver, self.setup = driver_of(driver), setup
        self.open()

    def open(self) -> None:
        self.setpoints: set[float] = set()
        """Damaged ones that were near enough; a bias reading tells them again."""
        self.opened = self.driver.open(self.library, self.setup, self.clock)
        self.role: Any = self.opened.roles[self.role_name]

    def run(self, count: int) -> Row:
        began = stopwatch()
        first, *_ = self.acts
        needs_preparing = True
        while self.row.faults < count:
            names = [first] if needs_preparing else list(self.acts)
            needs_preparing = not self.call(self.rng.choice(names))
            if self.rng.random() < 0.1 and hasattr(self.role, "make_safe"):
                needs_preparing = True
                self.make_safe()
        self.row.seconds = stopwatch() - began
        self.opened.close()
        return self.row

    def call(self, name: str) -> bool:
        """Call one method under faults; return whether it went well."""
        spoiler, row = self.spoiler, self.row
        spoiler.true, spoiler.changed, spoiler.active = [], [], True
        row.calls += 1
        before = {self.circuit.source.level}
        try:
            value = self.acts[name](self.role, self.rng)
        except (InstrumentError, LimitError, RefusedError) as error:
            row.refused += 1
            if isinstance(error, LinkError):
                self.note("link", name, error)
            return False
        except Exception as error:  # noqa: BLE001  (that is what is counted)
            row.uncaught += 1
            self.note("uncaught", name, error)
            return False
        finally:
            spoiler.active = False
        true, changed = _in(spoiler.true) | before, _in(spoiler.changed)
        for one in _floats(value):
            if self.is_known(one, true):
                continue
            if self.is_known(one, changed | self.setpoints):
                row.digits += 1
                if name in {"drive", "point"}:
                    self.setpoints.add(one)
            else:
                row.invented += 1
                self.note("invented", name, f"{one!r} of {value!r}: {spoiler.true!r}")
        return True

    def is_known(self, one: float, known: set[float]) -> bool:
        """Whether a float stands there, or is what the setting was asked to be."""
        asked = {1.0, 2.5e-3, 1e-3, 10.0, 2e-3, 1.05, 1.01, 0.0}
        ends = {0.35, 4.0}  # a 475's range for 0.3 T; four relays
        return one in known | asked | ends

    def make_safe(self) -> None:
        spoiler = self.spoiler
        spoiler.active = True
        try:
            self.role.make_safe()
        except InstrumentError:
            spoiler.active = False
            self.role.make_safe()
        except Exception as error:  # noqa: BLE001
            self.row.uncaught += 1
            self.note("uncaught", "make_safe", error)
            return
        finally:
            spoiler.active = False
        supply = getattr(self.twin, "setpoint", 0.0)
        if self.circuit.source.on or self.circuit.closed or supply:
            self.row.on += 1
            self.note("on", "make_safe", "")

    def note(self, what: str, name: str, why: object) -> None:
        if len(self.row.examples) < 12:
            self.row.examples.append(f"{what} in {name}: {why!s:.300}")


def main(count: int, names: list[str]) -> None:
    logging.disable(logging.CRITICAL)
    print("driver     " + "".join(f"{name:>10}" for name in COLUMNS))
    total = Row()
    for name in names or DRIVERS:
        row = Trial(name, 1).run(count)
        print(f"{name:11}" + "".join(f"{getattr(row, c):10.0f}" for c in COLUMNS))
        for example in row.examples:
            if not example.startswith("link"):
                print("    " + example)
        for column in COLUMNS:
            setattr(total, column, getattr(total, column) + getattr(row, column))
    print(f"{'all':11}" + "".join(f"{getattr(total, c):10.0f}" for c in COLUMNS))


if __name__ == "__main__":
    given = sys.argv[1:]
    main(int(given[0]) if given else COUNT, given[1:])
