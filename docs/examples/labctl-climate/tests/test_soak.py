"""The plan of soak, its step on the twin, its numbers on recorded rows."""

from types import SimpleNamespace

import numpy as np
import pytest
from labctl_climate.soak import Soak, SoakParameters
from labctl_climate.steps import CheckChamber, HoldTemperature

from drivers.twins.world.circuit import Circuit
from labctl import plugins
from labctl.clock import VirtualClock
from labctl.data import EndReason, Outcome
from labctl.errors import InstrumentError, RefusedError
from labctl.quantities import SI
from labctl.roles.driver import Setup
from labctl.sample import Sample

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
        return self.device.roles[""]


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


def test_a_step_a_temperature_follows_the_check() -> None:
    plan = soak(temperatures=["30 °C", "45 °C"], hold="10 min").plan()
    outcome = Outcome(EndReason.COMPLETED)

    first, *steps = [next(plan), plan.send(outcome), plan.send(outcome)]

    assert first == CheckChamber(
        label="can the chamber do it", temperatures=(30.0, 45.0)
    )
    assert [(s.temperature, s.hold, s.cycle) for s in steps] == [
        (30.0, 600.0, 1),
        (45.0, 600.0, 2),
    ]


def test_every_temperature_that_the_chamber_has_not_is_refused(bench: Bench) -> None:
    step = CheckChamber(label="check", temperatures=(-60.0, 25.0, 300.0))

    with pytest.raises(RefusedError) as refused:
        done(step, bench)

    places = [complaint.path[-1] for complaint in refused.value.complaints]
    assert places == [0, 2]


def test_the_hold_begins_when_the_temperature_is_reached(bench: Bench) -> None:
    step = HoldTemperature(label="45 °C", temperature=45.0, hold=600.0)

    rows, ending = done(step, bench)

    # 20 °C · exp(−t/600 s) falls to the tolerance of 0.5 °C after 2213 s
    assert ending.values["reached_after"] == pytest.approx(2213.0, abs=120.0)
    assert len(rows) == pytest.approx((2213.0 + 600.0) / 10.0, rel=0.05)
    assert bench.role("chamber", object).read().regulates


def test_a_chamber_that_does_not_come_is_an_error(bench: Bench) -> None:
    step = HoldTemperature(label="", temperature=150.0, hold=60.0, deadline=300.0)

    with pytest.raises(InstrumentError, match="after 300 s, asked for 150 °C"):
        done(step, bench)


def test_the_mean_is_that_of_the_hold_alone() -> None:
    rows = {
        "cycle_count": np.array([1] * 6 + [2] * 2),
        "ambient_temperature_celsius": np.array(
            [25.0, 40.0, 44.9, 45.0, 45.1, 45.0, 45.0, 46.0]
        ),
    }
    run = SimpleNamespace(sample=PELLET, steps=(), table=lambda _stream: rows)

    found = soak(temperatures=["45 °C", "60 °C"]).results(run)

    assert found["mean_1_at_45"].value == pytest.approx(45.0)
    assert found["mean_2_at_60"].value is None
    assert found["reached_1_at_45"].value is None
