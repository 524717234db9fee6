"""The schedule that an operator entered, and how the program writes it down."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drivers.twins.wonatech.object_stream import ObjectStream, auto

TICK = 10_000_000
"""Ticks of 100 ns in a second."""
CC, CV, REST, CCCV = 0, 1, 7, 13
"""Control.Type."""
_CONTROLS = {"CC": CC, "CV": CV, "REST": REST, "CCCV": CCCV}
_CUTS = {"time": 0, "voltage": 1, "current": 15}


@dataclass(frozen=True, slots=True)
class Cut:
    """A cut-off: what, from which side, and where (s, V, A)."""

    what: str
    falling: bool
    value: float


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it stands in the program; positive currents charge."""

    name: str
    control: str
    current: float = 0.0
    voltage: float = 0.0
    taper: float = 0.0
    cuts: tuple[Cut, ...] = ()
    back_to: str = ""
    loops: int = 1
    every: float = 60.0
    """s between two rows."""


def lines_of(told: Sequence[Mapping[str, Any]]) -> tuple[Line, ...]:
    """Return the lines as ``simulated: {schedule: …}`` gives them."""
    return tuple(
        Line(
            str(one["name"]),
            str(one["control"]),
            float(one.get("current_ampere") or 0.0),
            float(one.get("voltage_volt") or 0.0),
            float(one.get("taper_ampere") or 0.0),
            tuple(
                Cut(str(c["what"]), bool(c["falling"]), float(c["value"]))
                for c in one.get("ends", ())
            ),
            str(one.get("to_step") or ""),
            int(one.get("loops") or 1),
            float(one.get("every_second") or 60.0),
        )
        for one in told
    )


EXAMPLE = (
    Line("1STEP", "REST", cuts=(Cut("time", False, 600.0),)),
    Line("2STEP", "CC", -2e-4, cuts=(Cut("voltage", True, 0.005),)),
    Line("3STEP", "CC", 2e-4, cuts=(Cut("voltage", False, 1.5),)),
)
"""What is entered where nobody says anything: a half cell's first cycle."""


def write(stream: ObjectStream, lines: Sequence[Line]) -> Callable[[], None]:
    """Return what writes the set of sequences: one, with these lines."""

    def step_list() -> None:
        stream.list([lambda one=one: _step(stream, one) for one in lines])  # type: ignore[misc]

    def schedule() -> None:
        members = [(auto("SchStepList"), "record", step_list)]
        stream.object("WbcsFile.Sch.SchData", members)

    def sequence() -> None:
        members = [(auto("SchData"), "record", schedule)]
        stream.object("WbcsFile.Sequence.SeqData", members)

    def sequences() -> None:
        stream.list([sequence])

    return lambda: stream.object(
        "WbcsFile.Sequence.SeqDataSet", [(auto("SeqDataList"), "record", sequences)]
    )


def _step(stream: ObjectStream, line: Line) -> None:
    def loop() -> None:
        stream.object("WbcsFile.Sch.Loop", [(auto("Count"), "i4", line.loops)])

    def control() -> None:
        kind = _CONTROLS[line.control]
        stream.object(
            "WbcsFile.Sch.Control",
            [
                (auto("Type"), "record", lambda: _enum(stream, "eControl", kind)),
                (auto("Value"), "f8", line.current),
                (auto("Value2"), "f8", line.voltage),
                (auto("Value3"), "f8", line.taper),
                (auto("Loop"), "record", loop),
            ],
        )

    def sampling() -> None:
        ticks = round(line.every * TICK)
        stream.object(
            "WbcsFile.Sch.SampCond",
            [
                (auto("Enable"), "bool", True),
                (auto("Type"), "i4", 0),
                (auto("TimeValue"), "i8", ticks),
            ],
        )

    cuts = [lambda one=one: _conditions(stream, line, one) for one in line.cuts]
    stream.object(
        "WbcsFile.Sch.SchStep",
        [
            (auto("Name"), "text", line.name),
            (auto("Control"), "record", control),
            (auto("CutOffCondsList"), "record", lambda: stream.list(cuts)),
            (auto("SampCondList"), "record", lambda: stream.list([sampling])),
        ],
    )


def _conditions(stream: ObjectStream, line: Line, cut: Cut) -> None:
    def one(told: Cut) -> Callable[[], None]:
        seconds = told.value if told.what == "time" else 0.0
        level = 0.0 if told.what == "time" else told.value
        kind = _CUTS[told.what]
        return lambda: stream.object(
            "WbcsFile.Sch.CutOff",
            [
                (auto("Type"), "record", lambda: _enum(stream, "eCutOff", kind)),
                (auto("Condition"), "i4", int(told.falling)),
                (auto("Value"), "f8", level),
                (auto("TimeValue"), "i8", round(seconds * TICK)),
            ],
        )

    spare = Cut("time", falling=False, value=30.0)
    stream.object(
        "WbcsFile.Sch.CutOffConds",
        [
            (auto("TurnStep"), "text", line.back_to or "Next Step"),
            (auto("And2"), "bool", False),
            (auto("CutOff1"), "record", one(cut)),
            (auto("CutOff2"), "record", one(spare)),
        ],
    )


def _enum(stream: ObjectStream, name: str, number: int) -> None:
    stream.object(f"WbcsFile.Sch.{name}", [("value__", "i4", number)])
