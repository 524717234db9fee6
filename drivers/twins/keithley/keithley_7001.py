"""The twin of a Keithley 7001: it moves the relays of the bench.

``wiring`` says which row and contact of the bench a channel joins. A relay that is
stuck shows only in what is measured: a 7001 reports what it was told, not where the
contact is. A channel that is ``missing`` (no card there) is an error.
"""

from collections.abc import Iterable, Mapping

from drivers.twins.scpi.commands import command, query, setting, switch
from drivers.twins.scpi.engine import ScpiTwin
from drivers.twins.scpi.faults import ScpiError
from drivers.twins.scpi.parameters import Choice, Number, channel_list, word
from drivers.twins.visa.twin import VisaTwin
from drivers.twins.world.circuit import Circuit
from labctl.clock import Clock

RELAY_TIME = 5e-3
"""A relay operates, s."""


def _all_or_list(text: str) -> tuple[str, ...]:
    if text.strip().upper() == "ALL":
        return ("ALL",)
    return channel_list(text)


def _order(channel: str) -> tuple[int, ...]:
    return tuple(map(int, channel.split("!")))


class Keithley7001Twin(ScpiTwin):
    """A simulated 7001."""

    identification = "KEITHLEY INSTRUMENTS INC.,MODEL 7001,0812345,B06  /A02"
    break_before_make = switch(":ROUTe:CONFigure:BBMake", default=True)
    card_pair = switch(":ROUTe:CONFigure:CPAir")
    display = switch(":DISPlay:ENABle", default=True)
    card1 = setting(":ROUTe:CONFigure:SLOT1:CTYPe", default="C7012", kind=word)
    card2 = setting(":ROUTe:CONFigure:SLOT2:CTYPe", default="NONE", kind=word)
    extra_settle = setting(
        ":ROUTe:CONFigure:SLOT1:STIMe", default=0.0, kind=Number(0.0, 99999.999)
    )
    trigger_source = setting(
        ":TRIGger[:SEQuence]:SOURce",
        default="IMM",
        kind=Choice("IMMediate|HOLD|MANual|BUS|TLINk|EXTernal|TIMer"),
    )

    def __init__(
        self,
        circuit: Circuit,
        clock: Clock,
        name: str = "switch",  # noqa: ARG002
        wiring: Mapping[str, tuple[int, int]] | None = None,
        stuck_closed: Iterable[str] = (),
        stuck_open: Iterable[str] = (),
        missing: Iterable[str] = (),
    ) -> None:
        super().__init__(clock)
        self.circuit = circuit
        if wiring is None:
            rows = range(1, 5)
            wiring = {f"1!{row}!{n}": (row, n) for row in rows for n in range(1, 5)}
        self.wiring = {name: (row, col) for name, (row, col) in wiring.items()}
        self.stuck_closed = set(stuck_closed)
        self.stuck_open = set(stuck_open)
        self.missing = set(missing)
        self.told: set[str] = set()
        self._apply()

    def reset(self) -> None:
        """Open everything."""
        super().reset()
        self.told = set()
        self._apply()

    def _apply(self) -> None:
        real = (self.told | self.stuck_closed) - self.stuck_open
        self.circuit.closed = frozenset(
            self.wiring[name] for name in real if name in self.wiring
        )
        self.spend(RELAY_TIME)

    def _refuse_unknown(self, channels: tuple[str, ...]) -> None:
        for channel in channels:
            if channel not in self.wiring or channel in self.missing:
                raise ScpiError(-222, f"no channel {channel}")

    @command(":ROUTe:CLOSe", channel_list)
    def _close(self, channels: tuple[str, ...]) -> None:
        self._refuse_unknown(channels)
        self.told |= set(channels)
        self._apply()

    @command(":ROUTe:OPEN", _all_or_list)
    def _open(self, channels: tuple[str, ...]) -> None:
        if channels == ("ALL",):
            self.told = set()
        else:
            self._refuse_unknown(channels)
            self.told -= set(channels)
        self._apply()

    @command(":ROUTe:OPEN:ALL")
    def _open_all(self) -> None:
        self._open(("ALL",))

    @query(":ROUTe:CLOSe?", channel_list)
    def _is_closed(self, channels: tuple[str, ...]) -> str:
        self._refuse_unknown(channels)
        return ",".join("1" if name in self.told else "0" for name in channels)

    @query(":ROUTe:OPEN?", channel_list)
    def _is_open(self, channels: tuple[str, ...]) -> str:
        self._refuse_unknown(channels)
        return ",".join("0" if name in self.told else "1" for name in channels)

    @query(":ROUTe:CLOSe:STATe?")
    def _state(self) -> str:
        return f"(@{','.join(sorted(self.told, key=_order))})"


twin = VisaTwin(Keithley7001Twin)
