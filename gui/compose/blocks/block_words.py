"""Blocks as lines that a person reads: ``charge at C/20 for at most 25 h``.

The schema may say how a kind is read, in parts: ``["rest", "for {duration}"]``. A part
whose field is empty is left out; a field that is needed shows ``…``. ``{rate:way}``
says charge or discharge; a part with ``{flag:yes}`` stands only where the flag is set,
one with ``{bias:set}`` only for another value than the default.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from gui.compose.blocks.blocks import Block, Blocks
from gui.compose.blocks.shapes import Language, Shape, Slot
from gui.look.si_text import words
from gui.parts.form import lines_of
from gui.parts.form_fields import FieldKind, FormField
from labctl.errors import Place, QuantityError
from labctl.quantities import Rate

_FIELD = re.compile(r"\{(?P<name>[a-z_.]+)(?::(?P<how>[a-z]+))?\}")
MISSING = "…"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list: a block, or the heading of a slot."""

    place: Place
    """Of the block; of a slot it ends with the slot's name."""
    depth: int
    text: str
    heading: bool = False
    complaint: str = ""
    """What is wrong with it; empty if nothing is."""


def rows_of(
    language: Language, blocks: Blocks, complaints: Mapping[Place, str] | None = None
) -> list[Row]:
    """Return every block, and every slot that is empty or has one beside it."""
    return _rows(language, blocks, complaints or {}, (), 0)


def line_of(language: Language, block: Block) -> str:
    """Write a block in one line."""
    shape = language.shapes[block.kind]
    if not shape.says:
        return _listed(shape, block)
    parts = [_part(part, shape, block) for part in shape.says]
    return " ".join(part for part in parts if part) or shape.word


def count_text(language: Language, blocks: Blocks) -> str:
    """Say how many blocks there are: ``6 steps, 14 with those inside``."""
    if not blocks:
        return f"no {language.called} yet"
    called = language.called + ("" if len(blocks) == 1 else "s")
    every = _every(blocks)
    inside = f", {every} with those inside" if every > len(blocks) else ""
    return f"{len(blocks)} {called}{inside}"


def _rows(
    language: Language,
    blocks: Blocks,
    complaints: Mapping[Place, str],
    place: Place,
    depth: int,
) -> list[Row]:
    found: list[Row] = []
    for number, block in enumerate(blocks):
        where = (*place, number)
        text = line_of(language, block)
        found.append(Row(where, depth, text, complaint=complaints.get(where, "")))
        slots = language.shapes[block.kind].slots
        for slot in slots:
            inside = block.inner.get(slot.name, ())
            below = (*where, slot.name)
            alone = len(slots) == 1
            if not inside or not alone:
                said = _heading(slot, empty=not inside)
                wrong = complaints.get(below, "")
                found.append(Row(below, depth + 1, said, heading=True, complaint=wrong))
            deeper = depth + 1 if alone else depth + 2
            found += _rows(language, inside, complaints, below, deeper)
    return found


def _heading(slot: Slot, *, empty: bool) -> str:
    name = words(slot.name)
    if not empty:
        return f"{name}:"
    return f"{name}: none yet" if slot.least else f"{name}: nothing"


def _part(part: str, shape: Shape, block: Block) -> str:
    fields = {f.name: f for f in shape.fields}
    out = part
    for match in _FIELD.finditer(part):
        field = fields.get(match["name"])
        text = block.texts.get(match["name"], "").strip()
        said = _value(field, text, match["how"] or "")
        if said is None:
            return ""
        out = out.replace(match[0], said, 1)
    return out


def _value(field: FormField | None, text: str, how: str) -> str | None:
    """Return what stands for a field; None leaves its part out."""
    if field is None or (how == "set" and text == field.default):
        return None
    if how == "yes":
        return "" if text == "yes" else None
    if how == "way":
        return _way(text)
    if not text:
        return MISSING if field.required else None
    if field.kind is FieldKind.LINES:
        return " or ".join(lines_of(text)).replace("<=", "≤").replace(">=", "≥")
    return text


def _way(text: str) -> str:
    try:
        rate = Rate.parse(text)
    except QuantityError:
        return f"current {text or MISSING}"
    size = text.lstrip("-\N{MINUS SIGN}+ ").replace("D", "C")
    return f"{'charge' if rate.value > 0 else 'discharge'} at {size}"


def _listed(shape: Shape, block: Block) -> str:
    """List what is given; needed fields always."""
    said = [
        f"{words(field.name.replace('.', ' '))} {text or MISSING}"
        for field in shape.fields
        if (text := block.texts.get(field.name, "").strip()) != field.default
        or field.required
    ]
    return ", ".join(said) or shape.word


def _every(blocks: Blocks) -> int:
    return sum(1 + sum(map(_every, block.inner.values())) for block in blocks)
