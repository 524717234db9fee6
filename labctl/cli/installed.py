"""What packages register, and what of it cannot be used.

Of labctl's own it is enough that the module is there and binds the name; a plug-in of
other people is imported, since only that shows whether it works.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from labctl.errors import LabctlError
from labctl.registered import (
    AUXILIARIES,
    DRIVERS,
    KINDS,
    PROTOCOLS,
    astray,
    names,
    point_of,
)
from labctl.unimported import is_stated

if TYPE_CHECKING:
    from labctl.config.models import Config


def plugins() -> Iterator[tuple[str, str]]:
    """Yield what is registered, and why it cannot be used; empty: it can."""
    for group, kind in KINDS.items():
        for name in names(group):
            try:
                look(group, name)
            except Exception as error:  # noqa: BLE001  (a plug-in may raise anything)
                yield f"{kind} {name}", str(error)
            else:
                yield f"{kind} {name}", ""
    for each in astray():
        yield f"{each.name} in {each.group}", each.why


def not_found(bench: "Config") -> Iterator[tuple[str, LabctlError]]:
    """Yield where a configuration names what no package has, and what is said of it."""
    wanted = [
        (f"instruments.{name}.driver", DRIVERS, setup.driver)
        for name, setup in bench.instruments.items()
    ]
    for name, aside in bench.also_record.items():
        wanted.append((f"also_record.{name}", AUXILIARIES, name))
        place = f"also_record.{name}.protocols"
        wanted += [(place, PROTOCOLS, each) for each in aside.protocols]
    for place, group, name in wanted:
        try:
            look(group, name)
        except LabctlError as error:
            yield place, error


def look(group: str, name: str) -> None:
    """Look whether a name leads to what it should. OperatorError: it does not."""
    if is_stated(point_of(group, name)):
        return
    from labctl.plugins import checked  # noqa: PLC0415  (start-up time)

    checked(group, name)
