"""What a cycler without remote control records becomes a run like any other.

The record is the twin's; it lies in a real folder and is read in real time, by
processes that are killed, or in virtual time beside the twin that writes it.
"""

import dataclasses
import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import yaml
from shared_runs import SharedRuns, bench_file
from wonatech_records import FORMS, NAME, Written, as_json, written

from drivers.twins.world import catalogue
from labctl import plugins
from labctl.data import Level, Quality
from labctl.documents.document import Document
from labctl.engine.control import Control
from labctl.errors import InstrumentError, LabctlError, OperatorError, RefusedError
from labctl.roles.schedule import ScheduleStep
from labctl.session.order import Order, prepare, protocol_of
from labctl.session.run import Finished, Observers
from labctl.session.schedules import lines_for
from labctl.session.watching import FolderWatch, WatchOrder, watch_record
from labctl.store.folder import RunFolder, list_runs
from labctl.store.journal.reader import JournalReader

LABCTL = [sys.executable, "-m", "labctl"]
PATIENCE = 60.0
ICE = "initial_coulombic_efficiency"


def lines(protocol: str = "formation-cycling", **given: object) -> list[ScheduleStep]:
    """Return what a person enters for the sample qms-0.7."""
    config = bench_file()
    document = Document.without_lines("test", dict(given))  # type: ignore[arg-type]
    order = Order(protocol, document, "qms-0.7", simulate=True)
    found = protocol_of(order, config)
    return list(lines_for(found, "wbcs3000", list(config.setups()), plugins.driver))


def label(folder: Path) -> Path:
    path = folder / "qms.yaml"
    told = {**catalogue.label("qms-0.7"), "name": "qms-0.7"}
    path.write_text(yaml.safe_dump(told, allow_unicode=True), "utf-8")
    return path


def watched(
    folder: Path, planned: Sequence[ScheduleStep] = (), **more: object
) -> tuple[WatchOrder, Path]:
    """Return the order of whoever watches a record in a real folder, and the label."""
    own = label(folder)
    order = WatchOrder(
        folder=folder / "data",
        sample=str(own),
        out=folder / "runs",
        record=NAME,
        planned=tuple(as_json(planned)),
    )
    return dataclasses.replace(order, **more), own  # type: ignore[arg-type]


def read_now(order: WatchOrder) -> Finished:
    return watch_record(order, bench_file(), Observers(live_view=False))


@pytest.fixture(scope="module")
def formation(tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("formation")
    return written(folder, schedule=as_json(lines()))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("form", FORMS)
def test_a_watched_formation_has_the_efficiency_of_one_that_labctl_drove(
    form: str, tmp_path: Path, data: Path, shared_runs: SharedRuns
) -> None:
    driven = shared_runs("formation-cycling", "qms-0.7")
    planned = lines()
    order, _ = watched(tmp_path, planned, simulate=True, speed=None, sample="qms-0.7")
    config = bench_file()
    told = config.instruments["wbcs3000"].model_copy(
        update={"simulated": {"format": form}}
    )
    config.instruments["wbcs3000"] = told

    run = watch_record(order, config, Observers(live_view=False))

    assert run.status == "completed", run.text
    # both instruments within their zero and gain; ± 0.3 % is what the study asks
    assert run.results[ICE].value == pytest.approx(driven.results[ICE].value, rel=3e-3)
    assert run.results["recognised_as"].value == "formation-cycling"
    assert run.results["differences_from_plan"].value == 0
    assert (data / NAME).stat().st_size > 1e5


def watching(folder: Path, own: Path) -> "subprocess.Popen[str]":
    config = {
        "instruments": {
            "cycler": {
                "driver": "wonatech-wbcs3000",
                "address": str(folder / "data"),
                "options": {"quiet": 0.5},
            }
        },
        "channels": {"source": ["cycler"]},
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    words = [*LABCTL, "watch", f"data/{NAME}", "--sample", str(own), "--json"]
    return subprocess.Popen(
        words,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def durable(folder: Path) -> int:
    for found in list_runs(folder / "runs"):
        try:
            with JournalReader(found.journal) as reader:
                return reader.rows_stored.get("timeseries", 0)
        except LabctlError:
            return 0
    return 0


def until_durable(rows: int, folder: Path, process: "subprocess.Popen[str]") -> None:
    pause = threading.Event()
    for _ in range(int(PATIENCE / 0.02)):
        if durable(folder) >= rows:
            return
        assert process.poll() is None, process.communicate(timeout=PATIENCE)
        pause.wait(0.02)
    raise AssertionError(f"{rows} rows did not become durable")


def test_a_watcher_that_is_killed_twice_leaves_no_gap_and_no_double(
    formation: Written, tmp_path: Path, data: Path, shared_runs: SharedRuns
) -> None:
    driven = shared_runs("formation-cycling", "qms-0.7")
    own, record = label(tmp_path), data / NAME
    total = len(formation.growing)
    for part in (0.3, 0.7):  # ends within a row
        record.write_bytes(formation.growing[: int(part * total)])
        process = watching(tmp_path, own)
        until_durable(int(part * total / 150), tmp_path, process)
        process.kill()
        process.communicate(timeout=PATIENCE)
    record.write_bytes(formation.sealed)

    process = watching(tmp_path, own)
    out, err = process.communicate(timeout=PATIENCE)

    assert process.returncode == 0, err
    answer = json.loads(out)
    value = answer["results"][ICE]["value"]
    assert value == pytest.approx(driven.results[ICE].value, rel=3e-3)
    (run,) = list_runs(tmp_path / "runs")
    with JournalReader(run.journal) as reader:
        rows = reader.table("timeseries")
    np.testing.assert_array_equal(
        rows["record_row_count"], np.arange(1, len(rows["record_row_count"]) + 1)
    )
    assert (np.diff(rows["test_time_second"]) >= 0).all()
    assert rows["net_capacity_ah"][-1] == pytest.approx(formation.charge, rel=1e-6)


def test_what_was_read_once_goes_on_in_the_same_run(
    formation: Written, tmp_path: Path, data: Path
) -> None:
    order, _ = watched(tmp_path, once=True)
    half = len(formation.growing) // 2
    (data / NAME).write_bytes(formation.growing[:half])
    first = read_now(order)
    (data / NAME).write_bytes(formation.sealed)

    second = read_now(order)

    assert (first.status, second.status) == ("stopped", "completed")
    assert first.folder == second.folder
    with JournalReader(RunFolder(second.folder).journal) as reader:
        count = reader.table("timeseries")["record_row_count"]
    np.testing.assert_array_equal(count, np.arange(1, len(count) + 1))


def test_a_record_that_was_read_to_its_end_is_not_read_again_unless_asked(
    formation: Written, tmp_path: Path, data: Path
) -> None:
    order, _ = watched(tmp_path, once=True)
    (data / NAME).write_bytes(formation.sealed)
    first = read_now(order)

    with pytest.raises(OperatorError, match="was read to its end in"):
        read_now(order)
    again = read_now(dataclasses.replace(order, afresh=True))

    assert again.folder != first.folder
    assert again.results[ICE].value == first.results[ICE].value


def test_a_run_does_not_go_on_with_another_test(
    formation: Written, tmp_path: Path, data: Path
) -> None:
    order, _ = watched(tmp_path, once=True)
    half = len(formation.growing) // 2
    (data / NAME).write_bytes(formation.growing[:half])
    read_now(order)
    other = written(tmp_path / "other", schedule=as_json(lines(rest="5 min")))
    (data / NAME).write_bytes(other.sealed)

    again = read_now(order)

    assert isinstance(again.error, InstrumentError)
    assert f"{NAME}: is another test than the one that this run has read" in again.text


def test_what_was_entered_otherwise_is_named(
    formation: Written, tmp_path: Path, data: Path
) -> None:
    planned = lines(rate="C/3", upper_voltage="1.0 V", cycles=5)
    order, _ = watched(tmp_path, planned, once=True)
    (data / NAME).write_bytes(formation.sealed)

    run = read_now(order)

    result = run.results["differences_from_plan"]
    assert result.quality is Quality.SUSPECT
    assert result.table is not None
    assert result.value == len(result.table["step"])
    for said in (
        "step 5: current_ampere: planned -0.0007163, ran -0.00107445",
        "step 7: voltage >=: planned 1, ran 1.2",
        "steps: planned 24, ran 16",
    ):
        assert said in result.reason
    with JournalReader(RunFolder(run.folder).journal) as reader:
        events = [each.event for each in reader.events]
    assert any(e.code == "differs" and "step 7: voltage >=" in e.text for e in events)


def test_a_limit_that_is_left_is_an_alarm_and_the_recording_goes_on(
    formation: Written, tmp_path: Path, data: Path
) -> None:
    order, own = watched(tmp_path, once=True)
    told = yaml.safe_load(own.read_text("utf-8"))
    own.write_text(yaml.safe_dump({**told, "maximum_current": "0.5 mA"}), "utf-8")
    (data / NAME).write_bytes(formation.sealed)

    run = read_now(order)

    assert run.status == "completed", run.text
    with JournalReader(RunFolder(run.folder).journal) as reader:
        alarms = [e.event for e in reader.events if e.event.level is Level.ALARM]
        rows = reader.rows_stored["timeseries"]
    assert [e.code for e in alarms] == ["limit"]
    assert "nothing here can stop it" in alarms[0].text
    assert rows > 3000


def test_a_folder_is_watched_file_by_file_with_the_label_beside_each(
    formation: Written, tmp_path: Path, data: Path
) -> None:
    order, own = watched(tmp_path, record="", once=True, sample="")
    for name in ("a", "b"):
        (data / f"{name}.wrd").write_bytes(formation.sealed)
        text = own.read_text("utf-8").replace("name: qms-0.7", f"name: cell-{name}")
        (data / f"{name}.yaml").write_text(text, "utf-8")
    (data / "c.wrd").write_bytes(b"no record")
    ended: dict[str, object] = {}

    def told(record: str, _place: Path | None, how: object) -> None:
        if how is not None:
            ended[record] = how

    FolderWatch(order, bench_file(), told, Control(), live_view=False).run()

    samples = set()
    for name in ("a.wrd", "b.wrd"):
        how = ended[name]
        assert isinstance(how, Finished)
        assert how.status == "completed", how.text
        with JournalReader(RunFolder(how.folder).journal) as reader:
            samples.add(reader.header.sample["name"])
    assert samples == {"cell-a", "cell-b"}
    assert isinstance(ended["c.wrd"], OperatorError)  # it has no label


class Following:
    """A watch of a folder that ends once so many records were begun."""

    def __init__(self, order: WatchOrder, begun: int) -> None:
        self.control, self._left = Control(), begun
        self.begun: list[str] = []
        self.ended: dict[str, Finished | LabctlError] = {}
        self.watch = FolderWatch(
            order, bench_file(), self._told, self.control, live_view=False
        )

    def _told(
        self, record: str, _place: Path | None, how: Finished | LabctlError | None
    ) -> None:
        if how is not None:
            self.ended[record] = how
            return
        self.begun.append(record)
        if len(self.begun) >= self._left:
            self.control.stop("enough")


def test_records_that_begin_at_one_look_have_a_channel_each(
    formation: Written, tmp_path: Path, data: Path
) -> None:
    order, _ = watched(tmp_path, record="", once=True)
    for name in ("a", "b"):
        (data / f"{name}.wrd").write_bytes(formation.growing[:40_000])

    FolderWatch(order, bench_file(), lambda *_: None, live_view=False).run()

    roles = set()
    for run in list_runs(tmp_path / "runs"):
        with JournalReader(run.journal) as reader:
            roles.add(reader.header.roles["source"])
    assert roles == {"wbcs3000/1", "wbcs3000/2"}


def test_a_record_that_is_put_into_an_empty_folder_is_watched(
    formation: Written, tmp_path: Path, data: Path
) -> None:
    order, _ = watched(tmp_path, record="")
    watch = Following(order, 1)
    pause = threading.Event()

    def put() -> None:
        for _ in range(int(PATIENCE / 0.02)):
            if watch.watch.has_looked:
                (data / "late.wrd").write_bytes(formation.sealed)
                return
            pause.wait(0.02)

    putting = threading.Thread(target=put)
    giving_up = threading.Timer(PATIENCE, watch.control.stop, ("it never came",))
    putting.start()
    giving_up.start()

    watch.watch.run()
    giving_up.cancel()
    putting.join()

    assert watch.begun == ["late.wrd"]


def test_who_gives_it_a_cell_to_drive_is_told_what_to_do_instead(
    tmp_path: Path,
) -> None:
    order = Order(
        "formation-cycling",
        Document("test", {}),
        "qms-0.7",
        channels={"cell": "wbcs3000/3"},
        out=tmp_path,
        simulate=True,
    )

    with pytest.raises(RefusedError) as refused:
        prepare(order, bench_file(), inquire=True)

    (complaint,) = refused.value.complaints
    assert complaint.path == ("channels", "cell")
    assert "no remote control" in complaint.what
    assert "labctl protocol show PROTOCOL --for wbcs3000" in complaint.cure


@pytest.mark.parametrize(
    ("protocol", "why"),
    [
        # a sine
        ("peis", "impedance (EIS) cannot be entered"),
        # ends rests by how fast the voltage moves
        ("gitt", "a cut-off by voltage rate (relaxed) cannot be entered"),
        # scans
        ("cyclic-voltammetry", "a sweep cannot be entered"),
    ],
)
def test_what_cannot_be_entered_there_is_refused_by_name(
    protocol: str, why: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        lines(protocol)

    assert any(why in each.what for each in refused.value.complaints)


def test_a_hold_at_the_voltage_of_a_cut_off_is_one_line_and_cycles_are_a_loop() -> None:
    found = lines(taper="C/20", cycles=7)

    assert [one.control for one in found[4:]] == ["CC", "REST", "CCCV", "REST"]
    assert found[6].voltage_volt == 1.2
    assert found[6].taper_ampere == pytest.approx(1.07445e-4)  # C/20 of 1.9 mA/cm²
    assert (found[7].to_step, found[7].loops) == ("5STEP", 7)
