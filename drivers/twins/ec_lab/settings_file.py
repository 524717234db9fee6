"""How the twin of EC-Lab reads a settings file (.mps), by a table of its own.

A file that EC-Lab would not load is refused, as far as that is known: another first
line, a technique without a name that is known, a number that is none.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from drivers.twins.biologic.codes import AUTO_RANGE, RANGES
from drivers.twins.biologic.tables import TECHNIQUES
from drivers.twins.biologic.techniques import (
    LoadedTechnique,
    Mode,
    Stage,
    Sweep,
    Test,
)

COLUMN = 20
PREFIXES = {
    "M": 1e6,
    "k": 1e3,
    "": 1.0,
    "m": 1e-3,
    "µ": 1e-6,
    "u": 1e-6,
    "n": 1e-9,
    "p": 1e-12,
}
SHORT = {
    "Modulo Bat": "MB",
    "Potentio Electrochemical Impedance Spectroscopy": "PEIS",
    "Galvano Electrochemical Impedance Spectroscopy": "GEIS",
}
"""Long name of a technique -> what its data file is called."""
CODES = {"MB": 127, "PEIS": 29, "GEIS": 30}
SPANS = {2.5: 0, 5.0: 1, 10.0: 2}
"""Largest |V| of a range -> the firmware's code."""
TABLES = {table.name: table for table in TECHNIQUES}
NEXT_STAGE, NEXT, STOP_ALL = 0, 1, 2


class RefusedFileError(Exception):
    """EC-Lab does not load this file."""


@dataclass(frozen=True, slots=True)
class Linked:
    """One linked technique."""

    short: str
    """``MB``, ``PEIS``, ``GEIS``."""
    sequences: int


@dataclass(frozen=True, slots=True)
class Settings:
    """What a file says."""

    linked: tuple[Linked, ...]
    program: tuple[LoadedTechnique, ...]
    """Of all sequences in their order."""
    places: tuple[tuple[int, int], ...]
    """For each of them: linked technique and sequence."""
    voltage: tuple[float, float]
    """V; safety limits."""
    current: tuple[float, float]
    """A."""


def read_settings(data: bytes) -> Settings:
    """Return what a file says. RefusedFileError."""
    try:
        return _read(data)
    except (ValueError, KeyError, IndexError) as error:
        raise RefusedFileError(str(error)) from error


def _read(data: bytes) -> Settings:
    text = data.decode("cp1252")
    if "\r\n" not in text or not text.startswith("EC-LAB SETTING FILE\r\n"):
        raise RefusedFileError("it does not begin as a settings file does")
    text = re.sub(r"(?<=\d),(?=\d)", ".", text)
    head, *blocks = re.split(r"(?m)^Technique : \d+\r\n", text)
    count = re.search(r"Number of linked techniques : (\d+)", head)
    if count is None or int(count[1]) != len(blocks) or len(blocks) > 20:  # noqa: PLR2004
        raise RefusedFileError("the number of linked techniques is another one")
    linked: list[Linked] = []
    program: list[LoadedTechnique] = []
    places: list[tuple[int, int]] = []
    for number, block in enumerate(blocks):
        name, *lines = block.replace("\r", "").split("\n")
        short, columns = SHORT[name.strip()], _columns(lines)
        first = len(program)
        for sequence, cells in enumerate(columns):
            if short == "MB":
                made = _sequence(cells, first, sequence)
            else:
                made = _spectrum(cells, galvanostatic=short == "GEIS")
            program.append(made)
            places.append((number, sequence))
        linked.append(Linked(short, len(columns)))
    size = _safety(head, r"\|I\| = ([\d.]+) mA") * 1e-3
    low = -_safety(head, r"Ewe min = (-?[\d.]+) V", sign=-1.0)
    return Settings(
        tuple(linked),
        tuple(program),
        tuple(places),
        (low, _safety(head, r"Ewe max = (-?[\d.]+) V")),
        (-size, size),
    )


def _columns(lines: list[str]) -> list[dict[str, str]]:
    """Return the cells of each sequence, by key."""
    rows: list[tuple[str, list[str]]] = []
    for line in lines:
        if line.strip():
            cells = [line[k : k + COLUMN] for k in range(COLUMN, len(line), COLUMN)]
            rows.append((line[:COLUMN].strip(), [cell.strip() for cell in cells]))
    width = max(len(cells) for _, cells in rows)
    return [
        {key: (cells[k] if k < len(cells) else "") for key, cells in rows}
        for k in range(width)
    ]


# ---- Modulo Bat


def _sequence(cells: Mapping[str, str], first: int, own: int) -> LoadedTechnique:
    kind = cells["ctrl_type"]
    if cells["Ns"] not in {"", str(own)}:
        raise RefusedFileError(f"sequence {own} calls itself {cells['Ns']}")
    if kind == "Loop":
        target = first + int(cells["ctrl_seq"])
        return LoadedTechnique(
            TABLES["LOOP"], {}, jump=(target, int(cells["ctrl_repeat"]))
        )
    duration, tests, stops = _limits(cells)
    exit_ = STOP_ALL if stops else NEXT
    stages: tuple[Stage, ...]
    if kind == "Rest":
        stages = (Stage(Mode.REST, 0.0, duration, tests=tests, exit=exit_),)
        table = "OCV"
    elif kind == "CC":
        level = _quantity(cells, "ctrl1_val")
        stages = (Stage(Mode.CURRENT, level, duration, tests=tests, exit=exit_),)
        table = "CPLIMIT"
    elif kind == "CV":
        level = _quantity(cells, "ctrl1_val")
        relative = cells["ctrl1_val_vs"] in {"Emeas", "Eoc"}
        stages = (
            Stage(
                Mode.VOLTAGE,
                level,
                duration,
                relative=relative,
                tests=tests,
                exit=exit_,
            ),
        )
        table = "CALIMIT"
    elif kind == "VS":
        rate = abs(_quantity(cells, "ctrl1_val"))
        start = _quantity(cells, "ctrl2_val")
        end = _quantity(cells, "ctrl3_val")
        stages = (
            Stage(Mode.VOLTAGE, start, 0.0),
            Stage(Mode.RAMP, end, rate=rate, tests=tests, exit=exit_),
        )
        table = "VSCANLIMIT"
    else:
        raise RefusedFileError(f"ctrl_type {kind} is not known here")
    rules = _records(cells)
    return LoadedTechnique(
        TABLES[table],
        {},
        stages,
        every_s=rules.get("Time", math.inf),
        every_volt=rules.get("Ewe", math.inf),
        every_ampere=rules.get("I", math.inf),
        current_range=_current_range(cells["I Range"]),
        voltage_range=_voltage_range(cells),
        averaged=kind == "VS",
    )


def _limits(cells: Mapping[str, str]) -> tuple[float, tuple[Test, ...], bool]:
    """Return the longest time of a sequence, its tests, and whether they stop all."""
    duration, tests, stops = math.inf, [], False
    for k in range(1, int(cells["lim_nb"]) + 1):
        kind, value = cells[f"lim{k}_type"], _quantity(cells, f"lim{k}_value")
        above = cells[f"lim{k}_comp"] == ">"
        stops = stops or cells[f"lim{k}_action"] == "Stop"
        if kind == "Time":
            duration = min(duration, value)
        elif kind in {"Ewe", "I"}:
            tests.append(Test(kind == "I", above, value, together=False))
        elif kind == "|I|" and above:
            tests += [Test(True, True, value, False), Test(True, False, -value, False)]
        elif kind == "|I|":
            tests += [Test(True, False, value, True), Test(True, True, -value, True)]
        else:
            raise RefusedFileError(f"limit on {kind} is not known here")
    return duration, tuple(tests), stops


def _records(cells: Mapping[str, str]) -> dict[str, float]:
    return {
        cells[f"rec{k}_type"]: _quantity(cells, f"rec{k}_value")
        for k in range(1, int(cells["rec_nb"]) + 1)
    }


# ---- spectra


def _spectrum(cells: Mapping[str, str], *, galvanostatic: bool) -> LoadedTechnique:
    if galvanostatic:
        level = float(cells["Is"]) * _unit(cells["unit Is"])
        hold = _seconds(cells["tIs (h:m:s)"])
        amplitude = float(cells["Ia"]) * _unit(cells["unit  Ia"])
        relative = cells["vs."] != "<None>"
    else:
        level, hold = float(cells["E (V)"]), _seconds(cells["tE (h:m:s)"])
        amplitude = 1e-3 * float(cells["Va (mV)"])
        relative = cells["vs."] != "Ref"
    first, last = (
        float(cells[key]) * _unit(cells[f"unit {key}"]) for key in ("fi", "ff")
    )
    decades = abs(math.log10(first / last))
    count = round(int(cells["Nd"]) * decades) + 1
    every = float(cells["dt (s)"]) or math.inf
    mode = Mode.CURRENT if galvanostatic else Mode.VOLTAGE
    return LoadedTechnique(
        TABLES["GEIS" if galvanostatic else "PEIS"],
        {},
        (Stage(mode, level, hold, relative=relative),),
        every_s=every,
        sweep=Sweep(
            galvanostatic,
            amplitude,
            tuple(np.geomspace(first, last, count).tolist()),
            max(1, int(cells["Na"])),
            float(cells["pw"]),
            cells["corr"] == "1",
        ),
        current_range=_current_range(cells["I Range"]),
        voltage_range=_voltage_range(cells),
    )


# ---- cells


def _quantity(cells: Mapping[str, str], key: str) -> float:
    return float(cells[key]) * _unit(cells[f"{key}_unit"])


def _unit(text: str) -> float:
    """Return how much SI one of a unit is: mA, µV, kHz, mV/s, ms."""
    per = 60.0 if text.endswith("/mn") else 1.0
    name = text.partition("/")[0]
    for base in ("Hz", "A", "V", "s"):
        if name.endswith(base):
            return PREFIXES[name.removesuffix(base)] / per
    raise RefusedFileError(f"unit {text!r} is not known here")


def _seconds(text: str) -> float:
    hours, minutes, seconds = text.split(":")
    return 3600.0 * int(hours) + 60.0 * int(minutes) + float(seconds)


def _current_range(text: str) -> int:
    if text == "Auto":
        return AUTO_RANGE
    value, _, unit = text.partition(" ")
    span = float(value) * _unit(unit)
    return min(RANGES, key=lambda code: abs(math.log(RANGES[code] / span)))


def _voltage_range(cells: Mapping[str, str]) -> int:
    low, high = float(cells["E range min (V)"]), float(cells["E range max (V)"])
    most = max(abs(low), abs(high))
    return next((code for span, code in SPANS.items() if span >= most), 2)


def _safety(head: str, pattern: str, sign: float = 1.0) -> float:
    found = re.search(pattern, head)
    return math.inf if found is None else sign * float(found[1])
