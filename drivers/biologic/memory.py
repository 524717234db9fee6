"""The rows in a channel's memory: fetched, decoded, and never lost by a failed call.

The converter of floats is a call into the library, and made on its thread alone.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from drivers.biologic.eclib.abi import CurrentValues
from drivers.biologic.eclib.codec import FloatDecoder, ieee_floats, proven_decoder
from drivers.biologic.eclib.library import EClib
from drivers.biologic.port import Port
from drivers.biologic.reading import Fetched, Reader
from labctl import columns
from labctl.data import Batch, Event, Level
from labctl.errors import InstrumentError

log = logging.getLogger(__name__)

MOST_FETCHES = 10_000
"""Blocks in one poll; more means that the instrument writes faster than we read."""


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
        )

    def live(self, zero: float) -> Mapping[str, float]:
        """Return it as `Poll.live`; ``zero`` is added to the instrument's time, s."""
        return {
            columns.VOLTAGE.name: self.voltage,
            columns.CURRENT.name: self.current,
            columns.INSTRUMENT_TIME.name: self.elapsed + zero,
        }


class ChannelMemory:
    """Fetches and decodes the rows of one channel."""

    def __init__(self, port: Port) -> None:
        self._port = port
        self._decoder: FloatDecoder | None = None
        self._reader: Reader | None = None
        self._pending: list[Fetched] = []
        """Fetched and not yet decoded."""

    def prepare(self) -> None:
        """Get ready for the rows of the channel's board."""
        port = self._port
        if self._decoder is None:
            self._decoder = port.exchange(
                lambda lib, _: proven_decoder(lambda w: lib.single(w, port.board))
            )
        self._reader = Reader(
            port.place, port.board, self._decoder, port.device.options.xctr
        )

    @property
    def last_technique(self) -> int | None:
        """Index of the EClib technique whose rows came last; None: none did."""
        return self._pending[-1].technique if self._pending else None

    def drain(self, lib: EClib, link: int) -> Seen:
        """Fetch blocks until there are none; return what the channel sees then."""
        for _ in range(MOST_FETCHES):
            words, infos, values = lib.data(link, self._port.number)
            if infos.IRQskipped or len(words):
                self._pending.append(Fetched.of(words, infos, values))
            if not len(words):
                return Seen.of(values)
        raise InstrumentError(
            f"{self._port.place}: rows come faster than they can be read; record less "
            "often"
        )

    def take(
        self, index_of: Callable[[int], int], zero: float
    ) -> tuple[tuple[Batch, ...], tuple[Event, ...]]:
        """Return what was fetched as batches, and what was lost as an event.

        ``zero`` is added to the instrument's time, s. What cannot be decoded is kept.
        """
        reader, fetched = self._reader, list(self._pending)
        if reader is None or not fetched:
            return (), ()
        if self._decoder is ieee_floats:  # needs no library
            batches = tuple(reader.batches(fetched, index_of, zero))
        else:
            batches = self._port.exchange(
                lambda _lib, _link: tuple(reader.batches(fetched, index_of, zero)),
                sure=False,
            )
        del self._pending[: len(fetched)]
        return batches, self._lost(fetched)

    def forget(self) -> None:
        """Drop what was fetched of an upload before."""
        self._pending.clear()

    def _lost(self, fetched: list[Fetched]) -> tuple[Event, ...]:
        lost = sum(block.skipped for block in fetched)
        if not lost:
            return ()
        text = (
            f"{self._port.place}: {lost} rows were lost because the channel's memory "
            "was full; record less often or poll faster"
        )
        log.warning("%s", text)
        return (Event(Level.WARNING, "gap", text),)
