"""The guard's own session on a BioLogic channel that its dead runner had started."""

from collections.abc import Mapping
from typing import Any

import pytest
from simulated_biologic import SimulatedBench, simulated_bench

from drivers.biologic.entry import driver
from drivers.twins.biologic.codes import State
from labctl.limits import Envelope
from labctl.service.guard.lines import (
    ChannelEnd,
    ChannelPlan,
    ChannelSafety,
    Claimed,
    OnHostLoss,
)
from labctl.service.guard.safing import FINISHES, NOT_OURS, make_channel_safe
from labctl.techniques import ConstantCurrent, OpenCircuit

MINE = [ConstantCurrent(1e-4, 36000.0)]
BOUNDS = Envelope({"voltage_volt": (0.0, 4.0)})


def claimed(bench: SimulatedBench, techniques: list[Any]) -> Claimed:
    """Load and start, as a runner does; return what it told the guard before."""
    loaded = bench.channel.load(techniques, BOUNDS)
    token: Mapping[str, Any] = {**loaded.token, "limited": loaded.limited}
    claim = Claimed("run-1", "vsp/1", token, bench.clock.unix())
    bench.channel.start()
    return claim


def guard_ends(
    bench: SimulatedBench, claims: list[Claimed], policy: OnHostLoss = OnHostLoss.OFF
) -> ChannelEnd:
    player = driver.open(bench.twin.table(), bench.twin.setup, bench.clock).roles["1"]
    plan = ChannelPlan("vsp/1", 2, policy)
    return make_channel_safe(plan, player, claims, host_is_lost=True)


def test_what_the_dead_runner_started_is_stopped() -> None:
    bench = simulated_bench()
    claim = claimed(bench, MINE)
    bench.clock.sleep(3600.0)

    assert guard_ends(bench, [claim]).state is ChannelSafety.SAFE
    assert bench.twin.truth(1).state is State.STOP
    assert bench.twin.truth(1).current == 0.0


def test_what_has_limits_in_its_firmware_may_finish() -> None:
    bench = simulated_bench()
    claim = claimed(bench, MINE)
    assert claim.token["limited"] is True

    ends = guard_ends(bench, [claim], OnHostLoss.FINISH_TECHNIQUE)

    assert ends == ChannelEnd(ChannelSafety.LEFT, FINISHES)
    assert bench.twin.truth(1).current == pytest.approx(1e-4)


def test_what_somebody_started_after_the_run_had_ended_is_left_alone() -> None:
    bench = simulated_bench()
    claim = claimed(bench, [OpenCircuit(60.0)])
    bench.clock.sleep(600.0)
    other = driver.open(bench.twin.table(), bench.twin.setup, bench.clock).roles["1"]
    other.load(MINE, BOUNDS)
    other.start()

    assert guard_ends(bench, [claim]) == ChannelEnd(ChannelSafety.LEFT, NOT_OURS)
    assert bench.twin.truth(1).current == pytest.approx(1e-4)
