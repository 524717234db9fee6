"""EClib as typed calls: the functions of one DLL (or of its twin) and their checks.

`FunctionTable` is the wire: names to callables with prototypes, and who calls them, one
at a time. It shows them to nobody. `FunctionTable.exchange` gives an `EClib` to one
exchange on that thread: the methods of one that was kept raise `OutOfTurnError`, and so
do those of one that was carried to another thread. Error codes become `EClibError`.
"""

import ctypes as c
import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from drivers.biologic.eclib import abi
from drivers.biologic.eclib.faults import EClibError
from drivers.biologic.eclib.held import Held
from drivers.biologic.eclib.worker import InTurn, Worker
from labctl.errors import FirmwareError, InstrumentError

log = logging.getLogger(__name__)

T = TypeVar("T")

TEXT_BYTES = 1024
OVER = 0
"""No thread has this number: the turn is over."""


class OutOfTurnError(RuntimeError):
    """The library was called outside the exchange that it was lent to: a defect."""


class _Functions:
    """Callables by name, resolved when first asked for."""

    def __init__(
        self, resolve: Callable[[str], Callable[..., Any] | None], origin: str
    ) -> None:
        self._resolve, self._origin = resolve, origin
        self._found: dict[str, Callable[..., Any] | None] = {}

    def get(self, name: str) -> Callable[..., Any] | None:
        """Return the function, or None where this release does not have it."""
        if name not in self._found:
            self._found[name] = self._resolve(name)
        return self._found[name]

    def __getitem__(self, name: str) -> Callable[..., Any]:
        found = self.get(name)
        if found is None:
            raise FirmwareError(
                f"{self._origin}: this release of EClib has no {name}. "
                "Install the EC-Lab Development Package 6.0 or later."
            )
        return found


class _Room:
    """What BL_GetData fills, made once."""

    def __init__(self) -> None:
        self.values = abi.over_allocated(abi.CurrentValues)
        self.infos = abi.over_allocated(abi.DataInfos)
        self.buffer = abi.DataBuffer()
        self.words = np.ctypeslib.as_array(self.buffer)
        self.pointers = tuple(
            c.addressof(x) for x in (self.buffer, self.infos, self.values)
        )


class FunctionTable:
    """The functions of one EClib, and the thread that may call them."""

    def __init__(
        self,
        resolve: Callable[[str], Callable[..., Any] | None],
        origin: str,
        sdk_path: str = "",
        *,
        own_thread: bool = True,
    ) -> None:
        self.__functions = _Functions(resolve, origin)
        self.__room = _Room()
        self.origin = origin
        """Where the functions come from: the DLL's path, or ``twin``."""
        self.sdk_path = sdk_path
        """Folder of the .ecc files; empty lets the library look beside itself."""
        self.worker = Worker(f"EClib {origin}") if own_thread else InTurn()
        """Who calls; a thread of its own unless every function returns at once."""

    def exchange(self, action: "Callable[[EClib], T]") -> T:
        """Run ``action`` on the worker with the library; nobody calls it meanwhile.

        Raises what `Worker.do` and ``action`` raise.
        """

        def turn() -> T:
            library = EClib(self.__functions, self.__room)
            try:
                return action(library)
            finally:
                library.end()

        return self.worker.do(turn)


class EClib:
    """Checked calls, for one exchange. Channels count from 0, as in the C API.

    Only `FunctionTable.exchange` makes one.
    """

    __slots__ = ("__functions", "__room", "__thread")

    def __init__(self, functions: _Functions, room: _Room) -> None:
        self.__functions, self.__room = functions, room
        self.__thread = threading.get_ident()

    def end(self) -> None:
        """Take the library back; every call after this raises OutOfTurnError."""
        self.__thread = OVER

    # ---- library and connection

    def version(self) -> str:
        """Return such as ``6.11``."""
        return self._text("BL_GetLibVersion")

    def connect(self, address: str, timeout: int) -> tuple[int, abi.DeviceInfos]:
        """Connect; return the connection's number and what the instrument says."""
        number = c.c_int32(-1)
        infos = abi.over_allocated(abi.DeviceInfos)
        self._call(
            "BL_Connect", address.encode("ascii"), timeout, _at(number), _at(infos)
        )
        return number.value, infos

    def disconnect(self, link: int) -> None:
        """Close the connection; channels go on as they are."""
        self._call("BL_Disconnect", link)

    # ---- inventory

    def plugged(self, link: int) -> list[int]:
        """Return the numbers of the channels that are there."""
        flags = (c.c_uint8 * abi.MAX_CHANNELS)()
        self._call("BL_GetChannelsPlugged", link, _at(flags), abi.MAX_CHANNELS)
        return [number for number, flag in enumerate(flags) if flag]

    def channel_infos(self, link: int, channel: int) -> abi.ChannelInfos:
        """Return the channel's description and state."""
        infos = abi.over_allocated(abi.ChannelInfos)
        self._call("BL_GetChannelInfos", link, channel, _at(infos))
        return infos

    def board_type(self, link: int, channel: int) -> int | None:
        """Return 1, 2 or 3; None where the library is too old to say."""
        return self._number("BL_GetChannelBoardType", c.c_uint32(), link, channel)

    def load_firmware(
        self, link: int, channels: Sequence[int], *, force: bool
    ) -> dict[int, int]:
        """Load the library's kernel; return the result code of each channel."""
        flags = (c.c_uint8 * abi.MAX_CHANNELS)()
        for channel in channels:
            flags[channel] = 1
        results = (c.c_int32 * abi.MAX_CHANNELS)()
        self._call(
            "BL_LoadFirmware",
            link,
            _at(flags),
            _at(results),
            abi.MAX_CHANNELS,
            False,
            force,
            None,
            None,
        )
        return {channel: results[channel] for channel in channels}

    def messages(self, link: int, channel: int) -> list[str]:
        """Return what the firmware had to say since it was last asked."""
        heard: list[str] = []
        while len(heard) < 1000:  # noqa: PLR2004  (a firmware gone mad)
            text = self._text("BL_GetMessage", link, channel)
            if not text:
                break
            heard.append(text)
        return heard

    def set_hardware(
        self, link: int, channel: int, connection: int, ground: int
    ) -> None:
        """Choose electrode connection and ground; premium boards only."""
        self._call(
            "BL_SetHardConf", link, channel, abi.HardwareConf(connection, ground)
        )

    def hardware(self, link: int, channel: int) -> tuple[int, int]:
        """Return electrode connection and ground as read back."""
        conf = abi.over_allocated(abi.HardwareConf)
        self._call("BL_GetHardConf", link, channel, _at(conf))
        return conf.Conn, conf.Ground

    # ---- program

    def define(self, out: abi.EccParam, label: str, value: float, index: int) -> None:
        """Fill one parameter; bool, int and float go to their own functions."""
        if isinstance(value, bool):
            name = "BL_DefineBoolParameter"
        elif isinstance(value, int):
            name = "BL_DefineIntParameter"
        else:
            name = "BL_DefineSglParameter"
        self._call(name, label.encode("ascii"), value, index, c.addressof(out))

    def load_technique(
        self,
        link: int,
        channel: int,
        file: str,
        parameters: "c.Array[abi.EccParam]",
        *,
        first: bool,
        last: bool,
    ) -> None:
        """Load one technique behind those already loaded (``first`` clears them)."""
        params = abi.ecc_params(parameters)
        self._call(
            "BL_LoadTechnique",
            link,
            channel,
            file.encode("ascii"),
            params,
            first,
            last,
            False,
        )

    def update_parameters(
        self,
        link: int,
        channel: int,
        technique: int,
        file: str,
        parameters: "c.Array[abi.EccParam]",
    ) -> None:
        """Change parameters of a technique while it runs; at most 10 at once."""
        params = abi.ecc_params(parameters)
        self._call(
            "BL_UpdateParameters",
            link,
            channel,
            technique,
            params,
            file.encode("ascii"),
        )

    def loaded(self, link: int, channel: int, technique: int) -> Held | None:
        """Return a loaded technique as the channel holds it.

        None where the library cannot say.
        """
        if not self._has("BL_GetParamInfos"):
            return None
        own = (abi.EccParam * abi.MOST_PARAMETERS)()
        settings = (abi.EccParam * abi.MOST_PARAMETERS)()
        infos = abi.over_allocated(abi.TechniqueInfos)
        pointer = c.POINTER(abi.EccParam)
        infos.Params = c.cast(own, pointer)
        infos.HardSettings = c.cast(settings, pointer)
        self._call("BL_GetParamInfos", link, channel, technique, _at(infos))
        return Held.of(infos)

    # ---- run

    def start(self, link: int, channel: int) -> None:
        """Start what is loaded."""
        self._call("BL_StartChannel", link, channel)

    def stop(self, link: int, channel: int) -> None:
        """Stop and open the circuit; harmless when stopped."""
        self._call("BL_StopChannel", link, channel)

    def current_values(self, link: int, channel: int) -> abi.CurrentValues:
        """Return what the channel sees now."""
        values = abi.over_allocated(abi.CurrentValues)
        self._call("BL_GetCurrentValues", link, channel, _at(values))
        return values

    def data(
        self, link: int, channel: int
    ) -> tuple[NDArray[np.uint32], abi.DataInfos, abi.CurrentValues]:
        """Fetch rows: words of shape (rows, columns), what they are, what is now.

        The structs are the library's own and change at the next call.
        """
        room = self.__room
        self._call("BL_GetData", link, channel, *room.pointers)
        rows, columns = room.infos.NbRows, room.infos.NbCols
        if rows * columns > abi.BUFFER_WORDS or rows < 0 or columns < 0:
            raise InstrumentError(
                f"EClib: BL_GetData claims {rows} rows of {columns} columns; "
                f"{abi.BUFFER_WORDS} words fit"
            )
        words = room.words[: rows * columns].copy().reshape(rows, columns)
        return words, room.infos, room.values

    # ---- numbers

    def single(self, word: int, board: int) -> float | None:
        """Return the float that a raw word means on this board.

        None where the library cannot say. A release without a converter for a given
        board has one for the board of the last connection.
        """
        out = c.c_float()
        if self._has("BL_ConvertChannelNumericIntoSingle"):
            self._call("BL_ConvertChannelNumericIntoSingle", word, _at(out), board)
        elif self._has("BL_ConvertNumericIntoSingle"):
            self._call("BL_ConvertNumericIntoSingle", word, _at(out))
        else:
            return None
        return out.value

    def seconds(
        self, high: int, low: int, time_base: float, board: int
    ) -> float | None:
        """Return the time two words mean, s; None where the library cannot say."""
        name = "BL_ConvertTimeChannelNumericIntoSeconds"
        if not self._has(name):
            return None
        words = (c.c_uint32 * 2)(high, low)
        out = c.c_double()
        self._call(name, _at(words), _at(out), time_base, board)
        return out.value

    # ---- within

    def _mine(self) -> _Functions:
        """Return the functions. OutOfTurnError: it is not, or no longer, our turn."""
        if self.__thread != threading.get_ident():
            raise OutOfTurnError(
                "EClib is entered inside FunctionTable.exchange only, on the thread "
                "that runs it; this call came later, or from another thread"
            )
        return self.__functions

    def _has(self, name: str) -> bool:
        return self._mine().get(name) is not None

    def _call(self, name: str, *arguments: Any) -> None:
        code: int = self._mine()[name](*arguments)
        if code < 0:
            raise EClibError(name, code, self._words_for(code))

    def _words_for(self, code: int) -> str:
        get = self._mine().get("BL_GetErrorMsg")
        if get is None:
            return ""
        text, size = c.create_string_buffer(TEXT_BYTES), c.c_uint32(TEXT_BYTES - 1)
        if get(code, _at(text), _at(size)) != 0:
            return ""
        return text.value.decode("latin-1")

    def _text(self, name: str, *arguments: Any) -> str:
        text, size = c.create_string_buffer(TEXT_BYTES), c.c_uint32(TEXT_BYTES - 1)
        self._call(name, *arguments, _at(text), _at(size))
        return text.value.decode("latin-1")

    def _number(
        self, name: str, out: "c.c_uint32 | c.c_int32", *arguments: Any
    ) -> int | None:
        if not self._has(name):
            return None
        self._call(name, *arguments, _at(out))
        return int(out.value)


def _at(thing: Any) -> int:
    return c.addressof(thing)
