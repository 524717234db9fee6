"""Reading buffers of a TSP source meter, as tables that a program can ask.

Series 2600B reference manual, "Reading buffers": ``nvbuffer1`` and ``nvbuffer2`` of
each channel and what ``makebuffer`` returns. Time stamps and source values are kept
only where that was asked for before the first reading.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from drivers.twins.scpi.tsp_tables import RUNTIME_ERROR, Table, TspError, within

NAMES = ("nvbuffer1", "nvbuffer2")
CAPACITY = 60_000
"""Readings with time stamps and source values (data sheet)."""
FILL_ONCE, FILL_WINDOW = 0, 1
COLUMNS = {
    "readings": "value",
    "timestamps": "time",
    "sourcevalues": "source",
    "statuses": "status",
    "measureranges": "measure_range",
    "sourceranges": "source_range",
    "measurefunctions": "measured",
    "sourcefunctions": "sourced",
    "sourceoutputstates": "output",
}
OPTIONAL = {"timestamps": "collecttimestamps", "sourcevalues": "collectsourcevalues"}


@dataclass(frozen=True, slots=True)
class Reading:
    """One entry of a buffer."""

    value: float
    """V, A, Ω or W."""
    time: float
    """s of the instrument's clock."""
    source: float
    """V or A that was programmed."""
    status: int
    measure_range: float
    source_range: float
    measured: str
    """``Amps``, ``Volts``, ``Ohms``, ``Watts``."""
    sourced: str
    output: str


class Column:
    """One column of a buffer: ``smua.nvbuffer1.timestamps``."""

    def __init__(self, buffer: "ReadingBuffer", name: str) -> None:
        self.buffer, self.name = buffer, name

    def values(self) -> list[Any]:
        """Return what was kept, oldest first. TspError: it was not asked for."""
        buffer = self.buffer
        wanted = OPTIONAL.get(self.name)
        if wanted and not buffer.settings[wanted]:
            raise TspError(RUNTIME_ERROR, f"{self.name}: {wanted} was off")
        field = COLUMNS[self.name]
        if field == "time":
            start = buffer.kept[0].time if buffer.kept else 0.0
            return [entry.time - start for entry in buffer.kept]
        return [getattr(entry, field) for entry in buffer.kept]

    def entry(self, index: int) -> Any:
        """Return the value at ``index`` from 1; None beyond."""
        values = self.values()
        return values[index - 1] if 1 <= index <= len(values) else None


class ReadingBuffer:
    """One buffer; without append mode each measurement begins it anew."""

    def __init__(self, path: str, capacity: int = CAPACITY) -> None:
        self.kept: list[Reading] = []
        self.capacity = capacity
        self.next = 1
        self.settings: dict[str, float] = {
            "appendmode": 0,
            "cachemode": 1,
            "collecttimestamps": 0,
            "collectsourcevalues": 0,
            "fillcount": 0,
            "fillmode": FILL_ONCE,
            "timestampresolution": 1e-6,
        }
        self.table = Table(path, "reading_buffer", owner=self)
        self._declare()

    def _declare(self) -> None:
        table = self.table
        for name in self.settings:
            table.attribute(name, self._getter(name), self._setter(name))
        table.attribute("n", lambda: len(self.kept))
        table.attribute("next", lambda: self.next)
        table.attribute("capacity", lambda: self.capacity)
        table.attribute(
            "basetimestamp", lambda: self.kept[0].time if self.kept else 0.0
        )
        table.object("clear", lambda *_: self.clear())
        table.object("clearcache", lambda *_: None)
        readings = Column(self, "readings")
        table.item = readings.entry
        for name in COLUMNS:
            column = Column(self, name)
            below = table.table(name, "synchronous_table")
            below.owner, below.item = column, column.entry
            below.object("getreading", lambda k=0, *_, c=column: c.entry(int(k)))

    def _getter(self, name: str) -> Callable[[], float]:
        return lambda: self.settings[name]

    def _setter(self, name: str) -> Callable[[Any], None]:
        high = {"fillcount": self.capacity, "timestampresolution": 1e3}.get(name, 1)

        def put(value: Any) -> None:
            kept = within(value, 0.0, float(high), name)
            fixed = {"collecttimestamps", "collectsourcevalues", "timestampresolution"}
            if self.kept and name in fixed and kept != self.settings[name]:
                raise TspError(RUNTIME_ERROR, f"{name}: the buffer is not empty")
            self.settings[name] = kept

        return put

    def values(self) -> list[Any]:
        """Return the readings: a buffer without a column's name means them."""
        return Column(self, "readings").values()

    def begin(self) -> None:
        """Make room for a measurement."""
        if not self.settings["appendmode"]:
            self.clear()

    def store(self, reading: Reading) -> None:
        """Keep one reading; a full buffer discards it, or begins anew at its start."""
        window = self.settings["fillmode"] == FILL_WINDOW
        room = int(self.settings["fillcount"]) if window else 0
        room = room or self.capacity
        if len(self.kept) < room:
            self.kept.append(reading)
        elif window:
            self.kept[self.next - 1] = reading
        else:
            return
        self.next = self.next % room + 1 if window else len(self.kept) + 1

    def clear(self) -> None:
        """Forget all readings; settings stay."""
        self.kept.clear()
        self.next = 1
