"""Sweeps by hand on the twins: the station steps, and lets nothing stay on."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from drivers.twins.world.world import BenchWorld
from labctl.api.answers import HandSweepOut
from labctl.api.requests import Action, HandSweepIn, ManualIn
from labctl.clock import ScaledClock
from labctl.errors import LimitError, OperatorError
from labctl.roles.driver import Setup
from labctl.service.bench import by_hand
from labctl.service.bench.by_hand import ByHand
from labctl.service.bench.hand_acts import bounds
from labctl.service.bench.hand_sweep import levels_of
from labctl.station import SimulatedWires, Station

SETUPS = (
    Setup("k2450", "keithley-2450", "USB0::0x05E6::0x2450::04089762::INSTR"),
    Setup("k6221", "keithley-6221", "GPIB0::12::INSTR"),
    Setup("k7001", "keithley-7001", "GPIB0::8::INSTR"),
    Setup("ls643", "lakeshore-643", "GPIB0::10::INSTR"),
)
UP = HandSweepIn(begin=0, end=1, points=3)
FOR_EVER = HandSweepIn(begin=0.1, end=1.0, points=2000, dwell=60.0)


@pytest.fixture
def bench() -> Iterator[tuple[ByHand, BenchWorld]]:
    clock = ScaledClock(500)
    world = BenchWorld(clock)
    world.place("particle-qms-0.7", ())
    station = Station(SETUPS, {}, clock, SimulatedWires(world))
    hand = ByHand(station)
    yield hand, world
    hand.release_all()
    station.close()


def a_sweep(levels: HandSweepIn, channel: str = "k2450", **more: Any) -> ManualIn:
    about = {"quantity": "voltage", "compliance": 1e-3, **more}
    return ManualIn(channel=channel, action=Action.SWEEP, sweep=levels, **about)


def followed(hand: ByHand, after: int = 0) -> HandSweepOut:
    found = hand.act(
        ManualIn(channel="k2450", action=Action.FOLLOW, after=after), "Kim"
    ).sweep
    assert found is not None
    return found


def test_a_sweep_visits_every_level_and_switches_off(
    bench: tuple[ByHand, BenchWorld], eventually: Callable[..., object]
) -> None:
    hand, world = bench
    hand.act(a_sweep(HandSweepIn(begin=-0.1, end=0.1, points=5, loop=True)), "Kim")
    eventually(lambda: True if not followed(hand).goes_on else None)

    told = followed(hand)

    assert told.why == "completed"
    assert [round(p.level, 6) for p in told.points] == [
        *(-0.1, -0.05, 0, 0.05, 0.1, 0.05, 0, -0.05, -0.1)
    ]
    assert len(followed(hand, after=7).points) == 2
    assert not world.circuit.source.on
    assert hand.touched()["k2450"].holds == {}


def test_a_sweep_that_nobody_follows_is_ended_with_the_output_off(
    bench: tuple[ByHand, BenchWorld],
    eventually: Callable[..., object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hand, world = bench
    hand.act(a_sweep(FOR_EVER), "Kim")
    eventually(lambda: True if world.circuit.source.on else None)
    assert hand.look() == {}

    monkeypatch.setattr(by_hand, "PATIENCE", -1.0)
    followed(hand)

    assert hand.look() == {"k2450": ""}
    assert not world.circuit.source.on
    assert hand.touched() == {}


def test_a_sweep_that_is_let_go_ends_with_the_output_off(
    bench: tuple[ByHand, BenchWorld], eventually: Callable[..., object]
) -> None:
    hand, world = bench
    hand.act(a_sweep(FOR_EVER), "Kim")
    eventually(lambda: True if world.circuit.source.on else None)
    sweep = hand.touched()["k2450"].sweep
    assert sweep is not None

    assert hand.release_all() == {"k2450": ""}

    assert not world.circuit.source.on
    assert sweep.told(0).why == "stopped"


def test_while_it_sweeps_a_channel_does_nothing_else(
    bench: tuple[ByHand, BenchWorld],
) -> None:
    hand, _ = bench
    hand.act(a_sweep(FOR_EVER), "Kim")

    with pytest.raises(OperatorError, match="sweeps; stop it first"):
        hand.act(ManualIn(channel="k2450", action=Action.READ), "Kim")
    with pytest.raises(OperatorError, match="sweeps; stop it first"):
        hand.act(a_sweep(FOR_EVER), "Kim")


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        # beyond the 2450's 210 V: nothing is sent
        (a_sweep(HandSweepIn(begin=0, end=300, points=3)), LimitError),
        # below its smallest current limit
        (a_sweep(UP, compliance=1e-12), LimitError),
        # no compliance, no quantity, nothing to visit: nothing is guessed
        (a_sweep(UP, compliance=0), OperatorError),
        (a_sweep(UP, quantity=""), OperatorError),
        (a_sweep(UP, quantity="field"), OperatorError),
        (ManualIn(channel="k2450", action=Action.SWEEP), OperatorError),
        (ManualIn(channel="k2450", action=Action.FOLLOW), OperatorError),
        # a current source has no meter
        (a_sweep(UP, channel="k6221"), OperatorError),
    ],
)
def test_what_cannot_be_swept_is_refused_with_the_output_off(
    bench: tuple[ByHand, BenchWorld], asked: ManualIn, error: type[Exception]
) -> None:
    hand, world = bench

    with pytest.raises(error):
        hand.act(asked, "Kim")
    assert not world.circuit.source.on


def test_relays_left_alone_take_the_current_with_them(
    bench: tuple[ByHand, BenchWorld], monkeypatch: pytest.MonkeyPatch
) -> None:
    hand, world = bench
    drive = ManualIn(
        channel="k6221",
        action=Action.DRIVE,
        quantity="current",
        value=1e-6,
        compliance=1,
    )
    monkeypatch.setattr(by_hand, "PATIENCE", -1.0)
    hand.act(
        ManualIn(channel="k7001", action=Action.CONNECT, contacts=[1, 2, 3, 4]), "Kim"
    )
    monkeypatch.setattr(by_hand, "PATIENCE", 30.0)
    hand.act(drive, "Kim")
    assert hand.touched()["k6221"].holds == {"set A": 1e-6}

    assert list(hand.look()) == ["k6221", "k7001"]
    assert not world.circuit.source.on


def test_a_supply_is_not_told_tesla(bench: tuple[ByHand, BenchWorld]) -> None:
    hand, _ = bench
    field = ManualIn(channel="ls643", action=Action.FIELD, quantity="field", value=0.5)

    with pytest.raises(OperatorError, match="told a current, not a field"):
        hand.act(field, "Kim")


def test_a_channel_says_what_it_can_do_at_most(
    bench: tuple[ByHand, BenchWorld],
) -> None:
    hand, _ = bench
    for channel in ("k6221", "ls643"):
        hand.act(ManualIn(channel=channel, action=Action.READ), "Kim")
    players = {s: t.player for s, t in hand.touched().items()}

    assert bounds(players["ls643"]) == {"current A": 70.1}
    assert bounds(players["k6221"])["current A"] == 0.105
    assert bounds(players["k6221"])["least compliance V"] == 0.1
    assert bounds(None) == {}


@pytest.mark.parametrize(
    ("sweep", "levels"),
    [
        # both ends are visited exactly
        (HandSweepIn(begin=-1, end=1, points=3), [-1.0, 0.0, 1.0]),
        # a loop ends where it began and turns once
        (HandSweepIn(begin=0, end=1, points=3, loop=True), [0.0, 0.5, 1.0, 0.5, 0.0]),
        (HandSweepIn(begin=1, end=0, points=2, loop=True), [1.0, 0.0, 1.0]),
    ],
)
def test_levels_are_even_and_a_loop_comes_home(
    sweep: HandSweepIn, levels: list[float]
) -> None:
    assert levels_of(sweep) == levels


def test_no_relay_is_moved_while_a_source_is_on(
    bench: tuple[ByHand, BenchWorld],
) -> None:
    hand, _ = bench
    relays = ManualIn(channel="k7001", action=Action.CONNECT, contacts=[1, 3, 2, 4])
    drive = ManualIn(
        channel="k6221",
        action=Action.DRIVE,
        quantity="current",
        value=1e-6,
        compliance=1.0,
    )
    hand.act(drive, "Kim")

    with pytest.raises(OperatorError, match="k6221 is on: make it safe first"):
        hand.act(relays, "Kim")

    hand.release("k6221")
    assert hand.act(relays, "Kim").words["closed"]
