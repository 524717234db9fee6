"""Hand a run's time series on as EC-Lab style ``.mpt``, the columns that it has.

A column is written only where every row has it (whole numbers: readers take no gap) or
any row has it (others: a gap is ``NaN``); what is left out, is named in the header.
Numbers have 17 digits: what is read back is what the run holds. EC-Lab's ``error``,
``counter inc.`` and ``I Range`` (its own codes) are nothing that a run knows.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from labctl.data import Array
from labctl.store.exporters.ec_lab.header import ENCODING, END, ec_lab_header
from labctl.store.exporters.ec_lab.sequences import (
    Sequences,
    parameters,
    sequences_of,
)
from labctl.store.run_file.reader import RunFile, Table

STREAM = "timeseries"
BLOCK = 50_000
"""Rows turned into text at once."""
MILLI = 1e3
PLAIN: tuple[tuple[str, str, float], ...] = (
    ("time/s", "test_time_second", 1.0),
    ("dq/mA.h", "interval_charge_ah", MILLI),
    ("(Q-Qo)/mA.h", "net_capacity_ah", MILLI),
    ("control/V", "control_volt", 1.0),
    ("control/mA", "control_ampere", MILLI),
    ("Ewe/V", "voltage_volt", 1.0),
    ("Ece/V", "counter_electrode_voltage_volt", 1.0),
    ("Analog IN 1/V", "analog_in_1_volt", 1.0),
    ("Analog IN 2/V", "analog_in_2_volt", 1.0),
    ("P/W", "power_watt", 1.0),
    ("Q charge/discharge/mA.h", "half_cycle_capacity_ah", MILLI),
    ("half cycle", "half_cycle", 1.0),
    ("step time/s", "step_time_second", 1.0),
    ("<I>/mA", "current_ampere", MILLI),
    ("cycle number", "cycle_count", 1.0),
)
"""EC-Lab's title, labctl's column, factor."""
EC_LAB = "EC-Lab"
"""Program whose names of techniques are kept."""
WITHOUT_CURRENT = "Open Circuit Voltage"
WITH_CURRENT = "Galvanostatic Cycling with Potential Limitation"
"""What another imported run is called, whose techniques nobody told."""


@dataclass(frozen=True, slots=True)
class Titled:
    """One column of the file."""

    title: str
    part: Callable[[int, int], Array]
    """Rows from, to (exclusive) -> numbers."""
    whole: bool = False


def write_series(run: RunFile, path: Path) -> None:
    """Write the time series of a run, which has rows. OSError."""
    table = run.table(STREAM)
    sequences = sequences_of(run)
    columns = [*_driven(table, sequences), *_plain(table)]
    titles = [column.title for column in columns]
    header = ec_lab_header(
        run,
        _technique(run, sequences, titles),
        parameters(sequences),
        titles,
        _remarks(table, titles),
    )
    with path.open("w", encoding=ENCODING, errors="replace", newline="") as file:
        file.write(header)
        for begin in range(0, table.rows, BLOCK):
            end = min(begin + BLOCK, table.rows)
            file.writelines(lines(columns, begin, end))


def lines(columns: Sequence[Titled], begin: int, end: int) -> Iterator[str]:
    """Yield rows as EC-Lab ends them: with a tab behind every cell."""
    cells = [
        [str(int(x)) for x in values.tolist()]
        if column.whole
        else [f"{x:.16E}" if x == x else "NaN" for x in values.tolist()]  # noqa: PLR0124
        for column in columns
        for values in (column.part(begin, end),)
    ]
    for row in zip(*cells, strict=True):
        yield "\t".join(row) + "\t" + END


def _technique(run: RunFile, sequences: Sequences, titles: Sequence[str]) -> str:
    if sequences.techniques:
        return sequences.name
    imported = run.header.imported
    if imported and imported.program == EC_LAB and imported.technique:
        return imported.technique
    return WITH_CURRENT if "<I>/mA" in titles else WITHOUT_CURRENT


def _remarks(table: Table, titles: Sequence[str]) -> list[str]:
    lacking = [
        title for title, name, _ in PLAIN if name in table and title not in titles
    ]
    if not lacking:
        return []
    return [f"left out, because rows have no value: {', '.join(lacking)}"]


def _plain(table: Table) -> Iterator[Titled]:
    for title, name, factor in PLAIN:
        if name not in table:
            continue
        values = table[name]
        if values.dtype.kind in "iu":
            if (values >= 0).all():
                yield Titled(title, _scaled(table, name, factor), whole=True)
        elif np.isfinite(values).any():
            yield Titled(title, _scaled(table, name, factor))


def _scaled(table: Table, name: str, factor: float) -> Callable[[int, int], Array]:
    def part(begin: int, end: int) -> Array:
        values = table.part(name, begin, end)
        return values if factor == 1.0 else factor * values

    return part


def _driven(table: Table, sequences: Sequences) -> Iterator[Titled]:
    """Yield what follows from the technique of a row and the sign of its current."""
    known = "technique_index" in table and bool(sequences.techniques)
    numbers = table["step_id"] if "step_id" in table else np.array([-1])
    if known:
        numbers = sequences.of_rows(table, 0, table.rows)
    in_file = table["driving_code"] if "driving_code" in table else np.array([-1])
    modes = sequences.modes(numbers) if known else in_file
    if (modes > 0).all():
        yield Titled("mode", lambda a, b: modes[a:b], whole=True)
    if "current_ampere" in table and np.isfinite(table["current_ampere"]).all():

        def oxidises(begin: int, end: int) -> Array:
            positive: Array = table.part("current_ampere", begin, end) > 0.0
            return positive

        yield Titled("ox/red", oxidises, whole=True)
    if (numbers >= 0).all():
        changes = np.diff(numbers, prepend=numbers[0]) != 0
        yield Titled("Ns changes", lambda a, b: changes[a:b], whole=True)
        yield Titled("Ns", lambda a, b: numbers[a:b], whole=True)
