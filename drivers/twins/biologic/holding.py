"""What a technique in flight needs of the channel that holds the cell for it."""

import math
import typing

from drivers.twins.biologic.memory import Row
from drivers.twins.world.socket import Socket

ANYTHING = (-math.inf, math.inf)


class Within(typing.NamedTuple):
    """Readings that are no news, both ends included."""

    lowest_voltage: float = -math.inf
    """V, as below; the currents in A."""
    highest_voltage: float = math.inf
    lowest_current: float = -math.inf
    highest_current: float = math.inf

    def holds(self, voltage: float, current: float) -> bool:
        """Tell whether a reading is no news."""
        return (
            self.lowest_voltage <= voltage <= self.highest_voltage
            and self.lowest_current <= current <= self.highest_current
        )


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
