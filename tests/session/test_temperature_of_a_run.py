"""Every row knows its temperature, and a limit on it holds, or is refused."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from thermal_bench import UNCERTAINTY, ThermalDriver, thermal, with_oven

from labctl.columns import SURFACE_TEMPERATURE
from labctl.config.models import Config
from labctl.documents.document import Document
from labctl.engine.control import Control
from labctl.engine.situation import Situation
from labctl.errors import InstrumentError, LinkError, OperatorError, RefusedError
from labctl.session.order import Order, prepare
from labctl.session.resume import resume
from labctl.session.run import Finished, Observers, start
from labctl.session.thermometers import TemperatureBeside
from labctl.station import Station
from labctl.store.run_file.reader import RunFile

SURFACE, AMBIENT = "surface_temperature_celsius", "ambient_temperature_celsius"
BOTH = {"vsp300/1": {"surface": "oven/skin", "ambient": "oven"}}


@pytest.fixture(autouse=True)
def oven(monkeypatch: pytest.MonkeyPatch) -> ThermalDriver:
    return thermal(monkeypatch)


def resting(
    duration: str = "20 min", *until: str, every: str = "10 s"
) -> dict[str, Any]:
    rest = {"do": "rest", "duration": duration, "record": {"every": every}}
    return {"steps": [{**rest, "until": list(until)} if until else rest]}


def order(out: Path, parameters: dict[str, Any], protocol: str = "sequence") -> Order:
    written = Document.without_lines("plan.yaml", parameters)
    return Order(protocol, written, "si", simulate=True, speed=None, out=out)


def run(
    config: Config, asked: Order, observers: Observers | None = None
) -> tuple[Finished, dict[str, dict[str, Any]]]:
    """Run it; return how it ended and its streams."""
    quiet = observers or Observers(live_view=False)
    finished = start(prepare(asked, config), config, quiet)
    assert finished.file is not None
    with RunFile(finished.file) as file:
        return finished, {n: dict(file.table(n)) for n in file.rows}


def test_a_sample_is_seen_to_lag_behind_its_chamber(
    bench: Config, tmp_path: Path
) -> None:
    config = with_oven(bench, BOTH, then=45.0)

    _, streams = run(config, order(tmp_path, resting()))

    rows = streams["timeseries"]
    assert np.all(rows[AMBIENT] == pytest.approx(45.0))
    left = (45.0 - rows[SURFACE]) / 20.0
    # a reading is up to 10 s old: 3.3 % of the time constant
    assert left == pytest.approx(np.exp(-rows["test_time_second"] / 300.0), abs=0.034)
    slope, _ = np.polyfit(rows["test_time_second"], np.log(left), 1)
    assert -1.0 / slope == pytest.approx(300.0, rel=0.01)


def test_spectra_know_their_temperature_too(bench: Config, tmp_path: Path) -> None:
    config = with_oven(bench, BOTH, celsius=45.0)

    until_warm = {"do": "rest", "duration": "3 h"}
    spectrum = {"do": "peis", "last_frequency": "100 Hz"}

    steps = {"steps": [until_warm, spectrum]}
    finished, streams = run(config, order(tmp_path, steps))

    assert finished.status == "completed"
    assert len(streams["eis"][SURFACE]) > 10
    assert streams["eis"][SURFACE] == pytest.approx(45.0)
    assert streams["eis"][AMBIENT] == pytest.approx(45.0)


def test_the_file_says_which_thermometer_it_was_and_how_good(
    bench: Config, tmp_path: Path
) -> None:
    import h5py  # noqa: PLC0415

    finished, _ = run(with_oven(bench, BOTH), order(tmp_path, resting("1 min")))

    assert finished.file is not None
    with h5py.File(finished.file) as file:
        rows = file["entry/timeseries"]
        assert rows[SURFACE].attrs["thermometer"] == "oven/skin"
        assert rows[SURFACE].attrs["standard_uncertainty"] == UNCERTAINTY
        assert rows[SURFACE].attrs["units"] == "degC"
        assert "standard_uncertainty" not in rows[AMBIENT].attrs
        assert "entry/temperature" in file


def test_without_a_thermometer_there_is_no_column(
    bench: Config, oven: ThermalDriver, tmp_path: Path
) -> None:
    elsewhere = {"vsp300/2": {"surface": "oven/skin"}}

    _, streams = run(with_oven(bench, elsewhere), order(tmp_path, resting("1 min")))

    assert SURFACE not in streams["timeseries"]
    assert oven.room is None


def test_a_whole_instrument_may_share_one(bench: Config) -> None:
    config = with_oven(bench, {"vsp300": {"ambient": "oven/air"}})

    found = prepare(order(Path(), resting()), config)

    assert [(a.name, a.channel) for a in found.asides] == [
        ("vsp300/1.ambient", "oven/air")
    ]


# ---- limits


@pytest.mark.parametrize(
    "duration",
    # also while an hour passes between two rows
    ["20 min", "3 h"],
)
def test_a_cell_that_grows_too_warm_ends_the_run_and_is_let_go(
    bench: Config, tmp_path: Path, duration: str
) -> None:
    config = with_oven(bench, BOTH, {"maximum_temperature": "40 degC"}, then=45.0)
    parameters = resting(duration, every="1 h")

    finished, streams = run(config, order(tmp_path, parameters))

    assert finished.status == "limit"
    assert "surface temperature 40." in finished.text
    assert "above the limit of 40 °C; outputs made safe" in finished.text
    assert finished.unsafe == {}
    # 45 − 20·exp(−t/300 s) passes 40 °C after 416 s; the next reading sees it
    with RunFile(finished.file) as file:  # type: ignore[arg-type]
        assert file.status.test_time == pytest.approx(420.0, abs=1.0)
    assert len(streams["timeseries"][SURFACE]) > 0


def test_a_cell_that_is_too_warm_from_the_start_is_never_driven(
    bench: Config, tmp_path: Path
) -> None:
    config = with_oven(bench, BOTH, {"maximum_temperature": "20 degC"})
    charging = {"steps": [{"do": "current", "rate": "C/10", "duration": "1 h"}]}

    finished, streams = run(config, order(tmp_path, charging))

    assert finished.status == "limit"
    assert len(streams["timeseries"][SURFACE]) == 0


@pytest.mark.parametrize("fault", ["broken", "silent"])
def test_nobody_trusts_a_limit_on_a_thermometer_that_says_nothing(
    bench: Config, oven: ThermalDriver, tmp_path: Path, fault: str
) -> None:
    config = with_oven(bench, BOTH, {"maximum_temperature": "40 degC"})

    def watch(situation: Situation) -> None:
        if situation.test_time > 300.0:
            setattr(oven.room, fault, True)

    finished, streams = run(
        config,
        order(tmp_path, resting()),
        Observers(Control(), watch, live_view=False),
    )

    assert finished.status == "limit"
    assert "surface temperature could not be read" in finished.text
    times = streams["timeseries"]["test_time_second"]
    assert times[-1] == pytest.approx(330.0, abs=15.0)


def test_without_a_limit_it_costs_its_readings_only(
    bench: Config, oven: ThermalDriver, tmp_path: Path
) -> None:
    def watch(situation: Situation) -> None:
        assert oven.room is not None
        oven.room.broken = 300.0 < situation.test_time < 600.0

    finished, streams = run(
        with_oven(bench, BOTH),
        order(tmp_path, resting()),
        Observers(Control(), watch, live_view=False),
    )

    assert finished.status == "completed"
    rows = streams["timeseries"]
    times, celsius = rows["test_time_second"], rows[SURFACE]
    assert np.isfinite(celsius[times < 300.0]).all()
    assert np.isnan(celsius[(times > 340.0) & (times < 600.0)]).all()
    assert np.isfinite(celsius[times > 950.0]).all()


@pytest.mark.parametrize(
    ("temperature", "said"),
    [
        ({}, "which thermometer is on the sample"),
        # the air says nothing of what a cell does to itself
        ({"vsp300": {"ambient": "oven"}}, "says nothing of the sample"),
        # another channel's thermometer is no help
        ({"vsp300/2": {"surface": "oven/skin"}}, "which thermometer is on the sample"),
    ],
)
def test_a_limit_that_nobody_can_look_at_is_refused_with_its_cure(
    bench: Config, temperature: dict[str, Any], said: str
) -> None:
    config = with_oven(bench, temperature, {"maximum_temperature": "40 degC"})

    with pytest.raises(RefusedError) as refused:
        prepare(order(Path(), resting()), config)

    (complaint,) = refused.value.complaints
    assert complaint.path == ("safety", "maximum_temperature")
    assert "`temperature:`" in complaint.cure
    assert said in complaint.cure


def test_a_chamber_is_no_thermometer_on_a_sample(bench: Config, tmp_path: Path) -> None:
    config = with_oven(bench, {"vsp300/1": {"surface": "oven"}})

    with pytest.raises(InstrumentError, match=r"temperature\.vsp300/1\.surface: oven"):
        start(prepare(order(tmp_path, resting()), config), config, Observers())


@pytest.mark.parametrize("where", ["oven", "oven/skim"])
def test_a_check_finds_a_thermometer_that_is_none(bench: Config, where: str) -> None:
    config = with_oven(bench, {"vsp300/1": {"surface": where}})

    with pytest.raises(RefusedError) as refused:
        prepare(order(Path(), resting()), config, inquire=True)

    (complaint,) = refused.value.complaints
    assert complaint.path == ("temperature", "vsp300/1.surface")


def test_a_check_says_which_thermometer_does_not_answer(
    bench: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(_station: Station, channel: str) -> object:
        raise LinkError(f"{channel} does not answer")

    monkeypatch.setattr(Station, "looked_at", nobody)

    found = prepare(order(Path(), resting()), with_oven(bench, BOTH), inquire=True)

    assert found.compared is not None
    said = [complaint.path for complaint in found.compared.unknown]
    assert ("temperature", "vsp300/1.surface") in said


def test_limits_with_nothing_between_them_are_refused(bench: Config) -> None:
    safety = {"minimum_temperature": "50 degC", "maximum_temperature": "40 degC"}

    with pytest.raises(RefusedError) as refused:
        prepare(order(Path(), resting()), with_oven(bench, BOTH, safety))

    (complaint,) = refused.value.complaints
    assert complaint.path == ("safety", "maximum_temperature")
    assert "40 °C is not above the 50 °C of minimum_temperature" in complaint.what


# ---- end conditions


def test_a_step_ends_when_its_sample_is_warm(bench: Config, tmp_path: Path) -> None:
    config = with_oven(bench, BOTH, then=45.0)
    parameters = resting("3 h", "warm: temperature >= 40 degC", every="1 h")

    finished, _ = run(config, order(tmp_path, parameters))

    assert finished.status == "completed"
    with RunFile(finished.file) as file:  # type: ignore[arg-type]
        (step,) = (s for s in file.steps if s.outcome and s.outcome.condition)
    assert step.outcome is not None
    assert step.outcome.condition == "warm"
    # 416 s; a reading every 10 s, and then a poll
    assert step.outcome.duration == pytest.approx(425.0, abs=10.0)


@pytest.mark.parametrize("inquire", [True, False])
def test_a_step_that_waits_for_what_nobody_measures_is_refused(
    bench: Config, tmp_path: Path, inquire: bool
) -> None:
    config = with_oven(bench, {"vsp300": {"ambient": "oven"}})
    asked = order(tmp_path, resting("1 h", "warm: temperature >= 45 degC"))

    with pytest.raises(RefusedError) as refused:
        start(prepare(asked, config, inquire=inquire), config, Observers())

    (complaint,) = refused.value.complaints
    assert complaint.path == ("parameters", "steps", 0, "until", 0)
    assert "`warm` waits for what nobody measures" in complaint.what
    assert "`temperature:`" in complaint.cure
    assert not list(tmp_path.glob("*/*.h5"))


def turned_at(oven: ThermalDriver, moments: dict[float, float]) -> Observers:
    """Return observers of whom one turns the chamber: s of the run -> °C."""

    def watch(situation: Situation) -> None:
        for moment in [m for m in moments if situation.test_time >= m]:
            assert oven.room is not None
            oven.room.setpoint = moments.pop(moment)

    return Observers(watch=watch, live_view=False)


def test_a_run_is_told_when_another_changes_its_chamber(
    bench: Config, tmp_path: Path, oven: ThermalDriver
) -> None:
    config = with_oven(bench, BOTH)
    turning = turned_at(oven, {300.0: 45.0, 310.0: 46.0, 320.0: 47.0})

    finished, _ = run(config, order(tmp_path, resting()), turning)

    with RunFile(finished.folder) as file:
        told = [e.event.text for e in file.events if e.event.code == "temperature"]
    (text,) = told
    assert text.startswith("oven regulates to 45 °C now, and regulates to 25 °C before")


# ---- going on


def stopped(config: Config, out: Path) -> Finished:
    """Return a run that was stopped in its tenth minute."""
    control = Control()

    def watch(situation: Situation) -> None:
        if situation.test_time > 600.0:
            control.stop("stopped by a test")

    return run(
        config, order(out, resting()), Observers(control, watch, live_view=False)
    )[0]


def test_a_run_goes_on_where_its_sample_is_as_warm_as_it_was(
    bench: Config, tmp_path: Path
) -> None:
    left = stopped(with_oven(bench, BOTH), tmp_path)

    finished = resume(left.folder, Observers(live_view=False))

    assert finished.status == "completed"
    with RunFile(finished.file) as file:  # type: ignore[arg-type]
        said = [e.event.text for e in file.events if e.event.code == "temperature"]
    assert said == [
        "surface temperature at oven/skin is 25.0 °C, the run left it at 25.0 °C",
        "ambient temperature at oven is 25.0 °C, the run left it at 25.0 °C",
    ]


def test_a_run_does_not_go_on_by_itself_in_another_climate(
    bench: Config, oven: ThermalDriver, tmp_path: Path
) -> None:
    left = stopped(with_oven(bench, BOTH), tmp_path)
    oven.offset = 20.0  # somebody opened the door

    with pytest.raises(OperatorError) as refused:
        resume(left.folder, Observers(live_view=False))

    said = "is 45.0 °C, the run left it at 25.0 °C. That is more than 5 K apart"
    assert said in str(refused.value)
    assert "--accept-cell" in str(refused.value)
    finished = resume(left.folder, Observers(live_view=False), accept_voltage=True)
    assert finished.status == "completed"


def test_what_no_thermometer_says_is_unknown_and_stops_nothing(
    bench: Config, oven: ThermalDriver, tmp_path: Path
) -> None:
    left = stopped(with_oven(bench, BOTH), tmp_path)
    oven.offset = float("nan")

    finished = resume(left.folder, Observers(live_view=False))

    assert finished.status == "completed"
    with RunFile(finished.file) as file:  # type: ignore[arg-type]
        said = [e.event.text for e in file.events if e.event.code == "temperature"]
    assert "is unknown, the run left it at 25.0 °C" in said[0]


@dataclass(frozen=True)
class Stuck:
    """A thermometer whose input says always the same."""

    reads: float

    def celsius(self) -> float:
        return self.reads


@pytest.mark.parametrize("reads", [-273.15, -300.0, 9999.0, np.inf, -np.inf, np.nan])
def test_what_is_no_temperature_is_no_reading(reads: float) -> None:
    beside = TemperatureBeside(SURFACE_TEMPERATURE)

    with pytest.raises(InstrumentError, match="open, shorted or beyond its curve"):
        beside.read(Stuck(reads))
