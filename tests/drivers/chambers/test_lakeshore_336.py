"""A 336 and a 335: messages, roles over the twin, ramps, heater faults, lost links."""

import json
import math
from collections.abc import Iterator
from typing import Any

import pytest
from pairs import driver_of, twin_of
from pymeasure.test import expected_protocol

from drivers.lakeshore.lakeshore_336 import LakeShore336
from drivers.twins.visa.library import LabsimLibrary
from drivers.twins.world.world import BenchWorld
from labctl.clock import VirtualClock
from labctl.errors import InstrumentError, LimitError, RefusedError
from labctl.roles.chamber import Chamber, ChamberReading
from labctl.roles.driver import Setup
from labctl.roles.identity import Identity
from labctl.roles.playing import plays
from labctl.roles.safing_order import Stage, stage_of
from labctl.roles.thermometer import Thermometer

ADDRESS = "TCPIP::192.168.0.12::7777::SOCKET"
STAGE = {1: {"lowest": "0 °C", "highest": 400.0, "range": "high"}}


class Rig:
    """A simulated 336 on a bench, opened by its driver."""

    def __init__(
        self, model: str = "336", outputs: Any = STAGE, **simulated: Any
    ) -> None:
        self.clock = VirtualClock(0.0)
        self.world = BenchWorld(self.clock)
        driver = f"lakeshore-{model}"
        self.setup = Setup(
            "ls", driver, ADDRESS, {"outputs": outputs, "timeout": 1.0}, simulated
        )
        self.library: LabsimLibrary = twin_of(driver)(
            self.setup, self.world, self.clock
        )
        (twin,) = self.library.instruments.values()
        self.twin: Any = twin
        self.device = driver_of(driver).open(self.library, self.setup, self.clock)
        self.roles: Any = self.device.roles

    def pull_the_plug(self) -> None:
        """Lose every session, as a switch that restarts does."""
        for session in self.library._sessions.values():
            session.lost = True


@pytest.fixture
def rig() -> Iterator[Rig]:
    made = Rig()
    yield made
    made.device.close()


def bare(pairs: list[tuple[str | None, str | None]], outputs: Any = None) -> Any:
    inputs = [
        (f"INTYPE? {x}", "1,1,0,1,1" if x == "A" else "0,0,0,0,1") for x in "ABCD"
    ]
    opening: list[tuple[str | None, str | None]] = [("*CLS", None), *inputs]
    if outputs:
        opening.append(("OUTMODE? 1", "1,1,0"))
    return expected_protocol(
        LakeShore336,
        opening + pairs,
        identity=Identity("LSCI", "336", "1", "2.9", ADDRESS),
        setup=Setup("ls", "lakeshore-336", ADDRESS, {"outputs": outputs or {}}),
        clock=VirtualClock(0.0),
    )


# ---- messages


@pytest.mark.parametrize(
    ("answer", "celsius"),
    [
        ("+024.970;000", 24.97),
        # an open sensor, a sensor out of its curve either way: no number
        ("+000.000;128", math.nan),
        ("+000.000;016", math.nan),
        ("+000.000;032", math.nan),
        ("+000.000;001", math.nan),
    ],
)
def test_a_reading_is_one_question_with_its_status(answer: str, celsius: float) -> None:
    with bare([("CRDG? A;RDGST? A", answer)]) as controller:
        found = controller.roles["A"].celsius()

    assert found == celsius or (math.isnan(found) and math.isnan(celsius))


@pytest.mark.parametrize(
    "answer", ["", "24.97", "24.97;x", "x;000", "1;2;3", "-300;000"]
)
def test_what_is_no_reading_is_an_error(answer: str) -> None:
    with (
        bare([("CRDG? A;RDGST? A", answer)]) as controller,
        pytest.raises(InstrumentError, match="ls"),
    ):
        controller.roles["A"].celsius()


def test_only_enabled_inputs_are_thermometers() -> None:
    with bare([]) as controller:
        assert list(controller.roles) == ["A"]


def test_a_look_at_a_loop_is_one_question() -> None:
    question = "CRDG? A;RDGST? A;SETP? 1;RANGE? 1;HTRST? 1;INTYPE? A"
    answer = "+044.800;000;+318.150;3;0;1,1,0,1,1"
    with bare([(question, answer)], STAGE) as controller:
        reading = controller.roles["1"].read()

    assert reading == ChamberReading(44.8, 318.15 - 273.15, regulates=True)


# ---- roles


def test_it_plays_thermometers_and_heaters(rig: Rig) -> None:
    assert list(rig.roles) == ["A", "B", "C", "D", "1"]
    assert plays(rig.roles["A"], Thermometer)
    assert plays(rig.roles["1"], Chamber)
    assert stage_of(rig.roles["1"]) is Stage.HEATERS


def test_a_335_has_two_inputs() -> None:
    rig = Rig("335")

    assert list(rig.roles) == ["A", "B", "1"]
    assert rig.roles["1"].regulate(60.0) == pytest.approx(60.0, abs=1e-3)
    rig.device.close()


@pytest.mark.parametrize("units", [1, 2])
def test_a_set_point_is_reached_in_either_unit(units: int) -> None:
    rig = Rig(units=units)
    back = rig.roles["1"].regulate(80.0)
    rig.clock.sleep(1800.0)

    reading = rig.roles["1"].read()

    assert back == pytest.approx(80.0, abs=1e-3)
    assert reading.celsius == pytest.approx(80.0, abs=0.1)
    assert reading.setpoint == pytest.approx(80.0, abs=1e-3)
    assert rig.roles["A"].celsius() == pytest.approx(80.0, abs=0.1)
    rig.device.close()


def test_a_ramp_begins_where_the_sensor_is(rig: Rig) -> None:
    rig.roles["1"].regulate(85.0, ramp=2.0 / 60.0)
    rig.clock.sleep(900.0)
    half = rig.roles["1"].read()
    rig.clock.sleep(1800.0)

    # 60 K at 2 K/min take 30 min; after 15 min the set point is half way
    assert half.setpoint == pytest.approx(55.0, abs=0.5)
    assert half.celsius == pytest.approx(half.setpoint, abs=2.0)
    assert rig.roles["1"].read().celsius == pytest.approx(85.0, abs=0.2)


def test_beyond_its_bounds_nothing_is_sent(rig: Rig) -> None:
    for celsius in (-1.0, 401.0, math.nan):
        with pytest.raises(LimitError, match="ls/1"):
            rig.roles["1"].regulate(celsius)
    with pytest.raises(LimitError, match="a ramp of 101 K/min"):
        rig.roles["1"].regulate(80.0, ramp=101.0 / 60.0)

    assert rig.twin.ranges[1] == 0


def test_safe_is_a_range_that_is_off(rig: Rig) -> None:
    rig.roles["1"].regulate(150.0)
    rig.clock.sleep(600.0)
    rig.roles["1"].make_safe()
    rig.clock.sleep(4.0)

    assert rig.twin.ranges[1] == 0
    assert rig.twin.plants[1].share(rig.clock.now()) == 0.0
    assert not rig.roles["1"].read().regulates


def test_a_heater_that_goes_on_heating_is_told(rig: Rig) -> None:
    rig.roles["1"].regulate(80.0)
    rig.twin._words["RANGE"] = rig.twin._words["RAMP"]  # it takes the word and does not

    with pytest.raises(InstrumentError, match="goes on heating"):
        rig.roles["1"].make_safe()


def test_an_open_sensor_reads_nothing_and_is_not_heated_by(rig: Rig) -> None:
    rig.twin.broken.add("A")

    assert math.isnan(rig.roles["A"].celsius())
    with pytest.raises(InstrumentError, match="sensor A reads nothing"):
        rig.roles["1"].regulate(80.0)
    assert rig.twin.ranges[1] == 0


def test_a_heater_fault_is_told_by_name(rig: Rig) -> None:
    rig.roles["1"].regulate(80.0)
    rig.twin.fail_heater(1, 1)

    assert rig.roles["1"].read().faults == ("its heater is open",)
    with pytest.raises(InstrumentError, match="its heater is open"):
        rig.roles["1"].regulate(80.0)


def test_a_heater_fault_is_told_to_all_though_the_first_look_clears_it(
    rig: Rig,
) -> None:
    rig.roles["1"].regulate(80.0)
    rig.twin.fail_heater(1, 2)

    assert rig.roles["1"].celsius() < 80.0  # a thermometer's look, of another run
    assert rig.roles["1"].read().faults == ("its heater is shorted",)
    rig.roles["1"].make_safe()
    assert rig.roles["1"].read().faults == ("its heater is shorted",)


def test_a_heater_that_was_mended_heats_again(rig: Rig) -> None:
    rig.roles["1"].regulate(80.0)
    rig.twin.fail_heater(1, 1)
    rig.roles["1"].read()
    with pytest.raises(InstrumentError, match="its heater is open"):
        rig.roles["1"].regulate(80.0)
    rig.twin.heater_fault[1] = 0

    assert rig.roles["1"].regulate(80.0) == pytest.approx(80.0, abs=1e-3)
    reading = rig.roles["1"].read()
    assert (reading.regulates, reading.faults) == (True, ())


def test_an_output_without_a_loop_is_refused_when_it_is_opened() -> None:
    with pytest.raises(
        InstrumentError, match=r"output mode 3 .* set it up at the front"
    ):
        Rig(modes={1: 3})


@pytest.mark.parametrize(
    ("outputs", "told"),
    [
        ({3: {}}, "'3' is no heater|3 is no heater"),
        ([1], "names no output"),
        ({1: {**STAGE[1], "highst": 80.0}}, "highst: there is no such option"),
        ({1: {"highest": 300.0, "lowest": 0.0}}, "'' is none of low, medium, high"),
        ({1: {"range": "low", "lowest": 0.0}}, "highest: how cold and how warm"),
    ],
)
def test_outputs_are_configured_completely_or_refused(outputs: Any, told: str) -> None:
    with pytest.raises(RefusedError, match=told):
        Rig(outputs=outputs)


def test_a_sensor_can_hang_at_a_sample() -> None:
    rig = Rig(inputs={"C": {"surface": "vsp300/1"}, "D": {"ambient": "specimen"}})
    rig.world.place("si", ["vsp300/1"])
    rig.roles["1"].regulate(80.0)
    rig.clock.sleep(120.0)

    assert 25.5 < rig.roles["C"].celsius() < rig.roles["A"].celsius()
    assert rig.roles["D"].celsius() == pytest.approx(rig.roles["A"].celsius(), abs=1.0)
    rig.device.close()


# ---- the link


def test_a_lost_link_comes_back_to_the_same_state(rig: Rig) -> None:
    rig.roles["1"].regulate(80.0)
    rig.pull_the_plug()

    assert rig.roles["1"].read().setpoint == pytest.approx(80.0, abs=1e-3)
    assert rig.device.link_counts.reopened == 1


def test_one_that_was_changed_meanwhile_is_refused_until_told_again(rig: Rig) -> None:
    rig.roles["1"].regulate(80.0)
    rig.pull_the_plug()
    rig.twin.goals[1] = 400.0
    rig.twin._act(1, 400.0)

    with pytest.raises(InstrumentError, match="not as it was left"):
        rig.roles["1"].read()
    with pytest.raises(InstrumentError, match="prepare it again"):
        rig.roles["1"].read()
    assert rig.roles["A"].celsius() < 100.0  # a thermometer has nothing to compare
    assert rig.roles["1"].regulate(80.0) == pytest.approx(80.0, abs=1e-3)


@pytest.mark.parametrize("ramp", [None, 2.0 / 60.0])
def test_one_that_restarted_meanwhile_is_no_more_as_it_was_left(
    rig: Rig, ramp: float | None
) -> None:
    rig.roles["1"].regulate(80.0, ramp)
    rig.pull_the_plug()
    rig.twin.reset()

    with pytest.raises(InstrumentError, match="its heater range"):
        rig.roles["1"].read()
    rig.roles["1"].make_safe()
    assert rig.twin.ranges[1] == 0


def test_a_resumed_bench_is_as_warm_as_it_was(rig: Rig) -> None:
    rig.roles["1"].regulate(80.0)
    rig.clock.sleep(1800.0)
    state = json.loads(json.dumps(rig.world.snapshot()))
    other = Rig()
    other.world.restore(state)

    reading = other.roles["1"].read()
    assert reading.celsius == pytest.approx(80.0, abs=0.1)
    assert reading.regulates
    other.device.close()
