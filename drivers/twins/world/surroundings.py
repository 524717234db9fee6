"""How warm it is on the bench: which chamber stands around what, and who follows it.

    R(T) = R(25 °C) · exp(Eₐ/R · (1/T − 1/298.15 K))

Without a chamber it is 25 °C for ever, where the factor is exactly one. A *place* is a
channel as the configuration calls it (``vsp300/1``), or `PROBES` for the pellet,
particle or film at the probes. A sample follows the air of its chamber with its own
time constant (`warmth.py`).
"""

import math
from collections.abc import Collection, Iterable

from drivers.twins.world.air import ROOM, Climate
from drivers.twins.world.warmth import Warmth
from labctl.errors import OperatorError

__all__ = ["PROBES", "ROOM", "Climate", "Surroundings", "arrhenius"]

GAS_CONSTANT = 8.314462618
"""J/(mol K), CODATA 2018."""
ZERO_CELSIUS = 273.15
"""K."""
PROBES = ""
"""The place of the specimen at the probes."""
SPECIMEN = "specimen"
"""What `PROBES` is called where people name what a chamber stands around."""
CELL_LAG = 300.0
"""s; of what says nothing else: a coin cell in moving air. Invented."""


class Surroundings:
    """The chambers of one bench, and how warm its samples are."""

    def __init__(self) -> None:
        self._chambers: dict[str, tuple[Climate, frozenset[str]]] = {}
        """Name -> its air and what it stands around; empty: everything else."""
        self._samples: dict[str, Warmth] = {}
        """Place -> the sample there."""

    def enclose(
        self, name: str, climate: Climate, around: Collection[str] = ()
    ) -> None:
        """Put what is at ``around`` into the chamber called ``name``.

        ``around`` names channels (``vsp300/1``), whole instruments (``vsp300``) or
        ``specimen``; empty: everything on the bench that is in no other chamber.
        OperatorError: something of it is in another one.
        """
        places = frozenset(around)
        for other, (_, taken) in self._chambers.items():
            both = sorted(places & taken) or ["the simulated bench"]
            if other != name and ((places & taken) or not (places or taken)):
                raise OperatorError(
                    f"{', '.join(both)} is in the chamber {other} already and cannot "
                    f"be in {name} too; say under `simulated:` what each of them "
                    "stands around, for example `around: [vsp300]`"
                )
        self._chambers[name] = (climate, places)

    def around(self, place: str) -> Climate | None:
        """Return the air at a place; None: the room's."""
        if not self._chambers:
            return None
        names = (place, place.partition("/")[0]) if place else (SPECIMEN,)
        for name in (*names, None):
            for climate, places in self._chambers.values():
                if (name in places) if name is not None else not places:
                    return climate
        return None

    def warmth(self, place: str) -> Warmth:
        """Return the sample at a place; one that nobody put there lags as a cell."""
        if place not in self._samples:
            self._samples[place] = self._new(place, CELL_LAG)
        return self._samples[place]

    def put(self, places: Iterable[str], lag: float) -> Warmth:
        """Have one new sample at these places, which follows with ``lag`` in s."""
        first, *others = places
        sample = self._samples[first] = self._new(first, lag)
        self._samples.update(dict.fromkeys(others, sample))
        return sample

    def _new(self, place: str, lag: float) -> Warmth:
        return Warmth(lambda: self.around(place), lag)

    # ---- what thermometers' twins feel

    def ambient(self, place: str, time: float) -> float:
        """Return the temperature around the sample at a place, °C."""
        return self.warmth(place).air(time) - ZERO_CELSIUS

    def surface(self, place: str, time: float) -> float:
        """Return the temperature of the sample at a place, °C."""
        return self.warmth(place).kelvin(time) - ZERO_CELSIUS

    @property
    def is_changing(self) -> bool:
        """Whether the specimen at the probes is in a chamber; else it is `ROOM`."""
        return self.around(PROBES) is not None

    def kelvin(self, time: float) -> float:
        """Return how warm the air at the probes is at ``time`` (s), K."""
        return self.warmth(PROBES).air(time)


def arrhenius(activation: float, kelvin: float) -> float:
    """Return how much larger a resistance is at ``kelvin`` than at 25 °C; there 1.0.

    ``activation`` in J/mol.
    """
    return math.exp(activation / GAS_CONSTANT * (1.0 / kelvin - 1.0 / ROOM))
