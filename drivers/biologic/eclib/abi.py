"""Struct layouts and prototypes of EClib 6.11, as the DLL has them in memory.

Rules for whoever edits: every size and offset is pinned by a test. Newer releases of
the library write longer structs than older headers declare, so whatever the DLL fills
is made by `over_allocated`. ``TDataInfos`` and ``TEccParams`` are packed to 4 bytes.
"""

import ctypes as c
from collections.abc import Mapping
from typing import Any, TypeVar

SPARE_BYTES = 128
"""Room behind each struct the DLL fills; TChannelInfos grew by 8 bytes once."""
BUFFER_WORDS = 1000
"""Words that one BL_GetData brings at most."""
MAX_CHANNELS = 16
LABEL_BYTES = 64
MOST_PARAMETERS = 1000
"""Room for a parameter read-back; 20 steps of CPLIMIT need about 250."""


class DeviceInfos(c.Structure):
    """TDeviceInfos, 44 B: what BL_Connect says of the instrument."""

    _fields_ = [
        ("DeviceCode", c.c_int32),
        ("RAMSize", c.c_int32),
        ("CPU", c.c_int32),
        ("NumberOfChannels", c.c_int32),
        ("NumberOfSlots", c.c_int32),
        ("FirmwareVersion", c.c_int32),
        ("FirmwareDate_yyyy", c.c_int32),
        ("FirmwareDate_mm", c.c_int32),
        ("FirmwareDate_dd", c.c_int32),
        ("HTdisplayOn", c.c_int32),
        ("NbOfConnectedPC", c.c_int32),
    ]


_CHANNEL_FIELDS = [
    (name, c.c_int32)
    for name in [
        "Channel",
        "BoardVersion",
        "BoardSerialNumber",
        "FirmwareCode",
        "FirmwareVersion",
        "XilinxVersion",
        "AmpCode",
        "NbAmps",
        "Lcboard",
        "Zboard",
        "MUXboard",
        "GPRAboard",
        "MemSize",
        "MemFilled",
        "State",
        "MaxIRange",
        "MinIRange",
        "MaxBandwidth",
        "NbOfTechniques",
    ]
]


class ChannelInfos(c.Structure):
    """TChannelInfos, 84 B: the old one and two more fields."""

    _fields_ = [*_CHANNEL_FIELDS, ("FloatFormat", c.c_int32), ("CPUCIE", c.c_int32)]


class CurrentValues(c.Structure):
    """TCurrentValues, 76 B: native IEEE floats, whatever the board."""

    _fields_ = [
        ("State", c.c_int32),
        ("MemFilled", c.c_int32),
        ("TimeBase", c.c_float),
        ("Ewe", c.c_float),
        ("EweRangeMin", c.c_float),
        ("EweRangeMax", c.c_float),
        ("Ece", c.c_float),
        ("EceRangeMin", c.c_float),
        ("EceRangeMax", c.c_float),
        ("Eoverflow", c.c_int32),
        ("I", c.c_float),
        ("IRange", c.c_int32),
        ("Ioverflow", c.c_int32),
        ("ElapsedTime", c.c_float),
        ("Freq", c.c_float),
        ("Rcomp", c.c_float),
        ("Saturation", c.c_int32),
        ("OptErr", c.c_int32),
        ("OptPos", c.c_int32),
    ]


class DataInfos(c.Structure):
    """TDataInfos, packed to 4 B: StartTime at 28, 40 B in all."""

    _pack_ = 4
    _fields_ = [
        ("IRQskipped", c.c_int32),
        ("NbRows", c.c_int32),
        ("NbCols", c.c_int32),
        ("TechniqueIndex", c.c_int32),
        ("TechniqueID", c.c_int32),
        ("ProcessIndex", c.c_int32),
        ("loop", c.c_int32),
        ("StartTime", c.c_double),
        ("MuxPad", c.c_int32),
    ]


DataBuffer = c.c_uint32 * BUFFER_WORDS


class EccParam(c.Structure):
    """TEccParam, 76 B: one parameter, its value as raw bits."""

    _fields_ = [
        ("ParamStr", c.c_char * LABEL_BYTES),
        ("ParamType", c.c_int32),
        ("ParamVal", c.c_int32),
        ("ParamIndex", c.c_int32),
    ]


class EccParams(c.Structure):
    """TEccParams, packed to 4 B: 12 B on 64 bit; travels by value."""

    _pack_ = 4
    _fields_ = [("len", c.c_int32), ("pParams", c.POINTER(EccParam))]


class HardwareConf(c.Structure):
    """THardwareConf, 8 B: electrode connection and ground, premium boards only."""

    _fields_ = [("Conn", c.c_int32), ("Ground", c.c_int32)]


class TechniqueInfos(c.Structure):
    """TTechniqueInfos, 32 B on 64 bit: what a loaded technique really holds."""

    _fields_ = [
        ("Id", c.c_int32),
        ("indx", c.c_int32),
        ("nbParams", c.c_int32),
        ("nbSettings", c.c_int32),
        ("Params", c.POINTER(EccParam)),
        ("HardSettings", c.POINTER(EccParam)),
    ]


_i32, _u32, _u8, _bool = c.c_int32, c.c_uint32, c.c_uint8, c.c_bool
_text = c.c_char_p
_out = c.c_void_p
"""Out buffers travel as addresses, so that over-allocated memory may be passed."""

PROTOTYPES: Mapping[str, tuple[Any, tuple[Any, ...]]] = {
    "BL_GetLibVersion": (_i32, (_out, _out)),
    "BL_GetErrorMsg": (_i32, (_i32, _out, _out)),
    "BL_Connect": (_i32, (_text, _u8, _out, _out)),
    "BL_Disconnect": (_i32, (_i32,)),
    "BL_TestConnection": (_i32, (_i32,)),
    "BL_LoadFirmware": (_i32, (_i32, _out, _out, _u8, _bool, _bool, _text, _text)),
    "BL_GetChannelsPlugged": (_i32, (_i32, _out, _u8)),
    "BL_GetChannelInfos": (_i32, (_i32, _u8, _out)),
    "BL_GetChannelBoardType": (_i32, (_i32, _u8, _out)),
    "BL_GetChannelFloatFormat": (_i32, (_i32, _u8, _out)),
    "BL_GetMessage": (_i32, (_i32, _u8, _out, _out)),
    "BL_GetHardConf": (_i32, (_i32, _u8, _out)),
    "BL_SetHardConf": (_i32, (_i32, _u8, HardwareConf)),
    "BL_GetOptErr": (_i32, (_i32, _u8, _out, _out)),
    "BL_DefineBoolParameter": (_i32, (_text, _bool, _i32, _out)),
    "BL_DefineSglParameter": (_i32, (_text, c.c_float, _i32, _out)),
    "BL_DefineIntParameter": (_i32, (_text, _i32, _i32, _out)),
    "BL_LoadTechnique": (_i32, (_i32, _u8, _text, EccParams, _bool, _bool, _bool)),
    "BL_UpdateParameters": (_i32, (_i32, _u8, _i32, EccParams, _text)),
    "BL_GetParamInfos": (_i32, (_i32, _u8, _i32, _out)),
    "BL_StartChannel": (_i32, (_i32, _u8)),
    "BL_StopChannel": (_i32, (_i32, _u8)),
    "BL_GetCurrentValues": (_i32, (_i32, _u8, _out)),
    "BL_GetData": (_i32, (_i32, _u8, _out, _out, _out)),
    "BL_ConvertNumericIntoSingle": (_i32, (_u32, _out)),
    "BL_ConvertChannelNumericIntoSingle": (_i32, (_u32, _out, _u32)),
    "BL_ConvertTimeChannelNumericIntoSeconds": (_i32, (_out, _out, c.c_float, _u32)),
}
"""Name → (result, arguments) of every function this driver calls."""

S = TypeVar("S", bound=c.Structure)


def over_allocated(struct: type[S]) -> S:
    """Return an instance with `SPARE_BYTES` of zeroed memory behind it."""
    memory = c.create_string_buffer(c.sizeof(struct) + SPARE_BYTES)
    return struct.from_buffer(memory)


def ecc_params(parameters: "c.Array[EccParam]") -> EccParams:
    """Return the by-value struct that points at ``parameters``.

    The array must stay alive until the call has returned.
    """
    return EccParams(len(parameters), c.cast(parameters, c.POINTER(EccParam)))
