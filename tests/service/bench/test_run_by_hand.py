"""Runs by hand at a real station: started, asked, refused, left alone, stopped."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from labctl.api.discovery import find
from labctl.api.models import ChannelState
from labctl.api.requests import OrderIn
from labctl.api.station_files import StationFiles
from labctl.engine.states import RunState
from labctl.errors import BusyError, OperatorError, RefusedError
from tests.service.conftest import StationUnderTest

HOLD = {"voltage": "100 mV", "compliance": "1 mA"}
SWEEP = {"start": "-0.1 V", "stop": "0.1 V", "points": 5, "compliance": "1 mA"}


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StationUnderTest]:
    """Return a station as fast as the wall: a person's time is the wall's."""
    made = StationUnderTest(tmp_path_factory.mktemp("bench") / "runs", speed=20.0)
    yield made
    made.end()


def begin(station: Any, sample: str = "particle-si", **parameters: Any) -> str:
    order = OrderIn(
        protocol="source-meter-by-hand", sample=sample, parameters=parameters
    )
    run: str = station.client.start(order).run
    station.wait_until(run, lambda r: r.by_hand is not None and r.by_hand.asks)
    return run


def test_a_person_holds_a_voltage_sweeps_and_finds_the_resistance(
    station: Any,
) -> None:
    run = begin(station)

    station.client.request(run, "hold-voltage", HOLD)
    station.wait_until(run, lambda r: r.by_hand.holds and r.last)
    held = station.run(run)
    channel = next(c for c in station.client.state().channels if c.run == run)
    station.client.request(run, "sweep-voltage", SWEEP)
    station.client.request(run, "end")
    done = station.wait_until(run, lambda r: r.state is RunState.COMPLETED)

    assert held.last["voltage_volt"] == pytest.approx(0.1, abs=1e-3)
    assert held.by_hand is not None
    assert held.by_hand.left_alone_unix is not None
    assert channel.state is ChannelState.BUSY
    assert (done.by_hand, done.unsafe) == (None, {})
    assert station.client.results(run)["resistance"].value > 0


def test_what_cannot_be_done_is_refused_with_a_path_and_the_run_goes_on(
    station: Any,
) -> None:
    run = begin(station, largest_voltage="1 V")

    with pytest.raises(RefusedError) as refused:
        station.client.request(run, "hold-voltage", {**HOLD, "voltage": "5 V"})
    with pytest.raises(RefusedError, match="no request to source-meter-by-hand"):
        station.client.request(run, "explode")

    assert [c.path for c in refused.value.complaints] == [("voltage",)]
    assert station.run(run).state is RunState.RUNNING
    station.client.request(run, "end")
    station.wait_until(run, lambda r: r.state is RunState.COMPLETED)


def test_whoever_is_gone_finds_the_output_off_and_the_run_sealed(station: Any) -> None:
    run = begin(station, patience="1 s", idle="1 s")

    station.client.request(run, "hold-voltage", HOLD)
    station.wait_until(run, lambda r: r.by_hand.holds)
    station.wait_until(run, lambda r: r.state is RunState.COMPLETED)

    codes = [e.code for e in station.client.events() if e.run == run]
    assert "nobody" in codes
    with pytest.raises(OperatorError, match="does not go on"):
        station.client.request(run, "here")


def test_another_person_stops_but_does_not_drive(station: Any) -> None:
    run = begin(station)
    station.client.request(run, "hold-voltage", HOLD)
    lee = find(station.data, client="test", user="Lee")
    assert lee is not None

    with lee:
        with pytest.raises(BusyError, match="drives this run by hand"):
            lee.request(run, "hold-voltage", HOLD)
        lee.stop(run)

    assert station.wait_until(run, lambda r: r.state is RunState.STOPPED).unsafe == {}
    station.client.release_channel("*")


def test_a_limit_that_was_lowered_counts_for_what_is_asked_next(station: Any) -> None:
    run = begin(station)
    station.client.request(run, "hold-voltage", HOLD)
    station.wait_until(run, lambda r: r.by_hand.holds)

    station.client.amend(run, {"largest_voltage": "0.5 V"})
    with pytest.raises(RefusedError, match="limits of this run"):
        station.client.request(run, "hold-voltage", {**HOLD, "voltage": "2 V"})

    station.client.request(run, "end")
    station.wait_until(run, lambda r: r.state is RunState.COMPLETED)


def test_a_run_that_no_person_drives_says_so_at_once(station: Any) -> None:
    order = OrderIn(protocol="formation-cycling", sample="si")
    run = station.client.start(order).run

    with pytest.raises(OperatorError, match="no run by hand"):
        station.client.request(run, "here")

    station.client.stop(run)
    station.wait_until(run, lambda r: r.state is RunState.STOPPED)
    station.client.release_channel("*")


def test_a_run_on_hold_and_after_it_says_that_nothing_is_on(station: Any) -> None:
    run = begin(station)
    station.client.request(run, "hold-voltage", HOLD)
    station.wait_until(run, lambda r: r.by_hand.holds)

    station.client.hold(run)
    held = station.wait_until(run, lambda r: r.state is RunState.HOLD)
    station.client.resume(run)
    after = station.wait_until(
        run, lambda r: r.state is RunState.RUNNING and r.by_hand.asks
    )

    assert (held.by_hand.asks, held.by_hand.holds) == (False, False)
    assert (after.step_label, after.by_hand.holds) == ("output off", False)
    station.client.request(run, "end")
    station.wait_until(run, lambda r: r.state is RunState.COMPLETED)


def test_stop_all_confirms_that_a_run_by_hand_is_off(station: Any) -> None:
    run = begin(station)
    station.client.request(run, "hold-voltage", HOLD)
    station.wait_until(run, lambda r: r.by_hand is not None and r.by_hand.holds)

    station.client.stop_all("enough")

    report = station.wait_for_state(lambda s: s.stop is not None and s.stop.done).stop
    assert [line.confirmed for line in report.lines if line.run == run] == [True]
    station.wait_until(run, lambda r: r.state is RunState.STOPPED)
    station.client.release_channel("*")


def test_a_person_who_is_still_there_is_not_audited_but_their_acts_are(
    station: Any,
) -> None:
    run = begin(station)
    audit = StationFiles(station.data).audit_file

    def audited() -> int:
        lines = audit.read_text("utf-8").splitlines()
        return sum(f"/runs/{run}/requests" in line for line in lines)

    station.client.request(run, "hold-voltage", HOLD)
    before = audited()
    for _ in range(3):
        station.client.request(run, "here")

    assert audited() == before == 1
    station.client.request(run, "end")
    station.wait_until(run, lambda r: r.state is RunState.COMPLETED)


def test_a_protocol_says_what_may_be_asked_of_its_runs(station: Any) -> None:
    found = {p.name: p.requests for p in station.client.protocols()}

    hold = found["source-meter-by-hand"]["hold-voltage"]
    assert hold["properties"]["voltage"]["unit"] == "V"
    assert found["formation-cycling"] == {}


def test_the_command_line_asks_a_run_by_hand(station: Any) -> None:
    run = begin(station)
    words = ("do", run, "hold-voltage", "voltage=50mV", "compliance=1mA")

    done, wrong = (
        subprocess.run(
            [sys.executable, "-m", "labctl", *said, "--data", str(station.data)],
            capture_output=True,
            text=True,
            check=False,
        )
        for said in (words, (*words[:3], "voltage=50kV", "compliance=1mA"))
    )

    assert (done.returncode, wrong.returncode) == (0, 3), done.stderr
    assert "50000 V is beyond" in wrong.stderr
    station.wait_until(run, lambda r: r.by_hand is not None and r.by_hand.holds)
    station.client.stop(run)
    station.wait_until(run, lambda r: r.state is RunState.STOPPED)
    station.client.release_channel("*")
