"""Where a server listens: the wire of a driver that speaks TCP by itself."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A host and a port."""

    host: str
    port: int
    keeps: object = field(default=None, compare=False, repr=False)
    """What has to live as long as the wire; a twin's server."""
