"""Keithley 2182A nanovoltmeter.

Its digital filter averages. The analogue one stays off: it adds about 125 ms per
conversion.
"""

from collections.abc import Iterable

from drivers.specification import Specification
from drivers.visa.meter import VoltmeterRole
from drivers.visa.opening import VisaDriver
from drivers.visa.power_line import SCPI_LINE
from labctl.roles.voltmeter import VoltmeterSettings

VOLTAGE = Specification((0.01, 0.1, 1.0, 10.0, 100.0), 5e-5, 4e-6)
"""One-year limits of error."""


class Keithley2182A(VoltmeterRole):
    """A 2182A that plays `labctl.roles.voltmeter.Voltmeter` with its channel 1."""

    instrument_class = "pymeasure.instruments.keithley:Keithley2182"
    line_query = SCPI_LINE
    spec = VOLTAGE
    nplc_limits = (0.01, 60.0)
    longest_integration = 1.0
    largest = (120.0, "V")
    nplc_query = ":SENS:VOLT:NPLC?"
    range_query = ":SENS:VOLT:CHAN1:RANG?"
    averages_query = ":SENS:VOLT:DFIL:COUN?"

    def _messages(self, settings: VoltmeterSettings) -> Iterable[str]:
        ranged = settings.range
        return (
            "*RST;*CLS",
            ":SENS:FUNC 'VOLT';:SENS:CHAN 1",
            f":SENS:VOLT:NPLC {settings.nplc:g}",
            ":SENS:VOLT:CHAN1:RANG" + (":AUTO 1" if ranged is None else f" {ranged:g}"),
            f":SENS:VOLT:DFIL {int(settings.averages > 1)}",
            ":SENS:VOLT:DFIL:TCON REP",
            f":SENS:VOLT:DFIL:COUN {settings.averages}",
            ":SENS:VOLT:LPAS 0",
            ":FORM:ELEM READ",
        )


driver = VisaDriver(("2182", "2182A"), Keithley2182A)
