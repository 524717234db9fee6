"""What a configuration may say about any chamber: its bounds, and what is safe.

These keys of ``options`` mean the same for every driver of a chamber and are read here
only: ``lowest``, ``highest``, ``safe_temperature``, ``fastest_ramp``, ``grain``,
``deadline``. Numbers are °C, K/s, K and s; text carries its unit: ``45 °C``, ``2 h``.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labctl.errors import Complaint, LimitError, Place, QuantityError, RefusedError
from labctl.quantities import parse
from labctl.roles.chamber import ChamberBounds

LINK_KEYS = ("timeout", "on_link_loss", "hold_link_for", "serial")
VISA_KEYS = (*LINK_KEYS, "visa_library", "echo")
BOUND_KEYS = ("lowest", "highest", "fastest_ramp", "grain", "deadline")
SETPOINT_KEYS = ("lowest", "highest", "grain", "deadline", "safe_temperature")
"""Of a chamber that has neither ramps nor a switch. A key that nobody reads is refused:
it may be the slip of a bound, which then does not protect."""
COLDEST, HOTTEST = -273.15, 3000.0
"""°C; beyond them no chamber is told to be, and a reading is none."""
SAFE = 20.0
"""°C; a heater that is to hold this heats nothing in a room of 25 °C, once it is as
warm as that: see `ChamberOptions.safe_setpoint`."""
PER_MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class ChamberOptions:
    """What a configuration says of a chamber; None where it says nothing."""

    lowest: float | None = None
    """°C."""
    highest: float | None = None
    """°C."""
    safe_temperature: float | None = None
    """°C; where a chamber that has no switch is sent when it is made safe."""
    fastest_ramp: float | None = None
    """K/s."""
    grain: float | None = None
    """K; how far a set point read back may be from the one that was asked for."""
    deadline: float = 7200.0
    """s within which it reaches a set point."""

    @classmethod
    def of(cls, name: str, options: Mapping[str, Any], *place: str) -> "ChamberOptions":
        """Return what the options of the instrument ``name`` say.

        ``place`` are the keys under which they stand, where it has several chambers.
        RefusedError lists every wrong key.
        """
        said = Said(name, options, place)
        made = cls(
            lowest=said.number("lowest", "°C", COLDEST, HOTTEST),
            highest=said.number("highest", "°C", COLDEST, HOTTEST),
            safe_temperature=said.number("safe_temperature", "°C", COLDEST, HOTTEST),
            fastest_ramp=said.number("fastest_ramp", "K/s", 1e-6, 100.0),
            grain=said.number("grain", "K", 1e-6, 5.0),
            deadline=said.number("deadline", "s", 1.0, 30 * 86400.0) or 7200.0,
        )
        low, high = made.lowest, made.highest
        if low is not None and high is not None and not low < high:
            said.complain("lowest", f"{low:g} °C is not below {high:g} °C.")
        safe = made.safe_temperature
        if safe is not None and high is not None and safe > high:
            said.complain("safe_temperature", f"{safe:g} °C is above {high:g} °C.")
        said.refuse()
        return made

    def bounds(
        self,
        name: str,
        own: tuple[float, float] | None,
        *,
        fastest_ramp: float | None = None,
        grain: float = 0.1,
    ) -> ChamberBounds:
        """Return what may be asked for: the instrument's own bounds, only narrower.

        ``own`` are the lowest and highest set point that it states, °C; None: it states
        none. RefusedError: nobody does, or the two leave nothing.
        """
        place: Place = ("instruments", name, "options")
        low, high = self.lowest, self.highest
        if own is None and (low is None or high is None):
            cure = "Say lowest: and highest:, in °C."
            text = "the instrument does not state how cold and how warm it can be."
            raise RefusedError([Complaint(place, text, cure)])
        ends = own or (-math.inf, math.inf)
        lowest = ends[0] if low is None else max(low, ends[0])
        highest = ends[1] if high is None else min(high, ends[1])
        if not lowest < highest:
            text = f"{low} to {high} °C is nowhere within its {ends[0]:g} … {ends[1]:g}"
            raise RefusedError([Complaint(place, f"{text} °C.")])
        ramp = fastest_ramp
        if ramp is not None and self.fastest_ramp is not None:
            ramp = self.fastest_ramp
        return ChamberBounds(
            lowest=lowest,
            highest=highest,
            fastest_ramp=ramp,
            grain=self.grain or grain,
            deadline=self.deadline,
        )

    def safe_setpoint(self, now: float, lowest: float) -> float:
        """Return the set point at which a chamber heats nothing, °C.

        ``now`` is how warm it is: one that was cooled is not warmed up to be safe. NaN:
        nobody knows. ``lowest`` is what it takes at all.
        """
        said = self.safe_temperature
        safe = SAFE if said is None else said
        if self.highest is not None:
            safe = min(safe, self.highest)
        return max(lowest, safe if math.isnan(now) else min(safe, now))


def refuse_beyond_bounds(
    name: str, bounds: ChamberBounds, celsius: float, ramp: float | None
) -> None:
    """Raise LimitError for a set point (°C) or ramp (K/s) not within ``bounds``."""
    if not bounds.lowest <= celsius <= bounds.highest:
        raise LimitError(
            f"{name}: {celsius:g} °C is outside {bounds.lowest:g} … "
            f"{bounds.highest:g} °C"
        )
    if ramp is None:
        return
    if bounds.fastest_ramp is None:
        raise LimitError(
            f"{name}: takes no ramp ({ramp * PER_MINUTE:g} K/min was asked for); it "
            "goes to a set point as fast as it can"
        )
    if not 0 < ramp <= bounds.fastest_ramp:
        raise LimitError(
            f"{name}: a ramp of {ramp * PER_MINUTE:g} K/min is not above 0 and up to "
            f"{bounds.fastest_ramp * PER_MINUTE:g} K/min"
        )


class Said:
    """Reads one instrument's options and gathers what is wrong with them."""

    def __init__(
        self, name: str, options: Mapping[str, Any], place: Place = ()
    ) -> None:
        self._options = options
        self._place: Place = ("instruments", name, "options", *place)
        self._wrong: list[Complaint] = []

    def complain(self, key: str, what: str, cure: str = "") -> None:
        """Keep a complaint about ``key``."""
        self._wrong.append(Complaint((*self._place, key), what, cure))

    def know(self, *keys: str) -> None:
        """Complain of every key that is none of ``keys``."""
        for key in self._options:
            if str(key) not in keys:
                text = f"there is no such option; known are {', '.join(keys)}."
                self.complain(str(key), text)

    def refuse(self) -> None:
        """Raise RefusedError if anything is wrong."""
        if self._wrong:
            raise RefusedError(self._wrong)

    def number(
        self, key: str, unit: str, low: float, high: float, usual: float | None = None
    ) -> float | None:
        """Return a number in ``unit``; ``usual`` where nothing is said."""
        said = self._options.get(key)
        if said is None:
            return usual
        try:
            if isinstance(said, bool):
                raise QuantityError(f"{said!r} is no number.")  # noqa: TRY301
            value = parse(said, unit) if isinstance(said, str) else float(said)
        except (QuantityError, TypeError, ValueError) as error:
            self.complain(key, str(error))
            return usual
        if not low <= value <= high:
            self.complain(key, f"{value:g} {unit} is outside {low:g} … {high:g}.")
            return usual
        return value

    def text(self, key: str, usual: str) -> str:
        """Return what is said as it stands; ``usual`` where nothing is."""
        return str(self._options.get(key, usual)).strip()

    def choice(self, key: str, of: tuple[str, ...], usual: str) -> str:
        """Return one of ``of``."""
        said = str(self._options.get(key, usual))
        if said not in of:
            self.complain(key, f"{said!r} is none of {', '.join(of)}.")
            return usual
        return said
