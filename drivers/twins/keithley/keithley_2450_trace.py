"""The reading buffers of a 2450, by name, with their elements and statistics.

2450 reference manual, TRACe subsystem: ``defbuffer1`` and ``defbuffer2`` are always
there, others are made and deleted. A sweep's readings stand in a buffer from the time
on at which they are taken.
"""

import abc
import statistics
import typing
from dataclasses import dataclass, field

from drivers.twins.scpi.commands import command, query
from drivers.twins.scpi.engine import ScpiTwin
from drivers.twins.scpi.faults import ScpiError
from drivers.twins.scpi.parameters import (
    NOT_A_NUMBER,
    Choice,
    Number,
    bounded,
    string,
    word,
)

DEFAULT_BUFFERS = ("defbuffer1", "defbuffer2")
DEFAULT_SIZE, LARGEST_SIZE = 100_000, 6_875_000
ELEMENT = Choice(
    "DATE|FORMatted|FRACtional|READing|RELative|SEConds|SOURce|SOURFORMatted|"
    "SOURSTATus|SOURUNIT|STATus|TIME|TSTamp|UNIT"
)
MOST_ELEMENTS = 14
_ELEMENTS = (ELEMENT,) * MOST_ELEMENTS
_POINT = Number(1, LARGEST_SIZE, whole=True)
_SIZE = Number(10, LARGEST_SIZE, DEFAULT_SIZE, whole=True)
LIMITED = 8
"""Bit of a source status: the level was limited."""


@dataclass(frozen=True, slots=True)
class Row:
    """One reading."""

    time: float
    """s of the instrument's clock."""
    reading: float
    """In `unit`."""
    source: float
    """V or A, measured or programmed."""
    unit: str
    source_unit: str
    limited: bool

    def element(self, name: str, epoch: float) -> str:
        """Return one element as it is sent; ScpiError: it is not simulated."""
        write = _ELEMENT_TEXTS.get(name)
        if write is None:
            raise ScpiError(-224, f"{name} is not simulated")
        return write(self, epoch)


_ELEMENT_TEXTS: dict[str, typing.Callable[[Row, float], str]] = {
    "READ": lambda row, _: _text(row.reading),
    "SOUR": lambda row, _: _text(row.source),
    "REL": lambda row, epoch: f"{row.time - epoch:.6f}",
    "SEC": lambda row, _: f"{int(row.time)}",
    "FRAC": lambda row, _: f"{row.time % 1.0:.9f}",
    "STAT": lambda *_: "0",
    "SOURSTAT": lambda row, _: str(LIMITED if row.limited else 0),
    "UNIT": lambda row, _: row.unit,
    "SOURUNIT": lambda row, _: row.source_unit,
}
"""How each element is written; the time counts from the epoch."""


@dataclass(slots=True)
class Buffer:
    """One buffer; when it is full it goes on at its start."""

    size: int
    rows: list[Row] = field(default_factory=list)
    began: float = 0.0
    """s of the instrument's clock: when its first reading was stored. Relative times
    count from there (reference manual, "bufferVar.relativetimestamps")."""

    def store(self, row: Row) -> None:
        """Keep one reading."""
        if not self.rows:
            self.began = row.time
        if len(self.rows) >= self.size:
            del self.rows[0]
        self.rows.append(row)

    def seen(self, time: float) -> list[Row]:
        """Return what is there at ``time``."""
        if not self.rows or self.rows[-1].time <= time:
            return self.rows
        return [row for row in self.rows if row.time <= time]


class Buffers(ScpiTwin, abc.ABC):
    """TRACe, READ and FETCh of a 2450."""

    count: int
    buffers: dict[str, Buffer]

    @abc.abstractmethod
    def take(self) -> Row:
        """Take one reading."""

    def make_buffers(self) -> None:
        """Put back the buffers that are always there, empty."""
        self.buffers = {name: Buffer(DEFAULT_SIZE) for name in DEFAULT_BUFFERS}

    def buffer(self, name: str = "") -> Buffer:
        """Return a buffer. ScpiError: there is none of that name."""
        found = self.buffers.get(name or DEFAULT_BUFFERS[0])
        if found is None:
            raise ScpiError(-224, f"there is no buffer {name}")
        return found

    def fill(self, name: str) -> Buffer:
        """Take ``count`` readings into a buffer."""
        buffer = self.buffer(name)
        for _ in range(self.count):
            buffer.store(self.take())
        return buffer

    def _last(self, buffer: Buffer, elements: tuple[str, ...]) -> str:
        rows = buffer.seen(self.time)
        if not rows:
            raise ScpiError(-230, "the buffer is empty")
        return self._shown(buffer, rows[-1:], elements)

    def _shown(self, buffer: Buffer, rows: list[Row], elements: tuple[str, ...]) -> str:
        wanted, began = elements or ("READ",), buffer.began
        return ",".join(row.element(name, began) for row in rows for name in wanted)

    @query(":READ?", string, *_ELEMENTS, optional=MOST_ELEMENTS + 1)
    def _read(self, name: str = "", *elements: str) -> str:
        return self._last(self.fill(name), elements)

    @query(":FETCh?", string, *_ELEMENTS, optional=MOST_ELEMENTS + 1)
    def _fetch(self, name: str = "", *elements: str) -> str:
        return self._last(self.buffer(name), elements)

    @command(":TRACe:MAKE", string, _SIZE, word, optional=1)
    def _make(self, name: str, size: int, style: str = "STAN") -> None:
        if name in self.buffers or not name.isidentifier():
            raise ScpiError(-224, f"no buffer can be called {name!r} now")
        if style and Choice("STANdard|COMPact|FULL")(style) == "COMP":
            raise ScpiError(-224, "compact buffers are not simulated")
        self.buffers[name] = Buffer(size)

    @command(":TRACe:DELete", string)
    def _delete(self, name: str) -> None:
        if name in DEFAULT_BUFFERS:
            raise ScpiError(-224, f"{name} stays")
        self.buffer(name)
        del self.buffers[name]

    @command(":TRACe:CLEar", string, optional=1)
    def _clear_buffer(self, name: str = "") -> None:
        self.buffer(name).rows = []

    @command(":TRACe:POINts", _SIZE, string, optional=1)
    def _set_size(self, points: int, name: str = "") -> None:
        buffer = self.buffer(name)
        buffer.size, buffer.rows = points, []

    @query(":TRACe:POINts?", string, optional=1)
    def _size(self, name: str = "") -> str:
        return str(self.buffer(name).size)

    @query(":TRACe:ACTual?", string, optional=1)
    def _actual(self, name: str = "") -> str:
        return str(len(self.buffer(name).seen(self.time)))

    @command(":TRACe:TRIGger", string, optional=1)
    def _trigger_buffer(self, name: str = "") -> None:
        self.fill(name)

    @query(
        ":TRACe:DATA?", _POINT, _POINT, string, *_ELEMENTS, optional=MOST_ELEMENTS + 1
    )
    def _data(self, first: int, last: int, name: str = "", *elements: str) -> str:
        rows = self.buffer(name).seen(self.time)
        if not first <= last <= len(rows):
            raise ScpiError(-222, f"{first} to {last} of {len(rows)} readings")
        return self._shown(self.buffer(name), rows[first - 1 : last], elements)

    # Statistics.

    def _readings(self, name: str) -> list[float]:
        return [row.reading for row in self.buffer(name).seen(self.time)]

    @query(":TRACe:STATistics:AVERage?", string, optional=1)
    def _mean(self, name: str = "") -> str:
        return _of(statistics.fmean, self._readings(name), 1)

    @query(":TRACe:STATistics:MAXimum?", string, optional=1)
    def _maximum(self, name: str = "") -> str:
        return _of(max, self._readings(name), 1)

    @query(":TRACe:STATistics:MINimum?", string, optional=1)
    def _minimum(self, name: str = "") -> str:
        return _of(min, self._readings(name), 1)

    @query(":TRACe:STATistics:STDDev?", string, optional=1)
    def _deviation(self, name: str = "") -> str:
        return _of(statistics.stdev, self._readings(name), 2)


def _of(
    work: typing.Callable[[list[float]], float], values: list[float], least: int
) -> str:
    """Return a statistic; not a number where there are too few readings."""
    return _text(work(values) if len(values) >= least else NOT_A_NUMBER)


def _text(value: float) -> str:
    return f"{bounded(value):.6E}"
