"""A cycler's schedule as rows of a run: what was entered, beside what was measured."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from labctl.columns import CONTROL_CURRENT, CONTROL_VOLTAGE, STAMP
from labctl.data import Array, Batch, Column, Stream
from labctl.roles.schedule import CutOff, ScheduleStep

CONTROLS = ("", "CC", "CV", "REST", "CCCV")
"""Place in here: the code that a row has; 0 for one that is not known."""
LINE = Column("schedule_line", "", "Schedule Line / 1", "i8")
CONTROL = Column("control_code", "", "Control Code / 1", "i8")
TAPER = Column("taper_ampere", "A", "Taper Current / A")
TO_LINE = Column("loop_to_line", "", "Loop to Line / 1", "i8")
LOOPS = Column("loop_count", "", "Loop Count / 1", "i8")
EVERY = Column("record_every_second", "s", "Interval between Rows / s")
_CUTS = {
    ("time", False): Column("until_time_second", "s", "Until Time / s"),
    ("voltage", False): Column(
        "until_voltage_above_volt", "V", "Until Voltage Above / V"
    ),
    ("voltage", True): Column(
        "until_voltage_below_volt", "V", "Until Voltage Below / V"
    ),
    ("current", False): Column(
        "until_current_above_ampere", "A", "Until Current ≥ / A"
    ),
    ("current", True): Column(
        "until_current_below_ampere", "A", "Until Current Below / A"
    ),
}
ENTERED = Stream(
    "schedule",
    (
        *(
            *STAMP,
            LINE,
            CONTROL,
            CONTROL_CURRENT,
            CONTROL_VOLTAGE,
            TAPER,
            *_CUTS.values(),
        ),
        *(TO_LINE, LOOPS, EVERY),
    ),
    "Schedule as it was entered at the cycler",
)
"""One row a line, as the record's head says it; NaN and -1 where it is silent."""


def entered(steps: Sequence[ScheduleStep]) -> Batch:
    """Return a schedule as rows. ValueError: it has no line."""
    if not steps:
        raise ValueError("a schedule without a line makes no row")
    places = {step.name: k + 1 for k, step in enumerate(steps)}
    cuts: dict[str, list[float]] = {column.name: [] for column in _CUTS.values()}
    for step in steps:
        told = {(end.what, end.falling): end.value for end in step.ends}
        for key, column in _CUTS.items():
            cuts[column.name].append(_number(told.get(key)))
    columns: dict[str, Array] = {
        LINE.name: np.arange(1, len(steps) + 1),
        CONTROL.name: np.array([_code(step.control) for step in steps]),
        CONTROL_CURRENT.name: np.array(
            [_number(step.current_ampere) for step in steps]
        ),
        CONTROL_VOLTAGE.name: np.array([_number(step.voltage_volt) for step in steps]),
        TAPER.name: np.array([_number(step.taper_ampere) for step in steps]),
        **{name: np.array(values) for name, values in cuts.items()},
        TO_LINE.name: np.array([places.get(step.to_step, -1) for step in steps]),
        LOOPS.name: np.array([-1 if s.loops is None else s.loops for s in steps]),
        EVERY.name: np.array([_number(step.every_second) for step in steps]),
    }
    return Batch(ENTERED.name, columns)


def schedule_in(table: Mapping[str, Array]) -> tuple[ScheduleStep, ...]:
    """Return the schedule that `entered` made the rows of; none without rows."""
    lines = {int(line): row for row, line in enumerate(table[LINE.name])}
    return tuple(_step(table, lines[line]) for line in sorted(lines))


def _step(table: Mapping[str, Array], row: int) -> ScheduleStep:
    def of(column: Column) -> float | None:
        value = float(table[column.name][row])
        return value if math.isfinite(value) else None

    code, loops = (int(table[c.name][row]) for c in (CONTROL, LOOPS))
    target = int(table[TO_LINE.name][row])
    return ScheduleStep(
        str(int(table[LINE.name][row])),
        CONTROLS[code] or "unknown",
        of(CONTROL_CURRENT),
        of(CONTROL_VOLTAGE),
        of(TAPER),
        tuple(
            CutOff(what, falling, value)
            for (what, falling), column in _CUTS.items()
            if (value := of(column)) is not None
        ),
        str(target) if target > 0 else "",
        None if loops < 0 else loops,
        of(EVERY),
    )


def _code(control: str) -> int:
    return CONTROLS.index(control) if control in CONTROLS else 0


def _number(value: float | None) -> float:
    return math.nan if value is None else value
