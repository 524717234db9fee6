"""Ask a person what source, relays and meters of a bench shall do next.

Relays move only while the source is off: relays, then the current, at the end the
current off, then the relays. A field is left as it is: it belongs to its own steps.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from labctl import columns
from labctl.data import Batch, Stream
from labctl.protocol import Bench, Item
from labctl.roles.current_source import CurrentSettings, CurrentSource
from labctl.roles.electrometer import Electrometer, ElectrometerSettings
from labctl.roles.gaussmeter import Gaussmeter
from labctl.roles.magnet import MagnetSupply
from labctl.roles.switch_matrix import Connection, SwitchMatrix
from labctl.roles.voltmeter import Voltmeter, VoltmeterSettings
from labctl.steps.asking import Ask, Panel
from labctl.steps.source_meter import contacts
from labctl.steps.stated import stated
from labctl.steps.waiting import reading

READINGS = "readings"
"""Name of the stream."""
_COLUMNS = {
    "switch": columns.CONTACTS,
    "current_source": (columns.SOURCE_CURRENT, columns.IN_COMPLIANCE),
    "voltmeter": (columns.VOLTAGE, columns.OVERFLOW),
    "electrometer": (columns.CURRENT,),
    "gaussmeter": (columns.FIELD,),
    "magnet": (columns.MAGNET_CURRENT,),
}
"""Role -> what it tells."""


def readings_of(roles: Iterable[str]) -> Stream:
    """Return the stream of a bench with these roles: one row a look."""
    found = [column for role in roles for column in _COLUMNS[role]]
    title = "What the instruments of a bench read together"
    return Stream(READINGS, (*columns.STAMP, *found), title)


@dataclass(frozen=True, kw_only=True)
class AskBench(Ask):
    """Hold contacts and a current, or neither, and read every meter there is."""

    roles: tuple[str, ...]
    """Those that there are, of `readings_of`."""
    connection: Connection | None = None
    """None: every relay open."""
    current: float | None = None
    """A; None: source off."""
    compliance: float = 10.0
    """V."""
    nplc: float = 1.0
    magnet: str = ""
    """What the magnet was told, in words; empty: nothing."""

    @property
    def holds(self) -> bool:
        """See `Ask`."""
        return bool(self.connection or self.magnet) or self.current is not None

    def panel(self, bench: Bench) -> Panel:
        """See `Ask`."""
        return _Meters(bench, self)


class _Meters(Panel):
    def __init__(self, bench: Bench, step: AskBench) -> None:
        self._bench = bench
        self._step = step
        self._source: CurrentSource | None = None
        self._switch: SwitchMatrix | None = None
        self._reads: list[Callable[[], Mapping[str, float]]] = []
        self._values: dict[str, float] = {}

    def begin(self) -> Iterator[Item]:
        bench, roles = self._bench, self._step.roles
        if "current_source" in roles:
            self._source = bench.role("current_source", CurrentSource)
        if "switch" in roles:
            self._switch = bench.role("switch", SwitchMatrix)
        for role, prepare in (
            ("voltmeter", self._voltmeter),
            ("electrometer", self._electrometer),
            ("gaussmeter", self._gaussmeter),
            ("magnet", self._magnet),
        ):
            if role in roles:
                self._reads.append(prepare())
                yield None
        yield from self._connect()

    def look(self) -> Iterator[Batch | None]:
        row: dict[str, float] = {}
        if self._switch is not None:
            row |= contacts(self._step.connection)
        for read in self._reads:
            row |= read()
            yield None
        if self._source is not None:
            row |= self._driven
            if self._is_on:
                row[columns.IN_COMPLIANCE.name] = int(self._source.in_compliance())
        if self._reads or self._is_on:
            yield Batch.row(READINGS, row)

    def end(self) -> None:
        if self._source is not None:
            self._source.make_safe()
        if self._switch is not None:
            self._switch.make_safe()

    def values(self) -> Mapping[str, float]:
        return self._values

    @property
    def _is_on(self) -> bool:
        return self._source is not None and self._step.current is not None

    def _connect(self) -> Iterator[None]:
        """Source off, close the relays, then drive the current."""
        step = self._step
        if self._source is not None:
            self._source.make_safe()
            yield None
        self._driven: dict[str, float] = {
            columns.SOURCE_CURRENT.name: math.nan,
            columns.IN_COMPLIANCE.name: 0,
        }
        if self._switch is not None and step.connection is not None:
            self._switch.connect(step.connection)
            yield None
        if self._source is not None and step.current is not None:
            wanted = CurrentSettings(abs(step.current), step.compliance)
            self._source.prepare(wanted)
            yield None
            setpoint = self._source.drive(step.current)
            self._driven[columns.SOURCE_CURRENT.name] = setpoint
            self._values |= stated("current", self._source.accuracy)
            yield None

    def _voltmeter(self) -> Callable[[], Mapping[str, float]]:
        meter = self._bench.role("voltmeter", Voltmeter)
        nplc = self._step.nplc
        meter.prepare(VoltmeterSettings(nplc))
        self._values |= stated("voltage", meter.accuracy)

        def read() -> dict[str, float]:
            with reading("the voltmeter", nplc):
                found = meter.read()
            over = int(found.overflow)
            return {columns.VOLTAGE.name: found.voltage, columns.OVERFLOW.name: over}

        return read

    def _electrometer(self) -> Callable[[], Mapping[str, float]]:
        meter = self._bench.role("electrometer", Electrometer)
        nplc = self._step.nplc
        meter.prepare(ElectrometerSettings(nplc))

        def read() -> dict[str, float]:
            with reading("the electrometer", nplc):
                return {columns.CURRENT.name: meter.read().current}

        return read

    def _gaussmeter(self) -> Callable[[], Mapping[str, float]]:
        meter = self._bench.role("gaussmeter", Gaussmeter)
        meter.prepare(None)
        self._values |= stated("field", meter.accuracy)
        return lambda: {columns.FIELD.name: meter.read().field}

    def _magnet(self) -> Callable[[], Mapping[str, float]]:
        supply = self._bench.role("magnet", MagnetSupply)
        return lambda: {columns.MAGNET_CURRENT.name: supply.current()}
