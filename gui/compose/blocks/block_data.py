"""Blocks to plain data and back: what the station is sent, what a plan file holds.

Nothing is dropped on the way in: what does not fit is a complaint with its place. A
text that fits but cannot be read (``banana`` for a rate) stays, for its field to say.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gui.compose.blocks.blocks import Block, Blocks, new_block
from gui.compose.blocks.shapes import Language, Slot
from gui.parts.form import Referred, as_data, nested, resolve
from gui.parts.form_fields import FieldKind, FormField, typed
from labctl.documents.writing import one_line
from labctl.errors import Place

Trouble = tuple[Place, str]
"""Where, and what is wrong."""


def to_data(language: Language, blocks: Blocks, slot: Slot | None = None) -> list[Any]:
    """Return blocks as plain data, without what is at its default."""
    slot = slot or language.top
    return [_block_data(language, block, slot) for block in blocks]


def from_data(
    language: Language,
    data: Any,
    *,
    si: bool = False,
    slot: Slot | None = None,
    place: Place = (),
) -> tuple[Blocks, list[Trouble]]:
    """Return plain data as blocks, and everything that does not fit.

    ``si``: bare numbers are in SI, as in a schema's defaults; else they are refused.
    """
    slot = slot or language.top
    if not isinstance(data, list | tuple):
        return (), [(place, f"{_said(data)} is no list of {slot.name}")]
    blocks: list[Block] = []
    troubles: list[Trouble] = []
    for number, one in enumerate(data):
        where = (*place, number)
        kind, wrong = _kind_of(language, slot, one)
        if wrong:
            troubles.append((where, wrong))
            continue
        block, found = _block(language, slot, kind, one, where, si=si)
        blocks.append(block)
        troubles += found
    return tuple(blocks), troubles


def unreadable(
    language: Language,
    blocks: Blocks,
    texts: Mapping[str, str],
    refer: Referred,
    *,
    slot: Slot | None = None,
    place: Place = (),
) -> list[Trouble]:
    """Return every field that cannot be read and every slot that wants more.

    ``texts`` are those of the form around, for the 1C that rates refer to.
    """
    slot = slot or language.top
    found: list[Trouble] = []
    if len(blocks) < slot.least:
        found.append((place, f"needs at least {_count(slot.least, slot)}"))
    for number, block in enumerate(blocks):
        shape, where = language.shapes[block.kind], (*place, number)
        for field in shape.fields:
            said = resolve(field, block.texts.get(field.name, ""), texts, refer)
            if not said.ok:
                found.append(((*where, *field.name.split(".")), said.shown))
        for inner in shape.slots:
            found += unreadable(
                language,
                block.inner.get(inner.name, ()),
                texts,
                refer,
                slot=inner,
                place=(*where, inner.name),
            )
    return found


def read_value(field: FormField, value: Any) -> tuple[str, str]:
    """Return a plain value as a person would type it, or what is wrong with it."""
    if value is None:
        return "", "" if field.optional else "`null` says nothing here"
    wrong = _misfit(field, field.kind, value)
    if wrong:
        return "", wrong
    if isinstance(value, list):
        between = "\n" if field.kind is FieldKind.LINES else "; "
        return between.join(map(str, value)), ""
    return (str(value) if field.kind is FieldKind.QUANTITY else typed(field, value)), ""


def _block_data(language: Language, block: Block, slot: Slot) -> dict[str, Any]:
    shape = language.shapes[block.kind]
    given = {f.name: as_data(f, block.texts.get(f.name, "")) for f in shape.fields}
    changed = {
        f.name: given[f.name]
        for f in shape.fields
        if block.texts.get(f.name, "").strip() != f.default.strip()
    }
    out: dict[str, Any] = {slot.tag: shape.word} if slot.tag else {}
    out |= nested(changed, given)
    for inner in shape.slots:
        inside = block.inner.get(inner.name, ())
        if inside or inner.least:
            out[inner.name] = to_data(language, inside, inner)
    return out


def _kind_of(language: Language, slot: Slot, data: Any) -> tuple[str, str]:
    """Return the kind of a block, or why it has none."""
    if not isinstance(data, Mapping):
        return "", f"{_said(data)} is no block of keys"
    if not slot.tag:
        return slot.kinds[0], ""
    by_word = {language.word(kind): kind for kind in slot.kinds}
    there = ", ".join(by_word)
    if slot.tag not in data:
        return "", f"says not what it is; write `{slot.tag}:` with one of {there}"
    word = data[slot.tag]
    if isinstance(word, str) and word in by_word:
        return by_word[word], ""
    return "", f"{slot.tag}: `{word}` cannot stand here; there are {there}"


def _block(
    language: Language,
    slot: Slot,
    kind: str,
    data: Mapping[str, Any],
    place: Place,
    *,
    si: bool,
) -> tuple[Block, list[Trouble]]:
    shape = language.shapes[kind]
    texts = dict(new_block(language, kind).texts)
    inner: dict[str, Blocks] = {}
    fields = {f.name: f for f in shape.fields}
    slots = {s.name: s for s in shape.slots}
    troubles: list[Trouble] = []
    for name, value in flat(data, shape.fields, place, troubles).items():
        where = (*place, *name.split("."))
        if name == slot.tag:
            continue
        if name in slots:
            inner[name], found = from_data(
                language, value, si=si, slot=slots[name], place=where
            )
            troubles += found
        elif name not in fields:
            known = [*fields, *slots]
            troubles.append((where, unknown_key(name, known)))
        elif si:
            texts[name] = typed(fields[name], value)
        else:
            texts[name], wrong = read_value(fields[name], value)
            if wrong:
                troubles.append((where, wrong))
    return Block(kind, texts, inner), troubles


def flat(
    data: Mapping[str, Any],
    fields: Iterable[FormField],
    place: Place,
    troubles: list[Trouble],
) -> dict[str, Any]:
    """Return the keys with those of a block within the block as ``record.every``."""
    heads = {f.name.partition(".")[0] for f in fields if "." in f.name}
    out: dict[str, Any] = {}
    for name, value in data.items():
        if name not in heads:
            out[str(name)] = value
        elif isinstance(value, Mapping) and value:
            out |= {f"{name}.{inner}": one for inner, one in value.items()}
        elif value is not None:
            what = f"{_said(value)} says nothing; leave it out"
            troubles.append(((*place, name), what))
    return out


def unknown_key(name: str, known: Sequence[str]) -> str:
    """Say that a key means nothing here, and which one may have been meant."""
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"`{name}` is unknown; did you mean `{near[0]}`?"
    return f"`{name}` is unknown; there are {', '.join(sorted(known))}"


def _misfit(field: FormField, kind: FieldKind, value: Any) -> str:  # noqa: PLR0911
    """Say why a value is not of a field's kind; empty if it is."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind in {FieldKind.LIST, FieldKind.LINES}:
        if not isinstance(value, list):
            return f"{_said(value)} is no list"
        item = FieldKind.TEXT if kind is FieldKind.LINES else field.item
        wrong = [w for one in value if (w := _misfit(field, item, one))]
        torn = any(isinstance(v, str) and (";" in v or "\n" in v) for v in value)
        return wrong[0] if wrong else "a text in it holds a `;`" if torn else ""
    if kind is FieldKind.YAML:
        return ""
    if kind is FieldKind.BOOLEAN:
        return "" if isinstance(value, bool) else f"{_said(value)} is not true or false"
    if kind is FieldKind.CHOICE:
        there = ", ".join(field.choices)
        return (
            "" if value in field.raw_choices else f"{_said(value)} is none of {there}"
        )
    if kind is FieldKind.INTEGER:
        whole = number and isinstance(value, int)
        return "" if whole else f"{_said(value)} is no whole number"
    if kind is FieldKind.NUMBER:
        return "" if number else f"{_said(value)} is no number"
    if isinstance(value, str) or (number and field.unit == "1"):
        return ""
    if number and kind is not FieldKind.TEXT:
        example = f", as in {field.examples[0]}" if field.examples else ""
        return f"{_said(value)} has no unit{example}"
    return f"{_said(value)} is no text" + ("; quote it" if number else "")


def _said(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a block of keys" if value else "an empty block"
    if isinstance(value, list):
        return "a list"
    return f"`{one_line(value)}`"


def _count(count: int, slot: Slot) -> str:
    name = slot.name.replace("_", " ")
    return (
        f"{count} of {name}"
        if count > 1 or not name.endswith("s")
        else f"one {name[:-1]}"
    )
