"""Who looks like what in one figure: hues by group, members by dash and marker."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from labctl.drawing.palette import Look, look, shaded
from labctl.figures.figure import Series


@dataclass(frozen=True, slots=True)
class Key:
    """One entry of the legend."""

    text: str
    """What stands beside the sample of the line, or before a ramp."""
    members: tuple[int, ...]
    """Places of its series in the figure."""
    until: str = ""
    """What stands behind a ramp; empty for a single series."""


def assign(series: Sequence[Series]) -> tuple[Look, ...]:
    """Return the look of each series, in their order.

    Markers are counted apart from lines, so that a line between two sets of points
    takes no marker away. Where each group has but one set of points, sets differ by
    their marker as well as by their hue: they are told apart in grey.
    """
    hues: dict[str, int] = {}
    ramps: dict[str, int] = {}
    members: dict[str, int] = {}
    points: dict[str, int] = {}
    sets = Counter(one.group for one in series if one.points and one.shade is None)
    lone = max(sets.values(), default=0) == 1
    looks = []
    for place, one in enumerate(series):
        if one.shade is not None:
            ramp = ramps.setdefault(one.group, len(ramps))
            looks.append(shaded(one.shade, ramp))
            continue
        name = one.group or f"\0{place}"
        hue = hues.setdefault(name, len(hues))
        member = members.get(name, -1) + 1
        members[name] = member
        if not one.group:
            looks.append(look(hue, hue))
        elif one.points:
            at = points.get(name, -1) + 1
            points[name] = at
            looks.append(look(hue, hue if lone else at))
        else:
            looks.append(look(hue, member))
    return tuple(looks)


def keys(series: Sequence[Series]) -> tuple[Key, ...]:
    """Return the legend: one key per series, one per shaded family.

    A series that is alone needs none, the axis says what it is.
    """
    families: dict[str, list[int]] = {}
    for place, one in enumerate(series):
        if one.shade is not None:
            families.setdefault(one.group, []).append(place)
    single = [
        Key(_alone(one), (place,))
        for place, one in enumerate(series)
        if one.shade is None or len(families[one.group]) == 1
    ]
    ramps = [
        _ramp(series, places, group)
        for group, places in families.items()
        if len(places) > 1
    ]
    found = (*single, *ramps)
    return found if len(found) > 1 or ramps else ()


def _alone(one: Series) -> str:
    family = f"{one.group}: " if one.shade is not None and one.group else ""
    return family + one.name + (" (right axis)" if one.right else "")


def _ramp(series: Sequence[Series], places: Sequence[int], group: str) -> Key:
    order = sorted(places, key=lambda place: series[place].shade or 0.0)
    first, last = series[order[0]].name, series[order[-1]].name
    if first == last:
        return Key(f"{group}: {first}" if group else first, tuple(order))
    if not group:
        return Key(first, tuple(order), until=last)
    # The runs of a group share the ramp, so its ends are named without the run.
    text = f"{group}: {first.rpartition(': ')[2]}"
    last = last.rpartition(": ")[2]
    return Key(text, tuple(order), until=last)
