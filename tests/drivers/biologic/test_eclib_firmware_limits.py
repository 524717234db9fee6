"""The envelope in the firmware: what stops an unattended channel, and what cannot."""

import math
from collections.abc import Sequence

import pytest
from simulated_biologic import column, simulated_bench

from drivers.biologic.upload.conditions import split
from drivers.biologic.upload.firmware_limits import Bounds, guard_current, guard_voltage
from drivers.twins.world import catalogue
from labctl.limits import Envelope
from labctl.techniques import (
    Comparison,
    Condition,
    ConditionQuantity,
    ConstantCurrent,
    ConstantPower,
    ConstantVoltage,
    OpenCircuit,
    Recording,
    Spectrum,
    Technique,
    VoltageSweep,
)

VOLTAGE, CURRENT = "voltage_volt", "current_ampere"
ENVELOPE = Envelope({VOLTAGE: (0.5, 1.5), CURRENT: (-2e-4, 2e-4)})
BOUNDS = Bounds.of(ENVELOPE)
HOURLY = Recording(every_s=600.0)
SWEEP = VoltageSweep((1.0, 1.2, 0.8), 1e-3, until=())


def above(volts: float, *, ends_all: bool = False) -> Condition:
    return Condition(
        "upper",
        ConditionQuantity.VOLTAGE,
        Comparison.AT_LEAST,
        volts,
        ends_all=ends_all,
    )


def below(volts: float) -> Condition:
    return Condition("lower", ConditionQuantity.VOLTAGE, Comparison.AT_MOST, volts)


def test_firmware_stops_a_margin_outside_so_that_the_host_is_first() -> None:
    assert BOUNDS.voltage == pytest.approx((0.48, 1.52))  # 20 mV
    assert BOUNDS.current == pytest.approx((-2.04e-4, 2.04e-4))  # 1 % of the width


def test_a_fresh_cell_may_stand_where_it_is_charged_from() -> None:
    eased = Envelope({VOLTAGE: (0.5, 1.5)}, {VOLTAGE: (-0.1, 1.5)})

    assert Bounds.of(eased).voltage == pytest.approx((-0.12, 1.52))


def test_a_limit_that_the_range_cannot_show_is_brought_to_its_end() -> None:
    seen = BOUNDS.within(1.0, 1e-4)

    assert seen.voltage == pytest.approx((0.48, 0.998))
    assert seen.current == pytest.approx((-1.02e-4, 1.02e-4))


def test_nothing_is_watched_where_there_is_no_bound() -> None:
    assert Bounds.of(Envelope({})) == Bounds((-math.inf, math.inf))
    assert not guard_voltage(split(()), Bounds(), 1e-3).complete


def test_limits_of_the_step_stay_as_they_are_and_come_first() -> None:
    own = split((above(1.4), below(0.6)), driven=True)

    guarded = guard_voltage(own, BOUNDS, 1e-4)

    assert guarded.tests == own  # both lie within: nothing to add
    assert guarded.complete


def test_a_limit_of_the_step_beyond_the_envelope_does_not_serve_for_it() -> None:
    guarded = guard_voltage(split((above(1.9),), driven=True), BOUNDS, 1e-4)

    assert [value for _, value in guarded.tests.tests] == pytest.approx(
        [1.9, 1.52, 0.48]
    )


def test_the_way_out_of_the_steps_own_limits_is_kept() -> None:
    together = guard_voltage(split((above(1.4),), driven=True), BOUNDS, 1e-4)
    alone = guard_voltage(split((), driven=True), BOUNDS, 1e-4)

    assert (together.tests.exit, alone.tests.exit) == (1, 2)


def test_a_pair_that_acts_together_is_not_mixed_with_others() -> None:
    taper = Condition("t", ConditionQuantity.ABSOLUTE_CURRENT, Comparison.AT_MOST, 1e-5)
    own = split((taper,))

    guarded = guard_current(own, BOUNDS)

    assert guarded.tests == own
    assert not guarded.complete


CASES: list[tuple[str, Sequence[Technique], str, tuple[str, ...]]] = [
    # what is loaded, the EClib techniques that come of it, what is not watched
    ("current", [ConstantCurrent(1e-4, 60.0)], "CPLIMIT", ()),
    ("voltage", [ConstantVoltage(1.0, 60.0)], "CALIMIT", ()),
    ("rest", [OpenCircuit(60.0)], "OCV", ()),
    ("power", [ConstantPower(1e-4, 60.0)], "CPOWER", ("power",)),
    ("spectrum", [Spectrum(True, 0.0, 1e-5, 1e3, 1.0)], "GEIS", ("eis",)),
    ("triangle", [VoltageSweep((1.0, 1.2, 1.0), 1e-3)], "CV", ("sweep",)),
    ("scan", [VoltageSweep((1.0, 1.2, 0.8), 1e-3)], "VSCANLIMIT", ()),
]


@pytest.mark.parametrize(("what", "techniques", "loaded", "unlimited"), CASES)
def test_every_technique_with_room_gets_limits_and_the_others_are_named(
    what: str, techniques: Sequence[Technique], loaded: str, unlimited: tuple[str, ...]
) -> None:
    model = "VMP3" if what == "power" else "VSP-300"
    bench = simulated_bench({"model": model})

    answer = bench.channel.load(techniques, ENVELOPE)

    assert bench.twin.channels[0].loaded[0].table.name == loaded, what
    assert answer.unlimited == unlimited
    assert answer.limited is not bool(unlimited)


def test_without_a_read_back_nothing_counts_as_limited() -> None:
    bench = simulated_bench(missing=frozenset({"BL_GetParamInfos"}))

    answer = bench.channel.load([ConstantCurrent(1e-4, 60.0)], ENVELOPE)

    assert (answer.limited, answer.unlimited) == (False, ("cc",))


def test_an_unattended_current_ends_at_the_envelope() -> None:
    """0.25 mA for 200 h into a cell that is full at 1.6 V; nobody polls."""
    bench = simulated_bench(cell=catalogue.build_cell("si"))
    envelope = Envelope({VOLTAGE: (-0.01, 1.61), CURRENT: (-2.6e-4, 2.6e-4)})
    bench.channel.load([ConstantCurrent(2.5e-4, 720000.0, record=HOURLY)], envelope)
    bench.channel.start()

    bench.clock.sleep(86 * 3600.0)

    assert bench.twin.truth(1).current == 0.0
    poll = bench.channel.poll()
    assert not poll.running
    assert column([poll], VOLTAGE).max() == pytest.approx(1.63, abs=2e-3)
