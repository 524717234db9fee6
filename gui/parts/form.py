"""What the texts of a form come to.

A text is never clamped and a unit never guessed: what cannot be read keeps its text and
says why. The station checks the whole order again; this here only answers at once.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gui.look.plain_words import unmarked
from gui.look.si_text import MINUS, value_text
from gui.parts.form_fields import FieldKind, FormField
from labctl.documents.hardened_yaml import load
from labctl.errors import LabctlError, QuantityError
from labctl.quantities import OneC, Quantity, Rate, format_duration


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a text came to."""

    ok: bool
    shown: str = ""
    """``= 103 µA`` or why it was refused."""
    given: Any = None
    """What the station is sent."""


@dataclass(frozen=True, slots=True)
class Referred:
    """What rates refer to: the sample, as far as its label says."""

    mass: float | None = None
    """kg."""
    area: float | None = None
    """m²."""
    one_c: str = ""
    """As text; empty if the label has none."""


def referred(label: Mapping[str, Any]) -> Referred:
    """Read mass, area and 1C from a sample's label; what cannot be read is unknown."""
    return Referred(
        _parsed(label.get("active_mass"), "kg"),
        _parsed(label.get("area"), "m²"),
        str(label.get("one_c") or ""),
    )


def resolve(
    field: FormField, text: str, texts: Mapping[str, str], refer: Referred
) -> Resolved:
    """Read one field's text.

    Parameters
    ----------
    field
        The field.
    text
        What stands in it.
    texts
        What stands in all fields, for the 1C that a rate refers to.
    refer
        The sample.
    """
    text = text.strip()
    if not text:
        if field.optional:
            return Resolved(ok=True, shown="none")
        if field.kind in _MAY_BE_EMPTY and not field.required:
            return Resolved(ok=True, given=_nothing(field))
        return Resolved(ok=False, shown=_needs(field))
    try:
        return _READERS[field.kind](field, text, texts, refer)
    except LabctlError as error:
        return Resolved(ok=False, shown=unmarked(str(error)))
    except ValueError:
        return Resolved(ok=False, shown=f"{text!r} is not a number")


def order_parameters(
    fields: Sequence[FormField],
    texts: Mapping[str, str],
    start: Mapping[str, str],
    refer: Referred,
) -> dict[str, Any]:
    """Return what to send: only what differs from where the form started."""
    sent: dict[str, Any] = {}
    for field in fields:
        text = texts.get(field.name, field.default).strip()
        if text == start.get(field.name, field.default).strip():
            continue
        found = resolve(field, text, texts, refer)
        if found.ok:
            sent[field.name] = found.given
    return nested(sent, {f.name: as_data(f, texts.get(f.name, "")) for f in fields})


def nested(sent: Mapping[str, Any], all_given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what to send with blocks within a block put together again.

    ``record.every`` becomes ``record: {every: …}``; a block is sent whole or as null.
    """
    out: dict[str, Any] = {}
    for name, value in sent.items():
        head, dot, _ = name.partition(".")
        if not dot:
            out[name] = value
        elif head not in out:
            whole = {
                inner.partition(".")[2]: one
                for inner, one in all_given.items()
                if inner.startswith(f"{head}.") and one is not None
            }
            out[head] = whole or None
    return out


def as_data(field: FormField, text: str) -> Any:
    """Return a text as plain data for a file; what cannot be read stays a text."""
    text = text.strip()
    if not text:
        return None if field.optional else _nothing(field)
    if field.kind is FieldKind.LIST:
        item = replace(field, kind=field.item)
        return [as_data(item, one) for one in text.split(";")]
    if field.kind is FieldKind.LINES:
        return lines_of(text)
    if field.kind in _TEXTUAL:
        return text
    found = resolve(field, text, {}, Referred())
    return found.given if found.ok else text


def lines_of(text: str) -> list[str]:
    """Return texts that stand one a line or between semicolons."""
    parts = text.replace("\n", ";").split(";")
    return [part.strip() for part in parts if part.strip()]


def _quantity(
    field: FormField, text: str, _texts: Mapping[str, str], _refer: Referred
) -> Resolved:
    value = Quantity(field.unit).parse(text)
    wrong = field.bounds.complaint(value, field.unit)
    if wrong:
        return Resolved(ok=False, shown=f"{text} {wrong}")
    shown = _value_words(value, field.unit)
    same = _unit_of(shown) == _unit_of(text) or field.unit == "s"
    return Resolved(ok=True, shown="" if same else f"= {shown}", given=text)


def _rate(
    field: FormField, text: str, texts: Mapping[str, str], refer: Referred
) -> Resolved:
    rate = Rate.parse(text)
    if rate.unit == "A":
        return Resolved(ok=True, shown=f"= {value_text(rate.value, 'A')}", given=text)
    try:
        one_c = _one_c_of(field.name, texts, refer) if rate.needs_one_c else None
        ampere = rate.resolve(one_c, refer.mass, refer.area)
    except QuantityError as error:
        # the station decides: a sample without mass may still do for it
        return Resolved(ok=True, shown=unmarked(str(error)), given=text)
    said = f"= {value_text(ampere, 'A')}"
    if one_c is not None:
        said += f", {rate} of {value_text(one_c, 'A')}".replace("-", MINUS)
    return Resolved(ok=True, shown=said, given=text)


def _one_c(
    _field: FormField, text: str, _texts: Mapping[str, str], refer: Referred
) -> Resolved:
    one_c = OneC.parse(text)
    try:
        said = f"= {value_text(one_c.ampere(refer.mass, refer.area), 'A')}"
    except QuantityError:
        said = ""  # the rates that need it say what it lacks
    return Resolved(ok=True, shown=said, given=text)


def _one_c_of(name: str, texts: Mapping[str, str], refer: Referred) -> float | None:
    """Return the 1C in A that a rate's name belongs to; None if nobody says."""
    prefix = name.rpartition("_")[0]
    for text in (texts.get(f"{prefix}_one_c"), texts.get("one_c"), refer.one_c):
        if text:
            return OneC.parse(text).ampere(refer.mass, refer.area)
    return None


def _integer(
    field: FormField, text: str, _texts: Mapping[str, str], _refer: Referred
) -> Resolved:
    value = int(text)
    wrong = field.bounds.complaint(value, "")
    return Resolved(ok=not wrong, shown=wrong and f"{text} {wrong}", given=value)


def _number(
    field: FormField, text: str, _texts: Mapping[str, str], _refer: Referred
) -> Resolved:
    value = float(text.replace("\N{MINUS SIGN}", "-").replace(",", "."))
    if not math.isfinite(value):
        raise ValueError(text)
    wrong = field.bounds.complaint(value, "")
    return Resolved(ok=not wrong, shown=wrong and f"{text} {wrong}", given=value)


def _choice(
    field: FormField, text: str, _texts: Mapping[str, str], _refer: Referred
) -> Resolved:
    if text not in field.choices:
        return Resolved(ok=False, shown=f"one of {', '.join(field.choices)}")
    return Resolved(ok=True, given=field.raw_choices[field.choices.index(text)])


def _text(
    _field: FormField, text: str, _texts: Mapping[str, str], _refer: Referred
) -> Resolved:
    return Resolved(ok=True, given=text)


def _list(
    field: FormField, text: str, texts: Mapping[str, str], refer: Referred
) -> Resolved:
    read = _READERS[field.item]
    found = [read(field, one.strip(), texts, refer) for one in text.split(";")]
    wrong = next((one for one in found if not one.ok), None)
    if wrong is not None:
        return Resolved(ok=False, shown=wrong.shown)
    said = ", ".join(one.shown.removeprefix("= ") for one in found if one.shown)
    return Resolved(
        ok=True, shown=f"= {said}" if said else "", given=[one.given for one in found]
    )


def _lines(
    _field: FormField, text: str, _texts: Mapping[str, str], _refer: Referred
) -> Resolved:
    return Resolved(ok=True, given=lines_of(text))


def _yaml(
    _field: FormField, text: str, _texts: Mapping[str, str], _refer: Referred
) -> Resolved:
    return Resolved(ok=True, given=load(text, "").data)


_TEXTUAL = frozenset(
    {FieldKind.QUANTITY, FieldKind.RATE, FieldKind.ONE_C, FieldKind.TEXT}
)
_MAY_BE_EMPTY = frozenset({FieldKind.TEXT, FieldKind.LIST, FieldKind.LINES})
_READERS = {
    FieldKind.QUANTITY: _quantity,
    FieldKind.RATE: _rate,
    FieldKind.ONE_C: _one_c,
    FieldKind.INTEGER: _integer,
    FieldKind.NUMBER: _number,
    FieldKind.BOOLEAN: _choice,
    FieldKind.CHOICE: _choice,
    FieldKind.TEXT: _text,
    FieldKind.LIST: _list,
    FieldKind.LINES: _lines,
    FieldKind.YAML: _yaml,
}


def _unit_of(text: str) -> str:
    """Return what stands behind the number, its micro sign made one."""
    behind = text.lstrip("+-0123456789.,eE \N{MINUS SIGN}").strip()
    return re.sub("^[u\N{GREEK SMALL LETTER MU}](?=.)", "\N{MICRO SIGN}", behind)


def _value_words(value: float, unit: str) -> str:
    if unit == "s":
        return format_duration(value)
    if unit == "1":
        return f"{value * 100:.4g} %"
    return value_text(value, unit)


def _nothing(field: FormField) -> Any:
    """Return what an empty text comes to."""
    return [] if field.kind in {FieldKind.LIST, FieldKind.LINES} else ""


def _needs(field: FormField) -> str:
    if field.examples:
        return f"needs a value such as {field.examples[0]}"
    textual = field.kind in {FieldKind.TEXT, FieldKind.LINES}
    return "needs a text" if textual else "needs a value such as 1"


def _parsed(value: Any, unit: str) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    try:
        return Quantity(unit).parse(str(value)) if value else None
    except QuantityError:
        return None
