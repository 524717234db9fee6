"""The twin of a Keithley 6430."""

from drivers.keithley import keithley_6430 as driver
from drivers.twins.keithley.keithley_2400 import Keithley2400Twin
from drivers.twins.scpi.commands import number, switch, whole
from drivers.twins.visa.twin import VisaTwin


class Keithley6430Twin(Keithley2400Twin):
    """A simulated 6430."""

    identification = "KEITHLEY INSTRUMENTS INC.,MODEL 6430,1098765,C27/A02"
    voltage_spec = driver.VOLTAGE
    current_spec = driver.CURRENT
    current_level = number(
        "[:SOURce]:CURRent[:LEVel][:IMMediate][:AMPLitude]",
        default=0.0,
        low=-0.105,
        high=0.105,
    )
    current_limit = number(
        ":SENSe:CURRent[:DC]:PROTection[:LEVel]",
        default=105e-6,
        low=-0.105,
        high=0.105,
    )
    median = switch(":SENSe:MEDian[:STATe]")
    median_rank = whole(":SENSe:MEDian:RANK", default=1, low=1, high=5)
    automatic_filter = switch(":SENSe:AVERage:AUTO", default=True)
    repeat_filter = switch(":SENSe:AVERage:REPeat[:STATe]")
    repeat_count = whole(":SENSe:AVERage:REPeat:COUNt", default=1, low=1, high=100)


twin = VisaTwin(Keithley6430Twin)
