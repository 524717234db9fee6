"""A channel that is not known to be off is lent to nobody, now and after a restart."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from drivers.keithley.keithley_2450 import Keithley2450
from drivers.twins.world.world import BenchWorld
from labctl.api.requests import OrderIn
from labctl.api.station_files import StationFiles
from labctl.clock import ScaledClock, SystemClock
from labctl.config.models import Config
from labctl.data import Level
from labctl.errors import (
    BusyError,
    DoubtfulError,
    InstrumentError,
    OperatorError,
)
from labctl.quantities import SI
from labctl.roles.source_meter import Driven, SourceSettings
from labctl.service.bench.bench import StationBench
from labctl.service.bench.doubts import forget, kept, refuse_doubtful, remember
from labctl.service.guard.lines import ChannelEnd, ChannelSafety, Safed
from labctl.service.records.archive import detail
from labctl.session.order import Equipment
from labctl.station import SimulatedWires, Station

CHANNEL, WHY = "k2450", "no answer within 5 s"
ADDRESS = "USB0::0x05E6::0x2450::04089762::INSTR"
METER = {"driver": "keithley-2450", "address": ADDRESS}
CONFIG = Config.model_validate(
    {"instruments": {CHANNEL: METER}, "channels": {"source_meter": [CHANNEL]}},
    context=SI,
)


def make_bench(data: Path) -> StationBench:
    clock = ScaledClock(500)
    world = BenchWorld(clock)
    world.place("particle-qms-0.7", ())
    station = Station(CONFIG.setups(), CONFIG.channels, clock, SimulatedWires(world))
    files = StationFiles(data)
    files.make()
    return StationBench(
        CONFIG, Equipment(station, world), files, speed=500, live_view=False
    )


@pytest.fixture
def restarted(tmp_path: Path) -> Iterator[Callable[[], StationBench]]:
    """Begin another station in the same folder."""
    made = []

    def make() -> StationBench:
        made.append(make_bench(tmp_path))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def bench(restarted: Callable[[], StationBench]) -> StationBench:
    return restarted()


def is_on(bench: StationBench) -> bool:
    assert bench.equipment.world is not None
    return bool(bench.equipment.world.circuit.source.on)


def switch_on(bench: StationBench) -> None:
    """Drive a channel that nobody knows of."""
    player: Any = bench.equipment.station.players(CHANNEL)[""]
    player.prepare(SourceSettings(Driven.VOLTAGE, 0.1, 1e-3))
    player.drive(0.1)


def lend(bench: StationBench) -> None:
    bench.equipment.station.reserve("next", {"source_meter": CHANNEL})


def report(folder: Path, unix: float, **outputs: Any) -> None:
    told = {"unix": unix, "runs": ["a"], "safe": False, "outputs": outputs}
    (folder / "safed.json").write_text(json.dumps(told))


def unknown(why: str = WHY) -> dict[str, str]:
    return {"state": "unknown", "why": why}


def test_a_doubtful_channel_is_lent_to_nobody(bench: StationBench) -> None:
    bench.outputs.doubt(CHANNEL, WHY)

    with pytest.raises(DoubtfulError, match=WHY):
        lend(bench)


def test_a_doubt_outlives_the_station(
    bench: StationBench, restarted: Callable[[], StationBench]
) -> None:
    bench.outputs.doubt(CHANNEL, WHY)

    again = restarted()

    with pytest.raises(DoubtfulError):
        lend(again)


def test_clearing_makes_safe_and_reads_back(bench: StationBench) -> None:
    switch_on(bench)
    bench.outputs.doubt(CHANNEL, WHY)
    assert is_on(bench)

    bench.outputs.clear(CHANNEL, by_hand=False, who="Kim")

    assert not is_on(bench)
    lend(bench)
    told = bench.events.latest(1)[0]
    assert (told.code, told.level) == ("cleared", Level.WARNING)


def test_a_channel_that_cannot_be_made_safe_stays_in_doubt(
    bench: StationBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.outputs.doubt(CHANNEL, WHY)
    kind = type(bench.equipment.station.players(CHANNEL)[""])

    def silent(_meter: object) -> None:
        raise InstrumentError("k2450: no answer")

    monkeypatch.setattr(kind, "make_safe", silent)
    with pytest.raises(InstrumentError):
        bench.outputs.clear(CHANNEL, by_hand=False, who="Kim")
    with pytest.raises(DoubtfulError):
        lend(bench)

    bench.outputs.clear(CHANNEL, by_hand=True, who="Kim", reason="unplugged")

    lend(bench)
    assert "vouches" in bench.events.latest(1)[0].text
    assert "unplugged" in bench.events.latest(1)[0].text


def test_what_this_process_did_not_start_is_not_cleared_by_asking(
    bench: StationBench,
) -> None:
    switch_on(bench)  # by its other name: nobody of ours started it on the cell
    bench.outputs.doubt(f"{CHANNEL}/cell", WHY)

    with pytest.raises(InstrumentError, match="is still on"):
        bench.outputs.clear(f"{CHANNEL}/cell", by_hand=False, who="Kim")

    assert is_on(bench)
    with pytest.raises(DoubtfulError):
        lend(bench)


def test_only_what_is_in_doubt_can_be_cleared(bench: StationBench) -> None:
    with pytest.raises(OperatorError, match="nothing to clear"):
        bench.outputs.clear(CHANNEL, by_hand=True, who="Kim")


def test_a_channel_that_a_run_has_is_not_cleared_under_it(bench: StationBench) -> None:
    lend(bench)
    bench.outputs.doubt(CHANNEL, WHY)

    with pytest.raises(BusyError):
        bench.outputs.clear(CHANNEL, by_hand=True, who="Kim")


def test_the_guards_word_makes_a_doubt_and_ends_it(bench: StationBench) -> None:
    bench.outputs.heard_safe("a", {CHANNEL: ChannelEnd(ChannelSafety.UNKNOWN, WHY)})
    with pytest.raises(DoubtfulError):
        lend(bench)

    bench.outputs.heard_safe("a", {CHANNEL: ChannelEnd(ChannelSafety.LEFT)})
    with pytest.raises(DoubtfulError):
        lend(bench)

    bench.outputs.heard_safe("a", {CHANNEL: ChannelEnd(ChannelSafety.SAFE)})

    lend(bench)


def test_a_guard_that_is_still_at_work_after_a_restart_is_heard(
    bench: StationBench, tmp_path: Path
) -> None:
    folder = StationFiles(tmp_path).folder
    bench.recover()
    bench.outputs.hear_guard()
    lend(bench)
    bench.equipment.station.give_back("next")

    report(folder, SystemClock().unix(), k2450=unknown("was not made safe yet"))
    bench.outputs.hear_guard()
    with pytest.raises(DoubtfulError, match="not made safe yet"):
        lend(bench)

    report(folder, SystemClock().unix() + 0.01, k2450={"state": "safe", "why": ""})
    bench.outputs.hear_guard()
    lend(bench)


@pytest.mark.parametrize("place", ["", ".station"])
def test_what_the_guard_could_not_make_safe_is_in_doubt_after_a_restart(
    bench: StationBench, tmp_path: Path, place: str
) -> None:
    folder = tmp_path / (place or "a")
    folder.mkdir(exist_ok=True)
    (folder / "journal.sqlite").touch()
    report(folder, 100.0, k2450=unknown())

    bench.recover()

    with pytest.raises(DoubtfulError, match=WHY):
        lend(bench)
    assert bench.events.latest(1)[0].level is Level.ALARM


def test_a_report_of_the_guard_is_heard_once(
    bench: StationBench, restarted: Callable[[], StationBench], tmp_path: Path
) -> None:
    folder = StationFiles(tmp_path).folder
    report(folder, 100.0, k2450=unknown())
    bench.recover()
    bench.outputs.clear(CHANNEL, by_hand=True, who="Kim")

    again = restarted()
    again.recover()
    lend(again)

    report(folder, SystemClock().unix() + 1.0, k2450=unknown("again"))
    third = restarted()
    third.recover()
    with pytest.raises(DoubtfulError, match="again"):
        lend(third)


def test_an_old_word_of_safety_ends_no_later_doubt(
    bench: StationBench, tmp_path: Path
) -> None:
    report(StationFiles(tmp_path).folder, 100.0, k2450={"state": "safe"})
    bench.outputs.doubt(CHANNEL, WHY)

    bench.recover()

    with pytest.raises(DoubtfulError):
        lend(bench)


def test_the_guards_later_word_of_safety_ends_a_doubt_over_a_restart(
    bench: StationBench, restarted: Callable[[], StationBench], tmp_path: Path
) -> None:
    bench.outputs.doubt(CHANNEL, WHY)
    later = SystemClock().unix() + 1.0
    report(StationFiles(tmp_path).folder, later, k2450={"state": "safe"})

    again = restarted()
    again.recover()

    lend(again)


def test_a_run_that_is_not_made_safe_leaves_its_channel_in_doubt(
    bench: StationBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(_meter: object) -> None:
        raise InstrumentError(WHY)

    with monkeypatch.context() as broken:
        broken.setattr(Keithley2450, "make_safe", silent)
        order = OrderIn(protocol="particle-iv", sample="particle-qms-0.7")
        run = bench.run(bench.start(order).run)
        assert run is not None
        assert run.join(60.0)

    assert run.summary().unsafe == {CHANNEL: WHY}
    assert (run.safe_unix, bench.equipment.station.lent()) == (None, {})
    with pytest.raises(DoubtfulError, match=WHY):
        lend(bench)
    assert detail(run.folder).summary.unsafe == {CHANNEL: WHY}

    bench.outputs.clear(CHANNEL, by_hand=False, who="Kim")

    assert run.summary().unsafe == {}
    assert run.safe_unix is not None
    lend(bench)


@pytest.mark.parametrize("after", [True, False])
def test_only_the_guards_later_word_about_a_run_counts(
    bench: StationBench, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    """It comes while the run has its channel, so it is remembered until the end."""

    def says_safe() -> None:
        ends = {CHANNEL: ChannelEnd(ChannelSafety.SAFE, "")}
        bench.outputs.take_from_guard(Safed(bench.live[0].about.run, ends, "", 0.1))

    def silent(_meter: object) -> None:
        if not after:
            says_safe()
        raise InstrumentError(WHY)

    def works_out(*_given: object) -> dict[str, object]:
        if after:
            says_safe()
        return {}

    with monkeypatch.context() as broken:
        broken.setattr(Keithley2450, "make_safe", silent)
        broken.setattr("labctl.session.run.work_out", works_out)
        order = OrderIn(protocol="particle-iv", sample="particle-qms-0.7")
        run = bench.run(bench.start(order).run)
        assert run is not None
        assert run.join(60.0)

    assert (CHANNEL in bench.equipment.station.doubts()) is not after
    assert (run.summary().unsafe == {}) is after


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"unix": 1}',
        '{"unix": 1, "outputs": {"k2450": "safe"}}',
        '{"unix": 1, "outputs": []}',
        '{"unix": "x", "outputs": {}}',
        '{"unix": 1, "outputs": {"k2450": {}}}',
    ],
)
def test_a_report_that_makes_no_sense_is_no_word_of_safety(
    bench: StationBench, tmp_path: Path, text: str
) -> None:
    bench.outputs.doubt(CHANNEL, WHY)
    (StationFiles(tmp_path).folder / "safed.json").write_text(text)

    bench.recover()

    with pytest.raises(DoubtfulError, match=WHY):
        lend(bench)


def test_a_file_of_doubts_that_cannot_be_read_is_set_aside(
    restarted: Callable[[], StationBench], tmp_path: Path
) -> None:
    files = StationFiles(tmp_path)
    files.make()
    files.doubts_file.write_text("{half")

    bench = restarted()
    bench.recover()

    assert bench.events.latest(1)[0].level is Level.ALARM
    assert not files.doubts_file.exists()
    assert [*files.folder.glob("doubts.unreadable")]


def test_a_full_disk_keeps_no_doubt_from_being_had(
    bench: StationBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_given: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr("labctl.service.bench.doubts.replace_text", full)
        bench.outputs.doubt(CHANNEL, WHY)

    with pytest.raises(DoubtfulError):
        lend(bench)


def test_runs_in_the_foreground_keep_the_same_file(
    restarted: Callable[[], StationBench], tmp_path: Path
) -> None:
    files = StationFiles(tmp_path)
    remember(files, {CHANNEL: WHY})

    with pytest.raises(DoubtfulError, match="labctl station clear k2450"):
        refuse_doubtful(files, [CHANNEL])
    with pytest.raises(DoubtfulError):
        lend(restarted())

    forget(files, CHANNEL)
    assert kept(files) == {}
    refuse_doubtful(files, [CHANNEL])
