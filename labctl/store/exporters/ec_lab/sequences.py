"""A run's techniques as EC-Lab's sequences: each different one gets one number ``Ns``.

EC-Lab writes one row a parameter, in columns of 20 characters, one column a sequence;
what a parameter does not mean for a sequence is 0, or ``pass`` for a limit. Source: the
``.mpt`` files that yadg's and galvani's tests read.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from labctl.data import Array
from labctl.store.run_file.reader import RunFile, Table

WIDTH = 20
"""Characters of a column of the parameters."""
FACTOR = 10**6
"""More techniques than one upload has."""
GALVANOSTATIC, POTENTIOSTATIC, RELAXING = 1, 2, 3
"""EC-Lab's ``mode``."""


class Drive(Enum):
    """What a technique does; the value is EC-Lab's word in a Modulo Bat."""

    CURRENT = "CC"
    VOLTAGE = "CV"
    SWEEP = "VS"
    POWER = "CP"
    REST = "Rest"
    PEIS = "PEIS"
    GEIS = "GEIS"
    LOOP = "Loop"


MODES: Mapping[Drive, int] = {
    Drive.CURRENT: GALVANOSTATIC,
    Drive.GEIS: GALVANOSTATIC,
    Drive.VOLTAGE: POTENTIOSTATIC,
    Drive.SWEEP: POTENTIOSTATIC,
    Drive.PEIS: POTENTIOSTATIC,
    Drive.REST: RELAXING,
}
"""A power has no mode of its own: runs with one are written without."""
NAMES: tuple[tuple[frozenset[Drive], str], ...] = (
    (frozenset({Drive.REST}), "Open Circuit Voltage"),
    (frozenset({Drive.SWEEP, Drive.REST}), "Cyclic Voltammetry"),
    (
        frozenset({Drive.CURRENT, Drive.VOLTAGE, Drive.REST}),
        "Galvanostatic Cycling with Potential Limitation",
    ),
)
"""What a run may drive -> what EC-Lab calls it; the first that holds all of it."""
MIXED = "Modulo Bat"


def drive_of(technique: Mapping[str, Any]) -> Drive:
    """Return what a technique of a step's payload does."""
    if "galvanostatic" in technique:
        return Drive.GEIS if technique["galvanostatic"] else Drive.PEIS
    for key, drive in (
        ("vertices", Drive.SWEEP),
        ("voltage", Drive.VOLTAGE),
        ("current", Drive.CURRENT),
        ("power", Drive.POWER),
        ("back_to", Drive.LOOP),
    ):
        if key in technique:
            return drive
    return Drive.REST


@dataclass(frozen=True, slots=True)
class Sequences:
    """The different techniques of a run, in the order in which they came."""

    techniques: tuple[Mapping[str, Any], ...]
    numbers: Mapping[int, int]
    """`FACTOR` × step count + index of the technique -> Ns."""

    @property
    def drives(self) -> tuple[Drive, ...]:
        """What each does."""
        return tuple(map(drive_of, self.techniques))

    @property
    def name(self) -> str:
        """EC-Lab's name for a file that holds all of it."""
        used = set(self.drives) - {Drive.LOOP}
        return next((name for all_of, name in NAMES if used <= all_of), MIXED)

    def of_rows(self, table: Table, begin: int, end: int) -> Array:
        """Return Ns of rows; -1 where no technique is known."""
        keys = FACTOR * table.part("step_count", begin, end).astype(np.int64)
        keys += table.part("technique_index", begin, end).astype(np.int64)
        found, where = np.unique(keys, return_inverse=True)
        numbers = np.array([self.numbers.get(int(key), -1) for key in found], np.int64)
        rows: Array = numbers[where]
        return rows

    def modes(self, numbers: Array) -> Array:
        """Return EC-Lab's mode of rows by their Ns; 0 where it is not known."""
        modes = np.array([*(MODES.get(drive, 0) for drive in self.drives), 0], np.int64)
        rows: Array = modes[numbers]
        return rows


def sequences_of(run: RunFile) -> Sequences:
    """Return the sequences of a run; of an imported one there are none."""
    numbers: dict[str, int] = {}
    found: dict[int, int] = {}
    techniques: list[Mapping[str, Any]] = []
    for step in run.steps:
        for index, technique in enumerate(step.payload.get("techniques", ())):
            key = json.dumps(technique, sort_keys=True)
            if key not in numbers:
                numbers[key] = len(techniques)
                techniques.append(technique)
            found[FACTOR * step.step_count + index] = numbers[key]
    return Sequences(tuple(techniques), found)


def parameters(sequences: Sequences) -> list[str]:
    """Return the lines that say what each sequence was told to do; may be none."""
    own = list(map(_parameters, sequences.techniques))
    if not own:
        return []
    kinds = [drive.value for drive in sequences.drives]
    lines = [row("Ns", map(str, range(len(own))))]
    if sequences.name == MIXED:
        lines.append(row("ctrl_type", kinds))
    told = {label for each in own for label in each}
    for label, nothing in LABELS.items():
        if label in told:
            lines.append(row(label, (each.get(label, nothing) for each in own)))
    return lines


def row(label: str, cells: Iterator[str] | Sequence[str]) -> str:
    """Return one line of parameters; what is too long for its column is cut."""
    return "".join(cell[: WIDTH - 1].ljust(WIDTH) for cell in (label, *cells))


def clock_time(seconds: float) -> str:
    """Return ``60:00:0.0000``: EC-Lab's h:m:s."""
    minutes, rest = divmod(seconds, 60.0)
    return f"{int(minutes // 60)}:{int(minutes % 60):02d}:{rest:.4f}"


def number(value: float) -> str:
    """Return a number as short as it can be read back."""
    return f"{value:.9g}"


ZERO, NO_TIME, NO_LIMIT = "0.000", clock_time(0.0), "pass"
LABELS: Mapping[str, str] = {
    "Set I/C": "I",
    "Is": ZERO,
    "unit Is": "mA",
    "vs.": "<None>",
    "t1 (h:m:s)": NO_TIME,
    "EM (V)": NO_LIMIT,
    "tM (h:m:s)": NO_TIME,
    "Im": ZERO,
    "unit Im": "mA",
    "tR (h:m:s)": NO_TIME,
    "Ps": ZERO,
    "unit Ps": "W",
    "Ei (V)": ZERO,
    "dE/dt": ZERO,
    "dE/dt unit": "mV/s",
    "E1 (V)": ZERO,
    "E2 (V)": ZERO,
    "Ef (V)": ZERO,
    "nc cycles": "0",
}
"""Parameter -> what stands there for a sequence that has none."""
WITH: Mapping[str, Mapping[str, str]] = {
    "Is": {"Set I/C": "I", "unit Is": "mA", "vs.": "<None>"},
    "Im": {"unit Im": "mA"},
    "Ps": {"unit Ps": "W"},
    "dE/dt": {"dE/dt unit": "mV/s"},
}
"""Parameter -> what stands in the lines beside it."""


def _parameters(technique: Mapping[str, Any]) -> dict[str, str]:
    limits = {each["quantity"]: each["value"] for each in technique.get("until", ())}
    lasting = clock_time(float(technique.get("duration", 0.0)))
    told: dict[str, str] = {}
    match drive_of(technique):
        case Drive.CURRENT:
            told = {"Is": number(1e3 * technique["current"]), "t1 (h:m:s)": lasting}
            if "voltage" in limits:
                told["EM (V)"] = number(limits["voltage"])
        case Drive.VOLTAGE:
            told = {"EM (V)": number(technique["voltage"]), "tM (h:m:s)": lasting}
            if "absolute_current" in limits:
                told["Im"] = number(1e3 * limits["absolute_current"])
        case Drive.POWER:
            told = {"Ps": number(technique["power"]), "t1 (h:m:s)": lasting}
        case Drive.SWEEP:
            told = _sweep(technique)
        case Drive.REST:
            told = {"tR (h:m:s)": lasting}
        case Drive.GEIS:
            told = {"Is": number(1e3 * technique["bias"])}
        case Drive.PEIS | Drive.LOOP:
            pass
    for label, companions in WITH.items():
        if label in told:
            told |= companions
    return told


def _sweep(technique: Mapping[str, Any]) -> dict[str, str]:
    first, *turns, last = technique["vertices"]
    told = {
        "Ei (V)": number(first),
        "dE/dt": number(1e3 * technique["scan_rate"]),
        "Ef (V)": number(last),
        "nc cycles": str(int(technique.get("cycles", 1)) - 1),
    }
    return told | {f"E{k} (V)": number(v) for k, v in enumerate(turns[:2], 1)}
