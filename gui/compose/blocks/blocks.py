"""Lists of blocks (steps, pellets …) as frozen values, and what one does to them.

A block has texts in its fields and lists of further blocks in its slots. A place says
where it stands: ``(2, "then", 0)`` is the first block in the slot `then` of the third
one. Every change returns new blocks, so that an earlier state is kept by keeping it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from gui.compose.blocks.shapes import Language, Slot
from labctl.errors import Place


@dataclass(frozen=True, slots=True)
class Block:
    """One step, pellet or loop, as it was typed."""

    kind: str
    """Name of its shape."""
    texts: Mapping[str, str] = field(default_factory=dict)
    inner: Mapping[str, "Blocks"] = field(default_factory=dict)
    """Slot -> blocks in it; a slot left out is empty."""


Blocks = tuple[Block, ...]


EMPTY = Slot("", "", ())
"""The slot of no parameter."""


class Way(Enum):
    """Where a block is moved to."""

    UP = "up"
    DOWN = "down"
    OUT = "out"
    """Behind the block that it stands in."""
    IN = "in"
    """To the end of the block before it."""


def new_block(language: Language, kind: str) -> Block:
    """Return a block of a kind with its defaults."""
    shape = language.shapes[kind]
    return Block(kind, {f.name: f.default for f in shape.fields})


def block_at(blocks: Blocks, place: Place) -> Block:
    """Return the block at a place; LookupError: there is none."""
    block = blocks[_number(place[0])]
    if len(place) == 1:
        return block
    return block_at(block.inner.get(str(place[1]), ()), place[2:])


def in_slot(blocks: Blocks, place: Place) -> Blocks:
    """Return the list in which a place lies."""
    if len(place) == 1:
        return blocks
    return block_at(blocks, place[:-2]).inner.get(str(place[-2]), ())


def slot_at(language: Language, blocks: Blocks, place: Place) -> Slot:
    """Return the slot in which a place lies."""
    if len(place) == 1:
        return language.top
    shape = language.shapes[block_at(blocks, place[:-2]).kind]
    return next(s for s in shape.slots if s.name == place[-2])


def inserted(blocks: Blocks, place: Place, block: Block) -> Blocks:
    """Put a block at a place; what stood there comes behind it."""
    return _changed(blocks, place, lambda b, k: (*b[:k], block, *b[k:]))


def removed(blocks: Blocks, place: Place) -> Blocks:
    """Take a block out."""
    return _changed(blocks, place, lambda b, k: (*b[:k], *b[k + 1 :]))


def replaced(blocks: Blocks, place: Place, block: Block) -> Blocks:
    """Put another block in the place of one."""
    return _changed(blocks, place, lambda b, k: (*b[:k], block, *b[k + 1 :]))


def duplicated(blocks: Blocks, place: Place) -> Blocks:
    """Put a copy behind a block."""
    return inserted(blocks, after(place), block_at(blocks, place))


def written(blocks: Blocks, place: Place, name: str, text: str) -> Blocks:
    """Write a text into a field of a block."""
    block = block_at(blocks, place)
    return replaced(blocks, place, replace(block, texts={**block.texts, name: text}))


def turned(language: Language, blocks: Blocks, place: Place, kind: str) -> Blocks:
    """Make a block another kind; fields and slots of the same name stay."""
    old, new = block_at(blocks, place), new_block(language, kind)
    shape = language.shapes[kind]
    kept = {n: t for n, t in old.texts.items() if n in new.texts}
    inner = {
        slot.name: tuple(
            b for b in old.inner.get(slot.name, ()) if b.kind in slot.kinds
        )
        for slot in shape.slots
    }
    made = replace(new, texts={**new.texts, **kept}, inner=inner)
    return replaced(blocks, place, made)


def lost_by_turning(language: Language, block: Block, kind: str) -> int:
    """Return how many blocks inside would be lost if a block became another kind."""
    slots = {slot.name: slot for slot in language.shapes[kind].slots}
    return sum(
        name not in slots or inner.kind not in slots[name].kinds
        for name, inside in block.inner.items()
        for inner in inside
    )


def moved(
    language: Language, blocks: Blocks, place: Place, way: Way
) -> tuple[Blocks, Place] | None:
    """Move a block; return where it went, None if it cannot go there."""
    block = block_at(blocks, place)
    without = removed(blocks, place)
    for goal in _goals(language, blocks, place, way):
        if block.kind in slot_at(language, without, goal).kinds:
            return inserted(without, goal, block), goal
    return None


def after(place: Place) -> Place:
    """Return the place behind a block."""
    return (*place[:-1], _number(place[-1]) + 1)


def _goals(language: Language, blocks: Blocks, place: Place, way: Way) -> list[Place]:
    """Return where a block may go, as places once it has been taken out."""
    at, around = _number(place[-1]), place[:-2]
    if way is Way.IN:
        return _into_the_one_before(language, blocks, place)
    if way is Way.OUT:
        return [after(around)] if around else []
    step = -1 if way is Way.UP else 1
    if 0 <= at + step < len(in_slot(blocks, place)):
        return [(*place[:-1], at + step)]
    if not around:
        return []
    parent = block_at(blocks, around)
    names = [slot.name for slot in language.shapes[parent.kind].slots]
    beside = names.index(str(place[-2])) + step
    goals: list[Place] = []
    if 0 <= beside < len(names):
        end = len(parent.inner.get(names[beside], ())) if way is Way.UP else 0
        goals.append((*around, names[beside], end))
    return [*goals, around if way is Way.UP else after(around)]


def _into_the_one_before(
    language: Language, blocks: Blocks, place: Place
) -> list[Place]:
    at = _number(place[-1])
    if at == 0:
        return []
    host_place = (*place[:-1], at - 1)
    host = block_at(blocks, host_place)
    return [
        (*host_place, slot.name, len(host.inner.get(slot.name, ())))
        for slot in language.shapes[host.kind].slots
    ]


def _changed(
    blocks: Blocks, place: Place, change: Callable[[Blocks, int], Blocks]
) -> Blocks:
    """Change the list in which a place lies, and copy what is around it."""
    at = _number(place[0])
    if len(place) == 1:
        return change(blocks, at)
    slot, block = str(place[1]), blocks[at]
    below = _changed(block.inner.get(slot, ()), place[2:], change)
    whole = replace(block, inner={**block.inner, slot: below})
    return (*blocks[:at], whole, *blocks[at + 1 :])


def _number(part: str | int) -> int:
    if not isinstance(part, int):
        raise TypeError(f"{part!r} is a slot, not a number")
    return part
