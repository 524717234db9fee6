"""Write ``.wrd`` files byte by byte, from what is known of the format, for tests.

Nothing here is the reader's: record numbers, offsets and sizes are written out again,
so that a slip on one side shows.
"""

import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

TICK = 10_000_000
STARTED = 638_409_060_000_000_000
"""2024-01-15 09:00:00 in ticks since the year 1."""
LIBRARY = "WbcsFile, Version=1.0.3.0, Culture=neutral, PublicKeyToken=null"

COLUMNS = (
    *(("DATE TIME", "Int64"), ("CHANNEL", "Int32"), ("TEST TIME", "Int64")),
    *(("STEP TIME", "Int64"), ("CYCLE TIME", "Int64"), ("STEP INDEX", "Int32")),
    *(("TOTAL STEP", "Int32"), ("CYCLE INDEX", "Int32"), ("RUN STATUS", "Byte")),
    *(("RUNNING STATUS", "Byte"), ("CELL STATUS", "Byte")),
    *(("I RANGE INDEX", "Int32"), ("I RANGE", "String"), ("VOLTAGE", "Double")),
    *(("CURRENT", "Double"), ("CHARGE Q", "Double"), ("DISCHARGE Q", "Double")),
    *(("CHARGE E", "Double"), ("DISCHARGE E", "Double"), ("AUX. VOLTAGE", "Double")),
    *(("TEMPERATURE", "Double"), ("OCP", "Double")),
)


@dataclass(frozen=True)
class Row:
    """One row, in the units of the file."""

    second: float
    state: int
    voltage: float
    current: float
    charge: float = 0.0
    discharge: float = 0.0
    step: int = 0
    execution: int = 1
    cycle: int = 0
    range_: str = "1mA"
    temperature: float = 0.0
    channel: int = 11
    charge_energy: float = 0.0
    discharge_energy: float = 0.0
    control: int = 1


def packed(row: Row) -> bytes:
    """Return a row as version 1.x packs it: 128 bytes and the range's letters."""
    time = round(row.second * TICK)
    label = row.range_.encode()
    return (
        struct.pack("<qiqqq", STARTED + time, row.channel, time, time, time)
        + struct.pack("<iii", row.step, row.execution, row.cycle)
        + bytes((5, 77, row.state))
        + struct.pack("<i", 2)
        + bytes([len(label)])
        + label
        + _doubles(row)
    )


def packed_213(row: Row) -> bytes:
    """Return a row as Smart Interface 2.13 packs it: always 128 bytes."""
    time = round(row.second * TICK)
    return (
        struct.pack("<iqqq", row.channel, time, time, time)
        + struct.pack("<iii", row.step, row.execution, row.cycle)
        + bytes((5, 3, row.state, row.control))
        + _doubles(row)
        + bytes(range(12))
    )


def _doubles(row: Row) -> bytes:
    return struct.pack(
        "<9d",
        *(row.voltage, row.current, row.charge, row.discharge),
        *(row.charge_energy, row.discharge_energy, 0.0, row.temperature, 3.0),
    )


class Stream:
    """A BinaryFormatter stream that is being written."""

    def __init__(self) -> None:
        self.data = bytearray(struct.pack("<Biiii", 0, 1, -1, 1, 0))
        self.data += b"\x0c" + struct.pack("<i", 2) + _text(LIBRARY)
        self.next = 1

    def number(self) -> int:
        """Return a number for the next object."""
        self.next += 1
        return self.next + 1

    def object(
        self, name: str, members: Sequence[tuple[str, str, object]], number: int = 0
    ) -> None:
        """Write an object; members are (name, kind, value or a writer of a record)."""
        number = number or self.number()
        self.data += b"\x05" + struct.pack("<i", number) + _text(name)
        self.data += struct.pack("<i", len(members))
        for title, _, _ in members:
            self.data += _text(title)
        self.data += bytes(0 if kind in PRIMITIVES else 2 for _, kind, _ in members)
        self.data += bytes(PRIMITIVES[k][0] for _, k, _ in members if k in PRIMITIVES)
        self.data += struct.pack("<i", 2)
        for _, kind, value in members:
            if kind in PRIMITIVES:
                self.data += struct.pack(PRIMITIVES[kind][1], value)
            elif kind == "text":
                assert isinstance(value, str)
                self.data += b"\x06" + struct.pack("<i", self.number()) + _text(value)
            else:
                assert callable(value)
                value()

    def list(self, writers: Sequence[Callable[[], None]], spare: int = 3) -> None:
        """Write a ``List`` whose array has more room than it has items."""

        def items() -> None:
            self.data += b"\x10" + struct.pack(
                "<ii", self.number(), len(writers) + spare
            )
            for each in writers:
                each()
            self.data += b"\x0d" + bytes([spare])

        self.object(
            "System.Collections.Generic.List`1[[Any]]",
            [
                ("_items", "record", items),
                ("_size", "i4", len(writers)),
                ("_version", "i4", 9),
            ],
        )

    def end(self) -> bytes:
        """Return the stream."""
        return bytes(self.data) + b"\x0b"


PRIMITIVES = {
    "bool": (1, "<?"),
    "f8": (6, "<d"),
    "i4": (8, "<i"),
    "i8": (9, "<q"),
    "date": (13, "<Q"),
    "u4": (15, "<I"),
}


def _text(text: str) -> bytes:
    data = text.encode()
    size, head = len(data), bytearray()
    while size > 127:
        head.append(128 | size & 127)
        size >>= 7
    return bytes(head) + bytes([size]) + data


def _field(name: str) -> str:
    return f"<{name}>k__BackingField"


@dataclass(frozen=True)
class Step:
    """A step of the schedule."""

    name: str
    control: int
    values: tuple[float, float, float] = (0.0, 0.0, 0.0)
    cut: tuple[int, int, float, float] = (0, 0, 0.0, 60.0)
    """Kind, condition, value, seconds."""
    back: str = "Next Step"
    loops: int = 1


STEPS = (
    Step("1STEP", 7, cut=(0, 0, 0.0, 7200.0)),
    Step("2STEP", 13, (5e-4, 3.63, 2.5e-4), (15, 1, 0.0, 0.0)),
    Step("END", 0, (-5e-4, 0.0, 0.0), (1, 1, 1.88, 0.0), back="1STEP", loops=9),
)


def _instrument(
    stream: Stream, coulomb: bool | None, dated: bool
) -> list[tuple[str, str, object]]:
    def enum() -> None:
        stream.object("WbcsFile.Data.DataFile+eFormat", [("value__", "i4", 0)])

    def report() -> None:
        weights = (("CellWeight", 0.0316), ("ElectrodeArea", 1.0), ("CellCapacity", 0))
        stream.object(
            "WbcsFile.Data.TestReport", [(_field(n), "f8", v) for n, v in weights]
        )

    date = (2 << 62) + STARTED if dated else 0
    unit = [] if coulomb is None else [(_field("UnitCoulomb"), "bool", coulomb)]
    return [
        *unit,
        (_field("Version"), "text", "1.3.0.0"),
        (_field("Model"), "text", "WBCS3000S1"),
        (_field("SerialNo"), "text", "W5K-BCSA0-0000001"),
        (_field("AppVer"), "text", "1.8.9.0"),
        (_field("BaseTick"), "u4", 50_000),
        (_field("StartTime"), "date", date),
        (_field("Format"), "record", enum),
        (_field("StartReport"), "record", report),
    ]


def _schedule(stream: Stream, steps: Sequence[Step]) -> Callable[[], None]:
    def cut(values: tuple[int, int, float, float]) -> Callable[[], None]:
        kind, condition, value, seconds = values
        return lambda: stream.object(
            "WbcsFile.Sch.CutOff",
            [
                (_field("Type"), "record", lambda: enum(kind)),
                (_field("Condition"), "i4", condition),
                (_field("Value"), "f8", value),
                (_field("TimeValue"), "i8", round(seconds * TICK)),
            ],
        )

    def enum(value: int) -> None:
        stream.object("WbcsFile.Sequence.eAny", [("value__", "i4", value)])

    def conditions(step: Step) -> None:
        stream.object(
            "WbcsFile.Sch.CutOffConds",
            [
                (_field("TurnStep"), "text", step.back),
                (_field("And2"), "bool", False),
                (_field("CutOff1"), "record", cut(step.cut)),
                (_field("CutOff2"), "record", cut((0, 0, 0.0, 30.0))),
            ],
        )

    def control(step: Step) -> None:
        def loop() -> None:
            stream.object("WbcsFile.Sch.Loop", [(_field("Count"), "i4", step.loops)])

        stream.object(
            "WbcsFile.Sch.Control",
            [
                (_field("Type"), "record", lambda: enum(step.control)),
                (_field("Value"), "f8", step.values[0]),
                (_field("Value2"), "f8", step.values[1]),
                (_field("Value3"), "f8", step.values[2]),
                (_field("Loop"), "record", loop),
            ],
        )

    def sampling() -> None:
        stream.object(
            "WbcsFile.Sch.SampCond",
            [
                (_field("Enable"), "bool", True),
                (_field("Type"), "i4", 0),
                (_field("TimeValue"), "i8", 10 * TICK),
            ],
        )

    def one(step: Step) -> None:
        stream.object(
            "WbcsFile.Sch.SchStep",
            [
                (_field("Name"), "text", step.name),
                (_field("Control"), "record", lambda: control(step)),
                (
                    _field("CutOffCondsList"),
                    "record",
                    lambda: stream.list([lambda: conditions(step)]),
                ),
                (_field("SampCondList"), "record", lambda: stream.list([sampling])),
            ],
        )

    def sequence() -> None:
        def data() -> None:
            stream.object(
                "WbcsFile.Sch.SchData",
                [
                    (
                        _field("SchStepList"),
                        "record",
                        lambda: stream.list([lambda s=s: one(s) for s in steps]),  # type: ignore[misc]
                    )
                ],
            )

        stream.object("WbcsFile.Sch.SeqData", [(_field("SchData"), "record", data)])

    return lambda: stream.object(
        "WbcsFile.Sch.SeqDataSet",
        [(_field("SeqDataList"), "record", lambda: stream.list([sequence]))],
    )


def head(
    *,
    coulomb: bool | None = False,
    count: int = -1,
    columns: Sequence[tuple[str, str]] = COLUMNS,
    units: dict[str, str] | None = None,
    steps: Sequence[Step] = STEPS,
    dated: bool = True,
) -> bytes:
    """Return both streams of a version 1.x file."""
    first = Stream()
    members = _instrument(first, coulomb, dated)
    if steps:
        members.append((_field("SeqDataSet"), "record", _schedule(first, steps)))
    first.object("WbcsFile.Data.DataFileHeader", members, number=1)

    second = Stream()

    def column(name: str, kind: str) -> Callable[[], None]:
        def holder() -> None:
            second.object(
                "System.UnitySerializationHolder", [("Data", "text", f"System.{kind}")]
            )

        return lambda: second.object(
            "WbcsFile.Data.UnitDataInfor",
            [
                (_field("Name"), "text", name),
                (_field("Unit"), "text", (units or {}).get(name, "")),
                (_field("DataType"), "record", holder),
            ],
        )

    second.object(
        "WbcsFile.Data.DataHeader",
        [
            (_field("DataCount"), "i8", count),
            (_field("EndTime"), "i8", -1),
            (
                _field("ColumnList"),
                "record",
                lambda: second.list([column(*each) for each in columns]),
            ),
        ],
        number=1,
    )
    return first.end() + second.end()


def wrd(rows: Sequence[Row], **told: object) -> bytes:
    """Return a version 1.x file."""
    return head(**told) + b"".join(packed(row) for row in rows)  # type: ignore[arg-type]


def deflated(data: bytes) -> bytes:
    """Return bytes as .NET's DeflateStream leaves them: without any frame."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def wrd_213(
    rows: Sequence[Row], *, coulomb: bool = False, gap: int = 1997, values: bytes = b""
) -> bytes:
    """Return a Smart Interface 2.13 file; ``values``: what the envelope holds."""
    inner = Stream()
    members = _instrument(inner, coulomb, dated=True)
    members.append((_field("DataCount"), "i4", len(rows)))
    members.append(("_seqDataSet", "record", _schedule(inner, STEPS)))
    inner.object("WbcsFile.Data.DataHeaderValues", members, number=1)
    blob = values or deflated(inner.end())

    def envelope(begin: int) -> bytes:
        outer = Stream()

        def data() -> None:
            outer.data += b"\x0f" + struct.pack("<iiB", outer.number(), len(blob), 2)
            outer.data += blob

        outer.object(
            "WbcsFile.Data.DataHeaderBase",
            [
                ("Version", "text", "1.6.0.0"),
                ("HeaderSize", "i4", begin),
                ("HeaderData", "record", data),
            ],
            number=1,
        )
        return outer.end()

    begin = len(envelope(0)) + gap
    body = b"".join(packed_213(row) for row in rows)
    return envelope(begin) + b"\xee" * gap + body
