"""The window's two themes as plain values: surfaces, text, states.

Hues are those of Okabe and Ito (2008). No state is told by colour alone: its shape and
its word come first. Every text colour has a contrast of at least 4.5 : 1 against each
surface it stands on; a test measures it.
"""

from dataclasses import dataclass
from enum import StrEnum


class StateLook(StrEnum):
    """How a state looks; its value is the name of its shape."""

    CHARGING = "triangle up"
    DISCHARGING = "triangle down"
    HOLD = "bar"
    REST = "ring"
    SWEEP = "wave"
    NEEDS_YOU = "warning"
    FINISHED = "check"
    FREE = "square"
    OFFLINE = "cross"


@dataclass(frozen=True, slots=True)
class Ink:
    """The two colours of a state, as ``#rrggbb``."""

    stroke: str
    """Shapes, bars, lines."""
    text: str
    """Words."""


@dataclass(frozen=True, slots=True)
class Theme:
    """Everything that has a colour."""

    name: str
    window: str
    """Behind the panels."""
    panel: str
    """Panels, tiles, plots."""
    raised: str
    """Buttons, table headers, the tile under the mouse."""
    field: str
    """Where one types."""
    border: str
    text: str
    muted: str
    """Captions and units; still 4.5 : 1."""
    disabled: str
    accent: str
    """Focus, selection, links."""
    on_accent: str
    selected: str
    """Background of the selected tile or row."""
    grid: str
    danger: str
    on_danger: str
    alarm: str
    """Text of a refusal or an alarm."""
    alarm_panel: str
    good: str
    simulated: str
    on_simulated: str
    forecast: str
    limit: str
    """Hard stops, drawn into plots as translucent bands."""
    states: dict[StateLook, Ink]


LIGHT = Theme(
    name="light",
    window="#eef0f3",
    panel="#ffffff",
    raised="#f6f7f9",
    field="#ffffff",
    border="#d3d8de",
    text="#1b1f24",
    muted="#58616b",
    disabled="#9aa2ab",
    accent="#005a8e",
    on_accent="#ffffff",
    selected="#e2eff8",
    grid="#8a929b",
    danger="#b00020",
    on_danger="#ffffff",
    alarm="#a84300",
    alarm_panel="#fdf0e6",
    good="#00694f",
    simulated="#56b4e9",
    on_simulated="#000000",
    forecast="#8a929b",
    limit="#d55e00",
    states={
        StateLook.CHARGING: Ink("#0072b2", "#005a8e"),
        StateLook.DISCHARGING: Ink("#e69f00", "#7a5300"),
        StateLook.HOLD: Ink("#56b4e9", "#005a8e"),
        StateLook.REST: Ink("#009e73", "#00694f"),
        StateLook.SWEEP: Ink("#cc79a7", "#8f4069"),
        StateLook.NEEDS_YOU: Ink("#d55e00", "#a84300"),
        StateLook.FINISHED: Ink("#5f6368", "#4e555c"),
        StateLook.FREE: Ink("#8a8a8a", "#58616b"),
        StateLook.OFFLINE: Ink("#8a8a8a", "#58616b"),
    },
)
DARK = Theme(
    name="dark",
    window="#121519",
    panel="#1a1e23",
    raised="#232930",
    field="#14171b",
    border="#363d46",
    text="#e8eaed",
    muted="#a3acb6",
    disabled="#646d77",
    accent="#4aa8e0",
    on_accent="#0b0d0f",
    selected="#1d3446",
    grid="#6b747e",
    danger="#b00020",
    on_danger="#ffffff",
    alarm="#ff9a57",
    alarm_panel="#33241a",
    good="#2dbe93",
    simulated="#56b4e9",
    on_simulated="#000000",
    forecast="#7d8792",
    limit="#ff8a3d",
    states={
        StateLook.CHARGING: Ink("#4aa8e0", "#4aa8e0"),
        StateLook.DISCHARGING: Ink("#e69f00", "#e69f00"),
        StateLook.HOLD: Ink("#56b4e9", "#56b4e9"),
        StateLook.REST: Ink("#2dbe93", "#2dbe93"),
        StateLook.SWEEP: Ink("#e39bc3", "#e39bc3"),
        StateLook.NEEDS_YOU: Ink("#ff9a57", "#ff9a57"),
        StateLook.FINISHED: Ink("#9aa0a6", "#a8aeb4"),
        StateLook.FREE: Ink("#9aa0a6", "#a3acb6"),
        StateLook.OFFLINE: Ink("#9aa0a6", "#a3acb6"),
    },
)
