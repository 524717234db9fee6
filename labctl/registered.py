"""What packages register as entry points: by name, with whose it is, and what is wrong.

Nothing is imported until it is asked for by name, and a package that is broken breaks
nothing but what it brings. What plug-ins rely on has a version: a package that is
written for another one is refused by name.
"""

import difflib
import functools
import sys
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, EntryPoints, entry_points
from typing import Any

from labctl.errors import LabctlError, OperatorError

PLUGIN_API = 1
"""What plug-ins may rely on, see docs/reference/plugins.md; goes up when an older
plug-in could break."""
STATED = "LABCTL_PLUGIN_API"
"""Name in a plug-in's top package that says what it is written for; none: any."""
DRIVERS = "labctl.drivers"
TWINS = "labctl.twins"
PROTOCOLS = "labctl.protocols"
WORLDS = "labctl.worlds"
FRONTS = "labctl.fronts"
BENCHES = "labctl.benches"
AUXILIARIES = "labctl.auxiliaries"
PANELS = "labctl.panels"
PLAN_FORMATS = "labctl.plan_formats"
KINDS = {
    DRIVERS: "driver",
    TWINS: "twin",
    PROTOCOLS: "protocol",
    WORLDS: "simulated bench",
    FRONTS: "front of simulated instruments",
    BENCHES: "bench of simulated instruments",
    AUXILIARIES: "auxiliary",
    PANELS: "panel",
    PLAN_FORMATS: "format of plans",
}
"""Group -> what stands behind its entry points, in words."""
PREFIX = "labctl."
OWN = frozenset({"labctl", "drivers", "protocols", "gui"})
"""Packages of labctl's own distribution."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A plug-in that cannot be used."""

    group: str
    name: str
    why: str
    """With the package's name, and what to do."""


def names(group: str) -> tuple[str, ...]:
    """Return the names registered in a group, sorted."""
    return tuple(sorted(_points(group).names))


def point_of(group: str, name: str) -> EntryPoint:
    """Return where a name leads, nothing imported.

    OperatorError: names the nearest name there is, or the packages that both have it.
    """
    what = KINDS[group]
    found = tuple(point for point in _points(group) if point.name == name)
    if not found:
        known = names(group)
        near = difflib.get_close_matches(name, known, n=1)
        cure = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(known)}."
        raise OperatorError(f"there is no {what} called {name!r}. {cure}")
    if len(found) > 1:
        both = " and ".join(sorted(map(package_of, found)))
        raise OperatorError(
            f"{what} {name!r} is registered by {both}; which one is meant cannot be "
            "told. Uninstall one of them."
        )
    return found[0]


def load(group: str, name: str) -> Any:
    """Return what stands behind a name. OperatorError says whose fault it is.

    It is as of `point_of`, or names the package that cannot be imported or is written
    for another plug-in API.
    """
    what, point = KINDS[group], point_of(group, name)
    try:
        _refuse_other_api(point, what)
        return point.load()
    except LabctlError:
        raise
    except (Exception, SystemExit) as error:  # a script that was registered exits
        raise OperatorError(
            f"{what} {name!r} of the package {package_of(point)} cannot be "
            f"imported: {type(error).__name__}: {error}. Repair or uninstall "
            f"{point.value}."
        ) from error


def loaded(group: str) -> tuple[dict[str, Any], tuple[Broken, ...]]:
    """Return what a group has by name, and what of it is broken."""
    sound: dict[str, Any] = {}
    broken = []
    for name in names(group):
        try:
            sound[name] = load(group, name)
        except LabctlError as error:
            broken.append(Broken(group, name, str(error)))
    return sound, tuple(broken)


def astray() -> Iterator[Broken]:
    """Yield what packages register in groups of labctl's that do not exist."""
    for group, points in sorted(_registered(tuple(sys.path)).items()):
        if group in KINDS:
            continue
        near = difflib.get_close_matches(group, KINDS, n=1)
        cure = f"Did it mean {near[0]}?" if near else f"There are: {', '.join(KINDS)}."
        for point in points:
            why = f"the package {package_of(point)} registers it in {group}, a group "
            yield Broken(group, point.name, f"{why}that nobody looks into. {cure}")


def package_of(point: EntryPoint) -> str:
    """Return the distribution that registers a point, with its version."""
    dist = point.dist
    return (
        point.module.partition(".")[0]
        if dist is None
        else f"{dist.name} {dist.version}"
    )


def package_behind(error: BaseException) -> str:
    """Return the package of another maker in whose code an error arose; empty: none.

    The innermost one: what labctl calls in turn does not clear it of the fault.
    """
    others = {
        top: point
        for group in KINDS
        for point in _points(group)
        if (top := point.module.partition(".")[0]) not in OWN
    }
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    for frame in reversed(frames):
        top = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if top in others:
            return package_of(others[top])
    return ""


def _points(group: str) -> EntryPoints:
    return _registered(tuple(sys.path)).get(group, EntryPoints())


@functools.cache
def _registered(_path: tuple[str, ...]) -> Mapping[str, EntryPoints]:
    """Return what packages register in each of labctl's groups, known or not.

    The files of every installed package are opened for it, so it is done once.
    """
    points = entry_points()
    ours = (group for group in points.groups if group.startswith(PREFIX))
    return {group: points.select(group=group) for group in ours}


def _refuse_other_api(point: EntryPoint, what: str) -> None:
    package = point.module.partition(".")[0]
    stated = getattr(import_module(package), STATED, PLUGIN_API)
    if stated != PLUGIN_API:
        raise OperatorError(
            f"{what} {point.name!r} of {package} is written for plug-in API {stated}, "
            f"this labctl has {PLUGIN_API}. Install the {package} that fits it."
        )
