"""From fetched words to batches of the streams ``timeseries`` and ``eis``.

Every word that the instrument gives goes into a column. What a technique's rows do not
have is NaN (-1 in whole numbers), never 0.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from drivers.biologic.dialect import Dialect
from drivers.biologic.eclib import abi
from drivers.biologic.eclib.codec import decode_rows
from drivers.biologic.eclib.codes import BOOSTER_RANGE, CURRENT_RANGES
from drivers.biologic.eclib.encodings import Encoding, Floats, Words
from drivers.biologic.eclib.tables import Layout, TechniqueTable
from drivers.biologic.rows.overload import flags_of
from drivers.biologic.rows.recorded import column_of, further_columns
from drivers.biologic.techniques import BY_ID
from labctl import columns
from labctl.data import Array, Batch, Column
from labctl.errors import InstrumentError
from labctl.roles.channel_accuracy import UNKNOWN_RANGE

IMPEDANCE_PROCESS = 1
HIGHEST_RANGE = 99
"""No current range has a larger code."""
NAMED_RANGES = {*CURRENT_RANGES, BOOSTER_RANGE}
"""What a channel that chooses by itself can be on."""
REST = "OCV"
"""The technique whose rows have no current, because none flows."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What one BL_GetData brought."""

    words: Words
    """Shape (rows, columns)."""
    technique: int
    """Index among the loaded techniques."""
    technique_id: int
    process: int
    loop: int
    start: float
    """Of the technique, s since the experiment's start."""
    time_base: float
    """s; a float32 that is used as a double."""
    skipped: int
    """Rows lost on the instrument."""
    overload: int = 0
    """As `columns.OVERLOAD`, when the rows were fetched."""
    current_range: int = UNKNOWN_RANGE
    """In use when the rows were fetched."""

    @classmethod
    def of(
        cls, words: Words, infos: abi.DataInfos, values: abi.CurrentValues
    ) -> "Fetched":
        """Copy what is needed out of structs that change at the next call."""
        start = infos.StartTime
        return cls(
            words,
            infos.TechniqueIndex,
            infos.TechniqueID,
            infos.ProcessIndex,
            infos.loop,
            0.0 if math.isnan(start) else start,
            values.TimeBase,
            infos.IRQskipped,
            flags_of(values),
            values.IRange if values.IRange in NAMED_RANGES else UNKNOWN_RANGE,
        )


@dataclass(slots=True)
class Reader:
    """Decodes the rows of one channel."""

    place: str
    board: int
    encoding: Encoding
    xctr: int = 0
    dialect: Dialect = field(default_factory=Dialect)
    _layouts: dict[tuple[int, int], tuple[TechniqueTable, Layout]] = field(
        default_factory=dict
    )

    def batch(
        self,
        block: Fetched,
        index_of: Callable[[int], int],
        zero: float,
        range_of: Callable[[int], int] = lambda _: UNKNOWN_RANGE,
    ) -> Batch:
        """Return the rows of one block; there must be some.

        ``zero`` is added to the instrument's time, s; ``range_of`` says on which
        current range a technique was loaded. InstrumentError: they cannot be read.
        """
        table, layout = self._layout(block.technique_id, block.process)
        values = decode_rows(block.words, layout, self.encoding.floats)
        n = len(block.words)
        sines = block.process == IMPEDANCE_PROCESS
        if sines:
            stream, rows = columns.EIS.name, _spectrum(values, self.dialect)
            time = values["t"]
        else:
            stream, rows = columns.TIMESERIES.name, _direct(values, table, n)
            ticks = self.encoding.ticks(block.words[:, 0], block.words[:, 1])
            time = ticks * float(block.time_base)
        index = index_of(block.technique)
        rows[columns.INSTRUMENT_TIME.name] = time + (block.start + zero)
        rows[columns.TECHNIQUE_INDEX.name] = np.full(n, index, dtype=np.int64)
        fixed = range_of(block.technique)  # rows may come when the next has begun
        code = block.current_range if fixed == UNKNOWN_RANGE else fixed
        known = {
            columns.CURRENT_RANGE.name: np.full(n, code, dtype=np.int64),
            columns.INSTRUMENT_LOOP.name: np.full(n, block.loop, dtype=np.int64),
            columns.OVERLOAD.name: np.full(n, block.overload, dtype=np.int64),
            **self._words(values, layout, table.name),
        }
        for column in further_columns(self.board, self.xctr)[stream]:
            if column.name not in rows:
                rows[column.name] = known.get(column.name, _unknown(column, n))
        return Batch(stream, rows)

    def _words(
        self, values: dict[str, Floats], layout: Layout, technique: str
    ) -> dict[str, Array]:
        """Return the words of rows by the column that they belong to."""
        found: dict[str, Array] = {}
        for word in layout.columns:
            column = column_of(word, technique)
            if column is columns.CURRENT_RANGE:
                found[column.name] = self._ranges(values[word])
            elif column is not None:
                found[column.name] = _typed(values[word], column)
        return found

    def _ranges(self, values: Floats) -> Array:
        """Return codes of current ranges; -1 for what is none.

        Most describe the word as a whole number, one public program as a float.
        """
        codes = values.astype(np.int64)
        if (codes > HIGHEST_RANGE).any():
            floats = self.encoding.floats(codes.astype(np.uint32))
            codes = np.where(np.isfinite(floats), floats, -1.0).astype(np.int64)
        return np.where((codes >= 0) & (codes <= HIGHEST_RANGE), codes, -1)

    def _layout(self, technique_id: int, process: int) -> tuple[TechniqueTable, Layout]:
        key = (technique_id, process)
        if key not in self._layouts:
            table = BY_ID.get(technique_id)
            if table is None:
                raise InstrumentError(
                    f"{self.place}: rows of technique {technique_id} came, which this "
                    "driver does not know; they cannot be read"
                )
            layout = table.layout(self.board, process, self.xctr)
            self._layouts[key] = (table, layout)
        return self._layouts[key]


def joined(batches: Sequence[Batch]) -> Iterator[Batch]:
    """Return the same rows in their order, neighbours of one stream together."""
    parts: list[Batch] = []
    for batch in batches:
        if parts and parts[-1].stream != batch.stream:
            yield _one(parts)
            parts = []
        parts.append(batch)
    if parts:
        yield _one(parts)


def _one(parts: Sequence[Batch]) -> Batch:
    if len(parts) == 1:
        return parts[0]
    return Batch(
        parts[0].stream,
        {
            name: np.concatenate([part.columns[name] for part in parts])
            for name in parts[0].columns
        },
    )


def _direct(
    values: dict[str, Floats], table: TechniqueTable, n: int
) -> dict[str, Array]:
    """Return voltage and current; NaN where rows of a driving technique lack it."""
    none = 0.0 if table.name == REST else math.nan
    return {
        columns.VOLTAGE.name: values["Ewe"],
        columns.CURRENT.name: values.get("I", np.full(n, none)),
    }


def _spectrum(values: dict[str, Floats], dialect: Dialect) -> dict[str, Array]:
    """Z = |E|/|I| · exp(jφ); φ is the phase of Z, negative when capacitive.

    The same of the counter electrode; NaN where nothing of it was measured.
    """
    peak = dialect.peak_factor
    real, imaginary = _impedance(values, "we", dialect)
    counter_real, counter_imaginary = _impedance(values, "ce", dialect)
    return {
        columns.FREQUENCY.name: values["freq"],
        columns.REAL_IMPEDANCE.name: real,
        columns.IMAGINARY_IMPEDANCE.name: imaginary,
        columns.VOLTAGE.name: values["Ewe"],
        columns.CURRENT.name: values["I"],
        "voltage_amplitude_volt": peak * values["abs_Ewe"],
        "current_amplitude_ampere": peak * values["abs_I"],
        columns.COUNTER_VOLTAGE.name: values["Ece"],
        columns.COUNTER_VOLTAGE_AMPLITUDE.name: peak * values["abs_Ece"],
        columns.COUNTER_CURRENT_AMPLITUDE.name: peak * values["abs_Ice"],
        columns.COUNTER_REAL_IMPEDANCE.name: counter_real,
        columns.COUNTER_IMAGINARY_IMPEDANCE.name: counter_imaginary,
    }


def _impedance(
    values: dict[str, Floats], electrode: str, dialect: Dialect
) -> tuple[Floats, Floats]:
    """Return real and imaginary part for ``we`` or ``ce``."""
    voltage, current, phase = _SINES[electrode]
    drawn = values[current]
    flows = drawn != 0.0
    size = np.where(flows, values[voltage] / np.where(flows, drawn, 1.0), math.nan)
    angle = dialect.phase_sign * values[phase]
    return size * np.cos(angle), size * np.sin(angle)


_SINES = {
    "we": ("abs_Ewe", "abs_I", "phase"),
    "ce": ("abs_Ece", "abs_Ice", "phase_ce"),
}


def _typed(values: Floats, column: Column) -> Array:
    return values.astype(np.int64) if column.dtype == "i8" else values


def _unknown(column: Column, n: int) -> Array:
    if column.dtype == "i8":
        return np.full(n, -1, dtype=np.int64)
    return np.full(n, math.nan)
