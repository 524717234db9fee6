"""Where a complaint belongs: the station's path, a field, a step of a list.

The station names a place as ``("parameters", "steps", 2, "then", 0, "until", 1)``;
within the parameter that is the block ``(2, "then", 0)`` and its field `until`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import takewhile

from gui.compose.blocks.blocks import Blocks, block_at
from gui.compose.blocks.shapes import Language
from gui.look.plain_words import spoken, unmarked
from labctl.api.answers import Checked
from labctl.errors import Place

PARAMETERS = ("parameters",)


@dataclass(slots=True)
class BlockComplaints:
    """What is wrong in one list of blocks."""

    rows: dict[Place, str] = field(default_factory=dict)
    """Block or slot -> the first thing that is wrong with it."""
    fields: dict[tuple[Place, str], str] = field(default_factory=dict)
    """Block and field -> the first thing that is wrong there."""


def complaints_by_field(checked: Checked | None) -> dict[str, str]:
    """Return the first thing that the station says about each parameter.

    What is wrong within one (``record.every``) stands there and at the whole.
    """
    said: dict[str, str] = {}
    for complaint in checked.complaints if checked else ():
        path = complaint.path[1:]
        if complaint.path[:1] != PARAMETERS or not path:
            continue
        text = unmarked(complaint.said)
        if any(isinstance(part, int) for part in path):
            text = f"{spoken(path)}: {text}"
        keys = takewhile(lambda part: isinstance(part, str), path)
        for name in (str(path[0]), ".".join(map(str, keys))):
            said.setdefault(name, text)
    return said


def complaints_by_block(
    checked: Checked | None,
    name: str,
    language: Language,
    blocks: Blocks,
    unreadable: Iterable[tuple[Place, str]] = (),
) -> BlockComplaints:
    """Sort what is wrong in a parameter by block and field.

    ``unreadable`` is what the window found itself; the station's words come behind it.
    """
    said = BlockComplaints()
    found = list(unreadable)
    found += [
        (complaint.path[2:], unmarked(complaint.said))
        for complaint in (checked.complaints if checked else ())
        if complaint.path[:2] == (*PARAMETERS, name)
    ]
    for path, what in found:
        place, within = _split(language, blocks, path)
        said.rows.setdefault(place, what)
        if within:
            said.fields.setdefault((place, within), what)
    return said


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
