"""Whether an instrument can play a role."""

import typing

Why = tuple[str, str]
"""Why an instrument does not play a role, and what to do instead."""


@typing.runtime_checkable
class Explains(typing.Protocol):
    """A driver whose instruments cannot play what people expect of them."""

    def why_not(self, name: str, role: type) -> Why | None:
        """Return why the instrument ``name`` plays no ``role``; None: it may.

        Asked of the driver, before anything is opened.
        """
        ...


def plays(player: object, role: type) -> bool:
    """Tell whether an object has every method of a role; no property is read."""
    wanted = {
        name
        for cls in role.__mro__
        if cls is not typing.Protocol
        for name in vars(cls)
        if not name.startswith("_")
    }
    return all(hasattr(type(player), name) for name in wanted)
