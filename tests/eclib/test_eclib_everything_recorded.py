"""All that a channel gives arrives in a column, and all that it says of itself counts.

On the oracle: its rows, flags, releases and read-backs are not the driver's own.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from oracle_library import Oracle

from drivers.biologic.device import BiologicDevice
from labctl.data import Array
from labctl.errors import FirmwareError, InstrumentError, LimitError, RefusedError
from labctl.roles.potentiostat import Poll, RecordsMore
from labctl.techniques import (
    ConstantCurrent,
    ConstantPower,
    ConstantVoltage,
    Loop,
    OpenCircuit,
    Recording,
    Spectrum,
    Technique,
    VoltageSweep,
)

Place = Callable[..., Oracle]

STILL = "\nspeed = 0\n"
VMP3, VSP300 = "device = 5" + STILL, "device = 20" + STILL
EVERY_SECOND = Recording(every_s=1.0)
REST = OpenCircuit(5.0, record=EVERY_SECOND)
CURRENT = ConstantCurrent(1e-3, 5.0, record=EVERY_SECOND)
SPECTRUM = Spectrum(
    galvanostatic=False,
    bias=0.0,
    versus_initial=True,
    amplitude=0.01,
    first_frequency=1e4,
    last_frequency=1e3,
    points_per_decade=3,
)


class Rig:
    """An instrument, its clock, and what its first channel brought."""

    def __init__(self, oracle: Oracle, **options: Any) -> None:
        self.oracle, self.clock = oracle, oracle.clock()
        self.device: BiologicDevice = oracle.opened(self.clock, **options)
        self.channel = self.device.roles["1"]
        self.polls: list[Poll] = []

    def run(self, *techniques: Technique, every: float = 1.0) -> "Rig":
        self.channel.load(techniques)
        self.channel.start()
        while not self.polls or self.polls[-1].running:
            self.clock.sleep(every)
            self.polls.append(self.channel.poll())
        return self

    def column(self, name: str, stream: str = "timeseries") -> Array:
        found: Array = np.concatenate(
            [
                b.columns[name]
                for p in self.polls
                for b in p.batches
                if b.stream == stream
            ]
        )
        return found

    def of(self, technique: int, name: str) -> Array:
        found: Array = self.column(name)[self.column("technique_index") == technique]
        return found

    @property
    def events(self) -> list[str]:
        return [event.text for poll in self.polls for event in poll.events]


# ---- columns


def test_a_premium_board_records_every_extra_column(placed: Place) -> None:
    extras = ["ece", "analog_in_1", "external_control", "control", "charge", "i_range"]
    rig = Rig(placed(VSP300), extra_columns=extras).run(REST, CURRENT)

    assert rig.column("counter_electrode_voltage_volt") == pytest.approx(0.05)
    assert rig.of(1, "control_ampere") == pytest.approx(1e-3)
    assert np.isnan(rig.of(1, "control_volt")).all()
    assert rig.of(0, "control_volt") == pytest.approx(rig.of(0, "voltage_volt"))
    time = rig.of(1, "instrument_time_second")
    passed = rig.of(1, "instrument_charge_coulomb")
    assert passed == pytest.approx(1e-3 * (time - time[0]), abs=1e-9)
    assert set(rig.of(1, "current_range_code")) == {7}  # 1 mA
    assert "analog_in_2_volt" not in rig.polls[0].batches[0].columns


def test_a_vmp3_records_its_counter_electrode_where_its_rows_have_it(
    placed: Place,
) -> None:
    sweep = VoltageSweep((3.6, 3.7, 3.6), 0.02, record=Recording(every_volt=0.01))
    rig = Rig(placed(VMP3)).run(REST, CURRENT, sweep)

    assert rig.of(0, "counter_electrode_voltage_volt") == pytest.approx(0.05)
    assert np.isnan(rig.of(1, "counter_electrode_voltage_volt")).all()
    assert np.isnan(rig.of(1, "control_volt")).all()
    drawn, seen = rig.of(2, "control_volt"), rig.of(2, "voltage_volt")
    assert drawn == pytest.approx(seen, abs=0.011)


@pytest.mark.parametrize("ini", [VMP3, VSP300])
def test_loops_are_counted_and_what_rows_lack_is_minus_one(
    placed: Place, ini: str
) -> None:
    rig = Rig(placed(ini)).run(CURRENT, REST, Loop(0, 3))

    assert set(rig.column("instrument_loop_count")) == {0, 1, 2}
    assert set(rig.of(0, "instrument_cycle_count")) == {0}
    assert set(rig.of(1, "instrument_cycle_count")) == {-1}


@pytest.mark.parametrize("as_float", [0, 1])
def test_a_vmp3s_spectrum_has_counter_electrode_and_range(
    placed: Place, as_float: int
) -> None:
    rig = Rig(placed(f"device = 5\neis_range_as_float = {as_float}{STILL}"))
    rig.run(SPECTRUM)

    found = rig.column("current_range_code", "eis")
    ece = rig.column("counter_electrode_voltage_volt", "eis")
    assert set(found) <= {5, 6, 7}
    assert ece == pytest.approx(0.05)
    # no sine was measured there: unknown, not zero
    assert np.isnan(rig.column("counter_electrode_real_impedance_ohm", "eis")).all()


@pytest.mark.parametrize("ini", [VMP3, VSP300])
def test_what_a_channel_records_is_said_before_anything_runs(
    placed: Place, ini: str
) -> None:
    rig = Rig(placed(ini), extra_columns=["Ece", "control"])
    assert isinstance(rig.channel, RecordsMore)
    said = rig.channel.further_columns

    rig.run(REST, CURRENT, SPECTRUM)

    for stream, further in said.items():
        names = {column.name for column in further}
        for poll in rig.polls:
            for batch in poll.batches:
                assert batch.stream != stream or names <= batch.columns.keys()
    live = rig.polls[0].live
    assert live["counter_electrode_voltage_volt"] == pytest.approx(0.05)


# ---- overload


WEAK = VSP300 + "[channel 1]\nmax_current = 0.0005\n"


def test_an_overload_that_lasts_ends_the_run_as_a_limit(placed: Place) -> None:
    rig = Rig(placed(WEAK))
    with pytest.raises(LimitError, match=r"vsp300/1: the current is beyond its range"):
        rig.run(ConstantCurrent(8e-4, 60.0, record=EVERY_SECOND))

    assert rig.oracle.truth(0)[4] == 0  # stands still
    rig.polls.append(rig.channel.poll())  # the rows of the poll that raised
    assert set(rig.column("overload_flags")) == {6}
    assert rig.column("instrument_time_second")[-1] >= 2.0
    assert any("the amplifier is saturated" in text for text in rig.events)


def test_an_overload_is_told_once_where_a_warning_is_wanted(placed: Place) -> None:
    rig = Rig(placed(WEAK), overload="warn")
    rig.run(
        ConstantCurrent(8e-4, 10.0, record=EVERY_SECOND),
        OpenCircuit(5.0, record=EVERY_SECOND),
    )

    assert len(rig.events) == 3
    assert "rows say so in overload_flags" in rig.events[0]
    assert "What is read there is not what flows" in rig.events[1]
    assert "no longer overloaded" in rig.events[2]
    assert rig.polls[3].live["overload_flags"] == 6
    assert set(rig.of(1, "overload_flags")[2:]) == {0}


def test_a_moment_of_overload_is_no_limit(placed: Place) -> None:
    rig = Rig(placed(WEAK), overload_for=20.0)

    rig.run(ConstantCurrent(8e-4, 10.0, record=EVERY_SECOND))

    assert rig.column("instrument_time_second")[-1] == pytest.approx(10.0, abs=1e-3)


# ---- which library


@pytest.mark.parametrize(
    ("release", "wanted"),
    [(601, "6.01"), (608, "6.08"), (611, "6.11"), (608, "6.8.1.0"), (604, "6.4")],
)
def test_a_release_is_known_by_the_makers_number(
    placed: Place, release: int, wanted: str
) -> None:
    rig = Rig(placed(VSP300, release), library_version=wanted)

    assert rig.run(REST).column("voltage_volt").size


@pytest.mark.parametrize(
    ("release", "wanted", "said"),
    [
        (601, "6.08", r"1\.0\.0\.0 \(release 6\.01\), where 6\.08"),
        (611, "6.1", r"6\.11\.0\.0, where 6\.1 .* library_version: \"6\.11\.0\.0\""),
    ],
)
def test_another_release_is_refused_with_what_to_write(
    placed: Place, release: int, wanted: str, said: str
) -> None:
    with pytest.raises(FirmwareError, match=said):
        Rig(placed(VSP300, release), library_version=wanted)


# ---- what the channel holds


def test_a_read_back_in_ti_floats_is_understood(placed: Place) -> None:
    rig = Rig(placed("readback = 1\n" + VSP300))

    loaded = rig.channel.load([REST, CURRENT, SPECTRUM])

    assert dict(loaded.settings)["read back"] == (
        "as sent, floats in the board's TI format"
    )


GEIS = Spectrum(
    galvanostatic=True,
    bias=1e-4,
    amplitude=1e-5,
    first_frequency=1e3,
    last_frequency=1e2,
    points_per_decade=2,
    settle=2.0,
)


def test_another_label_of_the_hold_is_found_and_chosen(placed: Place) -> None:
    by_dv = "geis_by_dv = 1\n" + VSP300
    with pytest.raises(InstrumentError, match=r"Record_every_dE\[0\] was ignored"):
        Rig(placed(by_dv)).channel.load([GEIS])

    rig = Rig(placed(by_dv), geis_hold="dV").run(GEIS)

    assert rig.column("frequency_hertz", "eis").size == GEIS.points
    assert rig.column("current_ampere", "eis") == pytest.approx(1e-4, rel=1e-6)


def test_a_difference_may_be_a_warning_and_then_nothing_counts_as_limited(
    placed: Place,
) -> None:
    rig = Rig(placed("geis_by_dv = 1\n" + VSP300), read_back="warn")

    loaded = rig.channel.load([GEIS])

    assert "Record_every_dE[0] was ignored" in dict(loaded.settings)["read back"]
    assert not loaded.limited


def test_a_library_that_cannot_say_is_told_from_one_that_agrees(placed: Place) -> None:
    oracle = placed(VSP300)
    rig = Rig(oracle, read_back="warn")
    oracle.fail("BL_GetParamInfos", -6, times=-1)

    loaded = rig.channel.load([CURRENT])

    assert dict(loaded.settings)["read back"].startswith("the library cannot say")
    assert not loaded.limited


# ---- what public sources contradict each other on


@pytest.mark.parametrize(
    ("ini", "options", "sweep", "found"),
    [
        # what the library takes, the options, the sweep, how it goes wrong
        ("cv_in_millivolts = 1", {}, (3.6, 3.7, 3.6), r"far too slow.*cv_rate"),
        ("", {"cv_rate": "mV/s"}, (3.6, 3.7, 3.6), r"far too fast.*cv_rate"),
        ("", {"vscan_rate": "mV/s"}, (3.6, 3.7, 3.5), r"far too fast.*vscan_rate"),
    ],
)
def test_a_sweep_in_another_unit_is_stopped_in_its_first_seconds(
    placed: Place, ini: str, options: dict[str, Any], sweep: Any, found: str
) -> None:
    rig = Rig(placed(f"{ini}\n{VSP300}"), **options)
    record = Recording(every_volt=0.001)

    with pytest.raises(InstrumentError, match=found):
        rig.run(VoltageSweep(sweep, 0.01, record=record), every=0.5)

    assert rig.clock.now() < 5.0
    assert rig.oracle.truth(0)[4] == 0


def test_a_sweep_in_the_units_that_were_configured_runs_at_its_rate(
    placed: Place,
) -> None:
    rig = Rig(placed("cv_in_millivolts = 1\n" + VSP300), cv_rate="mV/s")
    sweep = VoltageSweep((3.6, 3.7, 3.6), 0.01, record=Recording(every_volt=0.001))

    rig.run(sweep, every=0.5)

    assert rig.column("instrument_time_second")[-1] == pytest.approx(20.0, abs=0.2)


def test_amplitudes_and_phases_are_told_as_configured(placed: Place) -> None:
    plain = Rig(placed(VSP300)).run(SPECTRUM)
    rig = Rig(placed(VSP300), sent_amplitude="rms", recorded_amplitude="rms")
    other = Rig(placed(VSP300), phase_sign=-1).run(SPECTRUM)

    rig.run(SPECTRUM)

    amplitude = rig.column("voltage_amplitude_volt", "eis")
    assert amplitude == pytest.approx(0.01, rel=1e-6)  # sent and told as 0.00707
    imaginary = plain.column("imaginary_impedance_ohm", "eis")
    assert other.column("imaginary_impedance_ohm", "eis").tolist() == (
        (-imaginary).tolist()
    )


def test_constant_power_is_refused_where_no_file_exists(placed: Place) -> None:
    power = ConstantPower(1e-3, 5.0, record=EVERY_SECOND)
    premium = Rig(placed(VSP300)).channel

    for act in (premium.load, premium.rehearse):  # `check` rehearses
        with pytest.raises(RefusedError, match=r"constant power is for VMP3 boards"):
            act([power])
    Rig(placed(VMP3)).channel.rehearse([power])


def test_a_digicore_board_is_refused_before_it_runs_and_read_where_allowed(
    placed: Place,
) -> None:
    digicore = VSP300 + "[channel 1]\nboard = 3\n"
    with pytest.raises(RefusedError, match=r"DIGICORE.*option digicore: true"):
        Rig(placed(digicore)).channel.load([CURRENT])

    rig = Rig(placed(digicore), digicore=True)
    rig.run(REST, CURRENT, ConstantVoltage(3.6, 5.0, record=EVERY_SECOND))

    assert rig.of(1, "current_ampere") == pytest.approx(1e-3, rel=1e-6)
    assert rig.column("instrument_time_second")[-1] == pytest.approx(15.0, abs=1e-3)
