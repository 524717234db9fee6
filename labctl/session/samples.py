"""Which simulated sample is meant where nobody names one."""

from collections.abc import Iterable

DEFAULTS = {
    "film": "film-si",
    "half_cell": "qms-0.7",
    "particle": "particle-si",
    "pellet": "pellet-si",
}
"""Kind of sample -> name."""


def default_sample(kinds: Iterable[str]) -> str | None:
    """Return the sample for the first kind that has one; None if none has."""
    return next((DEFAULTS[kind] for kind in sorted(kinds) if kind in DEFAULTS), None)
