"""Lake Shore 211 temperature monitor: one sensor, whose curve it knows.

Serial, 9600 baud, 7 bits, odd parity. Source: the 211's manual, chapter 4.
"""

import math
from collections.abc import Mapping
from typing import Any

from drivers.chamber_options import Said
from drivers.lakeshore.lakeshore_336 import reading_of
from drivers.lakeshore.plain_talk import PlainTalk
from drivers.visa.opening import VisaDriver
from labctl.clock import Clock
from labctl.errors import InstrumentError
from labctl.roles.driver import Setup
from labctl.roles.identity import Identity

SERIAL = {"baud_rate": 9600, "data_bits": 7, "parity": 1, "stop_bits": 10}


class LakeShore211(PlainTalk):
    """A 211 that plays `labctl.roles.thermometer.Thermometer`.

    ``sensor_uncertainty`` in the options is its standard uncertainty with its sensor,
    K; the instrument knows none.
    """

    pause = 0.05

    def __init__(
        self, adapter: Any, identity: Identity, setup: Setup, clock: Clock
    ) -> None:
        super().__init__(adapter, identity, setup, clock)
        said = Said(setup.name, setup.options)
        own = said.number("sensor_uncertainty", "K", 0.0, 100.0)
        said.refuse()
        self._uncertainty = math.nan if own is None else own

    @property
    def roles(self) -> Mapping[str, object]:
        """Return the one thermometer."""
        return {"": self}

    def celsius(self) -> float:
        """See the role. It has no settings: a restart does not matter to it."""

        def form(answer: str) -> float:
            fields = answer.split(";")
            if len(fields) != 2:  # noqa: PLR2004
                raise InstrumentError(f"{self.name}: {answer[:60]!r} is no reading")
            return reading_of(fields[0], fields[1], self.name)

        return self.link.ask("CRDG?;RDGST?", form)

    def temperature_uncertainty(self, celsius: float) -> float:
        """See `labctl.roles.thermometer.StatesTemperatureAccuracy`."""
        del celsius
        return self._uncertainty


driver = VisaDriver(
    ("211", "211S"), LakeShore211, {"write_termination": "\r\n", "asrl": SERIAL}
)
