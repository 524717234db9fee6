"""A channel says how far it may be off, its rows on which range they were read."""

import math

import numpy as np
import pytest
from data_sheets import CHANNEL_SHEETS
from simulated_biologic import column, simulated_bench

from drivers.biologic.accuracy import channel_accuracy
from drivers.biologic.options import accuracy_of_channel, read_options
from drivers.biologic.upload.ranges import ChannelFacts
from drivers.twins.biologic.imperfections import CURRENT, VOLTAGE, impedance_limits
from labctl.analysis.meter import ASYMMETRY_OF_GAIN
from labctl.errors import RefusedError
from labctl.roles.channel_accuracy import (
    ChannelAccuracy,
    MeterAccuracy,
    Origin,
    accuracy_of,
)
from labctl.techniques import ConstantCurrent, Recording

EVERY = Recording(every_s=1.0)
CERTIFICATE = "calibrated 2026-03, certificate 12"


def facts(board: int = 2, **more: object) -> ChannelFacts:
    known = {
        "name": "v/1",
        "board": board,
        "min_range": 2,
        "max_range": 10,
        "max_bandwidth": 9,
        "impedance": True,
        "voltage": math.nan,
        **more,
    }
    return ChannelFacts(**known)  # type: ignore[arg-type]


def stated(**said: object) -> ChannelAccuracy:
    written = {"all": {"source": CERTIFICATE, **said}}
    options = read_options("v", {"accuracy": written})
    return channel_accuracy(facts(), accuracy_of_channel(options, 0))


def meter(found: MeterAccuracy | None) -> MeterAccuracy:
    assert found is not None
    return found


@pytest.mark.parametrize("quantity", CHANNEL_SHEETS)
def test_a_channel_states_no_smaller_limit_of_error_than_the_data_sheet(
    quantity: str,
) -> None:
    board, unit = quantity.split()
    own_board, least = {"VMP3": (1, 5), "VSP-300": (2, 2)}[board]
    found = channel_accuracy(facts(own_board, min_range=least))
    ranges = meter(found.current if unit == "A" else found.voltage).ranges

    sheet = CHANNEL_SHEETS[quantity]
    own = {each.full_scale: each.limits for each in ranges}

    assert set(own) == {name for name, _, _ in sheet}
    for name, gain, zero in sheet:
        limits = own[name]
        stated_there = limits.gain * name + limits.offset
        assert stated_there >= (gain * name + zero) * (1 - 1e-9)


@pytest.mark.parametrize("board", [1, 2])
def test_a_twin_errs_no_more_than_its_driver_states(board: int) -> None:
    found = channel_accuracy(facts(board))
    told = ((found.current, CURRENT[board]), (found.voltage, VOLTAGE[board]))

    for own, twin in ((meter(own), twin) for own, twin in told):
        for each in own.ranges:
            assert twin.gain <= each.limits.gain
            assert twin.zero * each.full_scale <= each.limits.offset * (1 + 1e-9)
            assert 2 * twin.asymmetry <= ASYMMETRY_OF_GAIN * each.limits.gain


@pytest.mark.parametrize("board", [1, 2])
def test_a_twins_impedance_errs_no_more_than_its_driver_states(board: int) -> None:
    stated = channel_accuracy(facts(board)).impedance
    assert stated is not None
    for frequency in np.geomspace(1e-3, 1e6, 28):
        for size in np.geomspace(0.05, 1e6, 22):
            part, degrees = impedance_limits(frequency, size)
            magnitude, phase = stated.at(frequency, size)
            assert part <= magnitude
            assert math.radians(degrees) <= phase


@pytest.mark.parametrize("board", [1, 2])
def test_what_nobody_has_held_against_the_page_is_said_to_be_unverified(
    board: int,
) -> None:
    found = channel_accuracy(facts(board))

    assert meter(found.current).origin is Origin.MEMORY
    assert found.impedance is not None
    assert found.impedance.origin is Origin.MEMORY


def test_of_a_board_that_nobody_knows_nothing_is_stated() -> None:
    assert channel_accuracy(facts(3)) == ChannelAccuracy()


def test_a_channel_without_a_board_for_impedance_states_none() -> None:
    assert channel_accuracy(facts(impedance=False)).impedance is None


def test_a_certificate_wins_and_is_named() -> None:
    found = meter(stated(current_zero=5e-5, current_asymmetry=1e-5).current)

    limits = found.on(8, 0.0).limits
    assert limits.offset == pytest.approx(5e-5 * 1e-2)
    assert limits.asymmetry == 1e-5
    assert limits.gain == 1e-3  # as the driver knows it
    assert found.origin is Origin.CONFIGURATION
    assert CERTIFICATE in found.source


def test_limits_widen_with_the_room_where_a_sheet_says_how() -> None:
    found = stated(current_gain=1e-3, per_kelvin=0.1, room=33.0)

    # 5 K beyond 23 ± 5 °C
    assert meter(found.current).on(8, 0.0).limits.gain == pytest.approx(1.5e-3)
    assert meter(found.voltage).on(0, 0.0).limits.offset == pytest.approx(1.5e-3)


def test_a_certified_impedance_holds_wherever_it_is_measured() -> None:
    impedance = stated(impedance_magnitude=2e-3, impedance_phase=0.2).impedance
    assert impedance is not None

    magnitude, phase = impedance.at([1e-3, 1e6], [1e-3, 1e7])

    assert magnitude == pytest.approx(2e-3)
    assert phase == pytest.approx(math.radians(0.2))


def test_a_channels_own_certificate_wins_over_that_of_all() -> None:
    written = {
        "all": {"source": "sheet", "current_gain": 1e-3},
        "2": {"source": "own", "current_gain": 1e-4},
    }
    options = read_options("v", {"accuracy": written})

    found = [accuracy_of_channel(options, number) for number in (0, 1)]

    assert [each and each.source for each in found] == ["sheet", "own"]


@pytest.mark.parametrize(
    "said",
    [
        {"current_gain": 1e-3},  # whose figure is it?
        {"source": "sheet", "current_gain": -1e-3},
        {"source": "sheet", "gain": 1e-3},
        {"source": "sheet", "impedance_magnitude": 1e-2},
    ],
)
def test_an_accuracy_that_cannot_be_meant_is_refused(said: dict[str, object]) -> None:
    with pytest.raises(RefusedError):
        read_options("v", {"accuracy": {"all": said}})


def test_a_slot_that_no_instrument_has_is_refused() -> None:
    with pytest.raises(RefusedError):
        read_options("v", {"accuracy": {"17": {"source": "sheet"}}})


def test_a_simulated_channel_states_its_accuracy_without_a_word_on_the_wire() -> None:
    bench = simulated_bench()

    found = accuracy_of(bench.channel)

    assert found is not None
    assert found.current is not None


def test_every_row_says_on_which_range_it_was_read() -> None:
    bench = simulated_bench()
    large = ConstantCurrent(5e-3, 5.0, record=EVERY)
    small = ConstantCurrent(1e-4, 5.0, record=EVERY)

    polls = bench.run([large, small])  # one poll: both have ended when rows come
    index = column(polls, "technique_index")
    code = column(polls, "current_range_code")

    assert set(code[index == 0]) == {8}  # 10 mA
    assert set(code[index == 1]) == {6}  # 100 µA
