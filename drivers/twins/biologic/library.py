"""The twin: EClib's functions as C callbacks that fill the same words and structs.

Whoever opens it cannot tell it from the DLL: the callbacks have the DLL's prototypes,
structs arrive by value, channels count from 0. Faults are part of it, because half of
a driver is what it does when things go wrong.
"""

# ruff: noqa: N802, D102  (the functions have the names of the DLL and its manual)

import ctypes as c
from collections.abc import Callable
from typing import Any

import numpy as np

from drivers.biologic.eclib import abi
from drivers.biologic.eclib.library import FunctionTable
from drivers.twins.biologic.codes import (
    BANDWIDTHS,
    ERRORS,
    KERNEL,
    PREMIUM_WITH_Z,
    PREMIUM_WITHOUT_Z,
    SMALLEST_RANGE,
    VMP3_WITH_Z,
    VMP3_WITHOUT_Z,
)
from drivers.twins.biologic.instrument import SimulatedInstrument
from drivers.twins.biologic.tables import DIGICORE, ESSENTIAL
from drivers.twins.biologic.words import ti_float
from drivers.twins.world.world import BenchWorld
from labctl.clock import Clock, VirtualClock
from labctl.roles.driver import Setup

VERSION = "6.11.0.0"
FIRMWARE_VERSION = 611


class BiologicTwin(SimulatedInstrument):
    """EClib's functions before one simulated instrument."""

    def table(self, *, own_thread: bool = True) -> FunctionTable:
        """Return the functions as the driver wants them.

        ``own_thread``: a function may block, as a fault or in real time.
        """
        origin = f"twin of {self.setup.name}"
        return FunctionTable(self.function, origin, own_thread=own_thread)

    def function(self, name: str) -> Callable[..., Any] | None:
        """Return one function; None where this release does not have it."""
        method = getattr(self, name, None)
        if method is None or name in self.faults.missing:
            return None
        result, arguments = abi.PROTOTYPES[name]
        callback: Callable[..., Any] = c.CFUNCTYPE(result, *arguments)(
            self.guarded(name, method)
        )
        return callback

    # ---- library and connection

    def BL_GetLibVersion(self, text: int, size: int) -> int:
        return _say(VERSION, text, size)

    def BL_GetErrorMsg(self, code: int, text: int, size: int) -> int:
        return _say(ERRORS.get(code, "unknown error"), text, size)

    def BL_Connect(self, address: bytes, _timeout: int, link: int, infos: int) -> int:
        if address.decode() != self.setup.address:
            return -201
        self.link += 1
        self.links.add(self.link)
        c.c_int32.from_address(link).value = self.link
        out = abi.DeviceInfos.from_address(infos)
        out.DeviceCode = self.device_code
        out.RAMSize, out.CPU = 16, 5
        out.NumberOfChannels, out.NumberOfSlots = len(self.channels), self.slots
        out.FirmwareVersion = FIRMWARE_VERSION
        out.FirmwareDate_yyyy, out.FirmwareDate_mm, out.FirmwareDate_dd = 2024, 1, 15
        out.NbOfConnectedPC = len(self.links)
        return 0

    def BL_Disconnect(self, link: int) -> int:
        self.must_be_open(link)
        self.links.discard(link)
        return 0

    def BL_TestConnection(self, link: int) -> int:
        return 0 if link in self.links else -1

    # ---- inventory

    def BL_GetChannelsPlugged(self, link: int, flags: int, size: int) -> int:
        self.must_be_open(link)
        out = (c.c_uint8 * size).from_address(flags)
        for number in range(size):
            out[number] = number in self.channels
        return 0

    def BL_GetChannelInfos(self, link: int, number: int, infos: int) -> int:
        channel = self.channel(link, number)
        out = abi.ChannelInfos.from_address(infos)
        if self.faults.zero_infos > 0:
            self.faults.zero_infos -= 1
            c.memset(infos, 0, c.sizeof(abi.ChannelInfos))
            return 0
        channel.bring(self.clock.now())
        out.Channel = number
        out.BoardVersion = _board_version(channel.board, channel.impedance)
        out.BoardSerialNumber = self.first_serial + number
        out.FirmwareCode = channel.firmware
        out.FirmwareVersion = FIRMWARE_VERSION if channel.firmware else 1
        out.AmpCode = 0
        out.Zboard = int(channel.impedance)
        out.MemSize, out.MemFilled = channel.memory.size, channel.memory.filled
        out.State = channel.shown_state
        out.MaxIRange = channel.largest_range
        out.MinIRange = SMALLEST_RANGE.get(channel.board, 2)
        out.MaxBandwidth = BANDWIDTHS.get(channel.board, 9)
        loaded = 0 if self.faults.uncounted else len(channel.loaded)
        out.NbOfTechniques = loaded
        out.FloatFormat = int(channel.board == DIGICORE)
        return 0

    def BL_GetChannelBoardType(self, link: int, number: int, out: int) -> int:
        channel = self.channel(link, number)
        c.c_uint32.from_address(out).value = channel.board
        return 0

    def BL_GetChannelFloatFormat(self, link: int, number: int, out: int) -> int:
        channel = self.channel(link, number)
        c.c_int32.from_address(out).value = int(channel.board == DIGICORE)
        return 0

    def BL_LoadFirmware(
        self,
        link: int,
        flags: int,
        results: int,
        size: int,
        _gauge: bool,
        _force: bool,
        _kernel: bytes,
        _fpga: bytes,
    ) -> int:
        self.must_be_open(link)
        wanted = (c.c_uint8 * size).from_address(flags)
        codes = (c.c_int32 * size).from_address(results)
        numbers = [number for number in range(size) if wanted[number]]
        if not any(number in self.channels for number in numbers):
            return -7
        for number in numbers:
            channel = self.channels.get(number)
            codes[number] = -3 if channel is None else 0
            if channel is not None:
                channel.firmware = KERNEL
        self.firmware_loads.append(tuple(numbers))
        return 0

    def BL_GetMessage(self, link: int, number: int, text: int, size: int) -> int:
        channel = self.channel(link, number)
        said = channel.messages.popleft() if channel.messages else ""
        return _say(said, text, size)

    def BL_GetHardConf(self, link: int, number: int, out: int) -> int:
        channel = self.channel(link, number)
        if channel.board == ESSENTIAL:
            return -14
        conf = abi.HardwareConf.from_address(out)
        conf.Conn, conf.Ground = channel.hardware
        return 0

    def BL_SetHardConf(self, link: int, number: int, conf: abi.HardwareConf) -> int:
        channel = self.channel(link, number)
        if channel.board == ESSENTIAL:
            return -14
        channel.hardware = (conf.Conn, conf.Ground)
        return 0

    # ---- program

    def BL_DefineBoolParameter(
        self, label: bytes, value: bool, index: int, out: int
    ) -> int:
        return _define(label, 1, int(value), index, out)

    def BL_DefineIntParameter(
        self, label: bytes, value: int, index: int, out: int
    ) -> int:
        return _define(label, 0, value, index, out)

    def BL_DefineSglParameter(
        self, label: bytes, value: float, index: int, out: int
    ) -> int:
        bits = c.c_int32.from_buffer(c.c_float(value)).value
        return _define(label, 2, bits, index, out)

    def BL_LoadTechnique(
        self,
        link: int,
        number: int,
        file: bytes,
        params: abi.EccParams,
        first: bool,
        _last: bool,
        _display: bool,
    ) -> int:
        channel = self.channel(link, number)
        channel.bring(self.clock.now())
        self.note("load", number)
        sent = [] if self.faults.mute else _sent(params)
        return channel.load(file.decode(), sent, first=first)

    def BL_UpdateParameters(
        self, link: int, number: int, index: int, params: abi.EccParams, _file: bytes
    ) -> int:
        channel = self.channel(link, number)
        return channel.update(index, _sent(params), self.clock.now())

    def BL_GetParamInfos(self, link: int, number: int, index: int, out: int) -> int:
        channel = self.channel(link, number)
        if not 0 <= index < len(channel.loaded):
            return -4
        loaded = channel.loaded[index]
        infos = abi.TechniqueInfos.from_address(out)
        infos.Id, infos.indx, infos.nbParams = loaded.table.id, index, len(loaded.raw)
        for slot, ((label, place), bits) in enumerate(loaded.raw.items()):
            kind = loaded.table.labels[label].type
            item = infos.Params[slot]
            item.ParamStr, item.ParamType = label.encode(), kind
            item.ParamVal, item.ParamIndex = bits, place
        return 0

    # ---- run

    def BL_StartChannel(self, link: int, number: int) -> int:
        channel = self.channel(link, number)
        self.note("start", number)
        return channel.start(self.clock.now())

    def BL_StopChannel(self, link: int, number: int) -> int:
        channel = self.channel(link, number)
        self.note("stop", number)
        if self.faults.deaf_stops > 0:
            self.faults.deaf_stops -= 1
            return 0
        return channel.stop(self.clock.now())

    def BL_GetCurrentValues(self, link: int, number: int, values: int) -> int:
        channel = self.channel(link, number)
        now = self.clock.now()
        channel.bring(now)
        self.show(channel, abi.CurrentValues.from_address(values), now)
        return 0

    def BL_GetData(
        self, link: int, number: int, buffer: int, infos: int, values: int
    ) -> int:
        channel = self.channel(link, number)
        now = self.clock.now()
        channel.bring(now)
        out = abi.DataInfos.from_address(infos)
        taken = None if self.faults.late_starts > 0 else channel.rows()
        seen = abi.CurrentValues.from_address(values)
        if taken is None:
            c.memset(infos, 0, c.sizeof(abi.DataInfos))
            self.show(channel, seen, now)
            return 0
        block, words, lost = taken
        c.memmove(buffer, words.ctypes.data, words.nbytes)
        out.IRQskipped = lost
        out.NbRows, out.NbCols = words.shape
        out.TechniqueIndex, out.TechniqueID = block.technique, block.technique_id
        out.ProcessIndex, out.loop = block.process, block.loop
        out.StartTime = block.start
        self.show(channel, seen, now)
        seen.TimeBase = block.time_base
        return 0

    # ---- numbers

    def BL_ConvertChannelNumericIntoSingle(
        self, word: int, out: int, board: int
    ) -> int:
        c.c_float.from_address(out).value = _single(word, board)
        return 0

    def BL_ConvertNumericIntoSingle(self, word: int, out: int) -> int:
        c.c_float.from_address(out).value = _single(word, self.own_board)
        return 0

    def BL_ConvertTimeChannelNumericIntoSeconds(
        self, words: int, out: int, time_base: float, board: int
    ) -> int:
        high, low = (c.c_uint32 * 2).from_address(words)
        if board == DIGICORE:
            high, low = low, high
        c.c_double.from_address(out).value = ((high << 32) + low) * time_base
        return 0


def _board_version(board: int, impedance: bool) -> int:
    if board == ESSENTIAL:
        return VMP3_WITH_Z if impedance else VMP3_WITHOUT_Z
    return PREMIUM_WITH_Z if impedance else PREMIUM_WITHOUT_Z


def _single(word: int, board: int) -> float:
    if board != DIGICORE:
        return ti_float(word)
    return float(np.array([word], dtype=np.uint32).view(np.float32)[0])


def _say(said: str, text: int, size: int) -> int:
    room = c.c_uint32.from_address(size)
    raw = said.encode("latin-1")[: room.value] + b"\0"
    c.memmove(text, raw, len(raw))
    room.value = len(raw) - 1
    return 0


def _define(label: bytes, kind: int, bits: int, index: int, out: int) -> int:
    item = abi.EccParam.from_address(out)
    item.ParamStr, item.ParamType = label, kind
    item.ParamVal, item.ParamIndex = bits, index
    return 0


def _sent(params: abi.EccParams) -> list[tuple[str, int, int, int]]:
    """Return (label, kind, bits, index) of every parameter of a by-value struct."""
    found = []
    for k in range(params.len):
        item = params.pParams[k]
        found.append(
            (item.ParamStr.decode(), item.ParamType, item.ParamVal, item.ParamIndex)
        )
    return found


def twin(setup: Setup, world: BenchWorld, clock: Clock) -> FunctionTable:
    """Return the functions of a simulated instrument on the bench ``world``."""
    made = BiologicTwin(setup, world, clock)
    if isinstance(clock, VirtualClock):  # nothing in it waits
        clock.attend(setup.name, made)
        return made.table(own_thread=False)
    return made.table()
