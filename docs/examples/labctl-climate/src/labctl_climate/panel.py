"""The humidifier in the window: what is shown large, and a hygrometer of our own.

What may be asked, its form and its buttons come from `labctl_climate.by_hand`. Qt is
imported only when the window makes the hygrometer, so that a bench without a window
needs none.
"""

from typing import TYPE_CHECKING

from gui.by_hand.kinds import Kind, Part, Shown

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QWidget


def hygrometer() -> "QWidget":
    """Return the widget; the window calls its ``show_values`` with each new row."""
    from labctl_climate.hygrometer import Hygrometer  # noqa: PLC0415  (needs Qt)

    return Hygrometer()


humidifier = Kind(
    "humidity-by-hand",
    (Part("humidifier", "humidifier", ("Humidifier",)),),
    shown=(
        Shown("Air", "relative_humidity_percent", "%"),
        Shown("Setpoint", "setpoint_humidity_percent", "%"),
    ),
    display=hygrometer,
)
