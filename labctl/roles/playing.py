"""Whether an instrument can play a role."""

import typing


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
