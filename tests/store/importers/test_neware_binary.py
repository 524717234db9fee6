"""Neware's ``.nda`` and ``.ndax``: what the package only fills in is no number."""

import struct
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import samples_cyclers as samples

from labctl.errors import OperatorError, StoreError
from labctl.store.importers.readers import read

R = samples.rows()
UTC_START = 1_705_309_200
"""2024-01-15 09:00 UTC, unix s."""


def test_every_number_is_that_of_the_file(tmp_path: Path) -> None:
    file = read(samples.write_nda(tmp_path))

    c = {name: column.values for name, column in file.timeseries.items()}
    assert file.started is not None
    assert file.started.isoformat() == "2024-01-15T09:00:00"  # the PC's clock: naive
    assert "unix_time_second" not in c
    # the file counts voltage in 0.1 mV: single precision does not show
    np.testing.assert_array_equal(c["voltage_volt"], np.round(R["voltage"], 4))
    np.testing.assert_allclose(c["current_ampere"], 1e-3 * R["current"], rtol=1e-12)
    np.testing.assert_array_equal(c["test_time_second"], R["time"])
    assert file.timeseries["test_time_second"].rule == "step-times-in-order"
    assert c["step_discharging_capacity_ah"][12] == pytest.approx(1e-3, rel=1e-6)
    assert c["step_charging_capacity_ah"][-1] == pytest.approx(1e-3, rel=1e-6)


@pytest.mark.parametrize("span", [1, 10, 1000])
def test_a_current_is_the_same_in_every_range(span: int, tmp_path: Path) -> None:
    current = read(samples.nda(tmp_path / "x.nda", R, span)).timeseries[
        "current_ampere"
    ]

    np.testing.assert_allclose(current.values, 1e-3 * R["current"], rtol=1e-6)


@pytest.mark.parametrize("span", [0, 123])
def test_a_range_that_the_package_does_not_know_is_refused(
    span: int, tmp_path: Path
) -> None:
    path = samples.nda(tmp_path / "x.nda", R, span)

    with pytest.raises(StoreError, match="export the record layer from BTSDA"):
        read(path)


def ndax(path: Path, every: int) -> Path:
    """Write an ``.ndax`` of version 14 in which each ``every``-th row is a record.

    Blocks of 4096 bytes behind a first one; rows from byte 132 of each.
    """

    def ndc(kind: int, rows: list[bytes], room: int) -> bytes:
        first = bytes([kind, 0, 14]).ljust(4096, b"\0")
        size = len(rows[0])
        per_block = room // size
        blocks = [
            (bytes(132) + b"".join(rows[at : at + per_block])).ljust(4096, b"\0")
            for at in range(0, len(rows), per_block)
        ]
        return first + b"".join(blocks)

    data = [
        struct.pack("<ff", v, 1e-3 * i)
        for v, i in zip(R["voltage"], R["current"], strict=True)
    ]
    status = {1: 2, 2: 4, 3: 1}
    steps = [struct.pack("<ii16xb12x", 0, k, status[k]) for k in (1, 2, 3)]
    records = [
        struct.pack(
            "<ixffff8xiiiih8x",
            round(1000 * R["step_time"][at]),
            1e-3 * R["charged"][at],
            1e-3 * R["discharged"][at],
            3e-3 * R["charged"][at],
            3e-3 * R["discharged"][at],
            300_000 if R["step_time"][at] else 0,
            UTC_START + round(R["time"][at]),
            int(R["step"][at]),
            at + 1,
            0,
        )
        for at in range(len(R["time"]))
        if at % every == 0 or R["step_time"][at] == 0
    ]
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("data.ndc", ndc(1, data, 4096 - 136))
        file.writestr("data_step.ndc", ndc(7, steps, 4096 - 137))
        file.writestr("data_runInfo.ndc", ndc(18, records, 4096 - 136))
    return path


def test_ndax_dates_are_utc(tmp_path: Path) -> None:
    file = read(ndax(tmp_path / "x.ndax", 1))

    c = {name: column.values for name, column in file.timeseries.items()}
    assert file.started is not None
    assert file.started.timestamp() == UTC_START
    np.testing.assert_array_equal(c["unix_time_second"], UTC_START + R["time"])
    np.testing.assert_allclose(c["current_ampere"], 1e-3 * R["current"], rtol=1e-6)
    assert c["step_charging_capacity_ah"][-1] == pytest.approx(1e-3, rel=1e-6)
    assert file.remarks == ()


def test_what_is_filled_between_records_is_no_number_of_the_file(
    tmp_path: Path,
) -> None:
    file = read(ndax(tmp_path / "x.ndax", 4))

    c = file.timeseries
    own = (np.arange(29) % 4 == 0) | (R["step_time"] == 0)
    charged = c["step_discharging_capacity_ah"].values
    assert (np.isfinite(charged) == own).all()
    assert c["step_time_second"].rule == "filled-between-records"
    assert c["unix_time_second"].rule == "filled-between-records"
    assert np.isfinite(c["current_ampere"].values).all()
    assert "capacities and energies are not taken there" in file.remarks[0]


def test_a_missing_package_is_said_with_its_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "NewareNDA", None)

    with pytest.raises(OperatorError, match=r"pip install 'labctl-bench\[neware\]'"):
        read(samples.write_nda(tmp_path))
