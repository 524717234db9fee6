"""Every Lake Shore here, as an entry point of ``labctl.drivers`` names it."""

from drivers.lakeshore import lakeshore_425, lakeshore_475, lakeshore_643
from drivers.twins.lakeshore.lakeshore_425 import LakeShore425Twin
from drivers.twins.lakeshore.lakeshore_475 import LakeShore475Twin
from drivers.twins.lakeshore.lakeshore_643 import LakeShore643Twin
from drivers.visa.opening import SERIAL_7O1, VisaDriver

_ENDS = {"write_termination": "\r\n", "asrl": SERIAL_7O1}

L475 = VisaDriver(
    ("475",),
    LakeShore475Twin,
    lakeshore_475.open_instrument,
    _ENDS,
    lakeshore_475.roles,
)
L643 = VisaDriver(
    ("643", "648"),
    LakeShore643Twin,
    lakeshore_643.open_instrument,
    _ENDS,
    magnet=True,
)
L425 = VisaDriver(("425",), LakeShore425Twin, lakeshore_425.open_instrument, _ENDS)
