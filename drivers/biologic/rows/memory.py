"""The rows in a channel's memory: fetched, decoded, and never lost by a failed call.

Fetching is an exchange with the library, decoding is not: it happens on the caller's
thread, and a block of rows is given up only when it has become a batch.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from drivers.biologic.eclib.abi import CurrentValues
from drivers.biologic.eclib.codes import State
from drivers.biologic.eclib.library import EClib
from drivers.biologic.experiment import Experiment
from drivers.biologic.port import Port
from drivers.biologic.rows.overload import flags_of
from drivers.biologic.rows.reading import Fetched, Reader, joined
from labctl import columns
from labctl.clock import stopwatch
from labctl.data import Batch, Event, Level
from labctl.errors import InstrumentError
from labctl.roles.potentiostat import ROWS_LOST

log = logging.getLogger(__name__)

MOST_FETCHES = 10_000
"""Blocks in one poll; more means that the instrument writes faster than we read."""
LONGEST_DRAIN = 1.0
"""s of real time that one poll fetches from a channel that still writes."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a channel saw and did at one moment."""

    state: int
    filled: int
    """Bytes left in its memory."""
    elapsed: float
    """s since the experiment began."""
    voltage: float
    """V."""
    current: float
    """A."""
    option_error: int
    overload: int = 0
    """As `columns.OVERLOAD`."""
    counter_voltage: float = 0.0
    """V."""

    @classmethod
    def of(cls, values: CurrentValues) -> "Seen":
        """Copy out of a struct that changes at the next call."""
        return cls(
            values.State,
            values.MemFilled,
            float(values.ElapsedTime),
            float(values.Ewe),
            float(values.I),
            values.OptErr,
            flags_of(values),
            float(values.Ece),
        )

    def live(self, zero: float, *, counter: bool = False) -> Mapping[str, float]:
        """Return it as `Poll.live`; ``zero`` is added to the instrument's time, s.

        ``counter``: whether the counter electrode's voltage is recorded.
        """
        seen = {
            columns.VOLTAGE.name: self.voltage,
            columns.CURRENT.name: self.current,
            columns.INSTRUMENT_TIME.name: self.elapsed + zero,
            columns.OVERLOAD.name: self.overload,
        }
        if counter:
            seen[columns.COUNTER_VOLTAGE.name] = self.counter_voltage
        return seen


class ChannelMemory:
    """Fetches and decodes the rows of one channel."""

    def __init__(self, port: Port) -> None:
        self._port = port
        self._reader: Reader | None = None
        self._pending: list[Fetched] = []
        """Fetched and not yet decoded."""

    def prepare(self) -> None:
        """Get ready for the rows of the channel's board.

        FirmwareError: how it writes them cannot be known.
        """
        port, device = self._port, self._port.device
        self._reader = Reader(
            port.place,
            port.board,
            port.exchange(lambda lib, _: device.encoding(lib, port.board, port.place)),
            device.options.xctr,
            device.options.dialect,
        )

    @property
    def last_technique(self) -> int | None:
        """Index of the EClib technique whose rows came last; None: none did."""
        return self._pending[-1].technique if self._pending else None

    def drain(self, lib: EClib, link: int) -> Seen:
        """Fetch blocks until there are none; return what the channel sees then.

        Where rows come faster than calls return there is always one more: then what is
        left waits for the next poll, or nobody looks at limits and no stop gets its
        turn. What a channel that stands still holds is fetched to its end.
        """
        begun = stopwatch()
        for _ in range(MOST_FETCHES):
            words, infos, values = lib.data(link, self._port.number)
            if infos.IRQskipped or len(words):
                self._pending.append(Fetched.of(words, infos, values))
            if not len(words):
                return Seen.of(values)
            late = stopwatch() - begun > LONGEST_DRAIN
            if late and values.State != State.STOP:
                return Seen.of(values)
        raise InstrumentError(
            f"{self._port.place}: rows come faster than they can be read; record less "
            "often"
        )

    def take(
        self,
        of: Experiment,
        keep: Callable[[Batch], None],
        tell: Callable[[Event], None],
    ) -> None:
        """Give what was fetched to ``keep`` as batches, and what was lost to ``tell``.

        They are rows ``of`` one upload. InstrumentError: a block cannot be read; it and
        those behind it stay, those before it were given.
        """
        reader, done, batches = self._reader, 0, []
        if reader is None:
            return
        fetched = list(self._pending)
        try:
            for block in fetched:
                if len(block.words):
                    batches.append(
                        reader.batch(block, of.index_of, of.zero, of.range_of)
                    )
                done += 1
        finally:
            del self._pending[:done]
            for batch in joined(batches):
                keep(batch)
            self._tell_lost(fetched[:done], tell)

    def forget(self) -> None:
        """Drop what was fetched of an upload before."""
        self._pending.clear()

    def _tell_lost(self, fetched: list[Fetched], tell: Callable[[Event], None]) -> None:
        lost = sum(block.skipped for block in fetched)
        if not lost:
            return
        text = (
            f"{self._port.place}: {lost} rows were lost because the channel's memory "
            "was full; record less often or poll faster"
        )
        log.warning("%s", text)
        tell(Event(Level.WARNING, ROWS_LOST, text))
