"""Spectra in EC-Lab's files: their impedance, their numbers, their charge."""

from pathlib import Path

import numpy as np
import pytest
from ec_lab_files import PEIS, mpt, written

from labctl.errors import StoreError
from labctl.store.importers.foreign import ForeignFile
from labctl.store.importers.readers import read

DOWN = np.array([1e5, 1e4, 1e3, 100.0, 10.0])
Z = 5 + 20 / (1 + 1j * DOWN / 300)


def spectra(
    folder: Path,
    frequency: list[float],
    further: dict[str, list[float]] | None = None,
) -> ForeignFile:
    """Read a file with these frequencies; 0 is a row of direct current."""
    columns = {"time/s": np.arange(len(frequency)), "freq/Hz": np.array(frequency)}
    z = np.where(
        columns["freq/Hz"] > 0, 5 + 20 / (1 + 1j * columns["freq/Hz"] / 300), 0
    )
    columns |= {"Ewe/V": np.full(len(frequency), 3.3)}
    columns |= {"Re(Z)/Ohm": z.real, "-Im(Z)/Ohm": -z.imag}
    columns |= {name: np.array(values) for name, values in (further or {}).items()}
    rows = list(zip(*columns.values(), strict=True))
    return read(written(folder, mpt(tuple(columns), rows, technique=PEIS)))


UP = [float(f) for f in DOWN[::-1]]
FALL = [float(f) for f in DOWN]


@pytest.mark.parametrize(
    ("frequency", "right"),
    [
        # one sweep, in either direction
        (FALL, [0] * 5),
        (UP, [0] * 5),
        # sweeps that begin again
        (FALL + FALL, [0] * 5 + [1] * 5),
        (UP + UP + UP, [0] * 5 + [1] * 5 + [2] * 5),
        # down and up again; the turning point measured once, or twice
        (FALL + UP[1:], [0] * 5 + [1] * 4),
        (FALL + UP, [0] * 5 + [1] * 5),
        # a frequency measured twice inside a sweep, and at the end of one
        ([1e4, 1e3, 1e3, 100.0, 10.0], [0] * 5),
        ([1e4, 1e3, 100.0, 100.0, 1e4, 1e3, 100.0], [0] * 4 + [1] * 3),
        # one frequency over and over: nothing says that a new one began
        ([1e3] * 4, [0] * 4),
        # rows without a frequency between
        ([1e3, 100.0, 0.0, 10.0, 1.0], [0, 0, 1, 1]),
    ],
)
def test_sweeps_are_told_apart_by_their_direction(
    tmp_path: Path, frequency: list[float], right: list[int]
) -> None:
    eis = spectra(tmp_path, frequency).eis

    assert eis["spectrum_id"].values.tolist() == right
    assert eis["spectrum_id"].rule.startswith("spectrum-from-")


@pytest.mark.parametrize(
    ("title", "count", "frequency", "right", "rule"),
    [
        # EC-Lab's own count of spectra
        ("z cycle", [0, 0, 1, 1], [100.0, 10.0] * 2, [0, 0, 1, 1], ""),
        # it begins at 1, or does not count: the sweeps do
        (
            *("z cycle", [1, 1, 2, 2], [100.0, 10.0] * 2, [0, 0, 1, 1]),
            "spectrum-from-cycle-number",
        ),
        (
            *("z cycle", [0, 0, 0, 0], [100.0, 10.0] * 2, [0, 0, 1, 1]),
            "spectrum-from-frequency-order",
        ),
        # one frequency, many cycles
        (
            *("cycle number", [1, 2, 3, 4], [1e3] * 4, [0, 1, 2, 3]),
            "spectrum-from-cycle-number",
        ),
        # two sweeps in one cycle of charge and discharge
        (
            *("cycle number", [1, 1, 1, 1], [100.0, 10.0] * 2, [0, 0, 1, 1]),
            "spectrum-from-frequency-order",
        ),
        # a sweep that goes on in the next sequence is one; at one frequency it is two
        (
            *("Ns", [0, 0, 1, 1], [1e4, 1e3, 100.0, 10.0], [0, 0, 0, 0]),
            "spectrum-from-frequency-order",
        ),
        (
            *("Ns", [0, 0, 1, 1], [1e3] * 4, [0, 0, 1, 1]),
            "spectrum-from-frequency-order",
        ),
    ],
)
def test_the_files_own_count_goes_before_the_order(
    tmp_path: Path,
    title: str,
    count: list[float],
    frequency: list[float],
    right: list[int],
    rule: str,
) -> None:
    column = spectra(tmp_path, frequency, {title: count}).eis["spectrum_id"]

    assert column.values.tolist() == right
    assert column.rule == rule


def test_a_spectrum_in_polar_form_is_one(tmp_path: Path) -> None:
    titles = ("time/s", "Ewe/V", "freq/Hz", "|Z|/kOhm", "Phase(Z)/deg")
    rows = [
        (float(k), 3.3, f, abs(z) / 1e3, np.degrees(np.angle(z)))
        for k, (f, z) in enumerate(zip(DOWN, Z, strict=True))
    ]
    eis = read(written(tmp_path, mpt(titles, rows))).eis

    assert eis["real_impedance_ohm"].values == pytest.approx(Z.real)
    assert eis["imaginary_impedance_ohm"].values == pytest.approx(Z.imag)
    assert eis["real_impedance_ohm"].rule == "impedance-from-polar"
    assert eis["absolute_impedance_ohm"].values == pytest.approx(np.abs(Z))
    assert eis["absolute_impedance_ohm"].rule == ""


def test_size_and_phase_follow_from_both_parts(tmp_path: Path) -> None:
    eis = spectra(tmp_path, FALL).eis

    assert eis["imaginary_impedance_ohm"].values == pytest.approx(Z.imag)
    assert eis["imaginary_impedance_ohm"].title == "-Im(Z)/Ohm"
    assert eis["phase_degree"].values == pytest.approx(np.degrees(np.angle(Z)))
    assert eis["phase_degree"].rule == "polar-from-impedance"


def test_a_frequency_without_an_impedance_is_refused(tmp_path: Path) -> None:
    titles = ("time/s", "Ewe/V", "freq/Hz", "|Z|/Ohm")
    path = written(tmp_path, mpt(titles, [(0.0, 3.3, 10.0, 5.0)]))

    with pytest.raises(StoreError, match=r"neither Re\(Z\)/Ohm and -Im\(Z\)/Ohm nor"):
        read(path)


def test_the_charge_of_a_spectrum_is_handed_on(tmp_path: Path) -> None:
    further = {"dq/mA.h": [0.0, 1.0, 2.0, 3.0], "(Q-Qo)/mA.h": [0.0, 1.0, 3.0, 6.0]}
    file = spectra(tmp_path, [0.0, 100.0, 10.0, 0.0], further)

    charges = [
        table["interval_charge_ah"].values.sum()
        for table in (file.timeseries, file.eis)
    ]
    assert charges == pytest.approx([3e-3, 3e-3])
    assert file.timeseries["net_capacity_ah"].values[-1] == pytest.approx(6e-3)
    assert file.eis["net_capacity_ah"].values == pytest.approx([1e-3, 3e-3])
    # the interval that ends at the direct current's row is its own
    assert file.timeseries["current_ampere"].values[-1] == pytest.approx(3e-3 * 3600)


def test_the_counter_electrode_has_its_own_impedance(tmp_path: Path) -> None:
    n = len(FALL)
    further = {
        "Re(Zce)/Ohm": [1.0] * n,
        "-Im(Zce)/Ohm": [0.5] * n,
        "|Ece|/V": [0.02] * n,
        "<Ece>/V": [0.1] * n,
        "|Ewe|/V": [0.01] * n,
        "|I|/A": [2e-3] * n,
    }
    eis = spectra(tmp_path, FALL, further).eis

    right = {
        "counter_electrode_real_impedance_ohm": 1.0,
        "counter_electrode_imaginary_impedance_ohm": -0.5,
        "counter_electrode_voltage_amplitude_volt": 0.02,
        "counter_electrode_voltage_volt": 0.1,
        "voltage_amplitude_volt": 0.01,
        "current_amplitude_ampere": 2e-3,
    }
    for name, value in right.items():
        assert eis[name].values == pytest.approx([value] * n), name
