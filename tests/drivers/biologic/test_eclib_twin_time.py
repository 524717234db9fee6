"""The twin's own time never stands still, wherever on the clock it is."""

from simulated_biologic import column, simulated_bench

from labctl.techniques import ConstantCurrent, Recording


def test_a_jump_beyond_the_recording_step_is_passed_late_on_the_clock() -> None:
    bench = simulated_bench()
    bench.clock.sleep(11040.0)
    record = Recording(every_s=60.0, every_volt=1e-5)

    polls = bench.run([ConstantCurrent(1e-3, 120.0, (), record)])

    assert column(polls, "instrument_time_second")[-1] > 119.9
