"""Drivers, their twins, protocols, worlds and TCP fronts, as entry points name them.

labctl's own are registered in the same way, so a lab adds its own from another
package. Nothing is imported until it is asked for by name. What plug-ins rely on has
a version: a package that is written for another one is refused by name.
"""

import difflib
import functools
import sys
import typing
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, EntryPoints, entry_points
from typing import Any

from labctl.clock import Clock
from labctl.errors import OperatorError
from labctl.protocol import Protocol
from labctl.roles.driver import Driver, Twin

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


class Front(typing.Protocol):
    """Simulated instruments that listen, for programs other than labctl."""

    @property
    def ports(self) -> Mapping[str, int]:
        """Return the TCP port of each instrument: ``{"source": 5025}``."""
        ...

    @property
    def identities(self) -> Mapping[str, str]:
        """Return what each instrument answers to ``*IDN?``; no talk."""
        ...

    def close(self) -> None:
        """Stop listening."""
        ...


class OpensFront(typing.Protocol):
    """What stands behind an entry point of the group ``labctl.fronts``."""

    def __call__(
        self, bench: str, clock: Clock, sample: str | None, seed: int, port_base: int
    ) -> Front:
        """Serve a bench on loopback ports; 0 takes free ones. Returns at once."""
        ...


def names(group: str) -> tuple[str, ...]:
    """Return the names registered in a group, sorted."""
    return tuple(sorted(_points(group).names))


def driver(name: str) -> Driver:
    """Return a driver. OperatorError names the nearest one."""
    found: Driver = _load(DRIVERS, name, "driver")
    return found


def twin(name: str) -> Twin:
    """Return the twin of a driver. OperatorError: it has none."""
    if name not in names(TWINS):
        raise OperatorError(
            f"driver {name!r} has no twin, so it cannot be simulated. Take another "
            f"bench, or install a package that has {name!r} among its {TWINS!r}."
        )
    found: Twin = _load(TWINS, name, "twin")
    return found


def protocol(name: str) -> type[Protocol]:
    """Return a protocol's class. OperatorError names the nearest one."""
    found: type[Protocol] = _load(PROTOCOLS, name, "protocol")
    return found


def world(name: str = "bench") -> Any:
    """Return the class of a simulated bench."""
    return _load(WORLDS, name, "simulated bench")


def front(name: str = "tcp") -> OpensFront:
    """Return what serves simulated instruments to other programs."""
    found: OpensFront = _load(FRONTS, name, "front of simulated instruments")
    return found


def _load(group: str, name: str, what: str) -> Any:
    found = tuple(point for point in _points(group) if point.name == name)
    if not found:
        known = names(group)
        near = difflib.get_close_matches(name, known, n=1)
        cure = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(known)}."
        raise OperatorError(f"there is no {what} called {name!r}. {cure}")
    _refuse_other_api(found[0], what)
    return found[0].load()


def _points(group: str) -> EntryPoints:
    return _points_on(group, tuple(sys.path))


@functools.cache
def _points_on(group: str, _path: tuple[str, ...]) -> EntryPoints:
    """Return what packages register: all their files are opened for it, in 30 ms."""
    return entry_points(group=group)


def _refuse_other_api(point: EntryPoint, what: str) -> None:
    package = point.module.partition(".")[0]
    stated = getattr(import_module(package), STATED, PLUGIN_API)
    if stated != PLUGIN_API:
        raise OperatorError(
            f"{what} {point.name!r} of {package} is written for plug-in API {stated}, "
            f"this labctl has {PLUGIN_API}. Install the {package} that fits it."
        )
