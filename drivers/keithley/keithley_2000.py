"""Keithley 2000 multimeter as a voltmeter."""

from collections.abc import Iterable

from drivers.specification import Specification
from drivers.visa.meter import VoltmeterRole
from drivers.visa.opening import VisaDriver
from labctl.roles.voltmeter import VoltmeterSettings

VOLTAGE = Specification((0.1, 1.0, 10.0, 100.0, 1000.0), 5e-5, 3.5e-5)
"""One-year limits of error."""


class Keithley2000(VoltmeterRole):
    """A 2000 that plays `labctl.roles.voltmeter.Voltmeter`."""

    instrument_class = "pymeasure.instruments.keithley:Keithley2000"
    spec = VOLTAGE
    nplc_limits = (0.01, 10.0)
    largest = (1010.0, "V")
    nplc_query = ":SENS:VOLT:DC:NPLC?"
    range_query = ":SENS:VOLT:DC:RANG?"
    averages_query = ":SENS:VOLT:DC:AVER:COUN?"

    def _messages(self, settings: VoltmeterSettings) -> Iterable[str]:
        ranged = settings.range
        return (
            "*RST;*CLS",
            ":SENS:FUNC 'VOLT:DC'",
            f":SENS:VOLT:DC:NPLC {settings.nplc:g}",
            ":SENS:VOLT:DC:RANG" + (":AUTO 1" if ranged is None else f" {ranged:g}"),
            ":SENS:VOLT:DC:AVER:TCON REP",
            f":SENS:VOLT:DC:AVER:COUN {settings.averages}",
            f":SENS:VOLT:DC:AVER:STAT {int(settings.averages > 1)}",
            ":INIT:CONT 0;:FORM:ELEM READ",
        )


driver = VisaDriver(("2000",), Keithley2000)
