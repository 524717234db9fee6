"""The twin: EClib's functions as C callbacks that fill the same words and structs.

Whoever opens it cannot tell it from the DLL: the callbacks have the DLL's prototypes,
structs arrive by value, channels count from 0. Faults are part of it, because half of
a driver is what it does when things go wrong.
"""

# ruff: noqa: N802, D102  (the functions have the names of the DLL and its manual)

import ctypes as c
import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from drivers.biologic.eclib import abi
from drivers.biologic.eclib.codes import (
    DEVICES,
    Board,
    Firmware,
    State,
    board_of_device,
)
from drivers.biologic.eclib.faults import FAULTS
from drivers.biologic.eclib.library import FunctionTable
from drivers.twins.biologic.channel import Truth, TwinChannel
from drivers.twins.biologic.faults import BLOCKED_FOR, FaultPlan
from drivers.twins.biologic.front_end import ti_float
from drivers.twins.world.world import BenchWorld
from labctl.clock import Clock, VirtualClock
from labctl.roles.driver import Setup

log = logging.getLogger(__name__)

VERSION = "6.11.0.0"
FIRMWARE_VERSION = 611
DEVICE_CODES = {name: code for code, name in DEVICES.items()}


class BiologicTwin:
    """One simulated instrument."""

    def __init__(self, setup: Setup, world: BenchWorld, clock: Clock) -> None:
        wanted = dict(setup.simulated)
        self.setup, self.world, self.clock = setup, world, clock
        self.model = str(wanted.get("model", "VSP-300"))
        self.device_code = DEVICE_CODES[self.model]
        boards = {int(k): int(v) for k, v in dict(wanted.get("boards", {})).items()}
        count = int(wanted.get("channels", 6))
        unplugged = {int(k) for k in wanted.get("unplugged", ())}
        ti_floats = bool(wanted.get("ti_floats", False))
        no_impedance = {int(k) for k in wanted.get("without_impedance", ())}
        default = board_of_device(self.device_code)
        self.slots = count
        self.first_serial = int(wanted.get("first_serial", 1000))
        """Serial of the first board; the next ones follow."""
        self.channels: dict[int, TwinChannel] = {}
        for panel in range(1, count + 1):
            if panel in unplugged:
                continue
            board = boards.get(panel, default)
            self.channels[panel - 1] = TwinChannel(
                panel - 1,
                world.socket(f"{setup.name}/{panel}"),
                board=board,
                seed=int(wanted.get("seed", world.seed)),
                memory_bytes=int(wanted.get("memory_bytes", 262144)),
                ti_floats=ti_floats and board == Board.ESSENTIAL,
                impedance=panel not in no_impedance,
            )
        for panel, code in dict(wanted.get("firmware", {})).items():
            self.channels[int(panel) - 1].firmware = int(code)
        self.faults = FaultPlan()
        self.calls: list[str] = []
        """Names of all calls, for tests; kept while `listening`."""
        self.listening = False
        self.overlaps = 0
        self.firmware_loads: list[tuple[int, ...]] = []
        self.acts: deque[tuple[float, str, int]] = deque(maxlen=100_000)
        """(s, ``load``, ``start`` or ``stop``, channel on the panel) as they came."""
        self.link = 0
        """Number of the last connection."""
        self.links: set[int] = set()
        """Connections that are open; a real one takes several PCs, too."""
        self._busy = threading.Lock()
        world.join(setup.name, self)

    def table(self, *, own_thread: bool = True) -> FunctionTable:
        """Return the functions as the driver wants them.

        ``own_thread``: a function may block, as a fault or in real time.
        """
        kept: dict[str, Callable[..., Any]] = {}

        def resolve(name: str) -> Callable[..., Any] | None:
            method = getattr(self, name, None)
            if method is None or name in self.faults.missing:
                return None
            result, arguments = abi.PROTOTYPES[name]
            callback = c.CFUNCTYPE(result, *arguments)(self._guarded(name, method))
            kept[name] = callback
            return callback

        origin = f"twin of {self.setup.name}"
        return FunctionTable(resolve, origin, own_thread=own_thread)

    def replug(self) -> None:
        """See `drivers.twins.world.world.Plugged`."""
        for slot, channel in self.channels.items():
            socket = self.world.socket(f"{self.setup.name}/{slot + 1}")
            if channel.socket is not socket:
                channel.socket.unwatch(channel)
                channel.socket.release(channel)
                channel.socket = socket

    def snapshot(self) -> dict[str, Any]:
        """Return the channels' own state; cells belong to the world."""
        return {str(k): channel.snapshot() for k, channel in self.channels.items()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put back what `snapshot` returned."""
        for key, kept in state.items():
            self.channels[int(key)].restore(kept)

    def truth(self, panel: int) -> Truth:
        """Return what the channel with this number on the panel really does now."""
        with self.world.lock:
            channel = self.channels[panel - 1]
            channel.bring(self.clock.now())
            return channel.truth()

    def cut(self) -> None:
        """Break every connection; new ones can be made unless a fault says no."""
        self.links.clear()

    def power_cut(self) -> None:
        """Switch the instrument off and on again: every channel forgets its program."""
        with self.world.lock:
            for channel in self.channels.values():
                channel.bring(self.clock.now(), exact=True)
                channel.forget()
        self.cut()

    def _guarded(self, name: str, method: Callable[..., int]) -> Callable[..., int]:
        def call(*arguments: Any) -> int:
            if self.listening:
                self.calls.append(name)
            if not self._busy.acquire(blocking=False):
                self.overlaps += 1
                return -12
            try:
                gate = self.faults.blocked.get(name)
                if gate is not None:
                    gate.wait(BLOCKED_FOR)
                if self.faults.codes and (code := self.faults.code(name)):
                    return code
                with self.world.lock:
                    return method(*arguments)
            except Exception:  # must not cross into C
                log.exception("%s: the twin of %s failed", self.setup.name, name)
                return -6
            finally:
                self._busy.release()

        return call

    def _channel(self, link: int, number: int) -> TwinChannel | int:
        if link not in self.links:
            return -1
        return self.channels.get(number, -3)

    # ---- library and connection

    def BL_GetLibVersion(self, text: int, size: int) -> int:
        return _say(VERSION, text, size)

    def BL_GetErrorMsg(self, code: int, text: int, size: int) -> int:
        fault = FAULTS.get(code)
        return _say("unknown error" if fault is None else fault.what, text, size)

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
        if link not in self.links:
            return -1
        self.links.discard(link)
        return 0

    def BL_TestConnection(self, link: int) -> int:
        return 0 if link in self.links else -1

    # ---- inventory

    def BL_GetChannelsPlugged(self, link: int, flags: int, size: int) -> int:
        if link not in self.links:
            return -1
        out = (c.c_uint8 * size).from_address(flags)
        for number in range(size):
            out[number] = number in self.channels
        return 0

    def BL_GetChannelInfos(self, link: int, number: int, infos: int) -> int:
        channel = self._channel(link, number)
        if isinstance(channel, int):
            return channel
        out = abi.ChannelInfos.from_address(infos)
        if self.faults.zero_infos > 0:
            self.faults.zero_infos -= 1
            c.memset(infos, 0, c.sizeof(abi.ChannelInfos))
            return 0
        channel.bring(self.clock.now())
        out.Channel = number
        out.BoardVersion = 19 if channel.impedance else 20
        out.BoardSerialNumber = self.first_serial + number
        out.FirmwareCode = channel.firmware
        out.FirmwareVersion = FIRMWARE_VERSION if channel.firmware else 1
        out.AmpCode = 0
        out.Zboard = int(channel.impedance)
        out.MemSize, out.MemFilled = channel.memory.size, channel.memory.filled
        out.State = channel.shown_state
        out.MaxIRange = channel.largest_range
        out.MinIRange = 2 if channel.board == Board.PREMIUM else 5
        out.MaxBandwidth = 9 if channel.board == Board.PREMIUM else 7
        loaded = 0 if self.faults.uncounted else len(channel.programmes)
        out.NbOfTechniques = loaded
        out.FloatFormat = 0 if channel.ti_floats else 1
        return 0

    def BL_GetChannelBoardType(self, link: int, number: int, out: int) -> int:
        channel = self._channel(link, number)
        if isinstance(channel, int):
            return channel
        c.c_uint32.from_address(out).value = channel.board
        return 0

    def BL_GetChannelFloatFormat(self, link: int, number: int, out: int) -> int:
        channel = self._channel(link, number)
        if isinstance(channel, int):
            return channel
        c.c_int32.from_address(out).value = 0 if channel.ti_floats else 1
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
        if link not in self.links:
            return -1
        wanted = (c.c_uint8 * size).from_address(flags)
        codes = (c.c_int32 * size).from_address(results)
        numbers = [number for number in range(size) if wanted[number]]
        if not any(number in self.channels for number in numbers):
            return -7
        for number in numbers:
            channel = self.channels.get(number)
            codes[number] = -3 if channel is None else 0
            if channel is not None:
                channel.firmware = Firmware.KERNEL
        self.firmware_loads.append(tuple(numbers))
        return 0

    def BL_GetMessage(self, link: int, number: int, text: int, size: int) -> int:
        channel = self._channel(link, number)
        if isinstance(channel, int):
            return channel
        said = channel.messages.popleft() if channel.messages else ""
        return _say(said, text, size)

    def BL_GetHardConf(self, link: int, number: int, out: int) -> int:
        channel = self._channel(link, number)
        if isinstance(channel, int):
            return channel
        if channel.board != Board.PREMIUM:
            return -14
        conf = abi.HardwareConf.from_address(out)
        conf.Conn, conf.Ground = channel.hardware
        return 0

    def BL_SetHardConf(self, link: int, number: int, conf: abi.HardwareConf) -> int:
        channel = self._channel(link, number)
        if isinstance(channel, int):
            return channel
        if channel.board != Board.PREMIUM:
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
        channel = self._channel(link, number)
        if isinstance(channel, int):
            return channel
        channel.bring(self.clock.now())
        self._note("load", number)
        sent = [] if self.faults.mute else _sent(params)
        return channel.load(file.decode(), sent, first=first)

    def BL_UpdateParameters(
        self, link: int, number: int, index: int, params: abi.EccParams, _file: bytes
    ) -> int:
        channel = self._channel(link, number)
        if isinstance(channel, int):
            return channel
        return channel.update(index, _sent(params), self.clock.now())

    def BL_GetParamInfos(self, link: int, number: int, index: int, out: int) -> int:
        channel = self._channel(link, number)
        if isinstance(channel, int):
            return channel
        if not 0 <= index < len(channel.programmes):
            return -4
        loaded = channel.programmes[index]
        infos = abi.TechniqueInfos.from_address(out)
        infos.Id, infos.indx, infos.nbParams = loaded.table.id, index, len(loaded.raw)
        for slot, ((label, place), bits) in enumerate(loaded.raw.items()):
            kind = loaded.table.parameters[label].kind
            item = infos.Params[slot]
            item.ParamStr, item.ParamType = label.encode(), kind
            item.ParamVal, item.ParamIndex = bits, place
        return 0

    # ---- run

    def BL_StartChannel(self, link: int, number: int) -> int:
        channel = self._channel(link, number)
        if isinstance(channel, int):
            return channel
        self._note("start", number)
        return channel.start(self.clock.now())

    def BL_StopChannel(self, link: int, number: int) -> int:
        channel = self._channel(link, number)
        if isinstance(channel, int):
            return channel
        self._note("stop", number)
        if self.faults.deaf_stops > 0:
            self.faults.deaf_stops -= 1
            return 0
        return channel.stop(self.clock.now())

    def BL_GetCurrentValues(self, link: int, number: int, values: int) -> int:
        channel = self._channel(link, number)
        if isinstance(channel, int):
            return channel
        now = self.clock.now()
        channel.bring(now)
        self._values(channel, abi.CurrentValues.from_address(values), now)
        return 0

    def BL_GetData(
        self, link: int, number: int, buffer: int, infos: int, values: int
    ) -> int:
        channel = self._channel(link, number)
        if isinstance(channel, int):
            return channel
        now = self.clock.now()
        channel.bring(now)
        out = abi.DataInfos.from_address(infos)
        taken = None if self.faults.late_starts > 0 else channel.rows()
        seen = abi.CurrentValues.from_address(values)
        if taken is None:
            c.memset(infos, 0, c.sizeof(abi.DataInfos))
            self._values(channel, seen, now)
            return 0
        block, words, lost = taken
        c.memmove(buffer, words.ctypes.data, words.nbytes)
        out.IRQskipped = lost
        out.NbRows, out.NbCols = words.shape
        out.TechniqueIndex, out.TechniqueID = block.technique, block.technique_id
        out.ProcessIndex, out.loop = block.process, block.loop
        out.StartTime = block.start
        self._values(channel, seen, now)
        seen.TimeBase = block.time_base
        return 0

    def _note(self, act: str, number: int) -> None:
        self.acts.append((self.clock.now(), act, number + 1))

    def _values(self, channel: TwinChannel, out: abi.CurrentValues, now: float) -> None:
        voltage, current = channel.reading()
        span = channel.voltage_span
        out.State = channel.shown_state
        if self.faults.late_starts > 0 and channel.state == State.RUN:
            self.faults.late_starts -= 1
            out.State = State.STOP
            out.MemFilled = 0
        else:
            out.MemFilled = channel.memory.filled
        out.TimeBase = channel.time_base
        out.Ewe, out.EweRangeMin, out.EweRangeMax = voltage, -span, span
        out.I, out.IRange = current, channel.current_range
        out.Eoverflow = int(abs(voltage) >= span)
        out.ElapsedTime = channel.elapsed(
            now, of_technique=self.faults.time_of_technique
        )
        out.Freq = channel.frequency
        out.OptErr = self.faults.option_error

    # ---- numbers

    def BL_ConvertChannelNumericIntoSingle(
        self, word: int, out: int, board: int
    ) -> int:
        ti = any(ch.ti_floats for ch in self.channels.values() if ch.board == board)
        c.c_float.from_address(out).value = _single(word, ti=ti)
        return 0

    def BL_ConvertNumericIntoSingle(self, word: int, out: int) -> int:
        ti = any(ch.ti_floats for ch in self.channels.values())
        c.c_float.from_address(out).value = _single(word, ti=ti)
        return 0

    def BL_ConvertTimeChannelNumericIntoSeconds(
        self, words: int, out: int, time_base: float, _board: int
    ) -> int:
        high, low = (c.c_uint32 * 2).from_address(words)
        c.c_double.from_address(out).value = ((high << 32) + low) * time_base
        return 0


def _single(word: int, *, ti: bool) -> float:
    if ti:
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
    virtual = isinstance(clock, VirtualClock)  # nothing in it waits
    return BiologicTwin(setup, world, clock).table(own_thread=not virtual)
