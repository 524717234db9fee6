"""What a plan asks of who plays a role, fact by fact, and whether a channel can.

The mirror of `labctl.roles.capability`: a need names one fact there, and is met, not
met, or not known to be met.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from labctl.limits import exceeds
from labctl.quantities import format_si
from labctl.roles.capability import Capability


class Ability(StrEnum):
    """One fact that a plan can ask for."""

    GALVANOSTAT = "galvanostat"
    POTENTIOSTAT = "potentiostat"
    SWEEPS = "sweeps"
    CONSTANT_POWER = "constant_power"
    POTENTIOSTATIC_IMPEDANCE = "potentiostatic_impedance"
    GALVANOSTATIC_IMPEDANCE = "galvanostatic_impedance"
    CURRENT = "current"
    """Largest |I|, A."""
    LEAST_CURRENT = "least_current"
    """Smallest |I| that is set and not zero, A."""
    CONTROL = "control"
    """Largest |V| held against the reference, V."""
    COMPLIANCE = "compliance"
    """Largest |V| that a current is driven to, or is allowed, V."""
    POWER = "power"
    """Largest |P|, W."""
    FIELD = "field"
    """Largest |B|, T."""
    HIGHEST_FREQUENCY = "highest_frequency"
    """Hz."""
    LOWEST_FREQUENCY = "lowest_frequency"
    """Hz."""
    HIGHEST_TEMPERATURE = "highest_temperature"
    """That a chamber regulates to, °C."""
    LOWEST_TEMPERATURE = "lowest_temperature"
    """°C."""
    SURFACE_TEMPERATURE = "surface_temperature"
    """A thermometer at the sample; no fact of the channel but of the bench."""


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that a step asks of one role."""

    role: str
    ability: Ability
    value: float | None = None
    """Magnitude in the ability's unit, °C signed; None: it is there or not."""
    technique: int | None = None
    """Index in the step's upload that asks for it; None: the whole step."""
    of: tuple[float, ...] = ()
    """Figures that add up to ``value``, by which its parameter may be found."""

    def __str__(self) -> str:
        fact = _FACTS[self.ability]
        if self.value is None:
            return fact.asked
        return fact.asked.format(_written(self.value, fact.unit))

    @property
    def unit(self) -> str:
        """SI unit of ``value``; empty where there is none."""
        return _FACTS[self.ability].unit


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A need that a channel is known not to meet."""

    need: Need
    limit: float | None
    """What the channel does at most, or at least; None: it does it not at all."""

    @property
    def said(self) -> str:
        """Say what the channel does: ``drives at most 500 mA``."""
        fact = _FACTS[self.need.ability]
        if self.limit is None:
            return fact.cannot
        return fact.cannot.format(_written(self.limit, fact.unit))


def met(need: Need, capability: Capability) -> bool | None:
    """Tell whether a channel meets a need; None: nobody knows."""
    has = _has(need.ability, capability)
    if need.value is None or has is None or isinstance(has, bool):
        return None if has is None else bool(has)
    if _FACTS[need.ability].least:
        return not exceeds(-need.value, -has)
    return not exceeds(need.value, has)


def shortfalls(needs: Iterable[Need], capability: Capability) -> list[Shortfall]:
    """Return the needs that a channel is known not to meet, in their order."""
    found = []
    for need in needs:
        if met(need, capability) is False:
            has = _has(need.ability, capability)
            number = has is not None and not isinstance(has, bool)
            found.append(Shortfall(need, has if number else None))
    return found


def unknown_of(needs: Iterable[Need], capability: Capability) -> list[Need]:
    """Return the needs of which nobody knows whether the channel meets them."""
    return [need for need in needs if met(need, capability) is None]


def strongest(needs: Iterable[Need]) -> tuple[Need, ...]:
    """Return one need for each role and ability: whoever meets it meets the others."""
    found: dict[tuple[str, Ability], Need] = {}
    for need in needs:
        key = (need.role, need.ability)
        old = found.get(key)
        if old is None or _is_harder(need, old):
            found[key] = need
    order = {ability: number for number, ability in enumerate(Ability)}
    return tuple(sorted(found.values(), key=lambda need: order[need.ability]))


def _is_harder(need: Need, than: Need) -> bool:
    if need.value is None or than.value is None:
        return False
    if _FACTS[need.ability].least:
        return need.value < than.value
    return need.value > than.value


def _has(ability: Ability, capability: Capability) -> float | bool | None:
    """Return the fact of a channel that an ability is about."""
    edges = {
        Ability.LOWEST_FREQUENCY: (capability.frequencies, 0),
        Ability.HIGHEST_FREQUENCY: (capability.frequencies, 1),
        Ability.LOWEST_TEMPERATURE: (capability.temperatures, 0),
        Ability.HIGHEST_TEMPERATURE: (capability.temperatures, 1),
    }
    if ability in edges:
        span, edge = edges[ability]
        return None if span is None else span[edge]
    if ability is Ability.SURFACE_TEMPERATURE:
        return None
    fact: float | bool | None = getattr(capability, ability.value)
    return None if fact is None or math.isnan(fact) else fact


@dataclass(frozen=True, slots=True)
class _Fact:
    asked: str
    """What a plan needs, with a place for its number."""
    cannot: str
    """What a channel does that is not enough."""
    unit: str = ""
    least: bool = False
    """Whether less is harder."""


_FACTS = {
    Ability.GALVANOSTAT: _Fact("holds a current", "holds no current"),
    Ability.POTENTIOSTAT: _Fact("holds a voltage", "holds no voltage"),
    Ability.SWEEPS: _Fact("scans a voltage", "scans no voltage"),
    Ability.CONSTANT_POWER: _Fact("holds a power", "holds no power"),
    Ability.POTENTIOSTATIC_IMPEDANCE: _Fact(
        "measures impedance by a sine of voltage",
        "measures no impedance by a sine of voltage",
    ),
    Ability.GALVANOSTATIC_IMPEDANCE: _Fact(
        "measures impedance by a sine of current",
        "measures no impedance by a sine of current",
    ),
    Ability.CURRENT: _Fact("drives {}", "drives at most {}", "A"),
    Ability.LEAST_CURRENT: _Fact(
        "sets as little as {}", "sets no less than {}", "A", least=True
    ),
    Ability.CONTROL: _Fact("holds {}", "holds at most {}", "V"),
    Ability.COMPLIANCE: _Fact("reaches {}", "reaches at most {}", "V"),
    Ability.POWER: _Fact("gives {}", "gives at most {}", "W"),
    Ability.FIELD: _Fact("makes {}", "makes at most {}", "T"),
    Ability.HIGHEST_FREQUENCY: _Fact("measures up to {}", "measures up to {}", "Hz"),
    Ability.LOWEST_FREQUENCY: _Fact(
        "measures down to {}", "measures down to {}", "Hz", True
    ),
    Ability.HIGHEST_TEMPERATURE: _Fact("heats to {}", "heats to {} at most", "°C"),
    Ability.LOWEST_TEMPERATURE: _Fact("cools to {}", "cools to {} at most", "°C", True),
    Ability.SURFACE_TEMPERATURE: _Fact(
        "has a thermometer at the sample", "has no thermometer at the sample"
    ),
}


def _written(value: float, unit: str) -> str:
    return f"{value:g} °C" if unit == "°C" else format_si(value, unit, 3)
