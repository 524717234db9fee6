"""Names of places and runs, in the words that stand in the window."""

import re

from gui.look.si_text import sentence, words
from labctl.errors import Place

_RUN = re.compile(r"\b\d{8}-\d{6}-([0-9A-Za-z._-]+?)-[0-9a-f]{4}\b")


def unmarked(text: str) -> str:
    """Return a message without the marks that files and command line have for code."""
    return text.replace("`", "")


def run_in_words(run: str) -> str:
    """Return ``gitt-si-1`` of ``20260807-021500-gitt-si-1-3f9a``: what people say."""
    return _RUN.sub(r"\1", run)


def spoken(path: Place) -> str:
    """Name a place as a person counts: ``step 3, then 1, until 2``."""
    parts: list[str] = []
    for part in path:
        if isinstance(part, str):
            parts.append(words(part))
        elif parts:  # one of the steps; short words such as ``then`` stay
            parts[-1] = f"{parts[-1].removesuffix('s')} {part + 1}"
    return ", ".join(parts)


def title_of(path: Place) -> str:
    """Return what a complaint is about: ``Upper voltage``, ``Role cell``."""
    first, rest = path[:1], path[1:]
    if first == ("channels",) and rest:
        return sentence(f"role {spoken(rest)}")
    return sentence(spoken(rest if first == ("parameters",) and rest else path))
