"""The plan of soak, its step on the twin, its numbers on recorded rows."""

from types import SimpleNamespace

import numpy as np
import pytest
from labctl_climate.soak import Soak, SoakParameters
from labctl_climate.steps import CheckHumidifier, HoldHumidity

from drivers.twins.world.circuit import Circuit
from labctl import plugins
from labctl.clock import VirtualClock
from labctl.data import EndReason, Outcome
from labctl.errors import InstrumentError, RefusedError
from labctl.quantities import SI
from labctl.roles.driver import Setup
from labctl.sample import Sample
from labctl.steps.temperature import SetTemperature

PELLET = Sample(name="a pellet", kind="pellet")


def soak(**given: object) -> Soak:
    return Soak(SoakParameters.model_validate(given, context=SI), PELLET)


class Bench:
    """What a step touches: the chamber's driver on its twin, in virtual time."""

    def __init__(self, **simulated: object) -> None:
        self.clock = VirtualClock(0.0)
        address = "TCPIP::10.0.0.8::5025::SOCKET"
        setup = Setup("oven", "kb53", address, simulated=simulated)
        wire = plugins.twin("kb53")(setup, Circuit(), self.clock)
        self.device = plugins.driver("kb53").open(wire, setup, self.clock)

    def role(self, name: str, kind: type) -> object:
        del name, kind
        return self.device.roles["water"]


@pytest.fixture
def bench():
    made = Bench()
    yield made
    made.device.close()


def done(step, bench: Bench):
    """Execute a step to its end; return its rows and how it ended."""
    rows, running = [], step.execute(bench)
    while True:
        try:
            item = next(running)
        except StopIteration as end:
            return rows, end.value
        if item is not None:
            rows.append(item)


def test_the_temperature_comes_first_then_a_step_a_humidity() -> None:
    plan = soak(temperature="30 °C", humidities=["40 %", "60 %"], hold="10 min").plan()
    outcome = Outcome(EndReason.COMPLETED)

    first, warm, *steps = [next(plan), *(plan.send(outcome) for _ in range(3))]

    assert first == CheckHumidifier(
        label="can the humidifier do it", humidities=(40.0, 60.0)
    )
    assert isinstance(warm, SetTemperature)
    assert warm.target.celsius == 30.0
    assert [(s.humidity, s.hold, s.cycle) for s in steps] == [
        (40.0, 600.0, 1),
        (60.0, 600.0, 2),
    ]


def test_every_humidity_that_it_has_not_is_refused(bench: Bench) -> None:
    step = CheckHumidifier(label="check", humidities=(5.0, 50.0, 99.0))

    with pytest.raises(RefusedError) as refused:
        done(step, bench)

    places = [complaint.path[-1] for complaint in refused.value.complaints]
    assert places == [0, 2]


def test_the_hold_begins_when_the_humidity_is_reached(bench: Bench) -> None:
    step = HoldHumidity(label="80 %", humidity=80.0, hold=600.0)

    rows, ending = done(step, bench)

    # 35 % · exp(−t/300 s) falls to the tolerance of 2 % after 859 s
    assert ending.values["reached_after"] == pytest.approx(859.0, abs=60.0)
    assert len(rows) == pytest.approx((859.0 + 600.0) / 10.0, rel=0.05)
    assert bench.role("humidifier", object).read().regulates


def test_a_humidifier_that_does_not_come_is_an_error(bench: Bench) -> None:
    step = HoldHumidity(label="", humidity=95.0, hold=60.0, deadline=300.0)

    with pytest.raises(InstrumentError, match="after 300 s, asked for 95 %"):
        done(step, bench)


def test_the_mean_is_that_of_the_hold_alone() -> None:
    rows = {
        "cycle_count": np.array([1] * 6 + [2] * 2),
        "relative_humidity_percent": np.array(
            [45.0, 52.0, 59.9, 60.0, 60.1, 60.0, 60.0, 63.0]
        ),
    }
    run = SimpleNamespace(sample=PELLET, steps=(), table=lambda _stream: rows)

    found = soak(humidities=["60 %", "80 %"]).results(run)

    assert found["mean_1_at_60"].value == pytest.approx(60.0)
    assert found["mean_2_at_80"].value is None
    assert found["reached_1_at_60"].value is None
