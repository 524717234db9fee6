"""The user delays of a 2450: five for each function, kept for its trigger model."""

from drivers.twins.scpi.commands import command, query
from drivers.twins.scpi.engine import ScpiTwin
from drivers.twins.scpi.parameters import Number

_SECONDS = Number(0.0, 1e4)


class UserDelays(ScpiTwin):
    """SOURce and SENSe DELay:USER of a 2450."""

    delays: dict[tuple[str, int], float]
    """By function and number, s; what is not there is 0."""

    @command("[:SOURce]:VOLTage:DELay:USER<1:5>", _SECONDS)
    def _set_source_voltage(self, k: int, seconds: float) -> None:
        self.delays["source voltage", k] = seconds

    @query("[:SOURce]:VOLTage:DELay:USER<1:5>?")
    def _source_voltage(self, k: int) -> float:
        return self.delays.get(("source voltage", k), 0.0)

    @command("[:SOURce]:CURRent:DELay:USER<1:5>", _SECONDS)
    def _set_source_current(self, k: int, seconds: float) -> None:
        self.delays["source current", k] = seconds

    @query("[:SOURce]:CURRent:DELay:USER<1:5>?")
    def _source_current(self, k: int) -> float:
        return self.delays.get(("source current", k), 0.0)

    @command(":SENSe:VOLTage[:DC]:DELay:USER<1:5>", _SECONDS)
    def _set_voltage(self, k: int, seconds: float) -> None:
        self.delays["voltage", k] = seconds

    @query(":SENSe:VOLTage[:DC]:DELay:USER<1:5>?")
    def _voltage(self, k: int) -> float:
        return self.delays.get(("voltage", k), 0.0)

    @command(":SENSe:CURRent[:DC]:DELay:USER<1:5>", _SECONDS)
    def _set_current(self, k: int, seconds: float) -> None:
        self.delays["current", k] = seconds

    @query(":SENSe:CURRent[:DC]:DELay:USER<1:5>?")
    def _current(self, k: int) -> float:
        return self.delays.get(("current", k), 0.0)

    @command(":SENSe:RESistance:DELay:USER<1:5>", _SECONDS)
    def _set_resistance(self, k: int, seconds: float) -> None:
        self.delays["resistance", k] = seconds

    @query(":SENSe:RESistance:DELay:USER<1:5>?")
    def _resistance(self, k: int) -> float:
        return self.delays.get(("resistance", k), 0.0)
