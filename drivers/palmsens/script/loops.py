"""Loops of techniques as loops of the script, one inside the other."""

from dataclasses import dataclass, field

from drivers.palmsens.script.program import COUNTERS, Draft
from drivers.palmsens.wire.literals import integer
from labctl.techniques import Loop


@dataclass(slots=True)
class Loops:
    """Which loops begin and end at which technique."""

    begin: dict[int, list[tuple[str, int]]] = field(default_factory=dict)
    """Index of a technique -> counter and passes of each, the outermost first."""
    end: dict[int, str] = field(default_factory=dict)
    """Index of a `Loop` -> its counter."""

    @classmethod
    def of(cls, draft: Draft) -> "Loops":
        """Return the loops of a draft; what is no loop is refused there."""
        spans = [
            (technique.back_to, index, technique.passes)
            for index, technique in enumerate(draft.techniques)
            if isinstance(technique, Loop) and _possible(draft, index, technique)
        ]
        _refuse_overlaps(draft, [span[:2] for span in spans])
        if len(spans) > len(COUNTERS):
            what = f"{len(spans)} loops are more than {len(COUNTERS)} in one script."
            draft.complain(spans[-1][1], what)
        found = cls()
        outermost_first = sorted(spans, key=lambda span: (span[0], -span[1]))
        for (begin, end, passes), name in zip(outermost_first, COUNTERS, strict=False):
            found.begin.setdefault(begin, []).append((name, passes))
            found.end[end] = name
        return found

    def opening(self, index: int) -> list[str]:
        """Return the lines that begin the loops of a technique."""
        lines = []
        for name, passes in self.begin.get(index, ()):
            lines += [f"store_var {name} 0i jd", f"loop {name} < {integer(passes)}"]
        return lines

    def closing(self, index: int) -> list[str]:
        """Return the lines that end the loop of a `Loop`; none if it was refused."""
        if index not in self.end:
            return []
        counted = f"add_var {self.end[index]} 1i"
        return [counted, "if z > 0i", "breakloop", "endif", "endloop"]


def _possible(draft: Draft, index: int, technique: Loop) -> bool:
    if technique.passes < 2:  # noqa: PLR2004
        draft.complain(index, f"{technique.passes} passes are no loop; at least 2.")
        return False
    if not 0 <= technique.back_to < index:
        draft.complain(
            index,
            f"jumps to technique {technique.back_to}, which is not before it.",
            f"back_to must be 0 … {index - 1}.",
        )
        return False
    return True


def _refuse_overlaps(draft: Draft, spans: list[tuple[int, int]]) -> None:
    for number, (begin, end) in enumerate(spans):
        for begin_2, end_2 in spans[number + 1 :]:
            if begin < begin_2 <= end:
                draft.complain(
                    end_2,
                    f"loops overlap: {begin}-{end} and {begin_2}-{end_2}.",
                    "One must lie inside the other, or behind it.",
                )
