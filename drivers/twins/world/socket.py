"""Where a cell is plugged in: one cell, one time, one or several instrument channels.

At most one channel *holds* the cell (drives a current, a voltage or a power through
it); it alone moves the cell through time. Any number of channels *watch* its voltage.
Each watcher says when it wants to see the cell next; the time steps end there, and
the watcher is shown that very moment. So all see one history, in whatever order they
are polled.
"""

import math
import typing
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from drivers.twins.world.warmth import Warmth

if typing.TYPE_CHECKING:  # no film loads the cell's model
    from drivers.twins.world.kernel.leg import Gone, Leg


class CellModel(typing.Protocol):
    """What a socket needs of a cell; a positive current oxidises its electrode."""

    @property
    def charge(self) -> float:
        """Net charge through the terminals, C."""
        ...

    def voltage(self, current: float = 0.0) -> float:
        """Return the terminal voltage in V now, while ``current`` (A) flows."""
        ...

    def advance(
        self,
        current: float,
        dt: float,
        lower: float = -math.inf,
        upper: float = math.inf,
    ) -> float:
        """Let ``current`` (A) flow for ``dt`` s or to a limit (V); return s passed."""
        ...

    def step_voltage(self, voltage: float, dt: float) -> float:
        """Hold ``voltage`` (V) for ``dt`` s; return the current in A at the end."""
        ...

    def impedance(
        self, frequencies: ArrayLike, current: float = 0.0
    ) -> NDArray[np.complex128]:
        """Return Z in Ω at ``frequencies`` in Hz, while ``current`` (A) flows."""
        ...

    def mark(self) -> Any:
        """Return a mark to `rewind` to."""
        ...

    def rewind(self, mark: Any) -> None:
        """Go back to a mark, exactly."""
        ...

    def snapshot(self) -> dict[str, Any]:
        """Return the exact state as JSON types."""
        ...

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Take over the state of a `snapshot`."""
        ...


@typing.runtime_checkable
class GoesAlong(typing.Protocol):
    """A cell that makes many steps of a constant current in one call."""

    def follow(self, leg: "Leg") -> "tuple[Gone, list[tuple[float, float, float]]]":
        """Go along ``leg``; return what became of it, and s, V and C of its rows."""
        ...


@typing.runtime_checkable
class Warmed(typing.Protocol):
    """A cell that knows how warm it is."""

    @property
    def lag(self) -> float:
        """Time constant in s with which it follows the air around it."""
        ...

    def warm_to(self, kelvin: float) -> None:
        """Be at ``kelvin`` from now on."""
        ...


class Holder(typing.Protocol):
    """A channel that drives the cell."""

    @property
    def yields(self) -> bool:
        """Whether it only rests, so that another channel may begin to drive."""
        ...

    def yield_cell(self) -> None:
        """Go on as a watcher."""
        ...

    def advance(self, to: float, *, exact: bool = False) -> None:
        """Move the socket's cell on towards ``to`` (s).

        Unless ``exact`` it may stay behind, at the last moment that mattered.
        """
        ...


class Watcher(typing.Protocol):
    """A channel that records the voltage."""

    @property
    def next_look(self) -> float:
        """When it wants to see the cell, s; inf if not at all."""
        ...

    def see(self, time: float, voltage: float) -> None:
        """Take the voltage in V at ``time`` in s."""
        ...


class Socket:
    """One cell and what is connected to it."""

    def __init__(
        self,
        cell: CellModel,
        time: float = 0.0,
        warmth: Warmth | None = None,
    ) -> None:
        self.cell = cell
        self._warmed = cell if isinstance(cell, Warmed) else None
        self._goes_along = cell if isinstance(cell, GoesAlong) else None
        self.warmth = warmth
        """How warm the cell is; None: it is no matter."""
        self._holds = math.inf
        """Until when it may be taken for what it was at `time`, s."""
        self.time = time
        """Where the cell stands, s of the world's clock."""
        self.current = 0.0
        """A; what flows at `time`."""
        self.feel()
        self.live = (cell.voltage(), 0.0)
        """V and A as an instrument sees them now, perhaps a little after `time`."""
        self._holder: Holder | None = None
        self._watchers: list[Watcher] = []

    def restart(self, time: float) -> None:
        """Begin at ``time`` (s) with the state that the cell has now, at rest."""
        self.time, self.current = time, 0.0
        self.feel()
        self.live = (self.cell.voltage(), 0.0)

    def feel(self) -> None:
        """Let the cell be as warm as it is where it stands in time.

        It stays so until it arrives somewhere else: a stretch has the temperature of
        its beginning, and ends where that has changed noticeably.
        """
        warmth = self.warmth
        if self._warmed is not None and warmth is not None and warmth.is_changing:
            self._warmed.warm_to(warmth.kelvin(self.time))
            self._holds = warmth.holds_until(self.time)

    @property
    def holder(self) -> Holder | None:
        """The channel that drives the cell; None at open circuit."""
        return self._holder

    def take(self, holder: Holder, *, driving: bool) -> bool:
        """Let ``holder`` have the cell from now on; False if another one drives it."""
        other = self._holder
        if other is None:
            self._holder = holder
        elif driving and other is not holder and other.yields:
            self._holder = holder
            other.yield_cell()
        return self._holder is holder

    def release(self, holder: Holder) -> None:
        """Open the circuit, if ``holder`` had it."""
        if self._holder is holder:
            self._holder = None
            self.current = 0.0
            self.live = (self.cell.voltage(), 0.0)

    def watch(self, watcher: Watcher) -> None:
        """Show ``watcher`` the voltage from now on."""
        if watcher not in self._watchers:
            self._watchers.append(watcher)

    def unwatch(self, watcher: Watcher) -> None:
        """Show ``watcher`` nothing more."""
        if watcher in self._watchers:
            self._watchers.remove(watcher)

    @property
    def next_look(self) -> float:
        """When the next watcher wants to see the cell, or it is warmer, s; else inf."""
        if not self._watchers:
            return self._holds
        looks = (w.next_look for w in self._watchers)
        return min(self._holds, min(looks, default=math.inf))

    @property
    def alone(self) -> tuple[GoesAlong, float] | None:
        """The cell, if its holder may go on with it unseen, and until when, s.

        None: somebody watches it, it warms or cools on the way, or knows no such thing.
        """
        if self._goes_along is None or self._watchers:
            return None
        warmth = self.warmth
        if self._warmed is not None and warmth is not None and warmth.is_changing:
            return None
        return self._goes_along, self._holds

    def bring_to(self, to: float, *, exact: bool = False) -> None:
        """Let time pass until ``to`` (s), whoever drives."""
        if self._holder is not None:
            self._holder.advance(to, exact=exact)
        else:
            self.rest_to(to)

    def rest_to(self, to: float) -> None:
        """Let the cell rest without current until ``to`` (s)."""
        while self.time < to:
            end = min(self.next_look, to)
            if end > self.time:
                self.cell.advance(0.0, end - self.time)
            self.arrive(max(end, self.time), self.cell.voltage(), 0.0)

    def arrive(self, time: float, voltage: float, current: float) -> None:
        """Say that the cell now stands at ``time``; watchers are shown it."""
        self.time = time
        self.current = current
        self.live = (voltage, current)
        self.feel()
        if self._watchers:
            for watcher in tuple(self._watchers):
                watcher.see(time, voltage)


class OpenLeads:
    """Nothing plugged in: leads that float near zero and let no current through."""

    RESISTANCE = 1e12
    """Ω between the leads: a potentiostat's input."""

    charge = 0.0

    def voltage(self, current: float = 0.0) -> float:
        """Return V across the leads."""
        return current * self.RESISTANCE

    def advance(
        self,
        current: float,
        dt: float,
        lower: float = -math.inf,
        upper: float = math.inf,
    ) -> float:
        """Return ``dt``, or 0 if the leads' voltage is beyond a limit."""
        return 0.0 if not lower < self.voltage(current) < upper else dt

    def step_voltage(self, voltage: float, dt: float) -> float:  # noqa: ARG002
        """Return the leak in A."""
        return voltage / self.RESISTANCE

    def impedance(
        self,
        frequencies: ArrayLike,
        current: float = 0.0,  # noqa: ARG002
    ) -> NDArray[np.complex128]:
        """Return the input's resistance with 10 pF of leads, Ω."""
        omega = 2.0 * np.pi * np.asarray(frequencies, dtype=np.float64)
        z: NDArray[np.complex128] = np.divide(
            self.RESISTANCE, 1.0 + 1j * omega * self.RESISTANCE * 1e-11
        )
        return z

    def mark(self) -> None:
        """Mark nothing."""

    def rewind(self, mark: None) -> None:
        """Go back to nothing."""

    def snapshot(self) -> dict[str, Any]:
        """Return no state."""
        return {}

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Take nothing over."""
