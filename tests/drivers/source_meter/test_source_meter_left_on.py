"""A process that dies leaves an output on: its mark tells whose it is."""

import pytest
from meter_rig import BENCH, LONGEST, MeterRig, down_to, tapered

from drivers.visa.cell_terminals import LOOK, TerminalSettings
from labctl.data import Level
from labctl.errors import InstrumentError, NotOursError, OwnershipError
from labctl.techniques import ConstantCurrent, ConstantVoltage, OpenCircuit

models = pytest.mark.parametrize("model", ["2450", "2460", "2636B"])
DOWN = ConstantCurrent(-1e-3, LONGEST, down_to(0.05))


@models
def test_what_a_dead_process_left_on_is_recognised_and_switched_off(model: str) -> None:
    rig = MeterRig(model)
    token = rig.load(DOWN).token
    rig.channel.start()
    rig.clock.sleep(1.0)
    assert rig.truth[1] == pytest.approx(-1e-3, rel=0.01)

    guard = rig.opened()  # another process, which has the claim and nothing else
    assert guard.recognise(token, rig.clock.unix())
    guard.make_safe()

    assert rig.truth[1] == 0.0
    rig.clock.sleep(60.0)
    assert rig.truth[1] == 0.0


@models
def test_an_output_says_whether_it_is_open_whoever_switched_it_on(model: str) -> None:
    rig = MeterRig(model)
    rig.load(DOWN)
    assert rig.opened().is_open()

    rig.channel.start()
    other = rig.opened()
    other.make_safe()  # which leaves alone what is not its own
    assert not other.is_open()

    rig.channel.make_safe()
    assert other.is_open()


@models
def test_an_output_of_somebody_else_is_not_recognised(model: str) -> None:
    rig = MeterRig(model)
    token = dict(rig.load(DOWN).token)
    rig.channel.start()

    guard = rig.opened()
    assert not guard.recognise({**token, "mark": token["mark"] + 1}, 0.0)
    assert not guard.recognise({**token, "serial": "0"}, 0.0)
    assert not guard.recognise({"driver": "biologic"}, 0.0)
    guard.make_safe()

    rig.clock.sleep(1.0)
    assert rig.truth[1] == pytest.approx(-1e-3, rel=0.01)


def test_what_was_only_recognised_is_not_read() -> None:
    rig = MeterRig()
    token = rig.load(DOWN).token
    rig.channel.start()
    guard = rig.opened()
    guard.recognise(token, rig.clock.unix())

    with pytest.raises(OwnershipError):
        guard.sense()


def test_nothing_is_attached_to_since_nobody_kept_its_time() -> None:
    rig = MeterRig()
    token = rig.load(DOWN).token
    rig.channel.start()

    assert not rig.opened().adopt([DOWN], token, rig.clock.unix(), BENCH)
    with pytest.raises(NotOursError, match="left alone"):
        rig.opened().adopt(
            [DOWN], {**token, "mark": token["mark"] + 1}, rig.clock.unix(), BENCH
        )


@models
def test_a_dead_host_leaves_the_cell_at_its_cut_off_and_no_further(model: str) -> None:
    rig = MeterRig(model)
    rig.load(DOWN)
    rig.channel.start()
    rig.channel.poll()

    rig.clock.sleep(3 * 86400.0)  # nobody is there

    volts, amperes = rig.truth
    assert volts == pytest.approx(0.05, abs=1e-3)
    assert abs(amperes) < 1e-4  # it went to constant voltage by itself


def test_a_late_look_is_told_and_recorded_and_a_lost_half_minute_ends_it() -> None:
    rig = MeterRig()
    rig.load(DOWN)
    rig.channel.start()
    rig.channel.poll()

    rig.clock.sleep(rig.channel.next_look + 5.0)
    told = [e for e in rig.channel.poll().events if e.code == "late"]
    rig.clock.sleep(rig.channel.next_look + 31.0)
    with pytest.raises(InstrumentError, match="switched off"):
        rig.channel.poll()

    assert [e.level for e in told] == [Level.WARNING]
    assert "5.00 s late" in told[0].text
    assert rig.truth[1] == 0.0


def test_an_output_that_somebody_switched_off_is_not_switched_on_again() -> None:
    rig = MeterRig()
    rig.load(DOWN, ConstantVoltage(0.05, 60.0, tapered(1e-5)))
    rig.channel.start()
    rig.channel.poll()

    rig.twin.execute(":OUTP 0")
    rig.clock.sleep(1.0)

    with pytest.raises(InstrumentError, match="its output is off and was left on"):
        rig.channel.poll()
    assert rig.truth[1] == 0.0


def test_an_output_that_does_not_go_off_is_told() -> None:
    rig = MeterRig()
    rig.load(OpenCircuit(60.0))
    rig.channel.start()
    rig.twin.tamper = lambda answer: answer.replace(b"0;CURR", b"1;CURR")

    with pytest.raises(InstrumentError, match="stays on"):
        rig.channel.make_safe()


def test_what_is_off_and_not_in_high_impedance_is_told() -> None:
    rig = MeterRig()
    rig.load(OpenCircuit(60.0))
    rig.channel.start()
    rig.twin.tamper = lambda answer: answer.replace(b"HIMP;HIMP", b"NORM;HIMP")

    with pytest.raises(InstrumentError, match="disconnect the cell"):
        rig.channel.make_safe()


@models
def test_a_look_that_was_cut_short_is_ended_by_the_next_one(model: str) -> None:
    rig = MeterRig(model)
    rig.channel.sense()
    marked = rig.channel._terminals
    marked.set_up(TerminalSettings(5.0, 1.0, True, 7.0, LOOK))
    marked.rest()  # and the process dies

    rig.opened().load([OpenCircuit(60.0)], BENCH)

    assert not rig.opened()._terminals.state().on


def test_a_skip_begins_the_next_technique_without_a_new_upload() -> None:
    rig = MeterRig()
    rig.load(DOWN, OpenCircuit(60.0))
    rig.channel.start()
    rig.channel.poll()

    assert rig.channel.skip() is None
    poll = rig.channel.poll()

    assert poll.technique == 1
    assert poll.running
    assert rig.truth[1] == 0.0


def test_after_nonsense_on_the_wire_the_output_is_made_safe() -> None:
    rig = MeterRig()
    rig.load(DOWN)
    rig.channel.start()
    poll = rig.channel.poll()
    rig.clock.sleep(rig.channel.next_look)
    rig.twin.tamper = lambda _: b"nonsense\n"
    with pytest.raises(InstrumentError):
        rig.channel.poll()
    rig.twin.tamper = None

    rig.channel.make_safe()
    last = rig.channel.poll()

    assert poll.running
    assert not last.running
    assert rig.truth[1] == 0.0


def test_a_timer_that_another_program_reset_is_no_time() -> None:
    rig = MeterRig("2636B")
    rig.load(DOWN)
    rig.channel.start()
    rig.clock.sleep(5.0)
    rig.channel.poll()

    rig.twin.execute("timer.reset()")
    rig.clock.sleep(rig.channel.next_look)

    with pytest.raises(InstrumentError, match="its time went back"):
        rig.channel.poll()
