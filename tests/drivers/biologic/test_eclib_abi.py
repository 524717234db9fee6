import ctypes as c

import pytest

from drivers.biologic.eclib import abi


@pytest.mark.parametrize(
    ("struct", "size"),
    [
        (abi.DeviceInfos, 44),
        (abi.ChannelInfos, 84),
        (abi.CurrentValues, 76),
        (abi.DataInfos, 40),
        (abi.EccParam, 76),
        (abi.EccParams, 12),
        (abi.HardwareConf, 8),
        (abi.TechniqueInfos, 32),
        (abi.DataBuffer, 4000),
    ],
)
def test_structs_have_the_size_that_the_dll_writes(struct: type, size: int) -> None:
    assert c.sizeof(struct) == size


@pytest.mark.parametrize(
    ("struct", "field", "offset"),
    [
        (abi.DataInfos, "StartTime", 28),
        (abi.DataInfos, "MuxPad", 36),
        (abi.EccParams, "pParams", 4),
        (abi.EccParam, "ParamType", 64),
        (abi.EccParam, "ParamIndex", 72),
        (abi.ChannelInfos, "State", 56),
        (abi.ChannelInfos, "FloatFormat", 76),
        (abi.CurrentValues, "Ewe", 12),
        (abi.CurrentValues, "ElapsedTime", 52),
        (abi.CurrentValues, "OptErr", 68),
    ],
)
def test_fields_stand_where_the_header_puts_them(
    struct: type, field: str, offset: int
) -> None:
    assert getattr(struct, field).offset == offset


def test_a_library_that_writes_a_longer_struct_hits_spare_memory() -> None:
    infos = abi.over_allocated(abi.ChannelInfos)

    c.memset(c.addressof(infos), 0xA5, c.sizeof(infos) + abi.SPARE_BYTES)

    assert infos.Channel == c.c_int32(0xA5A5A5A5).value


def test_parameters_travel_by_value_through_a_callback() -> None:
    seen: list[tuple[int, bytes]] = []

    def receive(params: abi.EccParams) -> int:
        seen.append((params.len, params.pParams[1].ParamStr))
        return 0

    callback = c.CFUNCTYPE(c.c_int32, abi.EccParams)(receive)
    array = (abi.EccParam * 2)()
    array[1].ParamStr = b"Duration_step"
    callback(abi.ecc_params(array))

    assert seen == [(2, b"Duration_step")]
