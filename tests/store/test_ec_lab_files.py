"""Spectra as other programs read them, and EC-Lab's own files read back."""

import struct
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from labctl.columns import EIS
from labctl.data import Batch, EndReason, Outcome
from labctl.errors import StoreError
from labctl.store.exporters.formats import Wanted, export_mpt, export_zview
from labctl.store.folder import RunFolder
from labctl.store.header import RunHeader
from labctl.store.importers.ec_lab_binary import COLUMNS, FLAGS, MAGIC, read_mpr
from labctl.store.importers.ec_lab_text import read, read_mpt
from labctl.store.journal.journal import Journal
from labctl.store.run_file.reader import RunFile
from labctl.techniques import Spectrum

FREQUENCY = np.geomspace(1e5, 0.1, 49)
IMPEDANCE = 2 + 4 / (1 + 2j * np.pi * FREQUENCY * 7.2e-4)


@pytest.fixture
def measured(folder: RunFolder, header: RunHeader) -> RunFile:
    """A run with two spectra; the second was driven by a current."""
    with Journal.create(folder.journal, header) as journal:
        for number in (0, 1):
            spectrum = Spectrum(bool(number), -2e-3 * number, 1e-5, 1e5, 0.1)
            techniques = [asdict(spectrum)]
            journal.begin_step(number + 1, {"techniques": techniques}, 0.0)
            n = len(FREQUENCY)
            own = {
                "frequency_hertz": FREQUENCY,
                "real_impedance_ohm": IMPEDANCE.real,
                "imaginary_impedance_ohm": IMPEDANCE.imag,
                "minus_imaginary_impedance_ohm": -IMPEDANCE.imag,
                "spectrum_id": np.full(n, number),
                "step_count": np.full(n, number + 1),
                "cycle_count": np.full(n, 2),
                "test_time_second": 100.0 * number + np.arange(n),
                "current_ampere": np.full(n, -2e-3 * number),
            }
            columns = {c.name: own.get(c.name, np.full(n, 0.5)) for c in EIS.columns}
            journal.append(Batch("eis", columns))
            journal.end_step(number + 1, Outcome(EndReason.COMPLETED), 200.0)
        journal.finish("completed", {}, header.started_unix + 500)
    return RunFile(folder.path)


def test_an_mpt_spectrum_is_read_back_as_it_was(measured: RunFile) -> None:
    first, second = export_mpt(measured, Wanted(measured.path.parent / "out"))

    file = read_mpt(second)
    assert file.technique == "Galvano Electrochemical Impedance Spectroscopy"
    assert read_mpt(first).technique.startswith("Potentio")
    assert file.columns["freq/Hz"] == pytest.approx(FREQUENCY)
    assert file.columns["Re(Z)/Ohm"] == pytest.approx(IMPEDANCE.real)
    assert file.columns["-Im(Z)/Ohm"] == pytest.approx(-IMPEDANCE.imag)
    assert file.columns["<I>/mA"] == pytest.approx(-2.0)
    foreign = read(second)
    assert foreign.eis["current_ampere"].values == pytest.approx(-2e-3)
    assert set(foreign.eis["spectrum_id"].values) == {0}
    assert foreign.timeseries.rows == 0


def test_an_mpt_file_says_how_many_header_lines_it_has(measured: RunFile) -> None:
    path, _ = export_mpt(measured, Wanted(measured.path.parent / "out"))

    lines = path.read_bytes().decode("latin-1").split("\r\n")
    count = int(lines[1].removeprefix("Nb header lines : "))
    assert lines[count - 1].startswith("freq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm\t")
    assert lines[count].startswith("1.0")


def test_zview_gets_a_signed_imaginary_part_behind_the_comments(
    measured: RunFile,
) -> None:
    path, _ = export_zview(measured, Wanted(measured.path.parent / "out"))

    head, _, body = path.read_text("latin-1").partition("End Comments\n")
    assert head.startswith("ZPLOT2 ASCII")
    rows = np.array([line.split() for line in body.splitlines()], dtype=float)
    assert rows[:, 0] == pytest.approx(FREQUENCY)
    assert rows[:, 4] + 1j * rows[:, 5] == pytest.approx(IMPEDANCE)


def test_a_run_without_spectra_is_refused_with_what_to_do(
    folder: RunFolder, header: RunHeader
) -> None:
    with Journal.create(folder.journal, header) as journal:
        journal.finish("completed", {}, header.started_unix)

    with pytest.raises(StoreError, match="recorded no spectra; export it as csv"):
        export_zview(RunFile(folder.path), Wanted(folder.path))


GCPL = """EC-Lab ASCII FILE
Nb header lines : 7

Galvanostatic Cycling with Potential Limitation

Acquisition started on : 03/21/2024 10:05:00.250
mode\ttime/s\tEwe/V\t<I>/mA\thalf cycle\tcycle number\tI Range
1\t0,000E+000\t3,1E+000\t-2,0E+000\t0\t1\t41
1\t1,000E+001\t3,0E+000\t-2,0E+000\t0\t1\tXXX
1\t2,000E+001\t3,2E+000\t2,0E+000\t1\t1\t41
"""


def test_a_decimal_comma_is_a_decimal_point(tmp_path: Path) -> None:
    path = tmp_path / "old.mpt"
    path.write_text(GCPL, "latin-1")

    file = read_mpt(path)

    series = read(path).timeseries
    assert series["test_time_second"].values.tolist() == [0.0, 10.0, 20.0]
    assert series["current_ampere"].values == pytest.approx([-2e-3, -2e-3, 2e-3])
    assert series["half_cycle"].values.tolist() == [0, 0, 1]
    assert np.isnan(file.columns["I Range"][1])
    assert file.started_unix == pytest.approx(1711015500.25)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("something else\n", "not a .mpt file"),
        ("EC-Lab ASCII FILE\nNb header lines : 99\n", "expected `Nb header lines"),
        (GCPL.replace("3,1E+000", "3,1E+00x"), "is not a number"),
        (GCPL.replace("\t3,1E+000", ""), "6 columns, the title line has 7"),
    ],
)
def test_a_damaged_text_file_is_refused_with_its_line(
    tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "bad.mpt"
    path.write_text(text, "latin-1")

    with pytest.raises(StoreError, match=said):
        read_mpt(path)


def binary(
    ids: Sequence[int], rows: Sequence[tuple[float, ...]], *, wide: bool, new: bool
) -> bytes:
    """Return a .mpr file as its published description says."""
    start = 406 if wide else 405
    head = struct.pack("<IB", len(rows), len(ids))
    if wide:
        head += b"\x00" + b"".join(struct.pack("<H", i) for i in ids)
    else:
        head += b"".join(struct.pack(">H", i) for i in ids)
    kinds = [COLUMNS[i][1] for i in ids if i not in FLAGS]
    fields = np.dtype([("f", "<u1"), *((f"c{k}", t) for k, t in enumerate(kinds))])
    payload = head.ljust(start, b"\x00") + np.array(list(rows), fields).tobytes()
    length = struct.pack("<I", len(payload))
    extra = (
        b"\xff" * 4 + length + struct.pack("<II", 2, 3)
        if new
        else (length + struct.pack("<I", 2))
    )
    module = b"MODULE" + b"VMP data".ljust(10) + b"VMP data".ljust(25)
    settings = b"MODULE" + b"VMP Set".ljust(10) + b"Settings".ljust(25)
    settings += struct.pack("<II", 4, 0) + b"01/02/24" + b"abcd"
    return MAGIC + settings + module + extra + b"01/02/24" + payload


ROWS = [(0x05, 0.5, 0.25, -2.0, 0.0), (0x82, 1.5, 0.125, 2.0, 1.0)]


@pytest.mark.parametrize(
    ("ids", "wide", "new"),
    [
        # narrow ids, as EC-Lab up to 11.4 wrote them
        ((1, 2, 4, 6, 8, 212), False, False),
        # wide ids and the longer module header of EC-Lab 11.50
        ((1, 2, 4, 6, 8, 468), True, True),
    ],
)
def test_the_binary_layout_of_the_description_is_read(
    tmp_path: Path, ids: tuple[int, ...], wide: bool, new: bool
) -> None:
    path = tmp_path / "old.mpr"
    path.write_bytes(binary(ids, ROWS, wide=wide, new=new))

    columns = read_mpr(path).columns

    assert columns["time/s"].tolist() == [0.5, 1.5]
    assert columns["I/mA"].tolist() == [-2.0, 2.0]
    assert columns["half cycle"].tolist() == [0.0, 1.0]
    assert columns["mode"].tolist() == [1.0, 2.0]
    assert columns["ox/red"].tolist() == [1.0, 0.0]
    assert columns["counter inc."].tolist() == [0.0, 1.0]


def test_an_unknown_column_is_refused_never_guessed(tmp_path: Path) -> None:
    path = tmp_path / "new.mpr"
    data = bytearray(binary((1, 2, 4, 6, 8, 468), ROWS, wide=True, new=True))
    at = data.rindex(struct.pack("<H", 468))
    data[at : at + 2] = struct.pack("<H", 0x3FFF)
    path.write_bytes(data)

    with pytest.raises(StoreError, match=r"16383.*export it as .mpt"):
        read_mpr(path)


def test_a_file_cut_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.mpr"
    path.write_bytes(binary((1, 4), [(1, 0.5)], wide=True, new=False)[:-3])

    with pytest.raises(StoreError, match="is cut off"):
        read_mpr(path)
