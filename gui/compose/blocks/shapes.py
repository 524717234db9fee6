"""What a list of blocks may hold, read from the schema of its parameter.

Where the schema names a discriminator (``do``), blocks are of several kinds; else all
are of one. A kind's fields are those of a form; its lists of blocks are slots.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gui.look.si_text import words
from gui.parts.form_fields import FieldKind, FormField, fields_of

_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Slot:
    """A list of blocks within a block, or the parameter itself."""

    name: str
    help: str
    kinds: tuple[str, ...]
    """Names of the shapes that may stand in it."""
    tag: str = ""
    """Key that says the kind: ``do``; empty where there is one kind only."""
    least: int = 0
    """How many blocks it needs."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of block."""

    name: str
    word: str
    """What the tag says, or what the block is called."""
    help: str
    fields: tuple[FormField, ...]
    """What is needed comes first."""
    slots: tuple[Slot, ...]
    says: tuple[str, ...] = ()
    """Parts of its line, ``for {duration}``; without them the fields are listed."""


@dataclass(frozen=True, slots=True)
class Language:
    """All kinds that can stand somewhere below one parameter."""

    top: Slot
    shapes: Mapping[str, Shape] = field(default_factory=dict)

    def word(self, kind: str) -> str:
        """Return what a person calls a kind."""
        return self.shapes[kind].word

    @property
    def called(self) -> str:
        """What one block of the parameter is called: ``step``."""
        if self.top.tag or not self.top.kinds:
            return words(self.top.name).removesuffix("s")
        return self.shapes[self.top.kinds[0]].word


def languages_of(schema: Mapping[str, Any]) -> dict[str, Language]:
    """Return the language of every parameter that is a list of blocks."""
    known = schema.get("$defs", {})
    found = {}
    for one in fields_of(schema):
        if one.kind is FieldKind.BLOCKS:
            top = _slot(one.name, schema["properties"][one.name], known)
            shapes: dict[str, Shape] = {}
            _collect(top, known, shapes)
            found[one.name] = Language(top, shapes)
    return found


def _collect(slot: Slot, known: Mapping[str, Any], shapes: dict[str, Shape]) -> None:
    for kind in slot.kinds:
        if kind not in shapes:
            shape = _shape(kind, known[kind], slot.tag, known)
            shapes[kind] = shape
            for inner in shape.slots:
                _collect(inner, known, shapes)


def _slot(name: str, about: Mapping[str, Any], known: Mapping[str, Any]) -> Slot:
    items = about.get("items", {})
    options: Sequence[Mapping[str, Any]] = items.get("oneOf", [items])
    kinds = tuple(_target(option) for option in options)
    return Slot(
        name=name,
        help=str(about.get("description", "")).replace("``", "`"),
        kinds=tuple(kind for kind in kinds if kind in known),
        tag=str(items.get("discriminator", {}).get("propertyName", "")),
        least=int(about.get("minItems", 0)),
    )


def _shape(
    name: str, about: Mapping[str, Any], tag: str, known: Mapping[str, Any]
) -> Shape:
    properties = about.get("properties", {})
    plain = {k: v for k, v in properties.items() if k != tag}
    fields = fields_of({**about, "properties": plain, "$defs": known})
    title = _CAPITAL.sub(" ", str(about.get("title", name))).lower()
    return Shape(
        name=name,
        word=str(properties.get(tag, {}).get("const", title)),
        help=str(about.get("description", "")),
        fields=tuple(f for f in fields if f.kind is not FieldKind.BLOCKS),
        slots=tuple(
            _slot(f.name, properties[f.name], known)
            for f in fields
            if f.kind is FieldKind.BLOCKS
        ),
        says=tuple(about.get("says", ())),
    )


def _target(about: Mapping[str, Any]) -> str:
    return str(about.get("$ref", "")).rpartition("/")[2]
