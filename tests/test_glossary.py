"""The glossary has every term, and names only what exists."""

import pkgutil
import re
from pathlib import Path

import pytest

import labctl

PAGE = Path(str(labctl.__file__)).parents[1] / "docs/reference/glossary.md"
ENTRIES = re.findall(
    r"^- \*\*(.+?)\*\* \(`([\w.]+)`\): ", PAGE.read_text("utf-8"), re.MULTILINE
)
TERMS = (
    *("Station", "Instrument", "Channel", "Twin", "World", "Sample", "Role"),
    *("Protocol", "Plan", "Step", "Technique", "Stream", "Batch", "Outcome", "Run"),
    *("Journal", "Envelope", "Compliance", "Ramp", "Settle", "Half cycle", "Cycle"),
    *("C-rate", "OCV", "CC", "CV", "GITT", "PEIS", "GEIS", "van der Pauw"),
    *("Bench", "Guard", "Doubt", "Hold", "Stop", "Claim", "Cast", "Lend", "Wish"),
)


def test_every_term_is_explained_once() -> None:
    found = [term for term, _ in ENTRIES]

    assert set(TERMS) <= set(found)
    assert len(found) == len(set(found))


@pytest.mark.parametrize(("term", "path"), ENTRIES)
def test_what_a_term_names_exists(term: str, path: str) -> None:
    assert pkgutil.resolve_name(path) is not None, term
