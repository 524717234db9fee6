"""Which runs belong together when several are compared: by what a person says.

The page of several runs and the window's statistics group by the same rule. Nothing is
read into a name: ``si-qms-1`` and ``si-qms-2`` are two samples until somebody groups by
the word ``qms``.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Grouping(StrEnum):
    """What makes runs alike."""

    SAMPLE = "sample"
    """Their sample has the same name."""
    TITLE = "title"
    """They have the same title."""
    WORDS = "words"
    """Sample, title or id contains the same one of the words that were typed."""
    RUN = "run"
    """Nothing: each run alone."""


@dataclass(frozen=True, slots=True)
class Grouped:
    """What a run is grouped by."""

    sample: str
    title: str
    run: str
    """Its id."""
    imported_from: str = ""
    """Name of the file that it was made of; empty: labctl recorded it."""


def groups_of(
    runs: Sequence[Grouped], by: Grouping, words: Sequence[str] = ()
) -> Mapping[str, str]:
    """Return the group of every run, by the label that `labels_of` gives it.

    Of several words that fit, the first one typed decides.
    """
    labels = labels_of(runs)
    return {
        labels[about.run]: _group(about, labels[about.run], by, words) for about in runs
    }


def usual(runs: Sequence[Grouped]) -> Grouping:
    """Return how runs are grouped where nobody says it: by their samples.

    Runs of one sample stand each alone: an old file beside tonight's run is to be seen
    apart from it, and their mean says little.
    """
    samples = {about.sample for about in runs}
    return Grouping.SAMPLE if len(samples) > 1 else Grouping.RUN


def labels_of(runs: Sequence[Grouped]) -> Mapping[str, str]:
    """Return, by id, what tells runs of one sample apart: ``si-1 …3f9a``."""
    short = {about.run: f"{about.sample} …{about.run[-4:]}" for about in runs}
    often = Counter(short.values())
    return {
        about.run: short[about.run]
        if about.sample and often[short[about.run]] == 1
        else about.run
        for about in runs
    }


def split_words(text: str) -> tuple[str, ...]:
    """Return the words of ``qms; pure si``: apart by semicolons, blanks kept inside."""
    return tuple(word.strip() for word in text.split(";") if word.strip())


def _group(about: Grouped, label: str, by: Grouping, words: Sequence[str]) -> str:
    if by is Grouping.RUN:
        return label
    if by is Grouping.SAMPLE:
        return about.sample or "no sample"
    if by is Grouping.TITLE:
        return about.title or "no title"
    everything = f"{about.sample}\n{about.title}\n{about.run}".lower()
    fits = (word for word in words if word.lower() in everything)
    return next(fits, "no word fits")
