"""Read the schedule that stands in a ``.wrd`` file's head as a list of steps.

What the numbers mean was seen in files and agrees with the rows they produced; a
control or a cut-off of another number is named by its number.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import Any

from labctl.store.importers.wonatech.layout import TICKS, Head
from labctl.store.importers.wonatech.nrbf import Graph, Value

NOWHERE = ("", "Next Step")
"""Where a step goes on to when it does not loop."""


class Control(IntEnum):
    """What a step holds constant."""

    CC = 0
    CV = 1
    REST = 7
    CCCV = 13


class Cut(IntEnum):
    """What a cut-off looks at."""

    TIME = 0
    VOLTAGE = 1
    CURRENT = 15


@dataclass(frozen=True, slots=True)
class CutOff:
    """One condition that ends a step."""

    what: str
    """``time``, ``voltage``, ``current``; ``cut-off 4`` of an unknown one."""
    falling: bool
    """Reached from above (≤); otherwise from below (≥)."""
    value: float | None
    """s, V or A; None: the file does not say it."""


@dataclass(frozen=True, slots=True)
class ScheduleStep:
    """One line of the schedule, SI; positive currents charge."""

    name: str
    control: str
    """``CC``, ``CV``, ``REST``, ``CCCV``; ``control 4`` of an unknown one."""
    current_ampere: float | None
    voltage_volt: float | None
    taper_ampere: float | None
    """Where the constant voltage of a CCCV ends."""
    ends: tuple[CutOff, ...]
    to_step: str
    """Name of the step it loops back to; empty: none."""
    loops: int | None
    """How often; None: the file does not say it."""
    every_second: float | None
    """Seconds between rows."""

    def to_json(self) -> Mapping[str, Any]:
        """Return it as JSON types."""
        return asdict(self)


def schedule_of(head: Head) -> tuple[ScheduleStep, ...]:
    """Return the steps of the first sequence; none if the head holds none."""
    graph = head.graph
    for name in ("SeqDataSet", "_seqDataSet"):
        sequences = graph.items(head.member(name, "SeqDataList"))
        for sequence in sequences[:1]:
            steps = graph.member(graph.member(sequence, "SchData"), "SchStepList")
            return tuple(_step(graph, each) for each in graph.items(steps) if each)
    return ()


def line_of(step: ScheduleStep) -> str:
    """Return a step as a person reads it."""
    words = [step.name, step.control]
    if step.current_ampere is not None:
        words.append(f"{step.current_ampere:+g} A")
    if step.voltage_volt is not None:
        words.append(f"{step.voltage_volt:g} V")
    if step.taper_ampere is not None:
        words.append(f"to {step.taper_ampere:g} A")
    units = {"time": "s", "voltage": "V", "current": "A"}
    for end in step.ends:
        sign = "<=" if end.falling else ">="
        value = "?" if end.value is None else f"{end.value:g}"
        words.append(
            f"until {end.what} {sign} {value} {units.get(end.what, '')}".rstrip()
        )
    loops = step.loops
    if step.to_step and (loops is None or loops > 1):
        words.append(f"back to {step.to_step}")
        words += [] if loops is None else [f"{loops} times"]
    return ", ".join(words)


def _step(graph: Graph, step: Value) -> ScheduleStep:
    control = graph.member(step, "Control")
    kind = _number(graph, graph.member(control, "Type"))
    loop = graph.member(control, "Loop")
    conditions = [each for each in _list(graph, step, "CutOffCondsList") if each]
    targets = (graph.member(each, "TurnStep") for each in conditions)
    target = next((str(x) for x in targets if isinstance(x, str | int)), "")
    # The value of a rest is what the editor left behind: it drives nothing. Which
    # value a CV alone takes was never seen, so none is told.
    both = kind == Control.CCCV
    drives = both or kind == Control.CC
    return ScheduleStep(
        name=str(graph.member(step, "Name") or ""),
        control=_named(Control, kind, "control"),
        current_ampere=_float(graph, control, "Value") if drives else None,
        voltage_volt=_float(graph, control, "Value2") if both else None,
        taper_ampere=_float(graph, control, "Value3") if both else None,
        ends=tuple(_cut_offs(graph, conditions)),
        to_step="" if target.strip() in NOWHERE else target.strip(),
        loops=_number(graph, graph.member(loop, "Count")),
        every_second=_interval(graph, step),
    )


def _cut_offs(graph: Graph, conditions: Sequence[Value]) -> Iterator[CutOff]:
    for each in conditions:
        # CutOff2 stands there unarmed unless And2 is set.
        armed = ("CutOff1", "CutOff2") if graph.member(each, "And2") else ("CutOff1",)
        for name in armed:
            one = graph.member(each, name)
            kind = _number(graph, graph.member(one, "Type"))
            if kind is None:
                continue
            value = _float(graph, one, "Value")
            if kind == Cut.TIME:
                ticks = _number(graph, graph.member(one, "TimeValue"))
                value = None if ticks is None else ticks / TICKS
            yield CutOff(
                _named(Cut, kind, "cut-off").lower(),
                _number(graph, graph.member(one, "Condition")) == 1,
                value,
            )


def _interval(graph: Graph, step: Value) -> float | None:
    for each in _list(graph, step, "SampCondList"):
        kind = _number(graph, graph.member(each, "Type"))
        ticks = _number(graph, graph.member(each, "TimeValue"))
        if graph.member(each, "Enable") is True and kind == Cut.TIME and ticks:
            return ticks / TICKS
    return None


def _list(graph: Graph, value: Value, name: str) -> tuple[Value, ...]:
    return graph.items(graph.member(value, name))


def _named(kinds: type[IntEnum], number: int | None, word: str) -> str:
    if number is None or number not in set(kinds):
        return f"{word} {number}"
    return kinds(number).name


def _number(graph: Graph, value: Value) -> int | None:
    """Return a whole number; an enum's stands in its member ``value__``."""
    inside = graph.member(value, "value__")
    value = value if inside is None else inside
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _float(graph: Graph, value: Value, name: str) -> float | None:
    number = graph.member(value, name)
    return float(number) if isinstance(number, int | float) else None
