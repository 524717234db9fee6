"""The two forms of ``.wrd`` files, as the program writes them: heads and rows.

1.x: two object streams, the second with a list of columns; rows with the label of the
current range inside. Smart Interface 2.13: one stream around a deflated one; rows of
128 bytes that nothing in the file describes.
"""

import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from drivers.twins.wonatech.object_stream import Member, ObjectStream, auto
from drivers.twins.wonatech.written_schedule import TICK, Line, write

RECORDING = -1
"""DataCount and EndTime until the test is over."""
LOCAL = 2 << 62
"""What marks a date as that of the PC's clock."""
HEAD_2 = 8192
"""Bytes that a 2.13 head is given, so that its end can be written into it."""
RUNNING = 5
"""RUN STATUS."""
_COLUMNS = (
    ("DATE TIME", "System.Int64"),
    ("CHANNEL", "System.Int32"),
    *((f"{one} TIME", "System.Int64") for one in ("TEST", "STEP", "CYCLE")),
    ("STEP INDEX", "System.Int32"),
    ("TOTAL STEP", "System.Int32"),
    ("CYCLE INDEX", "System.Int32"),
    ("RUN STATUS", "System.Byte"),
    ("RUNNING STATUS", "System.Byte"),
    ("CELL STATUS", "System.Byte"),
    ("I RANGE INDEX", "System.Int32"),
    ("I RANGE", "System.String"),
    *(
        (one, "System.Double")
        for one in (
            *("VOLTAGE", "CURRENT", "CHARGE Q", "DISCHARGE Q", "CHARGE E"),
            *("DISCHARGE E", "AUX. VOLTAGE", "TEMPERATURE", "OCP"),
        )
    ),
)


@dataclass(frozen=True, slots=True)
class TwinRow:
    """What the cycler knows when it writes a row; s, V, A, A·h, W·h."""

    test_time: float
    step_time: float
    cycle_time: float
    step: int
    """Line of the schedule, from 0."""
    executed: int
    """Steps so far, from 1."""
    cycle: int
    """From 0."""
    cell: int
    """CELL STATUS: 1 rest, 3 charge, 4 discharge."""
    control: int
    """CONTROL STATUS: 0 rest, 1 constant current, 2 constant voltage."""
    range_index: int
    range_label: str
    voltage: float
    current: float
    charged: float
    discharged: float
    energy_in: float
    energy_out: float
    ocp: float


@dataclass(frozen=True, slots=True)
class Test:
    """What the head says; ``started`` in ticks of the PC's clock since the year 1."""

    started: int
    channel: int
    lines: tuple[Line, ...]
    serial: str = "W5K-BCSA0-0000077"
    name: str = "cell"


@dataclass(frozen=True, slots=True)
class Form:
    """One of the two."""

    head: Callable[[Test, int, int], bytes]
    """Of a test, with DataCount and EndTime (ticks); always as long."""
    row: Callable[[Test, TwinRow], bytes]


def _head_1(test: Test, count: int, end: int) -> bytes:
    first = ObjectStream()
    schedule = (auto("SeqDataSet"), "record", write(first, test.lines))
    members = [*_instrument(first, test, "1.3.0.0", "1.8.9.0"), schedule]
    first.object("WbcsFile.Data.DataFileHeader", members, number=1)
    second = ObjectStream()

    def column(name: str, kind: str) -> Callable[[], None]:
        def holder() -> None:
            members: list[Member] = [("Data", "text", kind)]
            second.object("System.UnitySerializationHolder", members)

        return lambda: second.object(
            "WbcsFile.Data.UnitDataInfor",
            [
                (auto("Name"), "text", name),
                (auto("Unit"), "text", ""),
                (auto("DataType"), "record", holder),
            ],
        )

    columns = [column(*each) for each in _COLUMNS]
    second.object(
        "WbcsFile.Data.DataHeader",
        [
            (auto("DataCount"), "i8", count),
            (auto("EndTime"), "i8", end),
            (auto("ColumnList"), "record", lambda: second.list(columns)),
        ],
        number=1,
    )
    return first.end() + second.end()


def _head_2(test: Test, count: int, end: int) -> bytes:
    inner = ObjectStream()
    inner.object(
        "WbcsFile.Data.DataHeaderValues",
        [
            *_instrument(inner, test, "1.6.0.0", "2.1.3.1"),
            (auto("DataCount"), "i4", count),
            (auto("EndTime"), "date", 0 if end == RECORDING else LOCAL + end),
            ("_seqDataSet", "record", write(inner, test.lines)),
        ],
        number=1,
    )
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(inner.end()) + packer.flush()
    outer = ObjectStream()
    outer.object(
        "WbcsFile.Data.DataHeaderBase",
        [
            ("Version", "text", "1.6.0.0"),
            ("HeaderSize", "i4", HEAD_2),
            ("HeaderData", "record", lambda: outer.byte_array(packed)),
        ],
        number=1,
    )
    data = outer.end()
    if len(data) > HEAD_2:
        raise ValueError(f"a head of {len(data)} bytes does not fit into {HEAD_2}")
    return data + bytes(HEAD_2 - len(data))


def _instrument(
    stream: ObjectStream, test: Test, version: str, program: str
) -> list[Member]:
    def report() -> None:
        names = ("CellWeight", "ElectrodeArea", "CellCapacity")
        typed: Sequence[Member] = [(auto(name), "f8", 1.0) for name in names]
        stream.object("WbcsFile.Data.TestReport", typed)

    return [
        (auto("UnitCoulomb"), "bool", False),
        (auto("Version"), "text", version),
        (auto("Model"), "text", "WBCS3000S1"),
        (auto("SerialNo"), "text", test.serial),
        (auto("AppVer"), "text", program),
        (auto("BaseTick"), "u4", 50_000),
        (auto("FileName"), "text", test.name),
        (auto("StartTime"), "date", LOCAL + test.started),
        (auto("StartReport"), "record", report),
    ]


def _row_1(test: Test, row: TwinRow) -> bytes:
    label = row.range_label.encode()
    date = test.started + _ticks(row.test_time)
    return b"".join(
        (
            struct.pack("<qi", date, test.channel),
            _times(row),
            bytes((RUNNING, row.executed % 256, row.cell)),
            struct.pack("<i", row.range_index),
            bytes([len(label)]) + label,
            _readings(row),
        )
    )


def _row_2(test: Test, row: TwinRow) -> bytes:
    return b"".join(
        (
            struct.pack("<i", test.channel),
            _times(row),
            bytes((RUNNING, row.executed % 256, row.cell, row.control)),
            _readings(row),
            bytes(12),
        )
    )


def _times(row: TwinRow) -> bytes:
    times = (row.test_time, row.step_time, row.cycle_time)
    counters = (row.step, row.executed, row.cycle)
    return struct.pack("<qqqiii", *map(_ticks, times), *counters)


def _readings(row: TwinRow) -> bytes:
    return struct.pack(
        "<9d",
        *(row.voltage, row.current, row.charged, row.discharged),
        *(row.energy_in, row.energy_out, 0.0, 0.0, row.ocp),
    )


def _ticks(seconds: float) -> int:
    return round(seconds * TICK)


FORMS = {"1.3": Form(_head_1, _row_1), "2.13": Form(_head_2, _row_2)}
