"""EC-Lab's binary files: every layout, every known id, and what is refused."""

import struct
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import samples_ec_lab
from ec_lab_files import (
    BYTES,
    LAYOUTS,
    MAGIC,
    NEWEST,
    OLE,
    WORDS,
    WORDS_3,
    Layout,
    data,
    log,
    module,
    mpr,
)

from labctl.errors import StoreError
from labctl.store.importers.ec_lab.binary import read_mpr
from labctl.store.importers.ec_lab.column_ids import COLUMNS, FLAGS
from labctl.store.importers.foreign import ForeignFile
from labctl.store.importers.readers import read

TIME, DQ, NET, EWE, CURRENT, HALF = 4, 7, 13, 6, 8, 212
NINE = datetime.fromisoformat("2024-01-15T09:00:00")
GCPL: dict[int, list[float]] = {
    TIME: [0.0, 3600.0, 4200.0, 7800.0],
    DQ: [0.0, -1.0, 0.0, 1.0],
    NET: [0.0, -1.0, -1.0, 0.0],
    EWE: [3.0, 2.5, 2.5, 3.0],
    HALF: [0, 0, 0, 1],
}
"""1 mA out for an hour, 10 min of rest, 1 mA in for an hour."""


def saved(folder: Path, content: bytes) -> Path:
    path = folder / "cell.mpr"
    path.write_bytes(content)
    return path


def of(folder: Path, content: bytes) -> ForeignFile:
    return read(saved(folder, content))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_cycle_without_a_column_of_current_has_its_current(
    tmp_path: Path, layout: Layout
) -> None:
    series = of(tmp_path, mpr(data(GCPL, layout), layout)).timeseries

    right = [float("nan"), -1e-3, 0.0, 1e-3]
    assert series["current_ampere"].values == pytest.approx(right, nan_ok=True)
    assert series["current_ampere"].rule == "current-from-charge-steps"
    assert series["net_capacity_ah"].values == pytest.approx([0, -1e-3, -1e-3, 0])
    assert series["half_cycle"].values.tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize("layout", [WORDS, NEWEST])
@pytest.mark.parametrize("one", sorted(set(COLUMNS) - {*GCPL, 468}))
def test_every_known_id_is_read_with_its_width(
    tmp_path: Path, one: int, layout: Layout
) -> None:
    columns = {**GCPL, one: [1.0, 2.0, 3.0, 4.0], CURRENT: [0.0, -1.0, 0.0, 1.0]}
    file = read_mpr(saved(tmp_path, mpr(data(columns, layout), layout)))

    assert file.columns["I/mA"].tolist() == [0.0, -1.0, 0.0, 1.0]
    assert file.columns["half cycle"].tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize("one", [498, 499, 500, 501, 502, 467, 438, 462])
def test_a_byte_that_lacks_its_256_is_known_by_the_width_of_the_rows(
    tmp_path: Path, one: int
) -> None:
    columns = {**GCPL, one: [1.0, 2.0, 3.0, 4.0], CURRENT: [0.0, -1.0, 0.0, 1.0]}
    columns.pop(DQ)
    file = read_mpr(saved(tmp_path, mpr(data(columns, BYTES), BYTES)))

    assert file.columns[COLUMNS[one][0]].tolist() == [1.0, 2.0, 3.0, 4.0]
    assert file.columns["I/mA"].tolist() == [0.0, -1.0, 0.0, 1.0]


def test_flags_share_one_byte(tmp_path: Path) -> None:
    columns = {**GCPL, CURRENT: [0.0, -1.0, 0.0, 1.0]}
    payload = data({one: columns[one] for one in (TIME, EWE)}, WORDS, tuple(FLAGS))
    rows = bytearray(payload)
    width = 1 + 8 + 4
    for row, byte in enumerate((0x05, 0x82, 0x3B, 0x01)):
        rows[len(rows) - (4 - row) * width] = byte
    file = read_mpr(saved(tmp_path, mpr(bytes(rows))))

    assert file.columns["mode"].tolist() == [1, 2, 3, 1]
    assert file.columns["ox/red"].tolist() == [1, 0, 0, 0]
    assert file.columns["error"].tolist() == [0, 0, 1, 0]
    assert file.columns["control changes"].tolist() == [0, 0, 1, 0]
    assert file.columns["Ns changes"].tolist() == [0, 0, 1, 0]
    assert file.columns["counter inc."].tolist() == [0, 1, 0, 0]


def test_a_spectrum_inside_a_battery_test_is_one(tmp_path: Path) -> None:
    frequency = np.array([0, 0, 1e5, 1e4, 1e3, 100, 10])
    sines = frequency > 0
    z = np.where(sines, 5 + 20 / (1 + 1j * frequency / 300), 0)
    columns = {
        TIME: np.arange(7),
        EWE: np.full(7, 3.3),
        CURRENT: np.zeros(7),
        32: frequency,
        36: np.abs(z),
        35: np.degrees(np.angle(z)),
        213: np.zeros(7),
    }
    payload = data({k: v.tolist() for k, v in columns.items()}, WORDS)
    file = of(tmp_path, mpr(payload, Set=b"\x7f" + bytes(63)))

    assert file.technique == "Modulo Bat"
    assert file.timeseries.rows == 2
    eis = file.eis
    assert eis["real_impedance_ohm"].values == pytest.approx(z.real[sines], rel=1e-6)
    assert eis["imaginary_impedance_ohm"].values == pytest.approx(
        z.imag[sines], rel=1e-6
    )
    assert set(eis["spectrum_id"].values) == {0}


def test_a_phase_beside_a_voltage_is_no_voltage(tmp_path: Path) -> None:
    file = of(tmp_path, mpr(data({**GCPL, 174: [1.0, 2.0, 3.0, 4.0]}, WORDS)))

    assert file.untaken == ("Phase(Zwe-ce)/deg",)
    assert file.timeseries["voltage_volt"].values[0] == 3.0


@pytest.mark.parametrize("second", [[0.0, -1.0, 0.0, 1.0], [0.0, -2.0, 0.0, 1.0]])
def test_a_column_twice_is_read_once_or_refused(
    tmp_path: Path, second: list[float]
) -> None:
    columns = {**GCPL, 76: [0.0, -1.0, 0.0, 1.0], 11: second}
    path = saved(tmp_path, mpr(data(columns, WORDS)))

    if second[1] == -1.0:
        current = read(path).timeseries["current_ampere"].values
        assert current == pytest.approx([0.0, -1e-3, 0.0, 1e-3])
    else:
        with pytest.raises(StoreError, match=r"two columns of VMP data.*<I>/mA"):
            read(path)


@pytest.mark.parametrize("at", [585, 465, 469, 473, 700])
def test_the_start_is_found_where_its_version_writes_it(
    tmp_path: Path, at: int
) -> None:
    content = mpr(data(GCPL, NEWEST), NEWEST, Set=b"\x04" * 64, LOG=log(at=at))
    file = of(tmp_path, content)

    assert file.started == NINE
    assert file.started_said == ""
    assert file.technique.startswith("Galvanostatic Cycling")
    if at == 585:
        assert dict(file.facts) == {
            "channel": "4",
            "channel_serial": "21643",
            "program_version": "11.50",
            "serial": "0858",
        }


@pytest.mark.parametrize("further", [{}, {"LOG": log(ole=OLE + 40)}, {"LOG": b"1"}])
def test_a_start_that_does_not_fit_the_modules_date_is_said(
    tmp_path: Path, further: dict[str, bytes]
) -> None:
    file = of(tmp_path, mpr(data(GCPL, WORDS), WORDS, **further))

    assert file.started is None
    assert file.started_said == "01/15/24"


def test_the_loops_of_the_file_are_cycles_where_nothing_else_counts(
    tmp_path: Path,
) -> None:
    columns = {one: GCPL[one] for one in (TIME, EWE)}
    loops = struct.pack("<4I", 2, 0, 3, 0)
    series = of(tmp_path, mpr(data(columns, WORDS), loop=loops)).timeseries

    assert series["cycle_count"].values.tolist() == [1, 1, 1, 2]
    assert series["cycle_count"].rule == "cycle-from-loops"


WHOLE = mpr(data(GCPL, WORDS), LOG=log())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            mpr(data({**GCPL, 76: [0.0] * 4}, WORDS)).replace(b"\x4c\0", b"\xff\x3f"),
            r"ids \[16383\] at byte \d+ are not known.*export it as \.mpt",
        ),
        (WHOLE[:-3], r"module 'VMP LOG' at byte \d+ is cut off: it says 2400 bytes"),
        (WHOLE[:90], r"the head of module 'VMP data' at byte 52 is cut off"),
        (WHOLE[:60], r"at byte 52 is cut off"),
        (MAGIC, "holds no module"),
        (MAGIC + module("VMP Set", b"1", WORDS), "has no module VMP data"),
        (WHOLE + b"MODERN", r"no module begins at byte \d+"),
        (WHOLE + mpr(data(GCPL, WORDS))[52:], "a second module VMP data"),
        (mpr(data({TIME: []}, WORDS)), "has no row of data"),
        (mpr(b"\1\0\0"), "too short"),
        (mpr(data(GCPL, WORDS) + b"\0"), "no layout fits"),
        (mpr(data(GCPL, WORDS), WORDS_3), "no layout fits"),
        (mpr(data({TIME: [0.0, 1.0]}, WORDS)), "has no Ewe/V; it has time/s"),
    ],
)
def test_a_damaged_file_is_refused_with_its_place(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = saved(tmp_path, content)

    with pytest.raises(StoreError, match=said):
        read(path)


def test_zeros_behind_the_last_module_are_not_damage(tmp_path: Path) -> None:
    assert of(tmp_path, WHOLE + bytes(100)).timeseries.rows == 4


def test_an_infinite_charge_is_no_number(tmp_path: Path) -> None:
    path = samples_ec_lab.binary(tmp_path)
    data = bytearray(path.read_bytes())
    data[-12:-4] = struct.pack("<d", np.inf)  # (Q-Qo) stands before the half cycle
    path.write_bytes(data)

    net = read(path).timeseries["net_capacity_ah"].values

    assert np.isnan(net[-1])
    assert np.isfinite(net[:-1]).all()
