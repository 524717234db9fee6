"""A magnet that is told tesla, made of a supply that is told amperes and a gaussmeter.

After each ramp it waits until the field stands still, then corrects the current by
what is missing; the approach is from one side, so that the branch of the hysteresis
is the direction of travel.
"""

from labctl.clock import Clock
from labctl.errors import InstrumentError, LimitError
from labctl.roles.gaussmeter import Gaussmeter
from labctl.roles.identity import Identity
from labctl.roles.magnet import MagnetSupply

SETTLED_RATE = 1e-4
"""A field that moves less than this has settled, T/s."""
SHORTEST_LOOK = 0.2
"""Between two readings that tell a rate, s."""
MOST_CORRECTIONS = 12


class FieldByCurrent:
    """Plays `labctl.roles.magnet.Magnet`."""

    def __init__(
        self,
        supply: MagnetSupply,
        gaussmeter: Gaussmeter,
        clock: Clock,
        tesla_per_ampere: float,
        largest_field: float,
        tolerance: float = 1e-3,
    ) -> None:
        """Join supply and meter.

        ``tesla_per_ampere`` is a first guess; its sign is that of the wiring.
        ``tolerance`` in T: how far from the setpoint still counts as there.
        """
        self._supply = supply
        self._gaussmeter = gaussmeter
        self._clock = clock
        self._slope = tesla_per_ampere
        self._largest = largest_field
        self._tolerance = tolerance
        self._target = 0.0
        self._current = 0.0
        self._corrections = 0
        self._last: tuple[float, float] | None = None
        self._point: tuple[float, float] | None = None

    @property
    def largest_field(self) -> float:
        """Return the configured largest |B| in T."""
        return self._largest

    def ramp_to_field(self, field: float) -> float:
        """Start towards ``field`` in T; return the setpoint.

        LimitError: beyond the largest field, or beyond the supply's current.
        """
        if not abs(field) <= self._largest * (1 + 1e-9):
            raise LimitError(f"magnet: {field:g} T is beyond ±{self._largest:g} T")
        current = field / self._slope
        most = self._supply.bounds.current
        if not abs(current) <= most:
            raise LimitError(
                f"magnet: {field:g} T needs about {current:.1f} A, the supply's limit "
                f"is ±{most:g} A"
            )
        self._gaussmeter.prepare(max(self._largest, abs(field)))
        self._target, self._corrections = field, 0
        self._last = self._point = None
        self._current = self._supply.ramp_to(current)
        return field

    def field(self) -> float:
        """Return the measured field, T; NaN on overflow."""
        return self._gaussmeter.read().field

    def is_settled(self) -> bool:
        """Return whether the field stands still at the setpoint; corrects it if not.

        InstrumentError: the field cannot be reached, or a fault of the supply.
        """
        if not self._supply.is_settled():
            self._last = None
            return False
        now, field = self._clock.now(), self.field()
        if self._last is None:
            self._last = (now, field)
            return False
        then, before = self._last
        if now - then < SHORTEST_LOOK:
            return False
        self._last = (now, field)
        if not abs(field - before) / (now - then) < SETTLED_RATE:
            return False
        if abs(field - self._target) <= self._tolerance:
            return True
        self._correct(field)
        return False

    def _correct(self, field: float) -> None:
        if self._corrections >= MOST_CORRECTIONS:
            raise InstrumentError(
                f"magnet: stands at {field:.4f} T, not at {self._target:g} T, after "
                f"{MOST_CORRECTIONS} corrections; check gap, probe and its sign"
            )
        slope = self._slope
        if self._point is not None:
            moved = self._current - self._point[0]
            seen = (field - self._point[1]) / moved if moved else slope
            if 0.2 * abs(slope) < abs(seen) < 2.0 * abs(slope) and seen * slope > 0:
                slope = seen
        self._point = (self._current, field)
        wanted = self._current + (self._target - field) / slope
        most = self._supply.bounds.current
        if not abs(wanted) <= most:
            raise InstrumentError(
                f"magnet: {self._target:g} T needs {wanted:.1f} A, the supply's limit "
                f"is ±{most:g} A"
            )
        self._corrections += 1
        self._last = None
        self._current = self._supply.ramp_to(wanted)

    def make_safe(self) -> None:
        """Start a ramp to zero current; returns at once."""
        self._target = 0.0
        self._supply.make_safe()

    def identity(self) -> Identity:
        """Return the supply's identity."""
        return self._supply.identity()
