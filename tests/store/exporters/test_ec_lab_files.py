"""Spectra as other programs read them."""

from dataclasses import asdict

import numpy as np
import pytest

from labctl.columns import EIS
from labctl.data import Batch, EndReason, Outcome
from labctl.errors import StoreError
from labctl.store.exporters.formats import Wanted, export_mpt, export_zview
from labctl.store.folder import RunFolder
from labctl.store.header import RunHeader
from labctl.store.importers.ec_lab.text import read, read_mpt
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
