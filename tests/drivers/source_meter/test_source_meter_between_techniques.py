"""From one technique to the next on a source meter: no order outlives its own."""

import numpy as np
import pytest
from meter_rig import LONGEST, MeterRig, Recorded, down_to, up_to

from drivers.keithley import scpi_cell
from labctl.columns import CURRENT, INSTRUMENT_TIME, TECHNIQUE_INDEX, VOLTAGE
from labctl.errors import InstrumentError, LimitError, OperatorError, RefusedError
from labctl.limits import Envelope
from labctl.techniques import ConstantCurrent, OpenCircuit, Recording

models = pytest.mark.parametrize("model", ["2450", "2460", "2636B"])
QUICK = Recording(every_s=1.0)
SELDOM = Recording(every_s=600.0)
DOWN = ConstantCurrent(-1e-3, LONGEST, down_to(0.05), SELDOM)


@models
def test_smaller_currents_to_the_same_cut_off_each_pass_their_charge(
    model: str,
) -> None:
    rig = MeterRig(model)
    steps = [
        ConstantCurrent(-amperes, LONGEST, down_to(0.3), QUICK)
        for amperes in (4e-3, 1e-3, 2e-4)
    ]

    found = rig.run(*steps)

    for index, step in enumerate(steps):
        seconds = found.seconds(index)
        assert seconds[-1] - seconds[0] > 60.0
        assert np.median(found.amperes(index)) == pytest.approx(step.current, rel=2e-3)


@models
def test_a_cell_beyond_the_cut_off_at_rest_is_not_driven_by_what_was_before(
    model: str,
) -> None:
    rig = MeterRig(model)

    found = rig.run(
        ConstantCurrent(4e-3, 1.0, (), QUICK),
        ConstantCurrent(1e-3, 30.0, up_to(0.2), QUICK),
        OpenCircuit(2.0, QUICK),
    )

    assert abs(found.amperes(1)).max() < 1e-6
    assert np.ptp(found.seconds(1)) < 1.0


def test_a_cell_beyond_a_cut_off_that_nobody_stated_ends_the_run() -> None:
    rig = MeterRig()
    narrow = Envelope({VOLTAGE.name: (-0.5, 0.2), CURRENT.name: (-0.4, 0.4)})
    rig.channel.load(
        [OpenCircuit(1.0, QUICK), ConstantCurrent(1e-3, 30.0, (), QUICK)], narrow
    )
    rig.channel.start()

    with pytest.raises(LimitError, match="rests beyond it"):
        rig.follow()
    assert rig.truth[1] == 0.0


def looked_at(rig: MeterRig, looks: int = 12) -> Recorded:
    """Start ``DOWN`` and look a few times; the first reading alone is a row."""
    rig.load(DOWN, OpenCircuit(5.0, SELDOM))
    rig.channel.start()
    found = Recorded()
    for _ in range(looks):
        rig.clock.sleep(rig.channel.next_look)
        rig.poll(found)
    assert len(found[INSTRUMENT_TIME.name]) == 1
    return found


def test_what_is_skipped_ends_with_a_row_of_that_moment() -> None:
    rig = MeterRig()
    found = looked_at(rig)

    rig.channel.skip()
    rig.poll(found)

    assert list(found[TECHNIQUE_INDEX.name]) == [0, 0, 1]
    assert found.seconds(0)[-1] == pytest.approx(rig.clock.now(), abs=0.5)


def test_what_is_stopped_ends_with_the_last_reading() -> None:
    rig = MeterRig()
    found = looked_at(rig)

    rig.channel.make_safe()
    rig.poll(found)

    assert found.seconds(0)[-1] == pytest.approx(rig.clock.now(), abs=0.5)
    assert found.amperes(0)[-1] == pytest.approx(-1e-3, rel=0.01)


def test_a_current_that_the_upload_s_range_does_not_hold_is_refused() -> None:
    rig = MeterRig("2460")
    wide = Envelope({VOLTAGE.name: (-12.0, 12.0), CURRENT.name: (-7.0, 7.0)})
    strong = ConstantCurrent(-5.0, LONGEST, down_to(0.05))

    rig.channel.rehearse([strong], wide)
    with pytest.raises(RefusedError, match=r"4\.20 A on the range for"):
        rig.channel.rehearse([strong, ConstantCurrent(0.1, 5.0)], wide)


def test_an_order_that_was_not_taken_is_never_switched_on() -> None:
    rig = MeterRig()
    rig.load(DOWN)
    carry_out, was_on = rig.twin.execute, []

    def deaf_to_limits(message: str) -> object:
        taken = message.replace(":SOUR:VOLT:ILIM 1.000000000E-03;", "")
        answer = carry_out(taken)
        was_on.append(rig.twin.output)
        return answer

    rig.twin.execute = deaf_to_limits
    with pytest.raises(InstrumentError, match="was asked for"):
        rig.channel.start()

    assert not any(was_on)


def test_a_look_at_what_is_loaded_leaves_it_recognisable() -> None:
    rig = MeterRig()
    token = rig.load(DOWN).token

    rig.channel.sense()
    rig.channel.start()

    assert rig.opened().recognise(token, rig.clock.unix())


def test_what_has_run_is_not_started_twice() -> None:
    rig = MeterRig()
    rig.run(OpenCircuit(1.0))

    with pytest.raises(OperatorError, match="nothing is loaded"):
        rig.channel.start()


@models
def test_a_rest_shows_a_cell_that_climbs_out_of_its_first_range(model: str) -> None:
    rig = MeterRig(model)
    rig.run(ConstantCurrent(-1.4e-2, LONGEST, down_to(0.02), QUICK))

    found = rig.run(OpenCircuit(600.0, QUICK))

    assert found.volts(0)[0] < found.volts(0)[-1] < 0.25
    assert found.volts(0)[-1] == pytest.approx(rig.truth[0], abs=1e-3)


def test_a_computer_that_slept_does_not_go_on_as_if_nothing_was() -> None:
    rig = MeterRig()
    rig.load(DOWN)
    rig.channel.start()
    for _ in range(3):
        rig.clock.sleep(rig.channel.next_look)
        rig.channel.poll()

    rig.twin.tamper = an_hour_later
    rig.clock.sleep(rig.channel.next_look)
    with pytest.raises(InstrumentError, match="this computer slept"):
        rig.channel.poll()


def an_hour_later(answer: bytes) -> bytes:
    """Return a reading as it is after an hour that the host did not notice."""
    if answer.count(b",") != 2:
        return answer
    source, sense, rest = answer.split(b",")
    time, _, more = rest.partition(b";")
    return b"%s,%s,%.6f;%s" % (source, sense, float(time) + 3600.0, more)


def test_time_goes_on_when_the_instrument_s_buffer_is_emptied(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scpi_cell, "EMPTIED_AT", 7)
    rig = MeterRig()

    rig.load(ConstantCurrent(-1e-3, 30.0, down_to(0.05), QUICK))
    rig.channel.start()
    found = rig.follow()

    seconds = found.seconds(0)
    assert seconds[-1] == pytest.approx(30.0, abs=0.2)
    assert np.diff(seconds) == pytest.approx(1.0, abs=0.2)
    assert len(rig.twin.buffer("defbuffer1").rows) <= 7
