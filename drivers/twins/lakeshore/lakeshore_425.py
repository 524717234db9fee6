"""The twin of a Lake Shore 425."""

from typing import Any

from drivers.twins.lakeshore.lakeshore_475 import LakeShore475Twin
from drivers.twins.scpi.commands import command
from drivers.twins.scpi.parameters import Number
from drivers.twins.visa.twin import VisaTwin
from drivers.twins.world.circuit import Circuit
from labctl.clock import Clock

CONTROLLER = ("CMODE", "CSETP", "CPARAM", "RAMPST")
"""Words of the 475 that a 425 does not know."""


class LakeShore425Twin(LakeShore475Twin):
    """A simulated 425."""

    identification = "LSCI,MODEL425,4250123,1.0"

    def __init__(
        self, circuit: Circuit, clock: Clock, name: str = "gaussmeter", **more: Any
    ) -> None:
        super().__init__(circuit, clock, name, **more)
        self.mode = "1,1,1"
        for unknown in CONTROLLER:
            self._words.pop(unknown, None)
            self._words.pop(f"{unknown}?", None)

    @command(":RDGMODE", *[Number(0, 9, whole=True)] * 3)
    def _set_mode(self, *values: int) -> None:
        self.mode = ",".join(map(str, values))


twin = VisaTwin(LakeShore425Twin)
