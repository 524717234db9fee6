"""What a configuration says of a sensor, and what a reading of it is worth.

Of each input's options: ``sensor`` (``K``, ``Pt100`` …), ``junction`` (°C of a
thermocouple's other junction, or ``internal`` where the instrument compensates it),
``sensor_uncertainty`` and ``junction_uncertainty`` (standard uncertainties, K).
"""

import math
from dataclasses import dataclass

from drivers.chamber_options import Said
from drivers.thermometry.platinum import Platinum
from drivers.thermometry.thermocouples import Letter, Thermocouple

INTERNAL = "internal"
PLATINUM = {"Pt100": 100.0, "Pt1000": 1000.0}
"""Name -> Ω at 0 °C."""
NAMES = (*Letter, *PLATINUM)
COLDEST_JUNCTION, WARMEST_JUNCTION = -50.0, 200.0
"""°C; a block, an ice point or an oven is within."""
TERMINALS = 25.0
"""°C; about where an instrument's own terminals are, to weigh their uncertainty."""
FIXED_UNCERTAINTY, INTERNAL_UNCERTAINTY = 0.1, 0.6
"""K; standard uncertainty of a junction of which nothing else is said: an ice point,
and ±1 °C of a terminal block's own sensor (rectangular). Assumed."""


@dataclass(frozen=True, slots=True)
class Sensor:
    """One sensor, and how its volts or ohms become a temperature."""

    kind: Thermocouple | Platinum
    junction: float | None = None
    """°C of a thermocouple's other junction; None: the instrument compensates it, and
    a reading is a temperature already."""
    uncertainty: float | None = None
    """Standard uncertainty, K; None: of the standard's tolerance class."""
    junction_uncertainty: float = 0.0
    """Standard uncertainty, K."""

    @property
    def reads_celsius(self) -> bool:
        """Whether the instrument says a temperature, not volts or ohms."""
        return isinstance(self.kind, Thermocouple) and self.junction is None

    def celsius(self, reading: float) -> float:
        """Return °C for a reading in V, Ω or, see `reads_celsius`, °C.

        NaN: no temperature gives it; the sensor is open, shorted or another one.
        """
        kind = self.kind
        if isinstance(kind, Platinum):
            return kind.celsius(reading)
        if self.junction is not None:
            return kind.celsius(reading, self.junction)
        low, high = kind.bounds
        return reading if low <= reading <= high else math.nan

    def slope(self, celsius: float) -> float:
        """Return what the meter sees of a kelvin, V/K or Ω/K."""
        kind = self.kind
        if isinstance(kind, Platinum):
            return kind.slope(celsius)
        return kind.seebeck(celsius)

    def standard_uncertainty(self, celsius: float, meter: float) -> float:
        """Return K for a reading of ``celsius``; ``meter``: limit of error in V or Ω.

        Sensor, junction and meter; the latter's limit taken as rectangular. It is the
        meter's volts, too, where the instrument makes a temperature of them itself.
        """
        own = self.uncertainty
        if own is None:
            own = self.kind.tolerance(celsius) / math.sqrt(3.0)
        read = meter / math.sqrt(3.0) / abs(self.slope(celsius))
        junction = self.junction_uncertainty
        if isinstance(self.kind, Thermocouple):
            kept = TERMINALS if self.junction is None else self.junction
            junction *= abs(self.kind.seebeck(kept) / self.slope(celsius))
        return math.hypot(own, read, junction)


def sensor_of(said: Said, usual_junction: str = "") -> Sensor | None:
    """Return the sensor that an input's options describe; complaints stay in ``said``.

    None: something was wrong. ``usual_junction`` is `INTERNAL` where the instrument
    compensates by itself unless it is told otherwise, else the junction must be said.
    """
    name = said.choice("sensor", NAMES, "")
    if name not in NAMES:
        return None
    own = said.number("sensor_uncertainty", "K", 0.0, 100.0)
    if name in PLATINUM:
        return Sensor(Platinum(PLATINUM[name]), uncertainty=own)
    thermocouple = Thermocouple(Letter(name))
    if said.text("junction", usual_junction) == INTERNAL:
        if not usual_junction:
            what = "the instrument does not know how warm its terminals are."
            said.complain("junction", what, "Say at how many °C they are kept.")
            return None
        unsure = said.number("junction_uncertainty", "K", 0.0, 20.0)
        unsure = INTERNAL_UNCERTAINTY if unsure is None else unsure
        return Sensor(thermocouple, None, own, unsure)
    junction = said.number("junction", "°C", COLDEST_JUNCTION, WARMEST_JUNCTION)
    if junction is None:
        what = "how warm is the thermocouple's other junction?"
        said.complain("junction", what, "Say `junction: 0 °C` for an ice point.")
        return None
    unsure = said.number("junction_uncertainty", "K", 0.0, 20.0)
    unsure = FIXED_UNCERTAINTY if unsure is None else unsure
    return Sensor(thermocouple, junction, own, unsure)
