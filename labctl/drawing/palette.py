"""Colours, dashes and markers that survive colour blindness, print and the dark.

Hues are those of Okabe and Ito (2008); where one has less than 3 : 1 against its
background (orange and sky blue on white, for example) it is darkened or lightened in
its own hue. Families (state of charge, cycle) take a ramp of monotonic lightness.
"""

from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Colour:
    """One colour in its two themes, as ``#rrggbb``."""

    light: str
    """On white."""
    dark: str
    """On `DARK`."""


@dataclass(frozen=True, slots=True)
class Look:
    """How one series is drawn."""

    colour: Colour
    dash: str = ""
    """SVG dash pattern of a line; empty is solid."""
    marker: str = ""
    """SVG path around the origin, of about unit radius."""


LIGHT = "#ffffff"
"""Background of figures in the light theme."""
DARK = "#1a1d21"
"""Background of figures in the dark theme."""

HUES = (
    Colour("#0072b2", "#4aa8e0"),
    Colour("#d55e00", "#ff8a3d"),
    Colour("#00875f", "#2dbe93"),
    Colour("#b5588a", "#e39bc3"),
    Colour("#2f2f2f", "#d7dade"),
    Colour("#a97400", "#e6b23c"),
    Colour("#3f8fc4", "#8fd0f5"),
)
DASHES = ("", "7 3", "2 2.5", "9 3 2 3")
MARKERS = (
    "M-1,0a1,1 0 1 0 2,0a1,1 0 1 0-2,0Z",
    "M-.9-.9H.9V.9H-.9Z",
    "M0-1.2L1.1.8H-1.1Z",
    "M0-1.3L1.3,0L0,1.3L-1.3,0Z",
    "M0,1.2L1.1-.8H-1.1Z",
)
_RAMPS = (
    (
        ("#2c1160", "#7a1f80", "#c23f6e", "#e3714a"),
        ("#a24fc4", "#d9598f", "#f59a55", "#f7e98a"),
    ),
    (
        ("#06365c", "#0f6a96", "#148f8c", "#45a35a"),
        ("#4b86c9", "#33b0b8", "#7fd18a", "#e4efa0"),
    ),
    (
        ("#24292f", "#4b5563", "#69737f", "#8a939d"),
        ("#7a838d", "#9aa3ad", "#bcc3cb", "#eef1f4"),
    ),
)


def look(hue: int, member: int) -> Look:
    """Return the look of the series number `member` in the colour number `hue`."""
    return Look(
        HUES[hue % len(HUES)],
        DASHES[member % len(DASHES)],
        MARKERS[member % len(MARKERS)],
    )


def shaded(shade: float, ramp: int = 0) -> Look:
    """Return the look at `shade` (0 … 1, clipped) of the family number `ramp`."""
    light, dark = _RAMPS[ramp % len(_RAMPS)]
    marker = MARKERS[ramp % len(MARKERS)]
    return Look(Colour(_between(light, shade), _between(dark, shade)), marker=marker)


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two ``#rrggbb`` (WCAG 2.2), 1 … 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _between(stops: tuple[str, ...], share: float) -> str:
    position = min(max(share, 0.0), 1.0) * (len(stops) - 1)
    index = min(int(position), len(stops) - 2)
    low, high = list(pairwise(stops))[index]
    part = position - index
    mixed = (
        round(a + (b - a) * part)
        for a, b in zip(_channels(low), _channels(high), strict=True)
    )
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def _channels(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return red, green, blue


def _luminance(colour: str) -> float:
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4  # noqa: PLR2004
        for c in (channel / 255 for channel in _channels(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
