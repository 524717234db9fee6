"""Read the schedule that stands in a ``.wrd`` file's head as a list of steps.

What the numbers mean was seen in files and agrees with the rows they produced; a
control or a cut-off of another number is named by its number.
"""

from collections.abc import Iterator, Sequence
from enum import IntEnum

from labctl.formats.wonatech.layout import TICKS, Head
from labctl.formats.wonatech.nrbf import Graph, Value
from labctl.roles.schedule import CutOff, ScheduleStep

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


def schedule_of(head: Head) -> tuple[ScheduleStep, ...]:
    """Return the steps of the first sequence; none if the head holds none."""
    graph = head.graph
    for name in ("SeqDataSet", "_seqDataSet"):
        sequences = graph.items(head.member(name, "SeqDataList"))
        for sequence in sequences[:1]:
            steps = graph.member(graph.member(sequence, "SchData"), "SchStepList")
            return tuple(_step(graph, each) for each in graph.items(steps) if each)
    return ()


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
