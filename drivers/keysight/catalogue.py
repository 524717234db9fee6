"""Every Keysight here, as an entry point of ``labctl.drivers`` names it."""

from drivers.keysight import keysight_b2901a
from drivers.twins.keysight.keysight_b2901a import KeysightB2901ATwin
from drivers.visa.opening import VisaDriver

B2901A = VisaDriver(
    ("B2901A", "B2911A"), KeysightB2901ATwin, keysight_b2901a.open_instrument
)
