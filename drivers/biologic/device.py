"""A BioLogic instrument: connection, inventory, firmware policy, retries.

One connection is kept open. Firmware is never loaded unless the configuration says
``allow_firmware_load: true``, and then only onto plugged channels that stand still.
"""

import logging
from collections.abc import Callable, Mapping
from typing import TypeVar

from drivers.biologic import abi
from drivers.biologic.channel import BiologicChannel
from drivers.biologic.codes import (
    PREMIUM_DEVICES,
    Firmware,
    State,
    board_of_device,
    device_name,
    firmware_name,
)
from drivers.biologic.faults import EClibError, Remedy, describe, translated
from drivers.biologic.library import EClib, FunctionTable
from drivers.biologic.options import Options
from labctl.clock import Clock
from labctl.errors import (
    FirmwareError,
    IdentityError,
    InstrumentError,
    LinkError,
    OwnershipError,
)
from labctl.roles.driver import Setup
from labctl.roles.identity import Identity

log = logging.getLogger(__name__)

T = TypeVar("T")

ATTEMPTS = 6
"""Calls of one exchange before a retryable error counts."""
FIRST_PAUSE = 0.1
"""s; doubles with each attempt, 3 s in all."""
RECONNECT_AFTER = 2
"""Failed attempts before a new connection is made."""


class BiologicDevice:
    """An open instrument; plays one `PotentiostatChannel` for each slot."""

    def __init__(
        self, table: FunctionTable, setup: Setup, options: Options, clock: Clock
    ) -> None:
        self.name, self.address = setup.name, setup.address
        self.options, self.clock = options, clock
        self.library = EClib(table)
        self._worker = table.worker
        self.link = -1
        self.version = self.exchange(self.library.version, self.name)
        self._check_version()
        self.infos = self.exchange(self._connect, self.name)
        self.model = device_name(self.infos.DeviceCode)
        self._check_model()
        self.plugged = self.exchange(lambda: self.library.plugged(self.link), self.name)
        slots = max(self.infos.NumberOfSlots, max(self.plugged, default=-1) + 1)
        self._channels = {
            str(slot + 1): BiologicChannel(self, slot)
            for slot in range(min(slots, abi.MAX_CHANNELS))
        }
        for number in self.plugged:
            self._channels[str(number + 1)].look()

    @property
    def roles(self) -> Mapping[str, BiologicChannel]:
        """Channels by their number on the front panel: ``{"1": …, "2": …}``."""
        return self._channels

    def identity(self) -> Identity:
        """Return the model; the serial is that of the first channel's board."""
        serial = "0"
        if self.plugged:
            serial = self._channels[str(self.plugged[0] + 1)].serial
        firmware = f"{self.infos.FirmwareVersion} (EClib {self.version})"
        return Identity("BioLogic", self.model, serial, firmware, self.address)

    def close(self) -> None:
        """Disconnect; channels go on with what they do."""
        try:
            self._worker.do(lambda: self.library.disconnect(self.link))
        except EClibError as error:
            log.warning("%s: %s", self.name, error)

    # ---- for its channels

    def exchange(self, action: Callable[[], T], place: str) -> T:
        """Run ``action`` on the library's thread, again where that may help.

        Retryable errors are tried `ATTEMPTS` times with growing pauses, and with a
        new connection once they repeat. All errors come out translated for a person.
        """
        pause = FIRST_PAUSE
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._worker.do(action)
            except EClibError as error:
                hopeless = error.remedy not in {Remedy.RETRY, Remedy.RECONNECT}
                if hopeless or attempt == ATTEMPTS:
                    raise translated(error, place) from error
                log.warning("%s: attempt %d: %s", place, attempt, error)
                again = error.remedy is Remedy.RECONNECT or attempt >= RECONNECT_AFTER
            self.clock.sleep(pause)
            pause *= 2.0
            if again and self.link >= 0:
                self._reconnect()
        raise LinkError(f"{place}: no answer")

    def _connect(self) -> abi.DeviceInfos:
        self.link, infos = self.library.connect(
            self.address, self.options.connect_timeout
        )
        return infos

    def _reconnect(self) -> None:
        try:
            self._worker.do(self._connect)
        except EClibError as error:
            log.warning("%s: no new connection: %s", self.name, error)
        else:
            log.warning("%s: connected anew", self.name)

    # ---- what has to be right before anything is used

    def _check_version(self) -> None:
        wanted = self.options.library_version
        if wanted and not self.version.startswith(wanted):
            raise FirmwareError(
                f"{self.name}: EClib {self.version} was found where {wanted} is "
                "configured. DLL, kernels and .ecc files must come from one release: "
                "check sdk_path, or change library_version."
            )

    def _check_model(self) -> None:
        wanted = self.options.model
        if wanted and wanted != self.model:
            raise IdentityError(
                f"{self.name}: a {self.model} answers at {self.address}, a {wanted} is "
                "configured; check addresses"
            )

    def board(self, number: int) -> int:
        """Return the board type of a channel; call on the library's thread."""
        told = self.library.board_type(self.link, number)
        if told:
            return told
        if self.infos.DeviceCode not in PREMIUM_DEVICES:
            log.info("%s/%d: board type taken from the model", self.name, number + 1)
        return board_of_device(self.infos.DeviceCode)

    def ensure_firmware(
        self, channel: BiologicChannel, infos: abi.ChannelInfos
    ) -> bool:
        """Return whether firmware was loaded; nothing is, unless it is allowed.

        OwnershipError: EC-Lab has the channel. FirmwareError: no or other firmware.
        """
        code = infos.FirmwareCode
        if code == Firmware.KERNEL:
            return False
        found = firmware_name(code)
        running = infos.State != State.STOP
        if not self.options.allow_firmware_load or running:
            kind = OwnershipError if code == Firmware.EC_LAB else FirmwareError
            known = -9 if code == Firmware.EC_LAB else -308
            why = f"{found} is on the channel"
            if running:
                why += " and it is running something; firmware is not loaded over it"
            raise kind(f"{channel.place}: {why}. {describe(known)}")
        log.warning("%s: loading the library's kernel over %s", channel.place, found)
        for force in (False, True):
            if self._load_firmware(channel, force=force) == Firmware.KERNEL:
                return True
        raise FirmwareError(
            f"{channel.place}: the kernel was loaded but {found} is still there. "
            "Power-cycle the instrument and check sdk_path."
        )

    def _load_firmware(self, channel: BiologicChannel, *, force: bool) -> int:
        number = channel.number

        def load() -> int:
            codes = self.library.load_firmware(self.link, [number], force=force)
            if codes[number] < 0:
                raise EClibError("BL_LoadFirmware", codes[number])
            return int(self.library.channel_infos(self.link, number).FirmwareCode)

        return self.exchange(load, channel.place)


def open_device(
    table: FunctionTable, setup: Setup, options: Options, clock: Clock
) -> BiologicDevice:
    """Connect and check the identity.

    LinkError, IdentityError, FirmwareError; a table that is none is a defect.
    """
    if not isinstance(table, FunctionTable):
        raise InstrumentError(f"{setup.name}: {table!r} is no table of EClib functions")
    return BiologicDevice(table, setup, options, clock)
