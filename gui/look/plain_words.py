"""What the station says, in the words that stand in the window.

Messages are written for files and the command line: they mark code with backticks and
call parameters by their machine names. Only names that are known are turned into words,
so that a sample called ``my_cell`` keeps its name.
"""

import re
from collections.abc import Iterable

from gui.look.si_text import sentence, words
from labctl.errors import Complaint
from labctl.sample import Sample

_SNAKE = re.compile(r"\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b")
_RUN = re.compile(r"\b\d{8}-\d{6}-([0-9A-Za-z._-]+?)-[0-9a-f]{4}\b")
_OF_SAMPLES = frozenset(Sample.model_fields)


def in_words(text: str, names: Iterable[str] = ()) -> str:
    """Return a message without code marks; ``names`` and a label's fields as words."""
    known = _OF_SAMPLES.union(names)

    def plain(found: re.Match[str]) -> str:
        return words(found[0]) if found[0] in known else found[0]

    return _SNAKE.sub(plain, text).replace("`", "")


def run_in_words(run: str) -> str:
    """Return ``gitt-si-1`` of ``20260807-021500-gitt-si-1-3f9a``: what people say."""
    return _RUN.sub(r"\1", run)


def place_in_words(complaint: Complaint) -> str:
    """Return ``Upper voltage`` for a parameter; other places as they are written."""
    first, *rest = complaint.path or ("",)
    if first == "parameters" and len(rest) == 1:
        return sentence(words(str(rest[0])))
    return complaint.where
