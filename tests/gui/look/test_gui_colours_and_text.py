"""Words and colours of the window: legible, aligned, with a true minus."""

import math

import pytest

from gui.look.colours import DARK, LIGHT, StateLook, Theme
from gui.look.si_text import (
    bytes_text,
    fixed,
    lasting,
    signed_text,
    value_text,
)
from labctl.drawing.palette import contrast

THEMES = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda t: t.name)


@THEMES
def test_every_text_is_legible_on_every_surface(theme: Theme) -> None:
    surfaces = (theme.window, theme.panel, theme.raised, theme.field, theme.selected)
    texts = (theme.text, theme.muted, theme.alarm, theme.good, theme.accent)

    worst = min(contrast(t, s) for t in texts for s in surfaces)

    assert worst >= 4.5


@THEMES
def test_the_word_of_every_state_is_legible_on_its_tile(theme: Theme) -> None:
    surfaces = (theme.panel, theme.selected, theme.raised)

    for look in StateLook:
        ink = theme.states[look]
        assert min(contrast(ink.text, s) for s in surfaces) >= 4.5, look


@THEMES
def test_buttons_are_legible(theme: Theme) -> None:
    assert contrast(theme.on_danger, theme.danger) >= 4.5
    assert contrast(theme.on_accent, theme.accent) >= 4.5
    assert contrast(theme.on_simulated, theme.simulated) >= 4.5
    assert contrast(theme.alarm, theme.alarm_panel) >= 4.5


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        # prefix and four significant digits
        (0.0005003, "A", "500.3 µA"),
        # a true minus, not a hyphen
        (-3e-3, "A", "−3.000 mA"),
        # the file's unit is written as people do
        (50.0, "ohm", "50.00 Ω"),
        # no prefix where none belongs
        (92.84, "%", "92.84 %"),
        (2871.3, "mA*h/g", "2871 mAh/g"),
        # missing is a dash, not a number
        (math.nan, "V", "–"),
        (None, "V", "–"),
    ],
)
def test_a_value_is_written_as_people_read_it(
    value: float | None, unit: str, text: str
) -> None:
    assert value_text(value, unit) == text


def test_charge_and_discharge_carry_their_sign() -> None:
    assert signed_text(0.0005, "A") == "+500.0 µA"
    assert signed_text(-0.0005, "A") == "−500.0 µA"


def test_zero_measured_shows_its_decimals() -> None:
    assert fixed(0.0, "mA", 4) == "0.0000 mA"


def test_durations_and_sizes_take_two_units_at_most() -> None:
    assert lasting(1_051_200) == "12 d 4 h"
    assert lasting(None) == "–"
    assert bytes_text(412e9) == "412 GB"
