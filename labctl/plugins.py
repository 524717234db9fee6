"""Drivers, twins, protocols, worlds, benches, auxiliaries, fronts, by their names.

labctl's own are registered in the same way as those of another package. How they are
found, and what is said of a broken one: `labctl.registered`.
"""

import typing
from collections.abc import Callable, Collection, Mapping
from typing import Any

from labctl.auxiliary import Auxiliary
from labctl.clock import Clock
from labctl.errors import OperatorError
from labctl.protocol import Protocol
from labctl.registered import (
    AUXILIARIES,
    BENCHES,
    DRIVERS,
    FRONTS,
    PLAN_FORMATS,
    PLUGIN_API,
    PROTOCOLS,
    STATED,
    TWINS,
    WORLDS,
    Broken,
    load,
    names,
)
from labctl.roles.driver import Driver, Twin
from labctl.roles.playing import plays
from labctl.series.parameters import is_series

__all__ = [
    "AUXILIARIES",
    "BENCHES",
    "DRIVERS",
    "FRONTS",
    "PLAN_FORMATS",
    "PLUGIN_API",
    "PROTOCOLS",
    "STATED",
    "TWINS",
    "WORLDS",
    "Front",
    "OpensFront",
    "PlanFormat",
    "auxiliary",
    "bench",
    "checked",
    "driver",
    "front",
    "names",
    "plan_format",
    "protocol",
    "protocols",
    "twin",
    "world",
]


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


@typing.runtime_checkable
class PlanFormat(typing.Protocol):
    """What stands behind an entry point of the group ``labctl.plan_formats``."""

    def read(
        self, text: str, name: str, *, without: Collection[str], longest: str
    ) -> Mapping[str, Any]:
        """Return a plan file's content, as a person would write it.

        ``name`` of the file, for complaints; ``without``: names of what may be lost;
        ``longest``: what no step may exceed that states no time, empty: each has to.
        RefusedError: everything that a plan cannot say.
        """
        ...

    def write(self, protocol: Protocol, *, without: Collection[str]) -> str:
        """Return the text of a file. RefusedError: all that the format cannot say."""
        ...


def driver(name: str) -> Driver:
    """Return a driver. OperatorError names the nearest one."""
    found = load(DRIVERS, name)
    if not plays(found, Driver):
        raise OperatorError(
            f"driver {name!r}: {found!r} has no `wire` and `open`; its entry point "
            "must name a labctl.roles.driver.Driver, not the class of an instrument"
        )
    return typing.cast("Driver", found)


def twin(name: str) -> Twin:
    """Return the twin of a driver. OperatorError: it has none."""
    if name not in names(TWINS):
        raise OperatorError(
            f"driver {name!r} has no twin, so it cannot be simulated. Take another "
            f"bench, or install a package that has {name!r} among its {TWINS!r}."
        )
    found = load(TWINS, name)
    if not callable(found):
        raise OperatorError(
            f"twin {name!r}: its entry point names {found!r}, which cannot be called "
            "as a labctl.roles.driver.Twin is"
        )
    return typing.cast("Twin", found)


def protocol(name: str, given: Mapping[str, Any] | None = None) -> type[Protocol]:
    """Return a protocol's class. OperatorError names the nearest one.

    ``given``: parameters as written, or as a run's header keeps them. With those of a
    series over temperatures it is the protocol that measures such a series.
    """
    found = load(PROTOCOLS, name)
    if not (isinstance(found, type) and issubclass(found, Protocol)):
        raise OperatorError(
            f"protocol {name!r}: its entry point names {found!r}, which is not a class "
            "derived from labctl.protocol.Protocol"
        )
    if not (given and is_series(found, given)):
        return found
    from labctl.series import over_temperatures  # noqa: PLC0415  (start-up time)

    return over_temperatures.over_temperatures(found)


def protocols() -> tuple[list[type[Protocol]], tuple[Broken, ...]]:
    """Return the protocols that can be used, and those that a package broke."""
    sound, broken = [], []
    for name in names(PROTOCOLS):
        try:
            sound.append(protocol(name))
        except OperatorError as error:
            broken.append(Broken(PROTOCOLS, name, str(error)))
    return sound, tuple(broken)


def auxiliary(name: str) -> Auxiliary:
    """Return what can be recorded beside a protocol. OperatorError: as `driver`."""
    found = load(AUXILIARIES, name)
    if not plays(found, Auxiliary):
        raise OperatorError(
            f"auxiliary {name!r}: its entry point names {found!r}, which has not all "
            "that labctl.auxiliary.Auxiliary asks for"
        )
    return typing.cast("Auxiliary", found)


def world(name: str = "bench") -> Any:
    """Return the class of a simulated bench."""
    return load(WORLDS, name)


def bench(name: str) -> Any:
    """Return the bench of that name, for the front and PyVISA's ``@labsim``."""
    return load(BENCHES, name)


def plan_format(name: str) -> PlanFormat:
    """Return a format of plans of another program. OperatorError: as `driver`."""
    found = load(PLAN_FORMATS, name)
    if not plays(found, PlanFormat):
        raise OperatorError(
            f"plan format {name!r}: its entry point names {found!r}, which has not "
            "both `read` and `write` of labctl.plugins.PlanFormat"
        )
    return typing.cast("PlanFormat", found)


def front(name: str = "tcp") -> OpensFront:
    """Return what serves simulated instruments to other programs."""
    found: OpensFront = load(FRONTS, name)
    return found


def checked(group: str, name: str) -> Any:
    """Return what stands behind a name of any group; OperatorError as that group's."""
    finds: Mapping[str, Callable[[str], Any]] = {
        DRIVERS: driver,
        TWINS: twin,
        PROTOCOLS: protocol,
        AUXILIARIES: auxiliary,
        PLAN_FORMATS: plan_format,
    }
    return finds[group](name) if group in finds else load(group, name)
