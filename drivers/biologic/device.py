"""A BioLogic instrument: connection, inventory, firmware policy.

One connection is kept open. Firmware is never loaded unless the configuration says
``allow_firmware_load: true``, and then only onto plugged channels that stand still.
"""

import logging
from collections.abc import Callable, Mapping
from typing import TypeVar

from drivers.biologic.channel import BiologicChannel
from drivers.biologic.eclib import abi
from drivers.biologic.eclib.codes import (
    PREMIUM_DEVICES,
    Firmware,
    State,
    board_of_device,
    device_name,
    firmware_name,
)
from drivers.biologic.eclib.encodings import Encoding, proven
from drivers.biologic.eclib.faults import NO_ANSWER, EClibError, describe
from drivers.biologic.eclib.library import EClib, FunctionTable
from drivers.biologic.eclib.link import NO_LINK, Answered, Link
from drivers.biologic.options import Options
from drivers.biologic.releases import is_release, release_of
from labctl.clock import Clock
from labctl.errors import (
    FirmwareError,
    IdentityError,
    InstrumentError,
    OwnershipError,
)
from labctl.roles.driver import Setup
from labctl.roles.identity import Identity

log = logging.getLogger(__name__)

T = TypeVar("T")


class BiologicDevice:
    """An open instrument; plays one `PotentiostatChannel` for each slot."""

    def __init__(
        self, table: FunctionTable, setup: Setup, options: Options, clock: Clock
    ) -> None:
        self.name, self.address = setup.name, setup.address
        self.options, self.clock = options, clock
        self._table = table
        self._link = Link(setup.name, setup.address, table, clock)
        self._encodings: dict[int, Encoding] = {}
        """Board type -> how it writes, once that was proven."""
        self.version = self.exchange(lambda lib: lib.version(), self.name)
        self._check_version()
        self.infos = self.exchange(self._connected, self.name)
        self.model = device_name(self.infos.DeviceCode)
        self._check_model()
        self.plugged = self.exchange(lambda lib: lib.plugged(self.link), self.name)
        self._link.confirm(self.exchange(self._who, self.name))
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
            self._table.exchange(lambda lib: lib.disconnect(self.link))
        except EClibError as error:
            log.warning("%s: %s", self.name, error)

    # ---- for its channels

    @property
    def link(self) -> int:
        """The library's number of the connection; another one after each opening."""
        return self._link.number

    def exchange(
        self, action: Callable[[EClib], T], place: str, patience: float = 0.0
    ) -> T:
        """Run ``action`` in one turn of the library; see `Link.exchange`."""
        return self._link.exchange(action, place, self._reopened, patience)

    def encoding(self, lib: EClib, board: int, place: str) -> Encoding:
        """Return how a board writes; its library is asked once. FirmwareError."""
        if board not in self._encodings:
            self._encodings[board] = proven(
                board,
                lambda word: lib.single(word, board),
                lambda first, second, base: lib.seconds(first, second, base, board),
                place,
            )
        return self._encodings[board]

    def _connected(self, lib: EClib) -> abi.DeviceInfos:
        number, infos = lib.connect(self.address, self.options.connect_timeout)
        self._link.number = number
        return infos

    def _reopened(self, lib: EClib) -> None:
        """Connect anew and have the instrument say who it is before anything else."""
        old, self._link.number = self._link.number, NO_LINK
        if old != NO_LINK:
            try:
                lib.disconnect(old)
            except EClibError as error:
                log.debug("%s: %s", self.name, error)
        number, infos = lib.connect(self.address, self.options.connect_timeout)
        try:
            self._link.confirm(self._asked_who(lib, number, infos.DeviceCode))
        except InstrumentError:
            lib.disconnect(number)
            raise
        self._link.number = number

    def _who(self, lib: EClib) -> Answered:
        return self._asked_who(lib, self.link, self.infos.DeviceCode)

    def _asked_who(self, lib: EClib, link: int, device: int) -> Answered:
        """Read model and boards. EClibError: a board says nothing yet."""
        serials = []
        for number in lib.plugged(link):
            infos = lib.channel_infos(link, number)
            if infos.FirmwareVersion == 0:  # an all-zero status is no answer
                raise EClibError("BL_GetChannelInfos", NO_ANSWER)
            serials.append((number, infos.BoardSerialNumber))
        return Answered(device, tuple(serials))

    # ---- what has to be right before anything is used

    def _check_version(self) -> None:
        wanted, told = self.options.library_version, self.version
        if wanted and not is_release(told, wanted):
            raise FirmwareError(
                f"{self.name}: the library in sdk_path calls itself "
                f"{release_of(told)}, where {wanted} is configured. DLL, kernels and "
                ".ecc files must come from one release: check sdk_path; if this "
                f'library is the right one, write library_version: "{told}".'
            )

    def _check_model(self) -> None:
        wanted = self.options.model
        if wanted and wanted != self.model:
            raise IdentityError(
                f"{self.name}: a {self.model} answers at {self.address}, a {wanted} is "
                "configured; check addresses"
            )

    def board(self, lib: EClib, number: int) -> int:
        """Return the board type of a channel."""
        told = lib.board_type(self.link, number)
        if told:
            return told
        if self.infos.DeviceCode not in PREMIUM_DEVICES:
            log.info("%s/%d: board type taken from the model", self.name, number + 1)
        return board_of_device(self.infos.DeviceCode)

    def ensure_firmware(self, number: int, place: str, infos: abi.ChannelInfos) -> bool:
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
            raise kind(f"{place}: {why}. {describe(known)}")
        log.warning("%s: loading the library's kernel over %s", place, found)
        for force in (False, True):
            if self._load_firmware(number, place, force=force) == Firmware.KERNEL:
                return True
        raise FirmwareError(
            f"{place}: the kernel was loaded but {found} is still there. "
            "Power-cycle the instrument and check sdk_path."
        )

    def _load_firmware(self, number: int, place: str, *, force: bool) -> int:
        def load(lib: EClib) -> int:
            codes = lib.load_firmware(self.link, [number], force=force)
            if codes[number] < 0:
                raise EClibError("BL_LoadFirmware", codes[number])
            return int(lib.channel_infos(self.link, number).FirmwareCode)

        return self.exchange(load, place)


def open_device(
    table: FunctionTable, setup: Setup, options: Options, clock: Clock
) -> BiologicDevice:
    """Connect and check the identity.

    LinkError, IdentityError, FirmwareError; a table that is none is a defect.
    """
    if not isinstance(table, FunctionTable):
        raise InstrumentError(f"{setup.name}: {table!r} is no table of EClib functions")
    return BiologicDevice(table, setup, options, clock)
