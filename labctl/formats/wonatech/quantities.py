"""What the columns of a ``.wrd`` file are in labctl's words, and one count in SI."""

from collections.abc import Mapping

from labctl.formats.wonatech.layout import TICKS, Head, LayoutError

CHARGE, DISCHARGE = 3, 4
"""CELL STATUS; 1 is a rest."""

PLAIN: Mapping[str, tuple[str, float]] = {
    "TEST TIME": ("test_time_second", 1 / TICKS),
    "STEP TIME": ("step_time_second", 1 / TICKS),
    "STEP INDEX": ("step_id", 1.0),
    "TOTAL STEP": ("step_count", 1.0),
    "CYCLE INDEX": ("cycle_count", 1.0),
    "I RANGE INDEX": ("current_range_code", 1.0),
    "VOLTAGE": ("voltage_volt", 1.0),
    "CURRENT": ("current_ampere", 1.0),
}
"""Column of the file → labctl's, and what one count is in SI."""
CHARGES = {
    "CHARGE Q": "charging_capacity_ah",
    "DISCHARGE Q": "discharging_capacity_ah",
}
ENERGIES = {
    "CHARGE E": "charging_energy_wh",
    "DISCHARGE E": "discharging_energy_wh",
}
_ENERGY_UNITS = {"wh": 1.0, "mwh": 1e-3, "j": 1 / 3600, "ws": 1 / 3600}
_CHARGE_UNITS = {"ah": 1.0, "mah": 1e-3, "c": 1 / 3600}
_UNITS: Mapping[str, Mapping[str, float]] = {
    "VOLTAGE": {"v": 1.0, "mv": 1e-3},
    "CURRENT": {"a": 1.0, "ma": 1e-3, "ua": 1e-6},
    "CHARGE Q": _CHARGE_UNITS,
    "DISCHARGE Q": _CHARGE_UNITS,
    "CHARGE E": _ENERGY_UNITS,
    "DISCHARGE E": _ENERGY_UNITS,
}
"""Units that a file may declare for a column; nothing declared is the usual."""
DRIVING = {0: 3.0, 1: 1.0, 2: 2.0}
"""CONTROL STATUS (rest, constant current, constant voltage) → driving code."""


def scale_of(head: Head, title: str, plain: float = 1.0) -> float:
    """Return what one of the file's unit is in ours; ``plain`` where it says none.

    LayoutError: the unit is not known, or the file contradicts itself.
    """
    said = head.units.get(title)
    if said is None or title not in _UNITS:
        return plain
    word = said.lower().replace("·", "").replace(".", "").replace("µ", "u")
    if word not in _UNITS[title]:
        raise LayoutError(f"{title} is in {said!r}, which labctl does not know")
    said_so = head.coulomb
    if title in CHARGES and said_so is not None and (word == "c") != said_so:
        raise LayoutError(
            f"{title} is in {said} by its column and in "
            f"{'C' if head.coulomb else 'A·h'} by the head of the file"
        )
    return _UNITS[title][word]
