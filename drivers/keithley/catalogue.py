"""Every Keithley here, as an entry point of ``labctl.drivers`` names it."""

from drivers.keithley import (
    keithley_2000,
    keithley_2182a,
    keithley_2400,
    keithley_2450,
    keithley_2636b,
    keithley_6221,
    keithley_6430,
    keithley_6487,
    keithley_6517b,
    keithley_7001,
)
from drivers.twins.keithley.keithley_2000 import Keithley2000Twin
from drivers.twins.keithley.keithley_2182a import Keithley2182ATwin
from drivers.twins.keithley.keithley_2400 import Keithley2400Twin
from drivers.twins.keithley.keithley_2450 import Keithley2450Twin
from drivers.twins.keithley.keithley_2636b import Keithley2636BTwin
from drivers.twins.keithley.keithley_6221 import Keithley6221Twin
from drivers.twins.keithley.keithley_6430 import Keithley6430Twin
from drivers.twins.keithley.keithley_6487 import Keithley6487Twin
from drivers.twins.keithley.keithley_6517b import Keithley6517BTwin
from drivers.twins.keithley.keithley_7001 import Keithley7001Twin
from drivers.visa.echo import TspEcho
from drivers.visa.opening import VisaDriver

K2400 = VisaDriver(
    tuple(keithley_2400.MODELS), Keithley2400Twin, keithley_2400.open_instrument
)
K2450 = VisaDriver(("2450",), Keithley2450Twin, keithley_2450.open_instrument)
K6221 = VisaDriver(("6220", "6221"), Keithley6221Twin, keithley_6221.open_instrument)
K2182A = VisaDriver(
    ("2182", "2182A"), Keithley2182ATwin, keithley_2182a.open_instrument
)
K7001 = VisaDriver(("7001",), Keithley7001Twin, keithley_7001.open_instrument)
K6430 = VisaDriver(("6430",), Keithley6430Twin, keithley_6430.open_instrument)
K2636B = VisaDriver(
    ("2635B", "2636B"),
    Keithley2636BTwin,
    keithley_2636b.open_instrument,
    roles=keithley_2636b.roles,
    echo=TspEcho(),
)
K2000 = VisaDriver(("2000",), Keithley2000Twin, keithley_2000.open_instrument)
K6487 = VisaDriver(
    ("6485", "6487"),
    Keithley6487Twin,
    keithley_6487.open_instrument,
    roles=keithley_6487.roles,
)
K6517B = VisaDriver(
    ("6517A", "6517B"), Keithley6517BTwin, keithley_6517b.open_instrument
)
