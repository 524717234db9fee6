"""Compare the schedule that was entered with the one that was planned.

Both are run through, loops and all, and laid beside each other, so that a cycle that
stands there ten times is the same as a loop of ten. A line that is missing or too many
is one difference, not a difference of every line behind it; a loop that runs more or
less often is a difference of how often its lines run.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from labctl.roles.schedule import Difference, ScheduleStep, executed, line_of

MOST = 3000
"""Steps that are run through: 500 cycles of six."""
CURRENT_TOLERANCE = 5e-3
"""Of a current: what is lost where a person types four digits."""
VOLTAGE_TOLERANCE = 1.5e-3
"""V."""
TIME_TOLERANCE = 1e-3
"""Of a time."""


def differences(
    planned: Sequence[ScheduleStep], entered: Sequence[ScheduleStep]
) -> list[Difference]:
    """Return each thing that was entered otherwise; none where nothing was planned.

    What one of the two does not say is not compared.
    """
    if not planned:
        return []
    if not entered:
        text = "the record holds none"
        return [Difference(0, "schedule", f"{len(planned)} lines", text)]
    lines = {step.name: k for k, step in enumerate(planned, 1)}
    ours, theirs = list(executed(planned, MOST)), list(executed(entered, MOST))
    found: dict[Difference, None] = {}
    for one in _aligned(ours, theirs, lines):
        found.setdefault(one)
    return list(found)


def _aligned(
    ours: Sequence[ScheduleStep],
    theirs: Sequence[ScheduleStep],
    lines: dict[str, int],
) -> Iterator[Difference]:
    if len(ours) == len(theirs):
        for mine, other in zip(ours, theirs, strict=True):
            yield from _pair(mine, other, lines[mine.name])
        return
    keys = [_key(each) for each in ours], [_key(each) for each in theirs]
    opcodes = SequenceMatcher(None, *keys, autojunk=False).get_opcodes()
    paired = [
        (ours[a + k], theirs[c + k])
        for _, a, b, c, d in opcodes
        for k in range(min(b - a, d - c))
    ]
    partner = {other.name: mine.name for mine, other in paired}
    often = _how_often(ours, theirs, partner, lines)
    for mine, other in paired:
        yield from _pair(mine, other, lines[mine.name])
    for _, a, b, c, d in opcodes:
        both = min(b - a, d - c)
        for one in ours[a + both : b]:
            line = lines[one.name]
            said = often.get(one.name)
            yield said or Difference(line, "line", line_of(one), None)
        line = lines[ours[min(a + both, len(ours) - 1)].name]
        for one in theirs[c + both : d]:
            said = often.get(partner.get(one.name, ""))
            yield said or Difference(line, "line before it", None, line_of(one))


def _how_often(
    ours: Sequence[ScheduleStep],
    theirs: Sequence[ScheduleStep],
    partner: Mapping[str, str],
    lines: Mapping[str, int],
) -> dict[str, Difference]:
    """Return, for lines that ran, but more or less often than planned, just that.

    ``partner``: name of an entered line -> name of the planned one that it is.
    """
    planned = Counter(each.name for each in ours)
    ran = Counter(partner[each.name] for each in theirs if each.name in partner)
    return {
        name: Difference(lines[name], "times", float(planned[name]), float(times))
        for name, times in ran.items()
        if times != planned[name]
    }


def _key(step: ScheduleStep) -> tuple[str, int]:
    sign = 0 if not step.current_ampere else int(math.copysign(1, step.current_ampere))
    return step.control, sign


def _pair(ours: ScheduleStep, theirs: ScheduleStep, line: int) -> Iterator[Difference]:
    if ours.control != theirs.control:
        yield Difference(line, "control", ours.control, theirs.control)
    for name, tolerance in (
        ("current_ampere", CURRENT_TOLERANCE * abs(ours.current_ampere or 0.0)),
        ("voltage_volt", VOLTAGE_TOLERANCE),
        ("taper_ampere", CURRENT_TOLERANCE * abs(ours.taper_ampere or 0.0)),
        ("every_second", TIME_TOLERANCE * (ours.every_second or 0.0)),
    ):
        a, b = getattr(ours, name), getattr(theirs, name)
        if a is not None and b is not None and abs(a - b) > tolerance:
            yield Difference(line, name, a, b)
    mine = {(end.what, end.falling): end.value for end in ours.ends}
    there = {(end.what, end.falling): end.value for end in theirs.ends}
    for what, falling in dict.fromkeys((*mine, *there)):
        a, b = mine.get((what, falling)), there.get((what, falling))
        name = f"{what} {'<=' if falling else '>='}"
        missing = (what, falling) not in mine or (what, falling) not in there
        if missing or (a is not None and b is not None and _apart(what, a, b)):
            yield Difference(line, name, a, b)


def _apart(what: str, a: float, b: float) -> bool:
    if what == "voltage":
        return abs(a - b) > VOLTAGE_TOLERANCE
    tolerance = TIME_TOLERANCE if what == "time" else CURRENT_TOLERANCE
    return abs(a - b) > tolerance * abs(a)
