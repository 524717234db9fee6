"""Fields for what is set by hand: read like the composer's, within a channel's means.

The station has the last word; what is refused here only saves a journey.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gui.look.si_text import value_text
from gui.parts.form import Referred, Resolved, resolve
from gui.parts.form_fields import Bounds, FieldGroup, FieldKind, FormField
from labctl.quantities import Quantity

VOLTAGE, CURRENT = "voltage", "current"
UNIT = {VOLTAGE: "V", CURRENT: "A"}
OTHER = {VOLTAGE: "A", CURRENT: "V"}
"""Unit of the compliance while a quantity is driven."""
EXAMPLES = {"V": "100 mV", "A": "1 mA", "T": "0.5 T", "s": "200 ms", "T/A": "25 mT/A"}
LEADS = ("I+", "I−", "V+", "V−")
NOBODY = Referred()


@dataclass(frozen=True, slots=True)
class Amounts:
    """What the texts of some fields came to."""

    values: Mapping[str, float]
    """SI; only those that could be read."""
    found: Mapping[str, Resolved]

    @property
    def ok(self) -> bool:
        """Whether all of them could be read."""
        return all(one.ok for one in self.found.values())


def amounts(fields: Sequence[FormField], texts: Mapping[str, str]) -> Amounts:
    """Read the texts of some fields."""
    found, values = {}, {}
    for one in fields:
        text = texts.get(one.name, one.default)
        if one.kind is FieldKind.LIST:
            found[one.name] = _contacts(text)
            continue
        found[one.name] = resolve(one, text, texts, NOBODY)
        if found[one.name].ok:
            values[one.name] = _number(one, text)
    return Amounts(values, found)


def level(name: str, label: str, unit: str, most: float | None = None) -> FormField:
    """Return a field for a signed quantity; ``most`` is its largest magnitude."""
    size = math.inf if most is None else most
    return quantity(name, label, unit, Bounds(-size, size), _up_to(most, unit))


def compliance(driven: str, bounds: Mapping[str, float]) -> FormField:
    """Return the field of the compliance while ``driven`` is driven."""
    unit = OTHER[driven]
    least, most = (
        bounds.get(f"least compliance {unit}"),
        bounds.get(f"compliance {unit}"),
    )
    limits = Bounds(
        low=least or 0.0,
        high=math.inf if most is None else most,
        open_low=not least,
    )
    from_, to = value_text(least, unit), value_text(most, unit)
    said = f"{from_} to {to}." if least and most else ""
    return quantity("compliance", "Compliance", unit, limits, said)


def quantity(
    name: str,
    label: str,
    unit: str,
    bounds: Bounds,
    hint: str = "",
    default: str = "",
) -> FormField:
    """Return a field that takes a quantity."""
    return FormField(
        name,
        label,
        FieldKind.QUANTITY,
        FieldGroup.BASIC,
        hint,
        unit,
        default=default,
        examples=(EXAMPLES[unit],),
        bounds=bounds,
    )


def count(name: str, label: str, low: int, high: int, default: str) -> FormField:
    """Return a field that takes a whole number."""
    return FormField(
        name,
        label,
        FieldKind.INTEGER,
        FieldGroup.BASIC,
        f"{low} to {high}.",
        default=default,
        examples=(default,),
        bounds=Bounds(low, high),
    )


def contacts(name: str) -> FormField:
    """Return a field that takes the contacts of I+, I−, V+ and V−."""
    return FormField(
        name,
        "Contacts",
        FieldKind.LIST,
        FieldGroup.BASIC,
        "Of I+, I−, V+, V−, in this order.",
        examples=("1, 3, 2, 4",),
    )


def most_of(driven: str, bounds: Mapping[str, float]) -> float | None:
    """Return the largest magnitude of a quantity; None if the channel does not say."""
    return bounds.get(f"{driven} {UNIT[driven]}")


def drives(bounds: Mapping[str, float]) -> tuple[str, ...]:
    """Return what a channel can hold; both while it has not said."""
    found = tuple(q for q in UNIT if most_of(q, bounds) is not None)
    return found or tuple(UNIT)


def _contacts(text: str) -> Resolved:
    """Read four numbers; `Resolved.given` is their list."""
    try:
        numbers = [int(word) for word in text.replace(",", " ").split()]
    except ValueError:
        return Resolved(ok=False, shown=f"{text!r}: needs numbers such as 1, 3, 2, 4")
    if len(numbers) != len(LEADS) or min(numbers) < 1:
        return Resolved(ok=False, shown="needs four contacts such as 1, 3, 2, 4")
    if numbers[0] == numbers[1] or numbers[2] == numbers[3]:
        return Resolved(ok=False, shown="I+ and I−, and V+ and V−, must differ")
    pairs = zip(LEADS, numbers, strict=True)
    said = "  ".join(f"{lead} at {number}" for lead, number in pairs)
    return Resolved(ok=True, shown=said, given=numbers)


def _up_to(most: float | None, unit: str) -> str:
    return "" if most is None else f"Up to ±{value_text(most, unit)}."


def _number(one: FormField, text: str) -> float:
    if one.kind is FieldKind.INTEGER:
        return float(int(text))
    return Quantity(one.unit).parse(text)
