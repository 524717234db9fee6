"""Sweeps and lists of levels, as Keithley's 2400 family makes them."""

import math

from drivers.twins.scpi.commands import command, number, query, setting, whole
from drivers.twins.scpi.engine import ScpiTwin
from drivers.twins.scpi.faults import ScpiError
from drivers.twins.scpi.parameters import Choice, Number

MODES = Choice("FIXed|LIST|SWEep")


class SweptSource(ScpiTwin):
    """SOURce:SWEep and SOURce:LIST of a twin."""

    source_function: str
    list_levels: list[float]
    voltage_mode = setting("[:SOURce]:VOLTage:MODE", default="FIX", kind=MODES)
    current_mode = setting("[:SOURce]:CURRent:MODE", default="FIX", kind=MODES)
    voltage_start = number(
        "[:SOURce]:VOLTage:STARt", default=0.0, low=-210.0, high=210.0
    )
    voltage_stop = number("[:SOURce]:VOLTage:STOP", default=0.0, low=-210.0, high=210.0)
    current_start = number("[:SOURce]:CURRent:STARt", default=0.0, low=-1.05, high=1.05)
    current_stop = number("[:SOURce]:CURRent:STOP", default=0.0, low=-1.05, high=1.05)
    sweep_points = whole("[:SOURce]:SWEep:POINts", default=2500, low=2, high=2500)
    sweep_spacing = setting(
        "[:SOURce]:SWEep:SPACing", default="LIN", kind=Choice("LINear|LOGarithmic")
    )
    sweep_direction = setting(
        "[:SOURce]:SWEep:DIRection", default="UP", kind=Choice("UP|DOWN")
    )
    sweep_ranging = setting(
        "[:SOURce]:SWEep:RANGing", default="BEST", kind=Choice("BEST|AUTO|FIXed")
    )

    def swept_levels(self) -> list[float]:
        """Return the levels of the next run; empty for a fixed source."""
        function = self.source_function
        mode = self.voltage_mode if function == "VOLT" else self.current_mode
        if mode == "LIST":
            return list(self.list_levels)
        if mode != "SWE":
            return []
        volts = function == "VOLT"
        first = self.voltage_start if volts else self.current_start
        last = self.voltage_stop if volts else self.current_stop
        n = self.sweep_points
        if self.sweep_spacing == "LOG":
            step = (math.log(last) - math.log(first)) / (n - 1)
            levels = [first * math.exp(step * k) for k in range(n)]
        else:
            levels = [first + (last - first) * k / (n - 1) for k in range(n)]
        return levels if self.sweep_direction == "UP" else levels[::-1]

    @command("[:SOURce]:LIST:VOLTage", Number(-210.0, 210.0), rest=True)
    @command("[:SOURce]:LIST:CURRent", Number(-1.05, 1.05), rest=True)
    def _list(self, *levels: float) -> None:
        if len(levels) > 100:  # noqa: PLR2004
            raise ScpiError(-223, "100 values a message at most")
        self.list_levels = list(levels)

    @command("[:SOURce]:LIST:VOLTage:APPend", Number(-210.0, 210.0), rest=True)
    @command("[:SOURce]:LIST:CURRent:APPend", Number(-1.05, 1.05), rest=True)
    def _list_more(self, *levels: float) -> None:
        self.list_levels += levels

    @query("[:SOURce]:LIST:VOLTage:POINts?")
    @query("[:SOURce]:LIST:CURRent:POINts?")
    def _list_points(self) -> str:
        return str(len(self.list_levels))
