"""Where a complaint belongs: the station's path, a field, a step of a list.

The station names a place as ``("parameters", "steps", 2, "then", 0, "until", 1)``;
within the parameter that is the block ``(2, "then", 0)`` and its field `until`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gui.compose.blocks import Blocks, block_at
from gui.compose.shapes import Language
from gui.look.plain_words import in_words
from gui.look.si_text import words
from labctl.api.answers import Checked
from labctl.errors import Place

PARTS = (("parameters",), ("channels",), ("sample",))
"""Of an order."""


@dataclass(slots=True)
class Said:
    """What is wrong in one list of blocks."""

    rows: dict[Place, str] = field(default_factory=dict)
    """Block or slot -> the first thing that is wrong with it."""
    fields: dict[tuple[Place, str], str] = field(default_factory=dict)
    """Block and field -> the first thing that is wrong there."""


def _inner(path: Place) -> Place:
    """Leave out which part of an order a path goes through."""
    return path[1:] if path[:1] in PARTS and len(path) > 1 else path


def complaints_by_field(
    checked: Checked | None,
    languages: Mapping[str, Language] | None = None,
    names: Iterable[str] = (),
) -> dict[str, str]:
    """Return the station's complaints by parameter, with ``names`` as words."""
    said: dict[str, str] = {}
    for hint in checked.complaints if checked else ():
        path = _inner(hint.path)
        name = str(path[0]) if path else ""
        text = in_words(f"{hint.what} {hint.cure}".strip(), names)
        language = (languages or {}).get(name)
        if language is not None and len(path) > 1:
            text = f"{spoken(language, path[1:])}: {text}"
        said.setdefault(name, text)
    return said


def said_of_blocks(
    checked: Checked | None,
    name: str,
    language: Language,
    blocks: Blocks,
    unreadable: Iterable[tuple[Place, str]] = (),
) -> Said:
    """Sort what is wrong in a parameter by block and field.

    ``unreadable`` is what the window found itself; the station's words come behind it.
    """
    said = Said()
    found = list(unreadable)
    for hint in checked.complaints if checked else ():
        path = _inner(hint.path)
        if path and path[0] == name:
            found.append((path[1:], in_words(f"{hint.what} {hint.cure}".strip())))
    for path, what in found:
        place, within = _split(language, blocks, path)
        said.rows.setdefault(place, what)
        if within:
            said.fields.setdefault((place, within), what)
    return said


def spoken(language: Language, path: Place) -> str:
    """Name a place as a person counts: ``step 3, then 1, until 2``."""
    parts: list[str] = []
    for part in path:
        if isinstance(part, int):
            if parts:
                parts[-1] = f"{_one(parts[-1])} {part + 1}"
            else:
                parts.append(f"{language.called} {part + 1}")
        else:
            parts.append(words(part))
    return ", ".join(parts)


def _one(name: str) -> str:
    """Return what one of them is called; short words such as ``then`` stay."""
    return name.removesuffix("s") if name.endswith("s") else name


def _split(language: Language, blocks: Blocks, path: Place) -> tuple[Place, str]:
    """Return the innermost block or slot of a path, and the field within it."""
    place: Place = ()
    rest = path
    while rest and isinstance(rest[0], int):
        try:
            block = block_at(blocks, (*place, rest[0]))
        except LookupError:
            return place, ""
        place, rest = (*place, rest[0]), rest[1:]
        shape = language.shapes[block.kind]
        if rest and rest[0] in {slot.name for slot in shape.slots}:
            place, rest = (*place, rest[0]), rest[1:]
            continue
        names = {f.name for f in shape.fields}
        dotted = ".".join(str(p) for p in rest if not isinstance(p, int))
        return place, dotted if dotted in names else str(rest[0]) if rest else ""
    return place, ""
