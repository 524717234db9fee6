"""What the twin's firmware makes of the parameters it was sent.

A technique becomes a `LoadedTechnique`: stages (hold a level, ramp to one), tests,
recording rules, a frequency sweep or a jump. Labels it does not know are ignored and do
not show in the read-back, as on the instrument.
"""

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from drivers.twins.biologic.codes import AUTO_RANGE
from drivers.twins.biologic.tables import (
    PREMIUM,
    SINGLE,
    SUFFIXES,
    TECHNIQUES,
    Technique,
)

TIME_BASES = {"OCV": 20e-6, "CPLIMIT": 40e-6, "CALIMIT": 40e-6, "CV": 45e-6}
"""s; 25 µs for all others."""
CLOCK = 2e5
"""Hz; below 5 kHz a sine's period is a whole number of these ticks."""
SLOW = 5e3

RawParameters = Mapping[tuple[str, int], int]
"""(label, index) → raw bits."""


class Mode(Enum):
    """What a stage holds."""

    REST = "rest"
    CURRENT = "current"
    VOLTAGE = "voltage"
    RAMP = "ramp"
    POWER = "power"


@dataclass(frozen=True, slots=True)
class Test:
    """One limit of the firmware."""

    of_current: bool
    """Else of the voltage."""
    at_least: bool
    value: float
    together: bool
    """AND with the other tests that say so; else each ends the stage alone."""

    def holds(self, voltage: float, current: float) -> bool:
        """Whether the limit is reached."""
        x = current if self.of_current else voltage
        return x >= self.value if self.at_least else x <= self.value


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a technique."""

    mode: Mode
    level: float = 0.0
    """A, V or W; where a ramp ends."""
    duration: float = math.inf
    """s; for a ramp it follows from the rate."""
    rate: float = 0.0
    """V/s, positive."""
    relative: bool = False
    """The level adds to the value before the technique."""
    tests: tuple[Test, ...] = ()
    exit: int = 0
    """After a test: 0 next stage, 1 next technique, 2 stop."""
    cycle: int = 0

    def fires(self, voltage: float, current: float) -> bool:
        """Whether the tests end the stage at these readings."""
        together = [t for t in self.tests if t.together]
        if together and all(t.holds(voltage, current) for t in together):
            return True
        return any(t.holds(voltage, current) for t in self.tests if not t.together)


@dataclass(frozen=True, slots=True)
class Sweep:
    """Frequencies of a spectrum."""

    galvanostatic: bool
    amplitude: float
    frequencies: tuple[float, ...]
    """Hz, as the generator really makes them."""
    averages: int
    wait: float
    """Periods."""
    correction: bool

    def duration(self, frequency: float) -> float:
        """Return the time one point takes, s."""
        once = max(0.3, (self.averages + self.wait) / frequency)
        return 2.0 * once if self.correction else once


@dataclass(frozen=True, slots=True)
class LoadedTechnique:
    """One loaded technique."""

    table: Technique
    raw: RawParameters
    """What a read-back shows."""
    stages: tuple[Stage, ...] = ()
    every_s: float = math.inf
    every_volt: float = math.inf
    every_ampere: float = math.inf
    sweep: Sweep | None = None
    jump: tuple[int, int] | None = None
    """(target index, jumps back) of a LOOP; −1 for ever."""
    current_range: int = AUTO_RANGE
    voltage_range: int = 3
    xctr: int = 0
    time_base: float = field(default=25e-6)
    averaged: bool = False
    """Rows carry ⟨I⟩ since the row before."""


def loaded_technique(
    file: str, board: int, sent: Sequence[tuple[str, int, int, int]]
) -> LoadedTechnique | int:
    """Build the technique of ``file``, or return the error code for it."""
    table = _table_of(file, board)
    if isinstance(table, int):
        return table
    raw = {
        (label, index): bits
        for label, kind, bits, index in sent
        if label in table.labels and kind == table.labels[label].type
    }
    read = _Reader(table, raw)
    if read.number("I_Range", AUTO_RANGE) == AUTO_RANGE and table.driven:
        return -4
    if table.name == "LOOP":
        target = int(read.number("protocol_number", 0))
        return LoadedTechnique(
            table, raw, jump=(target, int(read.number("loop_N_times", 0)))
        )
    if any(index >= table.labels[label].most for label, index in raw):
        return -4
    stages = _STAGES[table.name](read)
    return LoadedTechnique(
        table,
        raw,
        stages,
        every_s=read.positive("Record_every_dT"),
        every_volt=read.positive("Record_every_dE"),
        every_ampere=read.positive("Record_every_dI"),
        sweep=_sweep(read) if table.name in {"PEIS", "GEIS"} else None,
        current_range=int(read.number("I_Range", AUTO_RANGE)),
        voltage_range=int(read.number("E_Range", 3)),
        xctr=int(read.number("xctr", 0)) if board == PREMIUM else 0,
        time_base=TIME_BASES.get(table.name, 25e-6),
        averaged="Scan_Rate" in table.labels,
    )


def _table_of(file: str, board: int) -> Technique | int:
    name = file.replace("\\", "/").rpartition("/")[2]
    for table in TECHNIQUES:
        if name == table.file_for(board):
            return table
        if any(name == table.file_for(other) for other in SUFFIXES):
            return -401
    return -400


class _Reader:
    """Values by label, decoded from their raw bits."""

    def __init__(self, table: Technique, raw: RawParameters) -> None:
        self.table, self.raw = table, raw

    def number(self, label: str, default: float, index: int = 0) -> float:
        bits = self.raw.get((label, index))
        if bits is None:
            return default
        if self.table.labels[label].type != SINGLE:
            return bits
        value: float = struct.unpack("<f", struct.pack("<i", bits))[0]
        return value

    def positive(self, label: str) -> float:
        value = self.number(label, 0.0)
        return value if value > 0.0 else math.inf

    def tests(self, index: int) -> tuple[Test, ...]:
        found: list[Test] = []
        for number in (1, 2, 3):
            config = (
                int(self.number(f"Test{number}_Config", 0, index))
                if (f"Test{number}_Config" in self.table.labels)
                else 0
            )
            if not config & 1:
                break  # an inactive test hides those behind it
            found.append(
                Test(
                    of_current=(config >> 5) == 3,  # noqa: PLR2004
                    at_least=bool(config & 4),
                    value=self.number(f"Test{number}_Value", 0.0, index),
                    together=bool(config & 2),
                )
            )
        return tuple(found)


def _held(read: _Reader, level: str, mode: Mode) -> tuple[Stage, ...]:
    count = int(read.number("Step_number", 0)) + 1
    cycles = int(read.number("N_Cycles", 0)) + 1
    return tuple(
        Stage(
            mode,
            read.number(level, 0.0, k),
            read.number("Duration_step", 0.0, k),
            relative=bool(read.number("vs_initial", 0, k)),
            tests=read.tests(k),
            exit=int(read.number("Exit_Cond", 0, k)),
            cycle=cycle,
        )
        for cycle in range(cycles)
        for k in range(count)
    )


def _rest(read: _Reader) -> tuple[Stage, ...]:
    return (Stage(Mode.REST, duration=read.number("Rest_time_T", 0.0)),)


def _ramp(read: _Reader, k: int, cycle: int) -> Stage:
    return Stage(
        Mode.RAMP,
        read.number("Voltage_step", 0.0, k),
        rate=read.number("Scan_Rate", 0.0, k),
        relative=bool(read.number("vs_initial", 0, k)),
        tests=read.tests(k),
        exit=int(read.number("Exit_Cond", 0, k)),
        cycle=cycle,
    )


def _first(read: _Reader) -> Stage:
    return Stage(
        Mode.VOLTAGE,
        read.number("Voltage_step", 0.0),
        0.0,
        relative=bool(read.number("vs_initial", 0)),
    )


def _scan(read: _Reader) -> tuple[Stage, ...]:
    count = int(read.number("Scan_number", 0))
    cycles = int(read.number("N_Cycles", 0)) + 1
    ramps = tuple(
        _ramp(read, k, cycle) for cycle in range(cycles) for k in range(1, count + 1)
    )
    return (_first(read), *ramps)


def _triangle(read: _Reader) -> tuple[Stage, ...]:
    cycles = int(read.number("N_Cycles", 0)) + 1
    ramps = tuple(_ramp(read, k, cycle) for cycle in range(cycles) for k in (1, 2, 3))
    return (_first(read), *ramps, _ramp(read, 4, cycles - 1))


def _hold(read: _Reader) -> tuple[Stage, ...]:
    galvanostatic = read.table.name == "GEIS"
    label = "Initial_Current_step" if galvanostatic else "Initial_Voltage_step"
    return (
        Stage(
            Mode.CURRENT if galvanostatic else Mode.VOLTAGE,
            read.number(label, 0.0),
            read.number("Duration_step", 0.0),
            relative=bool(read.number("vs_initial", 0)),
        ),
    )


def _sweep(read: _Reader) -> Sweep:
    galvanostatic = read.table.name == "GEIS"
    count = int(read.number("Frequency_number", 1))
    first = read.number("Initial_frequency", 1e3)
    last = read.number("Final_frequency", 1e3)
    linear = bool(read.number("sweep", 0))
    spaced = np.linspace if linear else np.geomspace
    wanted = spaced(first, last, count).tolist()
    label = "Amplitude_Current" if galvanostatic else "Amplitude_Voltage"
    return Sweep(
        galvanostatic,
        read.number(label, 0.0),
        tuple(_made(frequency) for frequency in wanted),
        max(1, int(read.number("Average_N_times", 1))),
        read.number("Wait_for_steady", 0.0),
        bool(read.number("Correction", 0)),
    )


def _made(frequency: float) -> float:
    if frequency > SLOW:
        return round(frequency, 1)
    return CLOCK / round(CLOCK / frequency)


_STAGES = {
    "OCV": _rest,
    "CP": lambda read: _held(read, "Current_step", Mode.CURRENT),
    "CPLIMIT": lambda read: _held(read, "Current_step", Mode.CURRENT),
    "CA": lambda read: _held(read, "Voltage_step", Mode.VOLTAGE),
    "CALIMIT": lambda read: _held(read, "Voltage_step", Mode.VOLTAGE),
    "CPOWER": lambda read: _held(read, "Power_step", Mode.POWER),
    "CV": _triangle,
    "VSCAN": _scan,
    "VSCANLIMIT": _scan,
    "PEIS": _hold,
    "GEIS": _hold,
}
