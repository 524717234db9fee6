"""Jumps back in a flat list, and blocks that run several times.

unicycler: ``loop_to`` is a tag or the number of a step, counted from 1 with the tags;
``cycle_count`` is how often the block runs in total.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Block(Generic[T]):
    """Things that run one after the other, several times."""

    inner: "tuple[Block[T] | T, ...]"
    times: int


Nested = tuple[Block[T] | T, ...]


class IntersectingLoopsError(ValueError):
    """Two loops of which neither stands inside the other."""


@dataclass(frozen=True, slots=True)
class Jump:
    """Back to the thing at ``to``, counted from 0 among things and jumps."""

    to: int
    times: int


def nested(flat: Sequence[T | Jump]) -> Nested[T]:
    """Return blocks for jumps. IntersectingLoopsError: there are none for them."""
    done: list[tuple[int, Block[T] | T]] = []
    """What is behind, with the place at which it begins."""
    for place, each in enumerate(flat):
        if not isinstance(each, Jump):
            done.append((place, each))
            continue
        first = next((k for k, (at, _) in enumerate(done) if at >= each.to), None)
        if first is None or done[first][0] != each.to:
            raise IntersectingLoopsError(
                f"the loop back to {each.to + 1} begins inside another one"
            )
        inner = tuple(thing for _, thing in done[first:])
        if each.times > 1:
            done[first:] = [(each.to, Block(inner, each.times))]
    return tuple(thing for _, thing in done)


LONGEST = 64
"""Things of a block that is looked for."""


def folded(flat: Sequence[T]) -> Nested[T]:
    """Return what repeats one after the other as blocks; unfolded it is the same."""
    out: list[Block[T] | T] = []
    place = 0
    while place < len(flat):
        size, times = _best(flat, place)
        if times > 1:
            inner = folded(flat[place : place + size]) if size > 1 else (flat[place],)
            out.append(Block(inner, times))
        else:
            out.append(flat[place])
        place += size * times
    return tuple(out)


def unfolded(things: Nested[T]) -> list[T]:
    """Return every thing as often as it runs."""
    out: list[T] = []
    for each in things:
        if isinstance(each, Block):
            out += unfolded(each.inner) * each.times
        else:
            out.append(each)
    return out


def _best(flat: Sequence[T], place: int) -> tuple[int, int]:
    """Return the size of the block at ``place`` that saves most, and how often."""
    best = (1, 1)
    for size in range(1, min(LONGEST, (len(flat) - place) // 2) + 1):
        block = flat[place : place + size]
        times = 1
        while flat[place + times * size : place + (times + 1) * size] == block:
            times += 1
        if times > 1 and size * (times - 1) > best[0] * (best[1] - 1):
            best = (size, times)
    return best
