"""A Hall bench is made safe in order, whichever of its instruments are dead."""

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import invariants
import pytest
from pairs import driver_of
from truth import Truth
from virtual_bench import Memory
from witness import Witness

from drivers.twins.labsim.benches import SimulatedBench, build_bench
from labctl import roles
from labctl.clock import VirtualClock
from labctl.engine.safing import make_all_safe
from labctl.roles.driver import Setup
from labctl.station import LentBench

OUTPUTS = {
    "source": "keithley-6221",
    "switch": "keithley-7001",
    "supply": "lakeshore-643",
    "ammeter": "keithley-6487",
}
RATE = 5.0
"""A/s that the supply is given."""


@dataclass
class Hall:
    """A bench whose current flows through closed relays in a field."""

    clock: VirtualClock
    bench: SimulatedBench
    truth: Truth
    witness: Witness
    players: dict[str, Any]

    def kill(self, *names: str) -> None:
        for name in names:
            self.bench.instruments[name].deaf = True


@pytest.fixture
def hall() -> Hall:
    clock = VirtualClock(1.7e9)
    bench = build_bench("hall", clock)
    truth = Memory(clock)
    witness = Witness(truth)
    for name, twin in bench.instruments.items():
        witness.watch_exchange(name, twin)
    witness.look()
    library = bench.library()
    players = {}
    for name, driver in OUTPUTS.items():
        setup = Setup(name, driver, bench.addresses[name])
        device = driver_of(driver).open(library, setup, clock)
        players[name] = device.roles.get("bias") or device.roles[""]
    _energise(bench, clock)
    witness.look()
    assert set(truth.now_on()) == {"source", "supply", "ammeter"}
    return Hall(clock, bench, truth, witness, players)


def _energise(bench: SimulatedBench, clock: VirtualClock) -> None:
    """Let everything be on, whoever did it."""
    for name, words in {
        "supply": [f"RATE {RATE}", "SETI 20.0"],
        "switch": [":ROUT:CLOS (@1!1!1,1!2!2)"],
        "source": [":SOUR:CURR 1e-5", ":OUTP ON"],
        "ammeter": [":SOUR:VOLT:RANG 10", ":SOUR:VOLT 1.0", ":SOUR:VOLT:STAT ON"],
    }.items():
        for word in words:
            bench.instruments[name].receive(word.encode() + b"\n", end=True)
    clock.sleep(30.0)


def subsets(names: tuple[str, ...]) -> list[tuple[str, ...]]:
    every = range(len(names) + 1)
    return [s for k in every for s in itertools.combinations(names, k)]


@pytest.mark.parametrize("dead", subsets(tuple(OUTPUTS)), ids="+".join)
def test_what_answers_is_off_whoever_else_is_dead(
    hall: Hall, dead: tuple[str, ...]
) -> None:
    hall.kill(*dead)

    unsafe = make_all_safe(LentBench(hall.clock, hall.players).outputs())

    hall.clock.sleep(120.0)  # the magnet's ramp
    hall.witness.look()
    assert not invariants.others_safe(hall.truth, ("source", "ammeter", "supply"), dead)
    assert set(dead) <= set(unsafe), "what is dead is said to be safe"


def test_the_current_is_off_before_relays_open_and_the_field_moves(hall: Hall) -> None:
    since = hall.clock.now()

    make_all_safe(LentBench(hall.clock, hall.players).outputs())

    hall.witness.look()
    truth = hall.truth
    assert not invariants.source_before_magnet(truth, "source", "supply", since)
    assert not invariants.source_before_magnet(truth, "ammeter", "supply", since)
    opened = next(c.time for c in truth.told("switch", "OPEN", after=since))
    off = truth.off_since("source")
    assert off is not None
    assert off <= opened


def test_relays_stay_closed_when_the_source_may_be_on(hall: Hall) -> None:
    hall.kill("source")
    since = hall.clock.now()

    unsafe = make_all_safe(LentBench(hall.clock, hall.players).outputs())

    assert {"source", "switch"} <= set(unsafe)
    assert not list(hall.truth.told("switch", "OPEN", after=since))


def test_making_safe_twice_changes_nothing(hall: Hall) -> None:
    outputs = LentBench(hall.clock, hall.players).outputs()
    make_all_safe(outputs)
    hall.witness.look()
    since = hall.clock.now()

    assert make_all_safe(outputs) == {}

    hall.witness.look()
    assert not invariants.nothing_energised(hall.truth, OUTPUTS, since)


def test_the_magnet_goes_to_zero_no_faster_than_it_was_told(hall: Hall) -> None:
    since = len(hall.truth.of("supply"))
    make_all_safe(LentBench(hall.clock, hall.players).outputs())

    for _ in range(600):
        hall.clock.sleep(0.1)
        hall.witness.look()

    assert not invariants.ramp_within(hall.truth, "supply", RATE, 0.5)
    assert len(hall.truth.of("supply")) > since
    assert "supply" not in hall.truth.now_on()


def test_no_role_cools_so_nothing_has_to_stay_on() -> None:
    names = [path.stem for path in Path(roles.__path__[0]).glob("*.py")]

    assert "current_source" in names
    assert not invariants.nobody_cools(names)
