"""The twin of a Keithley 6430."""

from drivers.specification import Specification
from drivers.twins.keithley.keithley_2400 import RESISTANCES as RESISTANCES_2400
from drivers.twins.keithley.keithley_2400 import Keithley2400Twin
from drivers.twins.scpi.commands import number, switch, whole
from drivers.twins.visa.twin import VisaTwin

VOLTAGE = Specification((0.2, 2.0, 20.0, 200.0), 1.2e-4, 3e-5, 3e-6)
CURRENT = Specification(
    (1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1),
    5e-4,
    2e-4,
    4e-4,
)
RESISTANCES = (2.0, *RESISTANCES_2400, 2e9, 2e10, 2e11, 2e12, 2e13)
"""Ω."""


class Keithley6430Twin(Keithley2400Twin):
    """A simulated 6430."""

    identification = "KEITHLEY INSTRUMENTS INC.,MODEL 6430,1098765,C27/A02"
    voltage_spec = VOLTAGE
    current_spec = CURRENT
    resistances = RESISTANCES
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
