"""A bar from 0 to 100 % that follows the air, for the humidifier's panel."""

import math
from collections.abc import Mapping

from PyQt6.QtWidgets import QProgressBar

DRY, WET = 0, 100
"""%, relative."""


class Hygrometer(QProgressBar):
    """Shows the latest row; empty where there is no reading."""

    def __init__(self) -> None:
        super().__init__()
        self.setRange(DRY, WET)
        self.setAccessibleName("Hygrometer of the chamber")
        self.show_values({})

    def show_values(self, row: Mapping[str, float | None]) -> None:
        """Take column -> value; None or NaN where there is none."""
        air = row.get("relative_humidity_percent")
        if air is None or not math.isfinite(air):
            self.setValue(DRY)
            self.setFormat("no reading")
            return
        self.setValue(min(max(round(air), DRY), WET))
        self.setFormat(f"{air:.1f} %")
