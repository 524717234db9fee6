"""What goes wrong on an instrument, and what the driver makes of it."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from oracle_library import InstrumentClock, Oracle
from rc_cell import RCCell

from drivers.biologic.device import BiologicDevice
from labctl.data import Array
from labctl.errors import (
    FirmwareError,
    InstrumentError,
    LabctlError,
    NotOursError,
    OperatorError,
    OwnershipError,
)
from labctl.roles.potentiostat import ROWS_LOST, Poll
from labctl.techniques import (
    Comparison,
    Condition,
    ConditionQuantity,
    ConstantCurrent,
    ConstantVoltage,
    Loop,
    OpenCircuit,
    Recording,
    Technique,
    VoltageSweep,
)

Place = Callable[..., Oracle]

STILL = "speed = 0\n"
CELL = RCCell()
EVERY_SECOND = Recording(every_s=1.0)
PULSE = ConstantCurrent(1e-3, 10.0, record=EVERY_SECOND)
REST = OpenCircuit(10.0, record=EVERY_SECOND)


class Rig:
    """An instrument, its clock, and what came from its channels."""

    def __init__(self, oracle: Oracle, **options: object) -> None:
        self.oracle, self.clock = oracle, InstrumentClock(oracle)
        self.device: BiologicDevice = oracle.opened(self.clock, **options)

    def begin(self, techniques: Sequence[Technique], channel: str = "1") -> None:
        """Load and start."""
        self.device.roles[channel].load(techniques)
        self.device.roles[channel].start()

    def rest(self, every: float, channel: str = "1") -> list[Poll]:
        """Poll until the end."""
        polls: list[Poll] = []
        while not polls or polls[-1].running:
            self.clock.sleep(every)
            polls.append(self.device.roles[channel].poll())
        return polls

    def run(
        self, techniques: Sequence[Technique], every: float = 7.0, channel: str = "1"
    ) -> list[Poll]:
        """Load, start, and poll until the end."""
        self.begin(techniques, channel)
        return self.rest(every, channel)


def column(polls: Sequence[Poll], name: str) -> Array:
    """Return one column of everything that came."""
    return np.concatenate([b.columns[name] for p in polls for b in p.batches])


def test_rows_beyond_the_memory_are_lost_and_counted(placed: Place) -> None:
    rig = Rig(placed(STILL + "[channels]\nmemory_bytes = 2000\n"))  # 100 rows
    rig.begin([ConstantCurrent(1e-3, 250.0, record=EVERY_SECOND)])

    polls = rig.rest(every=150.0)  # 151 rows by then, 100 more afterwards

    told = [e.text for p in polls for e in p.events if e.code == ROWS_LOST]
    assert len(column(polls, "voltage_volt")) == 200
    assert [text.split()[1] for text in told] == ["51"]


def test_a_start_time_that_is_no_number_counts_as_none(placed: Place) -> None:
    rig = Rig(placed(STILL + "start_time_nan = 1\n"))

    polls = rig.run([PULSE])

    assert column(polls, "instrument_time_second") == pytest.approx(range(11), abs=3e-5)


def test_each_board_of_a_mixed_chassis_gets_its_own_files(placed: Place) -> None:
    oracle = placed(STILL + "[channel 2]\nboard = 1\n[channel 3]\nboard = 3\n")
    rig = Rig(oracle, digicore=True)

    volts = {
        name: column(rig.run([REST, PULSE], channel=name), "voltage_volt")
        for name in "123"
    }

    time = np.arange(11.0)
    expected = np.concatenate(
        [np.full(11, CELL.open_circuit), CELL.at_current(1e-3, time)]
    )
    for name in "123":
        assert volts[name] == pytest.approx(expected, rel=1e-6), name


def test_a_channel_that_says_stop_for_a_while_has_not_ended(placed: Place) -> None:
    rig = Rig(placed(STILL + "late_starts = 3\n"))

    polls = rig.run([PULSE], every=0.5)

    assert len(column(polls, "voltage_volt")) == 11


def test_a_status_of_zeros_is_read_again(placed: Place) -> None:
    rig = Rig(placed(STILL + "zero_infos = 2\n"))

    assert len(column(rig.run([PULSE]), "voltage_volt")) == 11


def test_a_power_cut_is_told_from_an_end(placed: Place) -> None:
    rig = Rig(placed(STILL))
    rig.begin([PULSE])
    rig.clock.sleep(3.0)
    rig.oracle.power_cut()

    with pytest.raises(InstrumentError, match="power of the instrument was cut"):
        rig.rest(every=1.0)

    assert rig.oracle.truth(0)[1] == 0.0


def test_what_another_program_runs_is_neither_loaded_over_nor_stopped(
    placed: Place,
) -> None:
    oracle = placed(STILL)
    first, other = Rig(oracle), Rig(oracle)
    first.begin([PULSE])
    first.clock.sleep(3.0)

    with pytest.raises(NotOursError, match=r"RUN: CP \(102\), since"):
        other.device.roles["1"].load([REST])
    other.device.roles["1"].make_safe()

    assert oracle.truth(0)[4] == 1
    assert oracle.truth(0)[1] == pytest.approx(1e-3)


def test_making_safe_opens_the_circuit(placed: Place) -> None:
    rig = Rig(placed(STILL))
    rig.begin([ConstantVoltage(3.8, 1e4, record=EVERY_SECOND)])
    rig.clock.sleep(5.0)
    driven = rig.oracle.truth(0)[1]

    rig.device.roles["1"].make_safe()

    assert driven > 1e-3
    assert rig.oracle.truth(0)[1] == 0.0
    assert rig.oracle.truth(0)[4] == 0


def test_a_technique_is_cut_short_and_the_next_one_runs(placed: Place) -> None:
    rig = Rig(placed(STILL))
    rig.begin([ConstantCurrent(1e-3, 1e4, record=EVERY_SECOND), REST])
    rig.clock.sleep(5.5)
    first = rig.device.roles["1"].poll()

    rig.device.roles["1"].skip()
    polls = [first, *rig.rest(every=2.0)]

    amps, at = column(polls, "current_ampere"), column(polls, "technique_index")
    assert np.count_nonzero(amps) == np.count_nonzero(at == 0) == 7
    assert np.count_nonzero(at == 1) == 11


def test_a_limit_that_ends_all_ends_the_loop(placed: Place) -> None:
    rig = Rig(placed(STILL))
    top = Condition(
        "top", ConditionQuantity.VOLTAGE, Comparison.AT_LEAST, 3.65, ends_all=True
    )
    pulse = ConstantCurrent(1e-3, 10.0, (top,), EVERY_SECOND)

    polls = rig.run([pulse, REST, Loop(0, 1000)], every=60.0)

    assert column(polls, "voltage_volt").max() == pytest.approx(3.65, abs=1e-5)
    assert column(polls, "technique_index")[-1] == 0
    assert rig.oracle.truth(0)[2] < CELL.charge + 0.2


def test_an_absolute_taper_alone_is_a_pair_of_tests_that_act_together(
    placed: Place,
) -> None:
    rig = Rig(placed(STILL))
    taper = Condition(
        "taper", ConditionQuantity.ABSOLUTE_CURRENT, Comparison.AT_MOST, 1e-3
    )
    down = ConstantVoltage(3.5, 3600.0, (taper,), EVERY_SECOND)  # its sign is not said

    amps = column(rig.run([down]), "current_ampere")

    assert amps[0] == pytest.approx(-5e-3, rel=1e-5)
    assert amps[-1] == pytest.approx(-1e-3, rel=1e-5)


@pytest.mark.parametrize("most", [20, 100])
def test_a_path_of_many_vertices_suits_the_strictest_reading_of_the_manual(
    placed: Place, most: int
) -> None:
    rig = Rig(placed(f"{STILL}most_steps = {most}\n"))
    path = tuple(3.6 + 0.05 * (k % 2) for k in range(46))
    sweep = VoltageSweep(path, 0.05, record=Recording(every_volt=0.01))

    polls = rig.run([sweep])

    assert column(polls, "instrument_time_second")[-1] == pytest.approx(45.0, abs=0.01)


def test_an_old_release_without_the_newer_functions_is_driven_all_the_same(
    placed: Place,
) -> None:
    rig = Rig(placed(STILL, release=601), library_version="6.01")

    polls = rig.run([REST, PULSE])

    expected = CELL.at_current(1e-3, np.arange(11.0))
    volts = column(polls, "voltage_volt")[11:]
    assert volts == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("ini", "raised", "said"),
    [
        # what stands in the way, who is to blame, and the words for it
        ("fail = BL_Connect:-201\n", LabctlError, "-201"),
        ("[channel 1]\nfirmware = 1\n", OwnershipError, "EC-Lab"),
        ("[channel 1]\nfirmware = 0\n", FirmwareError, "allow_firmware_load"),
        ("[channel 1]\nplugged = 0\n", OperatorError, "no channel is plugged in"),
        ("fail = BL_StartChannel:-6\n", InstrumentError, "failed"),
        ("fail = BL_LoadTechnique:-405\n", InstrumentError, "memory is full"),
    ],
)
def test_a_refusal_is_said_to_a_person(
    placed: Place, ini: str, raised: type[Exception], said: str
) -> None:
    oracle = placed(STILL + ini)

    with pytest.raises(raised, match=said):
        Rig(oracle).begin([PULSE])

    assert oracle.truth(1)[4] == 0


def test_the_kernel_is_loaded_only_where_that_is_allowed(placed: Place) -> None:
    oracle = placed(STILL + "[channel 1]\nfirmware = 1\n")

    polls = Rig(oracle, allow_firmware_load=True).run([PULSE])

    assert len(column(polls, "voltage_volt")) == 11
    assert oracle.calls("BL_LoadFirmware") == 1


def test_a_link_that_fails_for_a_moment_costs_no_row(placed: Place) -> None:
    rig = Rig(placed(STILL))
    rig.begin([PULSE])
    rig.oracle.fail("BL_GetData", -200, times=3)

    polls = rig.rest(every=3.0)

    assert len(column(polls, "voltage_volt")) == 11
