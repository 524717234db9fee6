"""A Julabo: its words, its roles over its twin, alarms, its panel, lost links."""

import json
import math
import random
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from pairs import driver_of, twin_of
from pymeasure.test import expected_protocol

from drivers.julabo.julabo import Julabo, parse_version
from drivers.twins.julabo.julabo import LOW_LEVEL
from drivers.twins.visa.library import LabsimLibrary
from drivers.twins.world.world import BenchWorld
from labctl.clock import VirtualClock
from labctl.errors import IdentityError, InstrumentError, LimitError, RefusedError
from labctl.roles.chamber import Chamber
from labctl.roles.driver import Setup
from labctl.roles.identity import Identity
from labctl.roles.playing import plays
from labctl.roles.safing_order import Stage, stage_of
from labctl.roles.thermometer import Thermometer

LIQUID = {"lowest": "-20 °C", "highest": "120 °C", "timeout": 1.0}
SERIAL, NETWORK = "ASRL3::INSTR", "TCPIP::192.168.0.40::5050::SOCKET"


class Rig:
    """A simulated circulator, opened by its driver."""

    def __init__(
        self, address: str = NETWORK, options: Any = LIQUID, **simulated: Any
    ) -> None:
        self.clock = VirtualClock(0.0)
        self.world = BenchWorld(self.clock)
        self.setup = Setup("bath", "julabo", address, options, simulated)
        self.library: LabsimLibrary = twin_of("julabo")(
            self.setup, self.world, self.clock
        )
        (twin,) = self.library.instruments.values()
        self.twin: Any = twin
        self.device = driver_of("julabo").open(self.library, self.setup, self.clock)
        self.bath: Any = self.device.roles[""]

    def pull_the_plug(self) -> None:
        for session in self.library._sessions.values():
            session.lost = True


@pytest.fixture(params=[SERIAL, NETWORK])
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    made = Rig(request.param)
    yield made
    made.device.close()


def bare(pairs: Sequence[tuple[str | None, str | None]]) -> Any:
    return expected_protocol(
        Julabo,
        list(pairs),
        identity=Identity("JULABO", "FP50-HL", "0", "3.0", NETWORK),
        setup=Setup("bath", "julabo", NETWORK, LIQUID),
        clock=VirtualClock(0.0),
    )


# ---- words


@pytest.mark.parametrize(
    ("answer", "model", "firmware"),
    [
        ("JULABO MAGIO MS-1000F VERSION 1.31", "MAGIO MS-1000F", "1.31"),
        ("JULABO FP50-HL V 3.0", "FP50-HL", "3.0"),
        ("Julabo CORIO CD V2.01a", "CORIO CD", "2.01a"),
    ],
)
def test_a_version_names_model_and_firmware(
    answer: str, model: str, firmware: str
) -> None:
    found = parse_version(answer, NETWORK)

    assert (found.maker, found.model, found.firmware) == ("JULABO", model, firmware)


@pytest.mark.parametrize("answer", ["", "24.97", "LAUDA ECO VERSION 1", "JULABO"])
def test_what_is_no_julabo_is_refused(answer: str) -> None:
    with pytest.raises(IdentityError, match="check address, baud rate and parity"):
        parse_version(answer, NETWORK)


def test_regulating_is_read_back_word_by_word() -> None:
    pairs: list[tuple[str | None, str | None]] = [
        ("status", "02 REMOTE STOP"),
        ("out_mode_01 0", None),
        ("status", "-08 INVALID COMMAND"),  # as one with a single set point answers
        ("out_sp_00 45.00", None),
        ("in_sp_00", "45.00"),
        ("in_mode_05", "0"),
        ("out_mode_05 1", None),
        ("in_mode_05", "1"),
    ]
    with bare(pairs) as bath:
        assert bath.regulate(45.0) == 45.0


def test_a_sensor_that_is_not_there_is_no_number() -> None:
    with bare([("in_pv_00", "---.--")]) as bath:
        assert math.isnan(bath.celsius())


@pytest.mark.parametrize("answer", ["", "24,97", "24.97 C", "1e9", "-300.0", "--2.1"])
def test_what_is_no_temperature_is_an_error(answer: str) -> None:
    pairs = [("in_pv_00", answer), ("status", "03 REMOTE START")]
    with bare(pairs) as bath, pytest.raises(InstrumentError, match="bath"):
        bath.celsius()


def test_ten_thousand_spoiled_answers_are_numbers_or_errors() -> None:
    """Its words carry no checksum: what is cut is a shorter number, if it is one.

    So what is read lies in the range of a bath, or is an error; and never a crash.
    """
    rng = random.Random(14)  # noqa: S311
    with bare([]) as bath:
        for _ in range(10_000):
            text = bytes(rng.randrange(32, 127) for _ in range(rng.randrange(8)))
            for form in (bath._celsius, bath._power, bath._status, bath._error_of):
                try:
                    found = form(text.decode())
                except InstrumentError:
                    continue
                if form == bath._celsius and not math.isnan(found):
                    assert float(text) == found


# ---- roles


def test_it_plays_a_chamber_that_goes_off_after_the_sources(rig: Rig) -> None:
    assert plays(rig.bath, Chamber)
    assert stage_of(rig.bath) is Stage.HEATERS
    assert plays(rig.device.roles["bath"], Thermometer)
    assert rig.device.identity().model == "MAGIO MS-1000F"


@pytest.mark.parametrize("celsius", [60.0, -10.0])
def test_a_set_point_is_reached_by_heating_and_by_cooling(
    rig: Rig, celsius: float
) -> None:
    assert rig.bath.regulate(celsius) == celsius
    rig.clock.sleep(3 * 3600.0)

    reading = rig.bath.read()

    assert reading.celsius == pytest.approx(celsius, abs=0.1)
    assert (reading.setpoint, reading.regulates) == (celsius, True)


def test_beyond_what_its_liquid_stands_nothing_is_sent(rig: Rig) -> None:
    for celsius in (-21.0, 121.0, math.nan):
        with pytest.raises(LimitError, match="bath"):
            rig.bath.regulate(celsius)
    with pytest.raises(LimitError, match="takes no ramp"):
        rig.bath.regulate(40.0, ramp=0.01)

    assert rig.twin.setpoint == 25.0


def test_what_its_liquid_stands_must_be_said() -> None:
    with pytest.raises(RefusedError, match="lowest: and highest:"):
        Rig(options={})


def test_a_slip_in_a_bounds_name_is_no_missing_bound() -> None:
    with pytest.raises(RefusedError, match="highst: there is no such option"):
        Rig(options={**LIQUID, "highst": 80.0})


def test_safe_heats_nothing_and_the_pump_goes_on(rig: Rig) -> None:
    rig.bath.regulate(100.0)
    rig.clock.sleep(3600.0)
    rig.bath.make_safe()

    assert rig.twin.setpoint == 20.0
    assert rig.twin.runs
    assert rig.twin.plant.share(rig.clock.now()) <= 0.0


def test_one_that_was_cooled_is_not_warmed_up_to_be_safe(rig: Rig) -> None:
    rig.bath.regulate(5.0)
    rig.clock.sleep(12 * 3600.0)
    rig.bath.make_safe()

    assert rig.twin.setpoint == pytest.approx(5.0, abs=0.2)
    assert rig.twin.runs


def test_another_set_point_chosen_at_its_panel_is_not_gone_by(rig: Rig) -> None:
    rig.twin.selected, rig.twin.second = 1, 90.0
    rig.bath.regulate(60.0)
    rig.clock.sleep(6 * 3600.0)
    reading = rig.bath.read()
    rig.twin.selected = 1
    rig.bath.make_safe()

    assert reading.celsius == pytest.approx(60.0, abs=0.2)
    assert rig.twin.selected == 0


def test_a_cooler_that_knows_no_heater_is_made_safe_without_one() -> None:
    rig = Rig(model="FL601")
    rig.bath.regulate(35.0)
    rig.clock.sleep(12 * 3600.0)
    rig.bath.make_safe()

    assert rig.twin.setpoint == 20.0
    assert rig.bath.read().faults == ()
    assert rig.device.link_counts.reopened == 0
    rig.device.close()


def test_one_that_goes_on_heating_is_told(rig: Rig) -> None:
    rig.bath.regulate(100.0)
    rig.clock.sleep(600.0)
    rig.twin.act = lambda: None

    with pytest.raises(InstrumentError, match=r"heats with .* above 20 °C"):
        rig.bath.make_safe()


# ---- what goes wrong at the instrument


def test_driven_from_its_panel_it_says_what_to_choose_there() -> None:
    rig = Rig(remote=False)

    with pytest.raises(InstrumentError, match="choose remote control there"):
        rig.bath.regulate(40.0)
    with pytest.raises(InstrumentError, match="-09 COMMAND NOT ALLOWED"):
        rig.bath.make_safe()
    assert rig.twin.setpoint == 25.0
    rig.device.close()


def test_an_alarm_is_told_and_not_heated_over(rig: Rig) -> None:
    rig.bath.regulate(60.0)
    rig.twin.fail()

    reading = rig.bath.read()

    assert reading.faults == (LOW_LEVEL,)
    assert not reading.regulates
    with pytest.raises(InstrumentError, match="LOW LEVEL ALARM"):
        rig.bath.regulate(60.0)


def test_a_set_point_that_it_refuses_is_told_with_its_reason() -> None:
    rig = Rig(options={"lowest": -20.0, "highest": 300.0})

    with pytest.raises(InstrumentError, match="-11 VALUE TOO LARGE"):
        rig.bath.regulate(250.0)
    rig.device.close()


# ---- the link


def test_a_lost_link_comes_back_to_the_same_state(rig: Rig) -> None:
    rig.bath.regulate(60.0)
    rig.pull_the_plug()

    assert rig.bath.read().setpoint == 60.0
    assert rig.device.link_counts.reopened == 1


@pytest.mark.parametrize("change", ["set point", "mode"])
def test_one_that_was_changed_meanwhile_is_refused_until_told_again(
    rig: Rig, change: str
) -> None:
    rig.bath.regulate(60.0)
    rig.pull_the_plug()
    if change == "mode":
        rig.twin.runs = False
    else:
        rig.twin.setpoint = 110.0

    with pytest.raises(InstrumentError, match="not as it was left"):
        rig.bath.read()
    assert rig.bath.regulate(60.0) == 60.0
    assert rig.bath.read().regulates


def test_another_circulator_at_the_address_is_told_nothing(rig: Rig) -> None:
    rig.bath.regulate(60.0)
    rig.pull_the_plug()
    rig.twin.version = "JULABO OTHER VERSION 1.0"

    with pytest.raises(IdentityError, match="stands now a JULABO OTHER"):
        rig.bath.make_safe()
    assert rig.twin.setpoint == 60.0


def test_a_resumed_bench_is_as_warm_as_it_was(rig: Rig) -> None:
    rig.bath.regulate(60.0)
    rig.clock.sleep(3 * 3600.0)
    state = json.loads(json.dumps(rig.world.snapshot()))
    other = Rig()
    other.world.restore(state)

    reading = other.bath.read()
    assert reading.celsius == pytest.approx(60.0, abs=0.1)
    assert (reading.setpoint, reading.regulates) == (60.0, True)
    other.device.close()
