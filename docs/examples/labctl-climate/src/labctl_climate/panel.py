"""The chamber in the window: what is shown large, and a thermometer of our own.

What may be asked, its form and its buttons come from `labctl_climate.by_hand`. Qt is
imported only when the window makes the thermometer, so that a bench without a window
needs none.
"""

from typing import TYPE_CHECKING

from gui.by_hand.kinds import Kind, Part, Shown

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QWidget


def thermometer() -> "QWidget":
    """Return the widget; the window calls its ``show_values`` with each new row."""
    from labctl_climate.thermometer import Thermometer  # noqa: PLC0415  (needs Qt)

    return Thermometer()


chamber = Kind(
    "chamber-by-hand",
    (Part("chamber", "chamber", ("Chamber",)),),
    shown=(
        Shown("Air", "ambient_temperature_celsius", "degC"),
        Shown("Setpoint", "setpoint_temperature_celsius", "degC"),
    ),
    display=thermometer,
)
