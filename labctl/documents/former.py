"""Words that plans, configurations and kept JSON used before, and what they are now.

Rules for whoever renames a key that people type or that a file keeps: write the former
word here; files that lie there are read on. Both words at once are a complaint.
"""

from collections.abc import Mapping
from typing import Any

from labctl.documents.document import Document
from labctl.errors import RefusedError

FORMER = {"seats": "channels"}
"""Former key at the top of a document -> the present one."""


def in_present_words(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return what labctl itself kept, as it would keep it now."""
    return {FORMER.get(key, key): value for key, value in kept.items()}


def present(document: Document) -> Document:
    """Return a document with present words. RefusedError: one of them stands twice."""
    data = document.data
    if not isinstance(data, dict) or not FORMER.keys() & data:
        return document
    twice = [old for old, new in FORMER.items() if old in data and new in data]
    if twice:
        raise RefusedError(
            document.complaint(
                (old,),
                f"is the former word for `{FORMER[old]}`, which stands there too.",
                "Remove one of the two.",
            )
            for old in twice
        )
    lines = {
        (FORMER.get(str(place[0]), place[0]), *place[1:]): line
        for place, line in document.lines.items()
    }
    return Document(document.name, in_present_words(data), lines, document.root)
