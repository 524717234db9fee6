"""A sensor that hangs on a simulated meter: where it is, and what it gives there."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from drivers.twins.thermometry import platinum, thermocouples
from drivers.twins.world.surroundings import PROBES, Surroundings
from labctl.errors import OperatorError

LETTERS = "BEJKNRST"
RESISTORS = {"Pt100": 100.0, "Pt1000": 1000.0}
TERMINALS = 23.0
"""°C; of a meter's terminals in a room."""
STATES = ("", "open", "shorted")
KEYS = {"sensor", "surface", "ambient", "junction", "state", "offset"}
EXAMPLE = "{sensor: K, surface: vsp300/1}"


@dataclass(frozen=True, slots=True)
class Hung:
    """One sensor."""

    surroundings: Surroundings
    sensor: str
    """A thermocouple's letter, ``Pt100`` or ``Pt1000``."""
    place: str
    """The channel at whose sample it is; `PROBES` for the specimen at the probes."""
    on_sample: bool
    """On the sample itself, or in the air around it."""
    junction: float = TERMINALS
    """°C; where a thermocouple's wires end."""
    state: str = ""
    """``open`` or ``shorted``: how it is broken."""
    offset: float = 0.0
    """K; how much warmer it feels than what it is fixed to."""

    @classmethod
    def of(
        cls, surroundings: Surroundings, told: Mapping[str, Any], who: str
    ) -> "Hung":
        """Return what ``simulated:`` says hangs there. OperatorError: it is nothing."""
        sensor, state = str(told.get("sensor", "")), str(told.get("state", ""))
        where = [key for key in ("surface", "ambient") if key in told]
        known = sensor in RESISTORS or (len(sensor) == 1 and sensor in LETTERS)
        if not known or len(where) != 1 or state not in STATES or told.keys() - KEYS:
            raise OperatorError(
                f"{who}: {dict(told)} under `simulated:` is no sensor at a place; "
                f"write for example {EXAMPLE}"
            )
        return cls(
            surroundings,
            sensor,
            str(told[where[0]] or PROBES),
            where[0] == "surface",
            float(told.get("junction", TERMINALS)),
            state,
            float(told.get("offset", 0.0)),
        )

    @classmethod
    def at(
        cls, surroundings: Surroundings, told: Mapping[str, Any] | None, who: str
    ) -> "Hung | None":
        """Return what hangs at a meter's only terminals; None: the bench does."""
        return None if told is None else cls.of(surroundings, told, who)

    @property
    def is_resistor(self) -> bool:
        """Whether it is platinum."""
        return self.sensor in RESISTORS

    def celsius(self, time: float) -> float:
        """Return how warm it is, °C."""
        at = self.surroundings
        felt = at.surface if self.on_sample else at.ambient
        return felt(self.place, time) + self.offset

    def volts(self, time: float) -> float:
        """Return what its wires give, V; infinite where one is broken."""
        if self.is_resistor:
            return 0.0
        if self.state == "open":
            return math.inf
        if self.state == "shorted":
            return 0.0
        return thermocouples.emf(self.sensor, self.celsius(time), self.junction)

    def ohms(self, time: float) -> float:
        """Return what is between its wires, Ω."""
        if self.state == "open":
            return math.inf
        if self.state == "shorted" or not self.is_resistor:
            return 0.2
        return platinum.ohms(RESISTORS[self.sensor], self.celsius(time))
