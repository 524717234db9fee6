"""What the header of a text file says of cell and instrument, as facts in SI."""

import re
from collections.abc import Sequence
from typing import Any

from labctl.store.header import SIMULATED_MARK
from labctl.store.importers.ec_lab.titles import Kind, factor_of

_WORDS = {
    "User": "operator",
    "Cycle Definition": "cycle_definition",
    "Electrode material": "electrode_material",
    "Initial state": "initial_state",
    "Electrolyte": "electrolyte",
    "Reference electrode": "reference_electrode",
    "Electrode connection": "electrode_connection",
}
_AMOUNTS = {
    "Electrode surface area": "area_square_metre",
    "Mass of active material": "active_mass_kg",
    "Characteristic mass": "characteristic_mass_kg",
    "Battery capacity": "battery_capacity_ah",
}
_NUMBERED = {
    "Run on channel": ("channel", "channel_serial"),
    "Device": ("instrument", "serial"),
}
_MASS = {"kg": 1.0, "g": 1e-3, "mg": 1e-6, "µg": 1e-9, "μg": 1e-9}
_AREA = {"m²": 1.0, "cm²": 1e-4, "mm²": 1e-6, "µm²": 1e-12}
_AREA_PLAIN = {unit.replace("²", "2"): factor for unit, factor in _AREA.items()}
_NAMED = re.compile(r"(?P<name>.*?)\s*\(SN (?P<serial>[^)]*)\)\s*$")
_PROGRAM = re.compile(r"(?:EC|BT)-Lab for windows v(\S+)", re.IGNORECASE)
DEFAULT = 0.001
"""What EC-Lab writes where nobody entered a mass or an area, in whichever unit."""
_LOOP = re.compile(r"Loop \d+ from point number (\d+) to \d+")


def facts_of(lines: Sequence[str]) -> dict[str, Any]:
    """Return what a header's lines say; what is empty or not sure is absent."""
    facts: dict[str, Any] = {}
    for line in lines:
        program = _PROGRAM.match(line)
        if program:
            facts["program_version"] = program[1]
        name, colon, value = (part.strip() for part in line.partition(":"))
        if colon and value:
            facts.update(_fact(name, value))
    comments = [line.partition(":")[2].strip() for line in lines if _is_comment(line)]
    if any(comments):
        facts["comment"] = "; ".join(comment for comment in comments if comment)
    if SIMULATED_MARK in comments:
        facts["simulated"] = True
    return facts


def _is_comment(line: str) -> bool:
    return line.partition(":")[0].strip() == "Comments"


def _fact(name: str, value: str) -> dict[str, Any]:
    if name in _WORDS:
        return {_WORDS[name]: value}
    if name in _AMOUNTS:
        number = _amount(_AMOUNTS[name], value)
        return {} if number is None else {_AMOUNTS[name]: number}
    if name in _NUMBERED:
        thing, serial = _NUMBERED[name]
        named = _NAMED.match(value)
        if named is None:
            return {thing: value}
        return {thing: named["name"], serial: named["serial"]}
    return {}


def _amount(fact: str, text: str) -> float | None:
    number, _, unit = text.partition(" ")
    try:
        value = float(number.replace(",", "."))
    except ValueError:
        return None
    if fact.endswith("_kg"):
        factor = _MASS.get(unit)
    elif fact.endswith("_metre"):
        factor = _AREA.get(unit, _AREA_PLAIN.get(unit))
    else:
        factor = factor_of(Kind.CHARGE, unit)
    return None if factor is None or value in {0.0, DEFAULT} else value * factor


def loops_of(lines: Sequence[str]) -> tuple[int, ...]:
    """Return the rows at which the loops of a technique begin."""
    return tuple(int(match[1]) for line in lines if (match := _LOOP.match(line)))
