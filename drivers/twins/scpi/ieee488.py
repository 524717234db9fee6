"""The common commands of IEEE 488.2, chapter 10, that every instrument answers."""

from typing import Any, ClassVar

from drivers.twins.scpi.commands import Entry, command, entries_of, query
from drivers.twins.scpi.exchange import LATENCY, Exchange
from drivers.twins.scpi.parameters import Number
from drivers.twins.scpi.settings import Settings
from labctl.clock import Clock

BYTE = Number(0, 255, whole=True)


class Ieee488Twin(Exchange):
    """A simulated instrument with status registers as IEEE 488.2 has them."""

    _entries: ClassVar[list[Entry]]
    _defaults: ClassVar[dict[str, Any]]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._entries, cls._defaults = entries_of(cls)

    def __init__(self, clock: Clock, latency: float = LATENCY) -> None:
        super().__init__(clock, latency)
        self.put_back()

    @property
    def settings(self) -> Settings:
        """The values of all settings by name, and nothing else of the instrument."""
        return Settings(vars(self), frozenset(self._defaults))

    def put_back(self) -> None:
        """Give every setting its value after ``*RST``."""
        vars(self).update(self._defaults)

    def changed(self, name: str) -> None:
        """Act on a setting that a message has just changed."""

    def reported(self, name: str) -> Any:
        """Return what a question about a setting is answered with."""
        return vars(self)[name]

    def reset(self) -> None:
        """Put the settings back; status stays."""
        raise NotImplementedError

    @query("*IDN?")
    def _idn(self) -> str:
        return self.identification

    @command("*RST")
    def _rst(self) -> None:
        self.forget_operation_complete()
        self.reset()

    @command("*CLS")
    def _cls(self) -> None:
        self.forget_operation_complete()
        self.status.clear()

    @command("*ESE", BYTE)
    def _ese(self, bits: int) -> None:
        self.status.event_enable = bits

    @query("*ESE?")
    def _ese_query(self) -> str:
        return str(self.status.event_enable)

    @query("*ESR?")
    def _esr(self) -> str:
        self.settle()
        bits, self.status.event_status = self.status.event_status, 0
        return str(bits)

    @command("*SRE", BYTE)
    def _sre(self, bits: int) -> None:
        self.status.service_enable = bits & ~64

    @query("*SRE?")
    def _sre_query(self) -> str:
        return str(self.status.service_enable)

    @query("*STB?")
    def _stb(self) -> str:
        self.settle()
        return str(self.status.master_summary(self.message_available))

    @command("*OPC")
    def _opc(self) -> None:
        self.await_operation_complete()

    @query("*OPC?")
    def _opc_query(self) -> str:
        self.time = max(self.time, self.pending_until)
        return "1"

    @query("*TST?")
    def _tst(self) -> str:
        return "0"
