"""What is exchanged with one channel of an instrument, whoever owns what runs there.

Whenever the link was opened anew, a channel that runs what is ours is looked at before
anything else is sent to it: an instrument that lost its power forgot the program.
"""

import logging
import math
import typing

from drivers.biologic.accuracy import channel_accuracy
from drivers.biologic.eclib import abi
from drivers.biologic.eclib.codes import Firmware
from drivers.biologic.eclib.encodings import Encoding
from drivers.biologic.eclib.faults import NO_ANSWER, EClibError
from drivers.biologic.eclib.library import EClib
from drivers.biologic.options import Options, accuracy_of_channel, of_channel
from drivers.biologic.ownership import Holding, read_holding
from drivers.biologic.upload.ranges import ChannelFacts
from labctl.clock import Clock
from labctl.errors import InstrumentError, LinkError, OperatorError
from labctl.roles.channel_accuracy import ChannelAccuracy

log = logging.getLogger(__name__)

T = typing.TypeVar("T")

STATUS_ATTEMPTS = 5
"""Reads of an all-zero status before it counts."""
STATUS_PAUSE = 0.05
"""s between two of them."""


class Device(typing.Protocol):
    """What a channel needs of its instrument."""

    name: str
    options: Options
    clock: Clock
    plugged: list[int]
    infos: abi.DeviceInfos

    @property
    def link(self) -> int:
        """Number of the connection; another one after each opening."""
        ...

    def exchange(
        self, action: typing.Callable[[EClib], T], place: str, patience: float = 0.0
    ) -> T:
        """Run calls in one turn of the library, up the ladder for links."""
        ...

    def encoding(self, lib: EClib, board: int, place: str) -> Encoding:
        """Return how a board writes."""
        ...

    def board(self, lib: EClib, number: int) -> int:
        """Return the board type of a channel."""
        ...

    def ensure_firmware(self, number: int, place: str, infos: abi.ChannelInfos) -> bool:
        """See that the library's kernel runs."""
        ...


class Port:
    """A channel on the wire; ``number`` counts from 0, the front panel from 1."""

    def __init__(self, device: Device, number: int) -> None:
        self.device, self.number = device, number
        self.place = f"{device.name}/{number + 1}"
        self.infos: abi.ChannelInfos | None = None
        self.board = 0
        self.techniques: int | None = None
        """Techniques that must be loaded as long as ours runs; None: nothing must."""
        self.patience = 0.0
        """s for which a broken link is tried while ours runs."""
        self._link: int | None = None
        """The connection on which it was last looked at."""

    def exchange(
        self,
        action: typing.Callable[[EClib, int], T],
        *,
        patience: float | None = None,
        sure: bool = True,
    ) -> T:
        """Run calls in one turn of the library.

        ``sure`` looks first whether ours is still there if the link is another one.
        InstrumentError then: it is not, the instrument was without power.
        """
        device = self.device

        def act(lib: EClib) -> T:
            link = device.link
            if sure and link != self._link:
                self._confirm(lib, link)
                self._link = link
            return action(lib, link)

        wait = self.patience if patience is None else patience
        return device.exchange(act, self.place, wait)

    def status(self, patience: float | None = None) -> abi.ChannelInfos:
        """Read the channel's description; an all-zero one is read again."""
        for _ in range(STATUS_ATTEMPTS):
            infos = self.exchange(
                lambda lib, link: lib.channel_infos(link, self.number),
                patience=patience,
                sure=False,
            )
            if infos.FirmwareVersion != 0:
                self.infos = infos
                self.board = self.board or self.exchange(
                    lambda lib, _: self.device.board(lib, self.number), sure=False
                )
                return infos
            self.device.clock.sleep(STATUS_PAUSE)
        raise LinkError(
            f"{self.place}: the status reads as all zeros; power-cycle the instrument"
        )

    def holding(
        self, patience: float | None = None, count: int | None = None
    ) -> Holding:
        """Return what the channel holds and does now.

        ``count`` techniques are read; None: as many as it says that it has.
        """
        infos, device = self.status(patience), self.device
        return self.exchange(
            lambda lib, link: read_holding(
                lib, link, self.number, device.infos.DeviceCode, infos, count
            ),
            patience=patience,
            sure=False,
        )

    def values(self) -> abi.CurrentValues:
        """Return what the channel sees now."""
        return self.exchange(lambda lib, link: lib.current_values(link, self.number))

    def messages(self) -> list[str]:
        """Return what the firmware had to say, and log it."""
        heard = self.exchange(lambda lib, link: lib.messages(link, self.number))
        for text in heard:
            log.info("%s: firmware says: %s", self.place, text)
        return heard

    def must_be_plugged(self) -> None:
        """OperatorError: no channel is plugged in here."""
        if self.number not in self.device.plugged:
            there = ", ".join(str(n + 1) for n in self.device.plugged) or "none"
            raise OperatorError(
                f"{self.place}: no channel is plugged in here (EClib -3); plugged: "
                f"{there}"
            )

    def facts(self, voltage: float) -> ChannelFacts:
        """Return what the compiler needs; ``voltage`` is Ewe now, V."""
        infos, options = self.infos, self.device.options
        if infos is None:
            raise OperatorError(f"{self.place}: no channel is plugged in here")
        return ChannelFacts(
            name=self.place,
            board=self.board,
            min_range=infos.MinIRange,
            max_range=infos.MaxIRange,
            max_bandwidth=infos.MaxBandwidth,
            impedance=bool(infos.Zboard),
            voltage=voltage,
            bandwidth=options.bandwidth,
            current_range=options.current_range,
            voltage_range=options.voltage_range,
            max_current=of_channel(options.max_current, self.number),
            xctr=options.xctr,
            amplifier=infos.AmpCode,
            compliance=of_channel(options.compliance, self.number),
            highest_frequency=of_channel(options.highest_frequency, self.number),
            dialect=options.dialect,
        )

    def accuracy(self) -> ChannelAccuracy:
        """Return how far readings may be off; nothing is asked of the instrument."""
        stated = accuracy_of_channel(self.device.options, self.number)
        return channel_accuracy(self.facts(math.nan), stated)

    def configure(self) -> None:
        """Set electrode connection and ground where the configuration asks."""
        options = self.device.options
        if options.connection is None and options.floating is None:
            return

        def act(lib: EClib, link: int) -> None:
            connection, ground = lib.hardware(link, self.number)
            if options.connection is not None:
                connection = options.connection
            if options.floating is not None:
                ground = int(options.floating)
            lib.set_hardware(link, self.number, connection, ground)
            read_back = lib.hardware(link, self.number)
            if read_back != (connection, ground):
                raise InstrumentError(
                    f"{self.place}: electrode connection and ground read back as "
                    f"{read_back}, not {(connection, ground)}"
                )

        self.exchange(act)

    def _confirm(self, lib: EClib, link: int) -> None:
        """Look whether ours is still loaded; call inside an exchange."""
        if self.techniques is None:
            return
        infos = lib.channel_infos(link, self.number)
        if infos.FirmwareVersion == 0:
            raise EClibError("BL_GetChannelInfos", NO_ANSWER)
        there = (infos.FirmwareCode, infos.NbOfTechniques)
        if there != (Firmware.KERNEL, self.techniques):
            raise InstrumentError(
                f"{self.place}: the channel no longer holds what was started "
                f"({infos.NbOfTechniques} techniques instead of {self.techniques}): "
                "the power of the instrument was cut. Rows not fetched are lost; look "
                "at the cell, then resume the run"
            )
