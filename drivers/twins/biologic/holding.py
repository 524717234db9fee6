"""What a technique in flight needs of the channel that holds the cell for it."""

import typing

from drivers.twins.biologic.memory import Row
from drivers.twins.world.socket import Socket


class Channel(typing.Protocol):
    """What a run needs of its channel."""

    @property
    def socket(self) -> Socket:
        """The cell's socket."""
        ...

    @property
    def compliance(self) -> float:
        """Largest |E| in V."""
        ...

    def hold(self, *, driving: bool) -> bool:
        """Take the cell, from one that only rests if need be; False if refused."""
        ...

    def record(self, row: Row) -> None:
        """Write a row into the channel's memory."""
        ...


@typing.runtime_checkable
class TakesMany(typing.Protocol):
    """A channel that judges nothing by its rows and takes many at once."""

    def record_all(self, rows: list[Row]) -> None:
        """Write rows into the channel's memory."""
        ...


class Conflict(Exception):  # noqa: N818
    """Another channel drives the cell."""
