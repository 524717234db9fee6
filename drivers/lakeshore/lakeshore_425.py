"""Lake Shore 425 gaussmeter: the 475's words without its controller."""

from collections.abc import Mapping

from drivers.lakeshore.lakeshore_475 import LakeShore475
from drivers.lakeshore.plain_talk import ENDS
from drivers.visa.opening import VisaDriver


class LakeShore425(LakeShore475):
    """A 425 that plays `labctl.roles.gaussmeter.Gaussmeter`."""

    instrument_class = "pymeasure.instruments.lakeshore:LakeShore425"

    @property
    def roles(self) -> Mapping[str, object]:
        """Return the meter; there is no controller in it."""
        return {"": self}


driver = VisaDriver(("425",), LakeShore425, ENDS)
