"""A bar from −40 to 180 °C that follows the air, for the chamber's panel."""

import math
from collections.abc import Mapping

from PyQt6.QtWidgets import QProgressBar

LOWEST, HIGHEST = -40, 180
"""°C."""


class Thermometer(QProgressBar):
    """Shows the latest row; empty where there is no reading."""

    def __init__(self) -> None:
        super().__init__()
        self.setRange(LOWEST, HIGHEST)
        self.setAccessibleName("Thermometer of the chamber")
        self.show_values({})

    def show_values(self, row: Mapping[str, float | None]) -> None:
        """Take column -> value; None or NaN where there is none."""
        air = row.get("ambient_temperature_celsius")
        if air is None or not math.isfinite(air):
            self.setValue(LOWEST)
            self.setFormat("no reading")
            return
        self.setValue(min(max(round(air), LOWEST), HIGHEST))
        self.setFormat(f"{air:.1f} °C")
