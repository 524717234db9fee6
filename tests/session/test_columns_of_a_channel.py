"""What only some channels record goes all the way: journal, file, CSV, resume."""

import csv
import shutil
from pathlib import Path
from typing import Any, ClassVar

import h5py
import numpy as np
import pytest

from labctl.columns import COUNTER_VOLTAGE, CYCLES, MONITOR, OVERLOAD, TIMESERIES
from labctl.config.models import Config
from labctl.documents.hardened_yaml import Document
from labctl.engine.control import Control
from labctl.engine.situation import Situation
from labctl.session.amend import amend
from labctl.session.further_columns import (
    is_grown_from,
    recorded_streams,
    unrecorded,
)
from labctl.session.order import Order, prepare
from labctl.session.resume import resume
from labctl.session.run import Finished, Observers, start
from labctl.store.exporters.bdf.export import export_bdf
from labctl.store.exporters.csv_files import export_csv
from labctl.store.journal.reader import JournalReader
from labctl.store.run_file.reader import RunFile

EXTRAS = ["ece", "control", "charge", "i_range"]
STEPS: list[Any] = [
    {"do": "rest", "duration": "2 min"},
    {"do": "current", "rate": "-C/20", "duration": "10 min"},
    {"do": "peis", "first_frequency": "10 kHz", "last_frequency": "1 kHz"},
    {"do": "rest", "duration": "2 min"},
]


def bench_with(bench: Config, **options: Any) -> Config:
    """Return the bench, its VSP-300 with these options."""
    vsp = bench.instruments["vsp300"]
    told = vsp.model_copy(update={"options": {**vsp.options, **options}})
    everybody = {**bench.instruments, "vsp300": told}
    return bench.model_copy(update={"instruments": everybody})


def order(out: Path) -> Order:
    plan = Document("plan", {"steps": STEPS})
    channels = {"cell": "vsp300/1"}
    return Order(
        "sequence", plan, "si", channels=channels, simulate=True, speed=None, out=out
    )


def quiet(stop_at: float | None = None) -> Observers:
    control = Control()

    def watch(situation: Situation) -> None:
        if stop_at is not None and situation.test_time >= stop_at:
            control.stop("stopped by a test")

    return Observers(control, watch, live_view=False)


@pytest.fixture(scope="module")
def finished(bench: Config, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    config = bench_with(bench, extra_columns=EXTRAS)
    out = tmp_path_factory.mktemp("columns")
    done = start(prepare(order(out), config), config, quiet())
    assert done.status == "completed", done.text
    return done


def test_the_sealed_file_describes_them(finished: Finished) -> None:
    with h5py.File(finished.file) as file:
        series, spectra = file["entry/timeseries"], file["entry/eis"]
        control = series["control_ampere"]
        counter = spectra["counter_electrode_real_impedance_ohm"]

        assert control.attrs["units"] == "A"
        assert control.attrs["long_name"] == "Control / A"
        assert series["overload_flags"].attrs["units"] == "1"
        assert set(series["overload_flags"][:]) == {0}
        assert np.isnan(counter[:]).all()  # the twin measures no sine there
        driven = np.isfinite(control[:])
        assert 5 < driven.sum() < len(driven)  # known where a current is held, only
        current = series["current_ampere"][:]
        assert control[:][driven] == pytest.approx(current[driven], rel=1e-3)


def test_what_the_instrument_charged_is_what_was_integrated(finished: Finished) -> None:
    with RunFile(finished.folder) as file:
        table = file.table("timeseries")
        during = np.isfinite(table["control_ampere"])
        own = table["instrument_charge_coulomb"][during]
        ours = 3600.0 * table["step_net_capacity_ah"][during]

    assert own[-1] - own[0] == pytest.approx(ours[-1] - ours[0], rel=2e-3)


def test_a_csv_has_them_with_their_units(finished: Finished, tmp_path: Path) -> None:
    with RunFile(finished.folder) as file:
        paths = export_csv(file, tmp_path)
        export_bdf(file, tmp_path)
    (path,) = [p for p in paths if p.stem.endswith("timeseries")]
    with path.open(newline="", encoding="utf-8") as text:
        head, *rows = csv.reader(text)

    at = head.index("counter_electrode_voltage_volt [V]")
    assert float(rows[0][at]) == 0.0
    assert rows[0][head.index("control_ampere [A]")] == ""  # at rest: unknown


def test_a_stopped_run_goes_on_with_the_same_columns(
    bench: Config, tmp_path: Path
) -> None:
    config = bench_with(bench, extra_columns=EXTRAS)
    stopped = start(prepare(order(tmp_path), config), config, quiet(300.0))
    assert stopped.status == "stopped"

    done = resume(stopped.folder, quiet())

    assert done.status == "completed", done.text
    with RunFile(done.folder) as file:
        table = file.table("timeseries")
        assert len(table["control_ampere"]) == len(table["voltage_volt"])
        events = [record.event.code for record in JournalReaderOf(done).events]
    assert "columns" not in events


class JournalReaderOf:
    """The events of a run as its journal tells them."""

    def __init__(self, done: Finished) -> None:
        with JournalReader(done.folder / "journal.sqlite") as reader:
            self.events = list(reader.events)
            self.header = reader.header


def test_a_run_is_amended_whatever_its_channel_records(
    finished: Finished, tmp_path: Path
) -> None:
    folder = tmp_path / finished.folder.name
    shutil.copytree(finished.folder, folder)
    more = [*STEPS, {"do": "rest", "duration": "1 min"}]

    change = amend(folder, {"steps": more}, "a test", "")

    names = {c.name for s in change.header.streams for c in s.columns}
    assert {COUNTER_VOLTAGE.name, OVERLOAD.name} <= names


class Plain:
    """A player that records what everybody does."""


class Rich:
    """A player that records more."""

    further_columns: ClassVar = {"timeseries": (COUNTER_VOLTAGE, OVERLOAD)}


def test_streams_grow_by_what_players_record_and_by_nothing_else() -> None:
    plain = (TIMESERIES, MONITOR, CYCLES)

    grown = recorded_streams(plain, [Plain(), Rich(), Rich()])

    assert recorded_streams(plain, [Plain()]) == plain
    assert grown[0].columns == (*TIMESERIES.columns, COUNTER_VOLTAGE, OVERLOAD)
    assert grown[1].columns[-2:] == (COUNTER_VOLTAGE, OVERLOAD)
    assert grown[2] == CYCLES
    assert is_grown_from(grown, plain)
    assert not is_grown_from(plain, grown)
    assert not is_grown_from(grown[:2], plain)


def test_a_run_that_began_without_a_column_is_told_that_it_lacks_it() -> None:
    assert unrecorded((TIMESERIES,), [Rich()]) == (
        "counter_electrode_voltage_volt",
        "overload_flags",
    )
    assert unrecorded(recorded_streams((TIMESERIES,), [Rich()]), [Rich()]) == ()
