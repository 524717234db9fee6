"""A protocol's JSON schema as fields of a form, with what stands in them at first."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from gui.look.si_text import sentence, value_text, words
from labctl.documents.writing import one_line
from labctl.errors import QuantityError
from labctl.quantities import Quantity, Rate, format_duration


class FieldKind(StrEnum):
    """What a field takes."""

    QUANTITY = "quantity"
    RATE = "rate"
    ONE_C = "one_c"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    TEXT = "text"
    LIST = "list"
    """Values separated by semicolons."""
    LINES = "lines"
    """Texts, one a line or separated by semicolons."""
    BLOCKS = "blocks"
    """A list of blocks such as steps; edited in a panel of its own."""
    YAML = "yaml"
    """Anything else, as YAML in one line."""


class FieldGroup(StrEnum):
    """Where a field stands."""

    BASIC = "Basic"
    LIMITS = "Limits"
    RECORDING = "Recording"
    ADVANCED = "Advanced"
    SERIES = "Series over temperatures"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a number may be, in the field's unit."""

    low: float = -math.inf
    high: float = math.inf
    open_low: bool = False
    """Whether ``low`` itself is refused."""
    open_high: bool = False

    def complaint(self, value: float, unit: str) -> str:
        """Say which bound a value breaks; empty if none."""
        if value < self.low or (self.open_low and value == self.low):
            word = "above" if self.open_low else "at least"
            return f"must be {word} {value_text(self.low, unit)}"
        if value > self.high or (self.open_high and value == self.high):
            word = "below" if self.open_high else "at most"
            return f"must be {word} {value_text(self.high, unit)}"
        return ""


@dataclass(frozen=True, slots=True)
class FormField:
    """One line of the form."""

    name: str
    label: str
    kind: FieldKind
    group: FieldGroup
    help: str
    unit: str = ""
    item: FieldKind = FieldKind.TEXT
    """Kind of a list's members."""
    optional: bool = False
    """Empty means none."""
    required: bool = False
    """It has no default."""
    default: str = ""
    """As a person would type it; empty for none."""
    choices: tuple[str, ...] = ()
    raw_choices: tuple[Any, ...] = ()
    """What the choices are as JSON."""
    examples: tuple[str, ...] = ()
    bounds: Bounds = Bounds()


def fields_of(schema: Mapping[str, Any]) -> list[FormField]:
    """Return the fields of a schema: what is needed first, else in its order."""
    found = fields_within(schema, schema.get("$defs", {}))
    return sorted(found, key=lambda field: not field.required)


def fields_within(
    schema: Mapping[str, Any], known: Mapping[str, Any], prefix: str = ""
) -> list[FormField]:
    """Return the fields of a part of a schema whose definitions are ``known``.

    The fields of a block within a block are named by both: ``record.every``.
    """
    found: list[FormField] = []
    required = schema.get("required", ())
    for name, about in schema.get("properties", {}).items():
        inner = inner_block(about, known)
        if inner is not None and not prefix:
            found += fields_within(inner, known, f"{name}.")
            continue
        needed = name in required and not prefix
        found.append(
            _field(f"{prefix}{name}", _followed(about, known), required=needed)
        )
    return found


def inner_block(
    about: Mapping[str, Any], known: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    """Return the schema of a single block that a field is, or may be; else None."""
    options = [o for o in about.get("anyOf", [about]) if o.get("type") != "null"]
    if len(options) != 1:
        return None
    target = known.get(str(options[0].get("$ref", "")).rpartition("/")[2], {})
    return target if "properties" in target else None


def grouped(fields: Sequence[FormField]) -> list[tuple[FieldGroup, list[FormField]]]:
    """Return the groups that have fields, basic first."""
    groups = [(g, [f for f in fields if f.group is g]) for g in FieldGroup]
    return [(group, members) for group, members in groups if members]


def starting_texts(
    fields: Sequence[FormField], preset: Mapping[str, Any] | None = None
) -> dict[str, str]:
    """Return what stands in the form at first: defaults, then the preset's texts."""
    texts = {field.name: field.default for field in fields}
    known = {field.name: field for field in fields}
    for name, value in (preset or {}).items():
        if name in known:
            texts[name] = typed(known[name], value)
    return texts


def typed(field: FormField, value: Any) -> str:
    """Write a JSON value as a person would type it."""
    if field.kind is FieldKind.YAML and value is not None:
        return one_line(value)
    if isinstance(value, str) or value is None:
        return _choice_text(field, value or "")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        between = "\n" if field.kind is FieldKind.LINES else "; "
        return between.join(_item_text(field, one) for one in value)
    if isinstance(value, Mapping):
        return _rate_text(value) if {"value", "unit"} <= value.keys() else ""
    return _item_text(field, value)


def _choice_text(field: FormField, text: str) -> str:
    """Return a closed choice as it is offered; any other text as it is."""
    chosen = field.kind is FieldKind.CHOICE and text in field.raw_choices
    return field.choices[field.raw_choices.index(text)] if chosen else text


def _followed(about: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Put what a reference to a closed choice says in its place."""
    found = dict(about)
    for key in ("$ref", "allOf"):
        target = found.get(key)
        if isinstance(target, list):
            target = target[0].get("$ref") if target else None
        there = known.get(str(target).rpartition("/")[2], {})
        if "enum" in there:
            found.pop(key)
            found = {**there, **found}
    if "anyOf" in found:
        found["anyOf"] = [_followed(one, known) for one in found["anyOf"]]
    return found


def _field(name: str, about: Mapping[str, Any], *, required: bool) -> FormField:
    inner = about
    optional = False
    if "anyOf" in about:
        options = [o for o in about["anyOf"] if o.get("type") != "null"]
        optional = len(options) < len(about["anyOf"])
        inner = {**(options[0] if options else {}), **about}
        inner.pop("anyOf")
    kind = _kind(inner)
    item = inner.get("items", {})
    unit = str(inner.get("unit", item.get("unit", "")))
    choices = tuple(inner.get("enum", ()))
    examples = inner.get("examples", item.get("examples", ()))
    bare = FormField(
        name=name,
        label=_label(name),
        kind=kind,
        group=_group(name, kind, inner, optional=optional),
        help=str(about.get("description", "")).replace("``", ""),
        unit=unit,
        item=_kind(item) if item else FieldKind.TEXT,
        optional=optional,
        required=required,
        choices=("yes", "no")
        if kind is FieldKind.BOOLEAN
        else tuple(words(str(one)) for one in choices),
        raw_choices=(True, False) if kind is FieldKind.BOOLEAN else choices,
        examples=tuple(map(str, examples)),
        bounds=_bounds(inner),
    )
    default = "" if kind is FieldKind.BLOCKS else typed(bare, about.get("default"))
    return FormField(**{**_as_dict(bare), "default": default})


def _as_dict(field: FormField) -> dict[str, Any]:
    return {name: getattr(field, name) for name in field.__slots__}


def _label(name: str) -> str:
    """Return a field's name as the lab writes it."""
    said = [_SPELT.get(word, word) for word in words(name.replace(".", " ")).split()]
    return sentence(" ".join(said).replace("one c", "1C"))


_SPELT = {"nplc": "NPLC", "ocv": "OCV", "eis": "EIS", "iv": "I–V", "ce": "CE"}


def _kind(about: Mapping[str, Any]) -> FieldKind:
    if "enum" in about:
        return FieldKind.CHOICE
    quantity = about.get("quantity")
    if quantity == "rate":
        return FieldKind.RATE
    if quantity == "one_c":
        return FieldKind.ONE_C
    if quantity:
        return FieldKind.QUANTITY
    if about.get("type") == "array":
        return _kind_of_list(about.get("items", {}))
    by_type = {
        "integer": FieldKind.INTEGER,
        "number": FieldKind.NUMBER,
        "boolean": FieldKind.BOOLEAN,
        "string": FieldKind.TEXT,
    }
    return by_type.get(str(about.get("type")), FieldKind.YAML)


def _kind_of_list(item: Mapping[str, Any]) -> FieldKind:
    if "$ref" in item or "oneOf" in item:
        return FieldKind.BLOCKS
    kind = _kind(item)
    if kind is FieldKind.TEXT:
        return FieldKind.LINES
    return (
        FieldKind.YAML
        if kind in {FieldKind.LIST, FieldKind.LINES, FieldKind.YAML}
        else FieldKind.LIST
    )


def _group(
    name: str, kind: FieldKind, about: Mapping[str, Any], *, optional: bool
) -> FieldGroup:
    if "group" in about:
        return FieldGroup(about["group"])
    if name.startswith("record") or name in {"nplc", "readings", "averages"}:
        return FieldGroup.RECORDING
    limits = ("compliance", "largest", "maximum_", "minimum_", "deadline", "tolerance")
    if any(word in name for word in (*limits, "lower_voltage", "upper_voltage")):
        return FieldGroup.LIMITS
    unusual = (kind is FieldKind.YAML, optional and kind is not FieldKind.RATE)
    rare = ("uncertainty", "sign", "factor", "seed", "settle", "delay", "per_ampere")
    if any(unusual) or any(word in name for word in rare):
        return FieldGroup.ADVANCED
    return FieldGroup.BASIC


def _bounds(about: Mapping[str, Any]) -> Bounds:
    low = about.get("exclusiveMinimum", about.get("gt"))
    high = about.get("exclusiveMaximum", about.get("lt"))
    least = about.get("minimum", about.get("ge"))
    most = about.get("maximum", about.get("le"))
    return Bounds(
        low=float(low if low is not None else -math.inf if least is None else least),
        high=float(high if high is not None else math.inf if most is None else most),
        open_low=low is not None,
        open_high=high is not None,
    )


def _item_text(field: FormField, value: Any) -> str:
    """Write one value exactly: it must read back as the same number."""
    if isinstance(value, Mapping):
        return _rate_text(value)
    if isinstance(value, str) or not field.unit or isinstance(value, bool):
        return str(value)
    if field.unit == "1":
        return f"{value * 100:.10g} %"
    quantity = Quantity(field.unit)
    if field.unit == "s":
        text = format_duration(float(value))
        if quantity.parse(text) == value:
            return text
    for digits in range(1, 16):
        text = quantity.format(float(value), digits)
        try:
            if quantity.parse(text) == value:
                return text
        except QuantityError:
            continue
    return f"{value!r} {field.unit}"


def _rate_text(value: Mapping[str, Any]) -> str:
    number, unit = float(value["value"]), str(value["unit"])
    if unit == "C":
        return str(Rate(number, "C"))
    small = {"A/kg": ("mA/g", 1.0), "A/m²": ("mA/cm²", 0.1), "A": ("mA", 1e3)}
    shown, factor = small.get(unit, (unit, 1.0))
    return f"{number * factor:.10g} {shown}"
