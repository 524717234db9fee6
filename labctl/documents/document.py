"""A text file's plain data, and the line on which each piece of it stands."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from labctl.errors import Complaint, Place

Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]


@dataclass(frozen=True, slots=True)
class Document:
    """A file's plain data, and where each piece stands."""

    name: str
    """The file's name as complaints show it."""
    data: Plain
    lines: dict[Place, int] = field(default_factory=dict)
    """Line, from 1, of every key and list item; 0: it stands in no line."""
    root: Place = ()
    """Where ``data`` stands in what complaints speak of: ``("parameters",)``."""

    @classmethod
    def without_lines(cls, name: str, data: Plain, root: Place = ()) -> "Document":
        """Return data that came from no file: each piece is known, on line 0."""
        return cls(name, data, dict.fromkeys(_places(data, ()), 0), root)

    @property
    def given(self) -> dict[str, Plain]:
        """The block of keys that it is; empty if it is none."""
        return self.data if isinstance(self.data, dict) else {}

    def below(self, key: str) -> "Document":
        """Return what stands behind a key; its complaints speak of the whole."""
        lines = {p[1:]: n for p, n in self.lines.items() if p[:1] == (key,)}
        return Document(self.name, self.given.get(key), lines, (*self.root, key))

    def complaint(self, path: Place, what: str, cure: str = "") -> Complaint:
        """Return what is wrong with a piece, with its line."""
        line = self.line_of(path) or None
        return Complaint((*self.root, *path), what, cure, file=self.name, line=line)

    def known(self, path: Place) -> Place:
        """Drop the parts of a path that are not in the file (names of union members).

        Pydantic puts them between the keys.
        """
        kept: Place = ()
        for part in path:
            if (*kept, part) in self.lines:
                kept = (*kept, part)
        return kept

    def line_of(self, path: Place) -> int:
        """Return the line, from 1, of a piece or of the nearest thing around it."""
        return self.lines.get(self.known(path), 1)


def _places(data: Plain, above: Place) -> Iterator[Place]:
    """Yield the place of every key and list item."""
    pairs: list[tuple[str | int, Plain]] = []
    if isinstance(data, dict):
        pairs = list(data.items())
    elif isinstance(data, list):
        pairs = list(enumerate(data))
    for key, inner in pairs:
        yield (*above, key)
        yield from _places(inner, (*above, key))
