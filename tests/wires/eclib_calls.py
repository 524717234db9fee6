"""EClib's calls as lines of text: what crosses between a stand-in DLL and the twin.

A line is a CRC of eight hexadecimal digits, a space and JSON. What a function fills
(buffers, structs) goes both ways as bytes, because several functions read and write
the same memory. The link's own troubles become the codes that the DLL would return.
"""

import ctypes as c
import json
import zlib
from collections.abc import Mapping
from typing import Any

from drivers.biologic.eclib import abi
from drivers.biologic.eclib.library import TEXT_BYTES

DAMAGED = -104
"""The instrument's response was in error."""
LOST = -200
"""Communication failed."""
REFUSED = -201
"""No connection could be made."""
UNANSWERED = -202
"""The instrument has not answered yet."""

_WORD = 4
_PARAMETERS = c.sizeof(abi.EccParam) * abi.MOST_PARAMETERS
_FLAGS = abi.MAX_CHANNELS

SIZES: Mapping[str, Mapping[int, int]] = {
    "BL_Connect": {2: _WORD, 3: c.sizeof(abi.DeviceInfos)},
    "BL_Disconnect": {},
    "BL_TestConnection": {},
    "BL_LoadFirmware": {1: _FLAGS, 2: _WORD * _FLAGS},
    "BL_GetChannelsPlugged": {1: _FLAGS},
    "BL_GetChannelInfos": {2: c.sizeof(abi.ChannelInfos)},
    "BL_GetChannelBoardType": {2: _WORD},
    "BL_GetChannelFloatFormat": {2: _WORD},
    "BL_GetMessage": {2: TEXT_BYTES, 3: _WORD},
    "BL_GetHardConf": {2: c.sizeof(abi.HardwareConf)},
    "BL_SetHardConf": {},
    "BL_GetOptErr": {2: _WORD, 3: _WORD},
    "BL_LoadTechnique": {},
    "BL_UpdateParameters": {},
    "BL_GetParamInfos": {3: c.sizeof(abi.TechniqueInfos)},
    "BL_StartChannel": {},
    "BL_StopChannel": {},
    "BL_GetCurrentValues": {2: c.sizeof(abi.CurrentValues)},
    "BL_GetData": {
        2: c.sizeof(abi.DataBuffer),
        3: c.sizeof(abi.DataInfos),
        4: c.sizeof(abi.CurrentValues),
    },
}
"""Function -> place of an argument that is memory -> its bytes.

The functions that are not here (names, numbers, parameters) never leave the library.
"""


def line(message: Mapping[str, Any]) -> bytes:
    """Return a message as a line with its CRC."""
    text = json.dumps(message, separators=(",", ":")).encode()
    return b"%08x " % zlib.crc32(text) + text + b"\n"


def message(raw: bytes) -> dict[str, Any] | None:
    """Return what a line says; None if it is damaged."""
    head, _, text = raw.rstrip(b"\r\n").partition(b" ")
    if head != b"%08x" % zlib.crc32(text):
        return None
    found: dict[str, Any] = json.loads(text)
    return found


def packed(name: str, arguments: tuple[Any, ...]) -> list[Any]:
    """Return arguments as JSON: numbers, text, or bytes as hexadecimal digits."""
    return [
        _packed(value, SIZES[name].get(place, 0))
        for place, value in enumerate(arguments)
    ]


def _packed(value: Any, size: int) -> Any:
    if size:
        return {"bytes": c.string_at(value, size).hex()}
    if isinstance(value, bytes):
        return {"text": value.decode("latin-1")}
    if isinstance(value, abi.EccParams):
        raw = c.string_at(value.pParams, c.sizeof(abi.EccParam) * value.len)
        return {"parameters": raw.hex()}
    if isinstance(value, c.Structure):
        return {"struct": bytes(value).hex()}
    return value


class Unpacked:
    """Arguments for a call on this side; keeps the memory that they point at."""

    def __init__(self, name: str, packed_arguments: list[Any]) -> None:
        self.arguments: list[Any] = []
        self._memory: dict[int, c.Array[c.c_char]] = {}
        self._kept: list[Any] = []
        for place, value in enumerate(packed_arguments):
            self.arguments.append(self._unpacked(name, place, value))

    def _unpacked(self, name: str, place: int, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        if "text" in value:
            return value["text"].encode("latin-1")
        if "parameters" in value:
            raw = bytes.fromhex(value["parameters"])
            size = len(raw) // c.sizeof(abi.EccParam)
            array = (abi.EccParam * size).from_buffer_copy(raw)
            self._kept.append(array)
            return abi.ecc_params(array)
        if "struct" in value:
            return abi.HardwareConf.from_buffer_copy(bytes.fromhex(value["struct"]))
        raw = bytes.fromhex(value["bytes"])
        memory = c.create_string_buffer(raw, len(raw) + abi.SPARE_BYTES)
        self._memory[place] = memory
        if name == "BL_GetParamInfos":
            self._give_room(abi.TechniqueInfos.from_buffer(memory))
        return c.addressof(memory)

    def _give_room(self, infos: abi.TechniqueInfos) -> None:
        """Let the pointers of a struct from another process point at memory here."""
        pointer = c.POINTER(abi.EccParam)
        for field in ("Params", "HardSettings"):
            room = (abi.EccParam * abi.MOST_PARAMETERS)()
            self._kept.append(room)
            setattr(infos, field, c.cast(room, pointer))

    def filled(self, name: str) -> dict[str, str]:
        """Return what the call left in each buffer, by its place."""
        out = {
            str(place): memory.raw[: SIZES[name][place]].hex()
            for place, memory in self._memory.items()
        }
        if name == "BL_GetParamInfos":
            infos = abi.TechniqueInfos.from_buffer(self._memory[3])
            size = c.sizeof(abi.EccParam) * infos.nbParams
            out["parameters"] = c.string_at(infos.Params, size).hex() if size else ""
        return out


def fill(name: str, arguments: tuple[Any, ...], filled: Mapping[str, str]) -> None:
    """Copy what the call left on the other side into the caller's memory."""
    for place, size in SIZES[name].items():
        raw = bytes.fromhex(filled.get(str(place), ""))
        if len(raw) != size:
            continue
        if name == "BL_GetParamInfos":
            _fill_technique(arguments[place], raw, bytes.fromhex(filled["parameters"]))
        else:
            c.memmove(arguments[place], raw, size)


def _fill_technique(address: int, raw: bytes, parameters: bytes) -> None:
    theirs = abi.TechniqueInfos.from_buffer_copy(raw)
    infos = abi.TechniqueInfos.from_address(address)
    for field in ("Id", "indx", "nbParams", "nbSettings"):
        setattr(infos, field, getattr(theirs, field))
    if parameters:
        c.memmove(infos.Params, parameters, min(len(parameters), _PARAMETERS))
