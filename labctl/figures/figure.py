"""What people would rather look at than read: plots as values, drawn elsewhere.

A `Plot` names columns of a stream (the file's default plots, the live window); a
`Figure` carries worked-out numbers (the report, the window's analysis tabs).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from labctl.data import Quality
from labctl.json_numbers import MaybeNumber, NumberArray

MOST_NAMED = 4
"""Series that share a doubt and are named in it."""


@dataclass(frozen=True, slots=True)
class Plot:
    """Columns of one stream against one of its columns."""

    name: str
    """Name of the NXdata group: ``plot``, ``nyquist``, ``capacity``."""
    title: str
    stream: str
    x: str
    """Machine name of the column on the abscissa."""
    y: tuple[str, ...]
    """Machine names of the ordinates; the first is the signal."""
    x_log: bool = False
    y_log: bool = False
    points: bool = False
    """Points rather than a line: loops, spectra, cycles."""


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One curve of a figure."""

    name: str
    """What the legend says."""
    x: NumberArray
    """Shape (n,)."""
    y: NumberArray
    """Shape (n,); NaN breaks the line."""
    error: NumberArray | None = None
    """Standard uncertainty of ``y``, shape (n,)."""
    points: bool = False
    """Markers instead of a line."""
    right: bool = False
    """On the right-hand axis."""
    shade: MaybeNumber = None
    """0…1 colours a family of curves (state of charge, cycle); None takes a hue."""
    group: str = ""
    """Series of one group share a hue (or a ramp); empty stands alone."""
    quality: Quality = Quality.GOOD
    """Whether its numbers may be believed."""
    reason: str = ""
    """Why they are suspect; empty when good."""

    def doubted(self, reason: str) -> "Series":
        """Return the series marked suspect; as it is where there is no reason to."""
        if not reason:
            return self
        return replace(self, quality=Quality.SUSPECT, reason=reason)


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """One plot of a report, with axis labels that carry the unit."""

    name: str
    """Stable word for file names: ``capacity``, ``nyquist``."""
    title: str
    x_label: str
    y_label: str
    series: Sequence[Series] = field(default_factory=tuple)
    right_label: str = ""
    x_log: bool = False
    y_log: bool = False
    equal_scale: bool = False
    """One ohm is as long in x as in y: Nyquist."""
    note: str = ""
    """A sentence below the plot: how it was made."""

    @property
    def doubts(self) -> tuple[str, ...]:
        """What to doubt, in sentences: a reason each, and the series it is said of."""
        named: dict[str, list[str]] = {}
        for one in self.series:
            if one.quality is not Quality.GOOD:
                family = f" {one.group}" if one.group and one.shade is not None else ""
                named.setdefault(one.reason, []).append(f"{one.name}{family}")
        return tuple(f"{_some(who)}: {why}." for why, who in named.items())


def _some(names: list[str]) -> str:
    kept = ", ".join(names[:MOST_NAMED])
    more = len(names) - MOST_NAMED
    return f"{kept} and {more} more" if more > 0 else kept
