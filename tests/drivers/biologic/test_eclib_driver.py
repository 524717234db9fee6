"""What the driver does with the library: order, retries, firmware, threads."""

import logging
import sys
import threading
from typing import Any

import pytest
from dummy_cell import DummyCell
from simulated_biologic import ADDRESS, NAME, column, simulated_bench

from drivers.biologic.eclib.worker import Worker
from drivers.biologic.entry import driver
from drivers.twins.biologic.library import BiologicTwin, twin
from drivers.twins.world.world import BenchWorld
from labctl.clock import VirtualClock
from labctl.data import Level
from labctl.errors import (
    FirmwareError,
    IdentityError,
    InstrumentError,
    LinkError,
    OperatorError,
    OwnershipError,
    RefusedError,
)
from labctl.roles.capability import StatesCapability
from labctl.roles.driver import Setup
from labctl.roles.potentiostat import PotentiostatChannel
from labctl.techniques import (
    Comparison,
    Condition,
    ConditionQuantity,
    ConstantCurrent,
    ConstantVoltage,
    Loop,
    OpenCircuit,
    Recording,
    Spectrum,
)

EVERY_SECOND = Recording(every_s=1.0)
PULSE = ConstantCurrent(1e-3, 60.0, record=EVERY_SECOND)


@pytest.mark.skipif(sys.platform == "win32", reason="the DLL may be there")
def test_without_windows_the_wire_says_so_and_names_the_way_out() -> None:
    with pytest.raises(InstrumentError, match=r"EClib is Windows-only.*--simulate"):
        driver.wire(Setup(NAME, "biologic", ADDRESS))


def test_a_channel_plays_the_role() -> None:
    channel = simulated_bench().channel

    assert isinstance(channel, PotentiostatChannel)
    assert isinstance(channel, StatesCapability)


def test_channels_count_from_one_on_the_panel_and_from_zero_in_the_library() -> None:
    bench = simulated_bench(channels=(f"{NAME}/6",))

    bench.run([PULSE], channel="6")

    assert list(bench.device.roles) == ["1", "2", "3", "4", "5", "6"]
    assert bench.twin.channels[5].memory.filled == 0
    assert bench.twin.channels[5].loaded


def test_the_identity_is_the_instruments() -> None:
    identity = simulated_bench().device.identity()

    assert (identity.maker, identity.model) == ("BioLogic", "VSP-300")
    assert identity.serial == "1000"


def test_another_model_than_configured_is_refused() -> None:
    with pytest.raises(IdentityError, match="a VSP-300 answers"):
        simulated_bench(options={"model": "VMP3"})


def test_another_release_than_configured_is_refused() -> None:
    with pytest.raises(FirmwareError, match=r"calls itself 6\.11.* 6\.04 is"):
        simulated_bench(options={"library_version": "6.04"})


def test_a_misspelt_option_is_refused() -> None:
    with pytest.raises(RefusedError, match="alow_firmware_load"):
        simulated_bench(options={"alow_firmware_load": True})


def test_techniques_are_loaded_first_to_last_and_read_back() -> None:
    bench = simulated_bench()
    bench.twin.listening = True

    bench.channel.load([PULSE, OpenCircuit(5.0), Loop(0, 2)])

    wanted = {"BL_LoadTechnique", "BL_GetParamInfos", "BL_GetMessage"}
    calls = [name for name in bench.twin.calls if name in wanted]
    once = ["BL_LoadTechnique", "BL_GetMessage", "BL_GetParamInfos"]
    assert calls[:9] == once * 3
    assert calls[9:] == ["BL_GetParamInfos"] * 3  # what it is recognised by
    assert [p.table.name for p in bench.twin.channels[0].loaded] == [
        "CP",
        "OCV",
        "LOOP",
    ]


def test_loading_anew_forgets_what_was_loaded() -> None:
    bench = simulated_bench()
    bench.channel.load([PULSE, OpenCircuit(5.0)])

    bench.channel.load([OpenCircuit(5.0)])

    assert len(bench.twin.channels[0].loaded) == 1


def test_a_parameter_that_the_firmware_ignores_is_found_before_the_start() -> None:
    bench = simulated_bench()
    bench.twin.faults.mute = True

    with pytest.raises(InstrumentError, match=r"Rest_time_T.* was ignored"):
        bench.channel.load([OpenCircuit(5.0)])


def test_an_old_release_without_read_back_still_runs() -> None:
    clock = VirtualClock(0.0)
    world = BenchWorld(clock)
    world.put(DummyCell(), (f"{NAME}/1",))
    setup = Setup(NAME, "biologic", ADDRESS, {}, {"model": "VMP3", "channels": 2})
    old = BiologicTwin(setup, world, clock)
    table = old.table()
    old.faults.missing = frozenset(
        {
            "BL_GetChannelBoardType",
            "BL_GetParamInfos",
            "BL_ConvertChannelNumericIntoSingle",
            "BL_GetChannelFloatFormat",
        }
    )
    channel = driver.open(table, setup, clock).roles["1"]
    channel.load([PULSE])
    channel.start()
    clock.sleep(61.0)

    assert len(channel.poll().batches[0]) == 61


def test_a_mixed_chassis_takes_the_file_of_each_board() -> None:
    bench = simulated_bench({"boards": {2: 1}}, channels=(f"{NAME}/1", f"{NAME}/2"))

    first = bench.device.roles["1"].load([OpenCircuit(1.0)])
    second = bench.device.roles["2"].load([OpenCircuit(1.0)])

    assert "ocv4.ecc" in first.settings[0][1]
    assert "ocv.ecc" in second.settings[0][1]


@pytest.mark.parametrize(
    ("function", "code", "kind", "words"),
    [
        ("BL_LoadTechnique", -9, OwnershipError, "EC-Lab owns the channel"),
        ("BL_LoadTechnique", -308, FirmwareError, "no firmware is loaded"),
        ("BL_LoadTechnique", -309, FirmwareError, "does not fit the library"),
        ("BL_LoadTechnique", -401, FirmwareError, "does not fit the channel"),
        ("BL_LoadTechnique", -400, InstrumentError, "sdk_path"),
        ("BL_LoadTechnique", -4, InstrumentError, "refuses a parameter"),
        ("BL_LoadTechnique", -13, OwnershipError, "the channel is running"),
        ("BL_LoadTechnique", -4711, InstrumentError, "unknown error -4711"),
        ("BL_GetChannelInfos", -3, OperatorError, "no channel is plugged in"),
    ],
)
def test_an_error_says_what_it_means_and_what_to_do(
    function: str, code: int, kind: type[Exception], words: str
) -> None:
    bench = simulated_bench()
    bench.twin.faults.codes[function] = code

    with pytest.raises(kind, match=words) as caught:
        bench.channel.load([PULSE])

    assert "vsp300/1" in str(caught.value)
    assert bench.twin.firmware_loads == []


def test_a_slot_without_a_channel_says_which_ones_are_there() -> None:
    bench = simulated_bench({"unplugged": [3]})

    with pytest.raises(OperatorError, match=r"vsp300/3.*plugged: 1, 2, 4, 5, 6"):
        bench.device.roles["3"].load([PULSE])


def test_firmware_of_ec_lab_is_never_replaced_silently() -> None:
    bench = simulated_bench({"firmware": {"1": 1}})

    with pytest.raises(OwnershipError, match="EC-Lab's firmware is on the channel"):
        bench.channel.load([PULSE])

    assert bench.twin.firmware_loads == []


def test_firmware_is_loaded_where_the_configuration_allows_it() -> None:
    bench = simulated_bench(
        {"firmware": {"1": 0}, "unplugged": [2]}, {"allow_firmware_load": True}
    )

    bench.channel.load([PULSE])

    assert bench.twin.firmware_loads == [(0,)]


def test_firmware_is_not_loaded_over_a_running_experiment() -> None:
    bench = simulated_bench(options={"allow_firmware_load": True})
    bench.channel.load([PULSE])
    bench.channel.start()
    bench.twin.channels[0].firmware = 1

    with pytest.raises(OwnershipError, match="is running"):
        bench.channel.load([PULSE])


def test_a_running_channel_takes_nothing_new() -> None:
    bench = simulated_bench()
    bench.channel.load([PULSE])
    bench.channel.start()

    with pytest.raises(OwnershipError, match="is running"):
        bench.channel.load([PULSE])


def test_a_failed_poll_is_tried_again_and_loses_no_row() -> None:
    bench = simulated_bench()
    bench.channel.load([PULSE])
    bench.channel.start()
    bench.clock.sleep(50.0)
    bench.twin.faults.codes["BL_GetData"] = [0, -200, -200, -200]

    polls = [bench.channel.poll()]
    bench.clock.sleep(20.0)
    polls.append(bench.channel.poll())

    assert len(column(polls, "voltage_volt")) == 61


def test_a_link_that_stays_dead_is_connected_anew_then_given_up() -> None:
    bench = simulated_bench()
    bench.channel.load([PULSE])
    bench.channel.start()
    before = bench.twin.link
    bench.twin.faults.codes["BL_GetData"] = -200

    with pytest.raises(LinkError, match="communication failed"):
        bench.channel.poll()

    assert bench.twin.link > before


def test_a_start_whose_answer_was_lost_has_started() -> None:
    bench = simulated_bench()
    bench.channel.load([PULSE])
    twin_channel = bench.twin.channels[0]
    twin_channel.start(bench.clock.now())
    bench.twin.faults.codes["BL_StartChannel"] = [-200]

    bench.channel.start()
    bench.clock.sleep(10.0)

    assert len(bench.channel.poll().batches[0]) > 1


def test_a_status_of_zeros_is_read_again() -> None:
    bench = simulated_bench()
    bench.twin.faults.zero_infos = 3

    assert bench.channel.load([PULSE]).host_conditions == ()


def test_a_status_that_stays_zero_is_an_error() -> None:
    bench = simulated_bench()
    bench.twin.faults.zero_infos = 99

    with pytest.raises(LinkError, match="all zeros"):
        bench.channel.load([PULSE])


def test_stop_before_run_is_waited_for() -> None:
    bench = simulated_bench()
    bench.twin.faults.late_starts = 2
    bench.channel.load([PULSE])
    bench.channel.start()

    early = bench.channel.poll()

    assert early.running
    assert early.batches == ()


def test_a_channel_that_never_runs_is_an_error() -> None:
    bench = simulated_bench()
    bench.twin.faults.late_starts = 10**6
    bench.channel.load([PULSE])
    bench.channel.start()
    bench.channel.poll()
    bench.clock.sleep(6.0)

    with pytest.raises(InstrumentError, match="never ran"):
        bench.channel.poll()


def test_more_than_a_thousand_words_come_in_several_fetches() -> None:
    bench = simulated_bench()

    polls = bench.run([ConstantCurrent(1e-3, 1000.0, record=EVERY_SECOND)], 2000.0)

    assert len(polls) == 1
    assert len(column(polls, "voltage_volt")) == 1001


def test_the_end_waits_until_the_memory_is_drained() -> None:
    bench = simulated_bench()
    bench.channel.load([ConstantCurrent(1e-3, 500.0, record=EVERY_SECOND)])
    bench.channel.start()
    bench.clock.sleep(1000.0)

    poll = bench.channel.poll()

    assert not poll.running
    assert len(poll.batches[0]) == 501


def test_rows_lost_on_the_instrument_are_an_event() -> None:
    bench = simulated_bench({"memory_bytes": 20 * 100})
    bench.channel.load([ConstantCurrent(1e-3, 500.0, record=EVERY_SECOND)])
    bench.channel.start()
    bench.clock.sleep(600.0)

    (event,) = bench.channel.poll().events

    assert (event.level, event.code) == (Level.WARNING, "rows-lost")
    assert "401 rows were lost" in event.text


def test_messages_of_the_firmware_are_logged_until_there_are_none(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bench = simulated_bench()
    bench.twin.channels[0].messages.extend(["one", "two", "three"])

    with caplog.at_level(logging.WARNING):
        bench.channel.load([PULSE])

    said = [r.getMessage() for r in caplog.records if "firmware says" in r.message]
    assert [text.rpartition(" ")[2] for text in said] == ["one", "two", "three"]
    assert not bench.twin.channels[0].messages


def test_skip_cuts_a_step_short_and_the_next_one_begins() -> None:
    bench = simulated_bench()
    bench.channel.load([PULSE, OpenCircuit(10.0, record=EVERY_SECOND)])
    bench.channel.start()
    bench.clock.sleep(20.0)
    polls = [bench.channel.poll()]

    bench.channel.skip()
    bench.clock.sleep(30.0)
    polls.append(bench.channel.poll())

    index = column(polls, "technique_index")
    time = column(polls, "instrument_time_second")
    assert time[index == 0][-1] == pytest.approx(20.0, abs=0.01)
    assert time[index == 1][-1] == pytest.approx(30.0, abs=0.01)


def test_skip_does_nothing_if_the_step_has_ended_by_itself() -> None:
    bench = simulated_bench()
    bench.channel.load([PULSE, OpenCircuit(100.0, record=EVERY_SECOND)])
    bench.channel.start()
    bench.clock.sleep(20.0)
    polls = [bench.channel.poll()]
    bench.clock.sleep(60.0)

    bench.channel.skip()
    bench.clock.sleep(100.0)
    polls.append(bench.channel.poll())

    assert column(polls, "instrument_time_second")[-1] == pytest.approx(160.0, abs=0.01)


def test_a_spectrum_is_skipped_by_loading_what_follows() -> None:
    bench = simulated_bench()
    spectrum = Spectrum(True, 0.0, 1e-4, 1e3, 0.01)
    bench.channel.load([spectrum, OpenCircuit(10.0, record=EVERY_SECOND)])
    bench.channel.start()
    bench.clock.sleep(30.0)
    bench.channel.poll()

    loaded = bench.channel.skip()
    assert loaded is not None  # has to be claimed, then started
    bench.channel.start()
    bench.clock.sleep(30.0)
    last = bench.channel.poll()

    assert not last.running
    assert last.batches[-1].columns["technique_index"].tolist() == [1] * 11
    time = last.batches[-1].columns["instrument_time_second"]
    assert time[0] == pytest.approx(30.0, abs=0.1)


def test_make_safe_opens_the_circuit_and_ends_the_poll() -> None:
    bench = simulated_bench()
    bench.channel.load([PULSE])
    bench.channel.start()
    bench.clock.sleep(10.0)

    bench.channel.make_safe()

    assert not bench.channel.poll().running
    assert bench.world.socket(f"{NAME}/1").current == 0.0


def test_make_safe_leaves_alone_what_was_never_ours() -> None:
    bench = simulated_bench()
    bench.twin.listening = True

    bench.channel.make_safe()

    assert "BL_StopChannel" not in bench.twin.calls


def test_the_live_reading_is_there_between_two_rows() -> None:
    bench = simulated_bench()
    record = Recording(every_s=1000.0)
    bench.channel.load([ConstantCurrent(1e-3, 5000.0, record=record)])
    bench.channel.start()
    bench.clock.sleep(500.0)

    live = bench.channel.poll().live

    # EMF 1 V, 30 mV over the resistors, 0.5 C in 20 F.
    assert live["voltage_volt"] == pytest.approx(1.055, abs=1e-3)
    assert live["current_ampere"] == pytest.approx(1e-3, rel=1e-3)


def test_the_twin_in_virtual_time_is_called_without_a_thread_of_its_own() -> None:
    clock = VirtualClock(0.0)
    table = twin(Setup(NAME, "biologic", ADDRESS), BenchWorld(clock), clock)
    threads = threading.active_count()

    heard = table.worker.do(threading.get_ident)

    assert heard == threading.get_ident()
    assert threading.active_count() == threads


@pytest.mark.parametrize("own_thread", [False, True])
def test_calls_from_many_threads_come_one_by_one(own_thread: bool) -> None:
    places = [f"{NAME}/{k}" for k in range(1, 7)]
    bench = simulated_bench(channels=places, own_thread=own_thread)
    channels = list(bench.device.roles.values())
    for channel in channels:
        channel.load([OpenCircuit(1e5, record=EVERY_SECOND)])
        channel.start()
    failures: list[BaseException] = []

    def poll(channel: Any) -> None:
        try:
            for _ in range(50):
                channel.poll()
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=poll, args=(ch,)) for ch in channels]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert bench.twin.overlaps == 0


def test_a_call_that_does_not_return_is_given_up_and_so_is_the_next() -> None:
    bench = simulated_bench(own_thread=True)
    bench.channel.load([PULSE])
    bench.channel.start()
    gate = threading.Event()
    bench.twin.faults.blocked["BL_GetData"] = gate
    worker = bench.device._table.worker
    assert isinstance(worker, Worker)
    worker.deadline = 0.05

    with pytest.raises(LinkError, match="still not returned"):
        bench.channel.poll()
    with pytest.raises(LinkError, match="still not returned"):
        bench.channel.poll()
    gate.set()


def test_a_reading_beyond_a_limit_stops_within_one_poll() -> None:
    bench = simulated_bench()
    record = Recording(every_s=1e6)
    bench.channel.load([ConstantCurrent(1e-3, 1e6, record=record)])
    bench.channel.start()
    bench.clock.sleep(0.5)
    polls = 0
    while not bench.channel.poll().live["voltage_volt"] > 1.2:
        bench.clock.sleep(0.5 * 60)
        polls += 1

    bench.channel.make_safe()

    cell = bench.world.socket(f"{NAME}/1").cell
    assert cell.charge / 20.0 + 1.03 == pytest.approx(1.2, abs=2e-3)


def test_a_taper_ends_a_constant_voltage_in_firmware() -> None:
    bench = simulated_bench()
    taper = Condition(
        "taper", ConditionQuantity.ABSOLUTE_CURRENT, Comparison.AT_MOST, 1e-4
    )
    limit = Condition("upper", ConditionQuantity.VOLTAGE, Comparison.AT_LEAST, 1.1)

    polls = bench.run(
        [
            ConstantCurrent(1e-3, 1e5, until=(limit,)),
            ConstantVoltage(1.1, 1e5, until=(taper,), record=Recording(every_s=10.0)),
        ]
    )

    index = column(polls, "technique_index")
    current = column(polls, "current_ampere")
    assert current[index == 1][-1] == pytest.approx(1e-4, rel=2e-3)
    # dI/dt = −I/(R C) after the current: 600 s · ln 10
    time = column(polls, "instrument_time_second")
    taken = time[index == 1][-1] - time[index == 1][0]
    assert taken == pytest.approx(600.0 * 2.302585, rel=5e-3)


def test_a_fault_of_the_amplifier_stops_the_channel() -> None:
    bench = simulated_bench()
    bench.channel.load([PULSE])
    bench.channel.start()
    bench.twin.faults.option_error = 301

    with pytest.raises(InstrumentError, match="10 A / 5 V amplifier: over-temperature"):
        bench.channel.poll()

    assert bench.world.socket(f"{NAME}/1").current == 0.0
