"""The twin of a Keithley 2460: a 2450 of more current and less voltage.

Its messages are the 2450's. Ranges and what they reach together (7 A at 7 V, 5 A at
10 V, 4 A at 20 V, 1 A at 100 V, each and 5 %) as the writer of this twin recalls the
data sheet; nobody has held them against the page.
"""

from drivers.specification import OVER, Specification
from drivers.twins.keithley.keithley_2450 import Keithley2450Twin
from drivers.twins.scpi.commands import number
from drivers.twins.scpi.faults import ScpiError
from drivers.twins.scpi.source_meter import LEVEL
from drivers.twins.visa.twin import VisaTwin

VOLTAGE = Specification((0.2, 2.0, 7.0, 10.0, 20.0, 100.0), 1.2e-4, 3e-5, 2e-6)
CURRENT = Specification(
    (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0, 4.0, 5.0, 7.0), 2e-4, 1.5e-4, 2e-6
)
REACHES = {7.0: 7.0, 10.0: 5.0, 20.0: 4.0, 100.0: 1.0}
"""V range -> largest A range beside it."""


class Keithley2460Twin(Keithley2450Twin):
    """A simulated 2460."""

    identification = "KEITHLEY INSTRUMENTS,MODEL 2460,04312345,1.7.12b"
    voltage_spec = VOLTAGE
    current_spec = CURRENT
    voltage_level = number(LEVEL.format("VOLTage"), default=0.0, low=-105, high=105)
    current_level = number(LEVEL.format("CURRent"), default=0.0, low=-7.35, high=7.35)
    current_limit = number(
        "[:SOURce]:VOLTage:ILIMit[:LEVel]", default=1.05e-4, low=1e-9, high=7.35
    )
    voltage_limit = number(
        "[:SOURce]:CURRent:VLIMit[:LEVel]", default=7.35, low=0.02, high=105.0
    )
    voltage_range = number(
        "[:SOURce]:VOLTage:RANGe", default=0.2, low=-105.0, high=105.0
    )
    current_range = number(
        "[:SOURce]:CURRent:RANGe", default=1e-6, low=-7.35, high=7.35
    )
    voltage_sense_range = number(
        ":SENSe:VOLTage[:DC]:RANGe[:UPPer]", default=0.2, low=-105.0, high=105.0
    )
    current_sense_range = number(
        ":SENSe:CURRent[:DC]:RANGe[:UPPer]", default=1e-4, low=-7.35, high=7.35
    )

    def changed(self, name: str) -> None:
        """See `SourceMeterTwin`; refuse what voltage and current are not together."""
        super().changed(name)
        if self.holds_voltage and name in {"current_limit", "voltage_range"}:
            volts = self.voltage_spec.range_for(self.voltage_range)
            most = REACHES.get(volts, 7.0) * OVER
            if self.current_limit > most * (1 + 1e-9):
                self.settings["current_limit"] = most
                self.apply()
                raise ScpiError(
                    -221, f"no more than {most:g} A on the {volts:g} V range"
                )


twin = VisaTwin(Keithley2460Twin)
