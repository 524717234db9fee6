"""Driver of the Keithley DMM6500, a multimeter, as a voltmeter."""

from collections.abc import Iterable

from drivers.visa.meter import VoltmeterRole
from drivers.visa.opening import VisaDriver
from labctl.roles.voltmeter import VoltmeterSettings
from labctl_climate.data_sheets import LARGEST, NPLC, VOLTAGE


class Dmm6500(VoltmeterRole):
    """A DMM6500 that plays `labctl.roles.voltmeter.Voltmeter`.

    `VoltmeterRole` has the order of acts: refuse, set up, read back, compare, read.
    What is left is the messages of the model.
    """

    instrument_class = "pymeasure.instruments.keithley:KeithleyDMM6500"
    spec = VOLTAGE
    nplc_limits = NPLC
    largest = (LARGEST, "V")
    line_query = ":SYST:LFR?"
    nplc_query = ":SENS:VOLT:NPLC?"
    range_query = ":SENS:VOLT:RANG?"
    averages_query = ":SENS:VOLT:AVER:COUN?"

    def _messages(self, settings: VoltmeterSettings) -> Iterable[str]:
        ranged = settings.range
        return (
            "*RST;*CLS",
            ':SENS:FUNC "VOLT"',
            f":SENS:VOLT:NPLC {settings.nplc:g}",
            ":SENS:VOLT:RANG" + (":AUTO 1" if ranged is None else f" {ranged:g}"),
            ":SENS:VOLT:AVER:TCON REP",
            f":SENS:VOLT:AVER:COUN {settings.averages}",
            f":SENS:VOLT:AVER {int(settings.averages > 1)}",
        )


driver = VisaDriver(("DMM6500",), Dmm6500)
