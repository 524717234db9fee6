"""The electrical bench that twins share: source, relays, specimen, voltmeter, magnet.

Twins change it (a source its level, a switch its relays, a supply its ramp) and ask
it (what flows, what a voltmeter sees, how strong the field is). Time is an argument
and never runs back; nothing here knows a message. Randomness is seeded per asker.
"""

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from drivers.twins.world.magnet import ElectroMagnet, Ramp
from drivers.twins.world.path import (
    OPEN_PATH,
    LinearPath,
    Path,
    film_path,
    two_pole_path,
)
from drivers.twins.world.socket import Socket
from drivers.twins.world.specimen import Film, Specimen, warmed
from drivers.twins.world.surroundings import PROBES, ROOM, Surroundings
from labctl.roles.driver import LINE_FREQUENCY

BOLTZMANN = 1.380649e-23
INPUT_RESISTANCE = 1e10
"""A voltmeter's, Ω (2182A up to 10 V, DMM 2000 up to 10 V)."""
FIELD_RESOLUTION = 1e-7
"""Fields closer than this share one solution, T."""
KELVIN_DIGITS = 3
"""Temperatures that are the same to so many digits do, K."""


@dataclass(slots=True)
class Source:
    """What a source does at its terminals."""

    on: bool = False
    holds_voltage: bool = True
    level: float = 0.0
    """V or A."""
    limit: float = 0.0
    """A or V, positive."""
    remote: bool = False
    """Whether a held voltage is regulated at the sense terminals."""
    when_off: float = 0.0
    """A that it takes at most at 0 V while it is switched off; 0 is high impedance."""


class Point(NamedTuple):
    """Where source and specimen meet."""

    current: float
    """A out of the source's high terminal."""
    driven: float
    """V at the source's terminals."""
    sensed: float
    """V at the sense terminals, or of a voltmeter on rows 3 and 4."""
    in_limit: bool


class Circuit:
    """One sample, its wiring, its magnet."""

    def __init__(
        self,
        specimen: Specimen | None = None,
        seed: int = 0,
        emf_drift: float = 0.0,
        magnet: ElectroMagnet | None = None,
        surroundings: Surroundings | None = None,
    ) -> None:
        self.specimen = specimen
        """None is an empty bench: everything is open."""
        self.seed = seed
        self.surroundings = surroundings or Surroundings()
        """How warm the specimen is; a chamber's twin encloses it there."""
        self._warmth = self.surroundings.put(
            (PROBES,), 0.0 if specimen is None else specimen.lag
        )
        self.line_frequency = LINE_FREQUENCY
        """Of the power line at which all instruments of the bench stand, Hz."""
        self.emf_drift = emf_drift
        """Slow change of the voltmeter's EMF, V/s."""
        self.magnet = ElectroMagnet() if magnet is None else magnet
        self.source = Source()
        """The one that feeds the specimen now."""
        self.closed: frozenset[tuple[int, int]] | None = None
        """Closed relays as (row, contact); None while there is no switch at all."""
        self.lifted = False
        """A probe is off the sample."""
        self.instruments: dict[str, Any] = {}
        """Twins that others reach by a cable of their own (trigger link, RS-232)."""
        self.sockets: Callable[[str], Socket | None] = _no_cell
        """Gives the cell that a source meter's leads are on, by the channel's name."""
        self._paths: dict[tuple[Any, ...], Path] = {}

    def mount(self, specimen: Specimen) -> None:
        """Put another specimen in; what was there is taken out."""
        self.specimen = specimen
        self._warmth = self.surroundings.put((PROBES,), specimen.lag)
        self._paths.clear()

    def random(self, name: str) -> random.Random:
        """Return the generator of the instrument called ``name``."""
        return random.Random(f"{self.seed}:{name}")  # noqa: S311

    def field(self, time: float) -> float:
        """Return the field at the sample in T."""
        return self.magnet.advance(time)

    def path(self, time: float) -> Path:
        """Return what source and voltmeter see at ``time``."""
        field = 0
        if isinstance(self.specimen, Film):
            field = round(self.field(time) / FIELD_RESOLUTION)
        kelvin = ROOM
        if self.specimen is not None and self._warmth.is_changing:
            kelvin = round(self._warmth.kelvin(time), KELVIN_DIGITS)
        key = (self.closed, self.lifted, field, kelvin)
        path = self._paths.get(key)
        if path is None:
            if len(self._paths) > 512:  # noqa: PLR2004
                self._paths.clear()
            path = self._paths[key] = self._solve(key)
        return path

    def _solve(self, key: tuple[Any, ...]) -> Path:
        closed_now, lifted, field, kelvin = key
        if lifted:
            leak = getattr(self.specimen, "leak", 0.0)
            return LinearPath(1.0 / leak, 0.0, 0.0, 0.0) if leak else OPEN_PATH
        if self.specimen is None:
            return OPEN_PATH
        specimen = warmed(self.specimen, kelvin)
        if not isinstance(specimen, Film):
            return two_pole_path(specimen, closed_now)
        wired = frozenset({(1, 1), (2, 2), (3, 4), (4, 3)})
        closed = wired if closed_now is None else closed_now
        return film_path(specimen, field * FIELD_RESOLUTION, closed, INPUT_RESISTANCE)

    def operate(self, time: float) -> Point:
        """Return the operating point of the present source."""
        source = self.source
        path = self.path(time)
        if not source.on:
            return Point(0.0, 0.0, path.sensed(0.0) + self.emf_drift * time, False)
        limited = False
        if source.holds_voltage:
            current = path.current(source.level, source.remote)
            if not abs(current) <= source.limit:
                current = math.copysign(source.limit, current)
                limited = True
            driven = path.driven(current)
        else:
            current = source.level
            driven = path.driven(current)
            if not abs(driven) <= source.limit:
                driven = math.copysign(source.limit, driven)
                current = path.current(driven, False)
                limited = True
        sensed = path.sensed(current) + self.emf_drift * time
        return Point(current, driven, sensed, limited)

    def johnson(self, time: float, seconds: float) -> float:
        """Return the rms Johnson noise voltage of the path, V, averaged ``seconds``."""
        r = min(self.path(time).resistance, INPUT_RESISTANCE)
        kelvin = self._warmth.kelvin(time)
        return math.sqrt(2.0 * BOLTZMANN * kelvin * r / seconds)

    def snapshot(self) -> dict[str, Any]:
        """Return the state as JSON types."""
        return {
            "closed": None if self.closed is None else sorted(map(list, self.closed)),
            "lifted": self.lifted,
            "magnet": {
                "ramp": asdict(self.magnet.ramp),
                "command": self.magnet.command,
                "time": self.magnet.time,
                "field": self.magnet.field_now,
                "branch": self.magnet.branch,
            },
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put back what `snapshot` returned."""
        closed = state["closed"]
        self.closed = (
            None if closed is None else frozenset((row, col) for row, col in closed)
        )
        self.lifted = state["lifted"]
        magnet = state["magnet"]
        self.magnet.ramp = Ramp(**magnet["ramp"])
        self.magnet.command = magnet["command"]
        self.magnet.time = magnet["time"]
        self.magnet.field_now = magnet["field"]
        self.magnet.branch = magnet["branch"]


def _no_cell(channel: str) -> Socket | None:  # noqa: ARG001
    return None


@dataclass(slots=True)
class Imperfection:
    """A meter's own errors: a gain and an offset that stay, and noise."""

    gain: float
    """Relative error of every reading."""
    offset: float
    """Error at zero, in units of the range."""

    @classmethod
    def draw(cls, rng: random.Random, gain: float, offset: float) -> "Imperfection":
        """Draw from the rectangular distributions of a maker's specification."""
        return cls(rng.uniform(-gain, gain), rng.uniform(-offset, offset))

    def apply(self, true: float, full_scale: float) -> float:
        """Return what the meter would show without noise."""
        return true * (1.0 + self.gain) + self.offset * full_scale
