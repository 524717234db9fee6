"""What labctl handed on comes back as it was."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from samples_open_formats import SAMPLES

from labctl.columns import EIS, IV, TIMESERIES
from labctl.data import Batch, EndReason, Outcome, Stream
from labctl.errors import StoreError
from labctl.store.exporters.csv_files import write_rows
from labctl.store.exporters.formats import Wanted, export
from labctl.store.folder import RunFolder
from labctl.store.header import RunHeader
from labctl.store.importers.foreign import ForeignTable
from labctl.store.importers.readers import read
from labctl.store.journal.journal import Journal
from labctl.store.run_file.reader import RunFile
from labctl.store.run_file.seal import seal

FREQUENCY = np.geomspace(1e5, 0.1, 13)
Z = 2 + 4 / (1 + 2j * np.pi * FREQUENCY * 7.2e-4)


@pytest.fixture
def run(
    folder: RunFolder,
    header: RunHeader,
    make_rows: Callable[[Stream, int, int], Batch],
) -> RunFile:
    """A run with rows of direct current, with gaps, and two spectra behind them."""
    rows = make_rows(TIMESERIES, 0, 200)
    rows.columns["current_ampere"][7] = np.nan
    rows.columns["half_cycle"][9] = -1
    n = 2 * len(FREQUENCY)
    own = {
        "test_time_second": 1000.0 + np.arange(n),
        "unix_time_second": header.started_unix + 1000.0 + np.arange(n),
        "step_count": np.full(n, 3),
        "cycle_count": np.full(n, 2),
        "spectrum_id": np.arange(n) // len(FREQUENCY),
        "frequency_hertz": np.tile(FREQUENCY, 2),
        "real_impedance_ohm": np.tile(Z.real, 2),
        "imaginary_impedance_ohm": np.tile(Z.imag, 2),
        "minus_imaginary_impedance_ohm": np.tile(-Z.imag, 2),
        "voltage_volt": np.full(n, 0.3),
        "current_ampere": np.full(n, 1e-5),
        "voltage_amplitude_volt": np.full(n, 0.01),
    }
    sines = {c.name: own.get(c.name, np.full(n, np.nan)) for c in EIS.columns}
    with Journal.create(folder.journal, header) as journal:
        journal.begin_step(1, {}, 0.0)
        journal.append(rows)
        journal.append(Batch("eis", sines))
        journal.end_step(1, Outcome(EndReason.COMPLETED), 2000.0)
        journal.finish("completed", {}, header.started_unix + 2000.0)
    return RunFile(folder.journal)


NO_TERM = (
    *("half_cycle", "instrument_time_second", "technique_index", "spectrum_id"),
    *("voltage_amplitude_volt", "current_amplitude_ampere"),
)
"""What the Battery Data Format has no term for: lost on the way."""


def exported(run: RunFile, kind: str, folder: Path) -> dict[str, Path]:
    """Hand a run on; return the files by what their names end with: ``timeseries``."""
    paths = export(run, kind, Wanted(folder))
    return {path.stem.removeprefix("run-1_"): path for path in paths}


def same(run: RunFile, stream: str, table: ForeignTable, *lost: str) -> None:
    """Compare a table with the run's rows, whose columns are all there but ``lost``."""
    rows = run.table(stream)
    for name in rows:
        values = rows[name].astype(float)
        values[(rows[name] == -1) & (rows[name].dtype.kind == "i")] = np.nan
        if name == "minus_imaginary_impedance_ohm" or name in lost:
            continue
        if np.isnan(values).all():
            assert name not in table, name
            continue
        found = table.numbers(name)
        assert found is not None, name
        np.testing.assert_array_equal(found, values, name)


def test_csv_gives_every_row_back(run: RunFile, tmp_path: Path) -> None:
    paths = exported(run, "csv", tmp_path)

    series = read(paths["timeseries"])
    eis = read(paths["eis"])

    same(run, "timeseries", series.timeseries)
    same(run, "eis", eis.eis)
    assert series.program == eis.program == "labctl"
    assert series.started is not None
    assert series.started.tzinfo is not None


@pytest.mark.parametrize("simulated", [True, False])
@pytest.mark.parametrize(
    ("kind", "which"),
    [
        ("mpt", "timeseries"),
        ("mpt", "spectrum_000"),
        ("zview", "spectrum_000"),
        ("parquet", "timeseries"),
        ("bdf", ""),
    ],
)
def test_what_a_model_made_is_not_read_back_as_measured(
    run: RunFile, tmp_path: Path, kind: str, which: str, simulated: bool
) -> None:
    object.__setattr__(run.header, "simulated", simulated)
    paths = exported(run, kind, tmp_path)

    path = paths[which] if which else next(iter(paths.values()))

    assert read(path).facts.get("simulated", False) is simulated


@pytest.mark.parametrize("which", ["steps", "events"])
def test_steps_and_events_are_no_rows_of_a_cell(
    run: RunFile, tmp_path: Path, which: str
) -> None:
    paths = exported(run, "csv", tmp_path)

    with pytest.raises(StoreError, match="not a file that can be imported"):
        read(paths[which])


def test_a_film_s_rows_are_no_cell_s(tmp_path: Path) -> None:
    path = tmp_path / "run-1_iv.csv"
    heads = [f"{c.name} [{c.unit}]" if c.unit else c.name for c in IV.columns]
    write_rows(path, heads, [[1] * len(heads)])

    with pytest.raises(StoreError, match="is of no cell"):
        read(path)


def test_a_unit_that_is_not_labctls_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(
        "test_time_second [s],voltage_volt [V],current_ampere [mA]\n0,1,2\n"
    )

    with pytest.raises(StoreError, match="current_ampere is in mA, labctl writes it"):
        read(path)


def test_a_sealed_file_gives_every_row_back(
    run: RunFile, folder: RunFolder, tmp_path: Path
) -> None:
    run.close()
    seal(folder)
    copied = tmp_path / "copied from elsewhere.h5"
    copied.write_bytes(folder.sealed.read_bytes())

    file = read(copied)

    with RunFile(copied) as again:
        same(again, "timeseries", file.timeseries)
        same(again, "eis", file.eis)
        unix = again.header.started_unix
    assert file.technique == "formation-cycling"
    assert file.started == datetime.fromtimestamp(unix, UTC)
    assert file.facts["cell"] == "=QMS(0.7)"
    assert file.facts["serial"] == "0815"


@pytest.mark.parametrize("length", [8, 9, 40])
def test_a_run_file_of_which_only_a_head_is_there_is_refused(
    tmp_path: Path, length: int
) -> None:
    path = tmp_path / "head.h5"
    path.write_bytes(b"\x89HDF\r\n\x1a\n\x03".ljust(length, b"\0")[:length])

    with pytest.raises(StoreError, match=r"head\.h5"):
        read(path)


def test_a_damaged_run_file_is_refused_wherever_the_damage_is(tmp_path: Path) -> None:
    whole = SAMPLES["labctl run file"].write(tmp_path, frozenset()).read_bytes()
    path = tmp_path / "damaged.h5"
    refused = 0
    for at in range(60, len(whole), len(whole) // 60):
        path.write_bytes(whole[:at] + bytes(x ^ 0xFF for x in whole[at : at + 8]))
        with path.open("ab") as file:
            file.write(whole[at + 8 :])
        try:
            read(path)
        except StoreError as e:
            assert "damaged.h5" in str(e)  # noqa: PT017
            refused += 1

    assert refused > 0


def test_another_hdf5_file_is_refused(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = 1

    with pytest.raises(StoreError, match=r"other\.h5"):
        read(tmp_path / "other.h5")


@pytest.mark.parametrize("kind", ["bdf", "bdf-parquet"])
def test_bdf_gives_the_rows_of_its_terms_back(
    run: RunFile, tmp_path: Path, kind: str
) -> None:
    path, *_ = exported(run, kind, tmp_path).values()

    file = read(path)

    same(run, "timeseries", file.timeseries, *NO_TERM)
    same(run, "eis", file.eis, *NO_TERM)
    sweeps = run.table("eis")["spectrum_id"]
    np.testing.assert_array_equal(file.eis["spectrum_id"].values, sweeps)
    assert file.facts["cell"] == "=QMS(0.7)"
    assert file.started is not None


def test_parquet_gives_every_row_back(run: RunFile, tmp_path: Path) -> None:
    paths = exported(run, "parquet", tmp_path)

    same(run, "timeseries", read(paths["timeseries"]).timeseries)
    same(run, "eis", read(paths["eis"]).eis)


def test_mpt_gives_voltage_and_current_back(run: RunFile, tmp_path: Path) -> None:
    file = read(exported(run, "mpt", tmp_path)["timeseries"])

    rows = run.table("timeseries")
    for name in ("test_time_second", "voltage_volt", "current_ampere"):
        found = file.timeseries.numbers(name)
        assert found is not None
        np.testing.assert_allclose(found, rows[name], rtol=1e-12, err_msg=name)


def test_spectra_come_back_from_zview_and_mpt(run: RunFile, tmp_path: Path) -> None:
    paths = {**exported(run, "zview", tmp_path), **exported(run, "mpt", tmp_path)}
    for path in (path for path in paths.values() if "spectrum" in path.name):
        eis = read(path).eis

        np.testing.assert_allclose(eis["frequency_hertz"].values, FREQUENCY, 1e-8)
        np.testing.assert_allclose(eis["real_impedance_ohm"].values, Z.real, 1e-8)
        np.testing.assert_allclose(eis["imaginary_impedance_ohm"].values, Z.imag, 1e-8)
        np.testing.assert_allclose(eis["voltage_volt"].values, 0.3, 1e-8)
        np.testing.assert_allclose(eis["voltage_amplitude_volt"].values, 0.01, 1e-8)
