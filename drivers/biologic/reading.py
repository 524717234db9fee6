"""From fetched words to batches of the streams ``timeseries`` and ``eis``."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from drivers.biologic.eclib import abi
from drivers.biologic.eclib.codec import FloatDecoder, Floats, Words, decode_rows, ticks
from drivers.biologic.eclib.tables import Layout
from drivers.biologic.techniques import BY_ID
from labctl import columns
from labctl.data import Array, Batch
from labctl.errors import InstrumentError

IMPEDANCE_PROCESS = 1


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
        )


class Reader:
    """Decodes the rows of one channel."""

    def __init__(
        self, place: str, board: int, floats: FloatDecoder, xctr: int = 0
    ) -> None:
        self._place, self._board = place, board
        self._floats, self._xctr = floats, xctr
        self._layouts: dict[tuple[int, int], Layout] = {}

    def batches(
        self, fetched: Sequence[Fetched], index_of: Callable[[int], int], zero: float
    ) -> Iterator[Batch]:
        """Return the rows in their order, neighbours of one stream together.

        ``zero`` is added to the instrument's time, s.
        """
        stream = ""
        parts: list[dict[str, Array]] = []
        for block in fetched:
            if not len(block.words):
                continue
            name, rows = self._rows(block, index_of(block.technique), zero)
            if name != stream and parts:
                yield _joined(stream, parts)
                parts = []
            stream = name
            parts.append(rows)
        if parts:
            yield _joined(stream, parts)

    def _rows(
        self, block: Fetched, index: int, zero: float
    ) -> tuple[str, dict[str, Array]]:
        layout = self._layout(block.technique_id, block.process)
        values = decode_rows(block.words, layout, self._floats)
        start = block.start + zero
        numbers = np.full(len(block.words), index, dtype=np.int64)
        if block.process == IMPEDANCE_PROCESS:
            return columns.EIS.name, _spectrum(values, start, numbers)
        time = ticks(block.words[:, 0], block.words[:, 1]) * float(block.time_base)
        current = values.get("I")
        return columns.TIMESERIES.name, {
            columns.INSTRUMENT_TIME.name: time + start,
            columns.VOLTAGE.name: values["Ewe"],
            columns.CURRENT.name: np.zeros(len(time)) if current is None else current,
            columns.TECHNIQUE_INDEX.name: numbers,
        }

    def _layout(self, technique_id: int, process: int) -> Layout:
        key = (technique_id, process)
        if key not in self._layouts:
            table = BY_ID.get(technique_id)
            if table is None:
                raise InstrumentError(
                    f"{self._place}: rows of technique {technique_id} came, which this "
                    "driver does not know; they cannot be read"
                )
            self._layouts[key] = table.layout(self._board, process, self._xctr)
        return self._layouts[key]


def _spectrum(
    values: dict[str, Floats], start: float, numbers: Array
) -> dict[str, Array]:
    """Z = |Ewe|/|I| · exp(jφ); φ is the phase of Z, negative when capacitive."""
    size = values["abs_Ewe"] / values["abs_I"]
    phase = values["phase"]
    return {
        columns.INSTRUMENT_TIME.name: values["t"] + start,
        columns.FREQUENCY.name: values["freq"],
        columns.REAL_IMPEDANCE.name: size * np.cos(phase),
        columns.IMAGINARY_IMPEDANCE.name: size * np.sin(phase),
        columns.VOLTAGE.name: values["Ewe"],
        columns.CURRENT.name: values["I"],
        "voltage_amplitude_volt": values["abs_Ewe"],
        "current_amplitude_ampere": values["abs_I"],
        columns.TECHNIQUE_INDEX.name: numbers,
    }


def _joined(stream: str, parts: Sequence[dict[str, Array]]) -> Batch:
    if len(parts) == 1:
        return Batch(stream, parts[0])
    return Batch(
        stream,
        {name: np.concatenate([part[name] for part in parts]) for name in parts[0]},
    )
