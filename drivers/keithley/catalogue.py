"""Every Keithley this package drives: what an entry point of ``labctl.drivers`` names."""

from drivers.keithley import keithley_2400, keithley_2450
from drivers.keithley.keithley_2400_twin import Keithley2400Twin
from drivers.keithley.keithley_2450_twin import Keithley2450Twin
from drivers.visa.opening import VisaDriver

K2400 = VisaDriver(
    tuple(keithley_2400.MODELS), Keithley2400Twin, keithley_2400.open_instrument
)
K2450 = VisaDriver(("2450",), Keithley2450Twin, keithley_2450.open_instrument)
