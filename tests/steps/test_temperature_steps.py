"""A temperature is waited for, within its band, until a deadline."""

import dataclasses
import math

import pytest
from simple_chamber import ChamberBench

from labctl.data import Batch, Event
from labctl.errors import InstrumentError
from labctl.protocol import Ending, Item, Rows
from labctl.roles.chamber import ChamberBounds
from labctl.steps.temperature import (
    DWELL,
    CheckTemperature,
    SetTemperature,
    TemperatureTarget,
)
from labctl.temperatures import Temperatures


def through(rows: Rows) -> tuple[list[Item], Ending]:
    items: list[Item] = []
    while True:
        try:
            items.append(next(rows))
        except StopIteration as stop:
            return items, stop.value


def to(celsius: float, **more: float) -> SetTemperature:
    return SetTemperature(label="t", target=TemperatureTarget(celsius, **more))


def test_it_ends_when_the_chamber_stayed_in_its_band_for_dwell_and_soak() -> None:
    bench = ChamberBench()

    _, ending = through(to(45.0, band=0.5, soak=600.0).execute(bench))

    # 23 K · exp(−t/300 s) is 0.5 K after 1149 s; then dwell and soak.
    passed = ending.values["settled_after"]
    assert passed == pytest.approx(1149.0 + DWELL + 600.0, abs=20.0)
    assert abs(ending.values["celsius"] - 45.0) < 0.3
    assert bench.chamber.regulates


def test_a_row_a_look_tells_set_point_and_reading() -> None:
    bench = ChamberBench()

    items, _ = through(to(30.0).execute(bench))

    rows = [item for item in items if isinstance(item, Batch)]
    assert {row.stream for row in rows} == {"climate"}
    assert rows[0].columns["setpoint_temperature_celsius"][0] == 30.0
    assert rows[0].columns["chamber_temperature_celsius"][0] == 22.0
    assert rows[0].columns["regulates"][0] == 1


def test_it_yields_at_least_once_a_poll() -> None:
    bench = ChamberBench()
    rows, before, longest = to(30.0).execute(bench), 0.0, 0.0
    for _ in rows:
        longest = max(longest, bench.clock.now() - before)
        before = bench.clock.now()

    assert longest <= bench.clock.poll_period(0.0)


def test_one_that_does_not_come_in_time_names_value_target_and_band() -> None:
    bench = ChamberBench()
    bench.chamber.follows = False

    with pytest.raises(InstrumentError, match=r"22\.00 °C .* 45 ± 0\.5 °C"):
        through(to(45.0, deadline=900.0).execute(bench))


def test_at_the_end_one_that_does_not_come_is_said_and_the_run_goes_on() -> None:
    bench = ChamberBench()
    bench.chamber.follows = False
    step = dataclasses.replace(to(45.0, deadline=900.0), required=False)

    items, ending = through(step.execute(bench))

    assert [e.code for e in items if isinstance(e, Event)] == ["temperature"]
    assert ending.values["settled"] == 0.0


@pytest.mark.parametrize(
    "change",
    [
        # Its over-temperature switch opened, or somebody pressed stop.
        {"regulates": False},
        # Somebody turned the knob.
        {"setpoint": 60.0},
        # Its sensor broke.
        {"_from": float("nan")},
    ],
)
def test_a_chamber_that_was_meddled_with_ends_the_wait(
    change: dict[str, float],
) -> None:
    bench = ChamberBench()
    rows = to(45.0).execute(bench)
    for _ in range(50):
        next(rows)
    for name, value in change.items():
        setattr(bench.chamber, name, value)

    with pytest.raises(InstrumentError, match="chamber"):
        through(rows)


def test_what_the_chamber_complains_of_is_said_once() -> None:
    bench = ChamberBench()
    bench.chamber.faults = ("door open",)

    items, _ = through(to(30.0).execute(bench))

    assert [e.text for e in items if isinstance(e, Event)] == ["chamber: door open"]


@pytest.mark.parametrize(
    ("target", "said"),
    [
        # Colder than it can.
        (TemperatureTarget(-20.0), "-20 °C is outside 0 … 80 °C"),
        # A ramp faster than it goes.
        (TemperatureTarget(45.0, ramp=0.1), "goes 3 K/min"),
    ],
)
def test_what_it_cannot_do_is_said_before_it_is_asked(
    target: TemperatureTarget, said: str
) -> None:
    bench = ChamberBench()

    found = SetTemperature(label="t", target=target).beyond(bench)

    assert said in found[0].what
    assert bench.chamber.told == []


def test_a_chamber_that_takes_no_ramp_refuses_one() -> None:
    bench = ChamberBench()
    bench.chamber.bounds = ChamberBounds(0.0, 80.0)

    found = to(45.0, ramp=0.01).beyond(bench)

    assert "takes no ramp" in found[0].what
    assert found[0].cure == "Leave it out."


def test_on_the_way_back_a_ramp_is_cured_as_a_ramp() -> None:
    bench = ChamberBench()
    bench.chamber.bounds = ChamberBounds(0.0, 80.0)
    target = TemperatureTarget(-20.0, ramp=0.01)

    cold, ramp = SetTemperature(label="back", target=target, required=False).beyond(
        bench
    )

    assert "return_to=null" in cold.cure
    assert ramp.cure == "Leave it out."


def test_it_stands_as_long_as_it_regulates_near_its_target() -> None:
    bench = ChamberBench()
    step = to(45.0)
    through(step.execute(bench))
    stood = step.still_stands(bench)
    bench.chamber.make_safe()

    assert stood
    assert not step.still_stands(bench)


def test_what_stands_is_restored_at_once() -> None:
    bench = ChamberBench()
    step = to(45.0)
    through(step.execute(bench))
    before = bench.clock.now()

    through(step.restore(bench))

    assert bench.clock.now() == before
    assert bench.chamber.told == [45.0]


def test_what_was_made_safe_is_waited_for_again() -> None:
    bench = ChamberBench()
    step = to(45.0)
    through(step.execute(bench))
    bench.chamber.make_safe()
    bench.clock.sleep(3600.0)

    through(step.restore(bench))

    assert bench.chamber.told == [45.0, None, 45.0]
    assert step.still_stands(bench)


def test_a_last_look_says_how_warm_it_is() -> None:
    bench = ChamberBench()

    items, ending = through(CheckTemperature(label="c").execute(bench))

    assert len(items) == 1
    assert ending.values["celsius"] == 22.0


class SampleInside(Temperatures):
    """A sample that follows the chamber with a lag of its own."""

    def __init__(self, bench: ChamberBench, lag: float) -> None:
        super().__init__()
        self.bench, self.lag = bench, lag
        self.kelvin, self.then = bench.chamber.celsius(), 0.0

    def latest(self, column: str) -> float:
        passed = self.bench.clock.now() - self.then
        goal = self.bench.chamber.celsius()
        self.kelvin += (goal - self.kelvin) * min(passed / self.lag, 1.0)
        self.then += passed
        return self.kelvin if column == "surface_temperature_celsius" else math.nan


@pytest.mark.parametrize("lag", [60.0, 300.0, 1800.0])
def test_a_sample_with_a_thermometer_is_waited_for_itself(lag: float) -> None:
    bench = ChamberBench()
    bench.temperatures = SampleInside(bench, lag)

    _, ending = through(to(45.0, soak=1e6).execute(bench))

    assert bench.temperatures.latest("surface_temperature_celsius") == pytest.approx(
        45.0, abs=0.5 if lag <= 300.0 else 2.0
    )
    assert ending.values["settled_after"] < 5 * (300.0 + lag)


def test_where_the_thermometer_says_nothing_the_soak_counts() -> None:
    bench = ChamberBench()

    _, ending = through(to(23.0, soak=3600.0).execute(bench))

    assert ending.values["settled_after"] > 3600.0


@pytest.mark.parametrize(
    ("setpoint", "regulates", "says"),
    [
        (45.0, True, ""),
        # rounded by the chamber, within the band
        (45.3, True, ""),
        (60.0, True, "the set point of chamber is 60 °C; it was asked for 45 °C"),
        (45.0, False, "chamber does not regulate any more (somebody switched it off)"),
    ],
)
def test_what_somebody_changes_while_others_measure_is_known(
    setpoint: float, regulates: bool, says: str
) -> None:
    bench = ChamberBench()
    bench.chamber.setpoint, bench.chamber.regulates = setpoint, regulates

    found = SetTemperature(label="to", target=TemperatureTarget(45.0)).disturbance(
        bench
    )

    assert found.startswith(says)
    assert bool(found) is bool(says)
