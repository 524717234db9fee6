"""A real station's process: runs, wishes, death and return."""

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labctl.api.discovery import find, find_or_start
from labctl.api.requests import OrderIn
from labctl.engine.states import RunState
from labctl.errors import InstrumentError, OperatorError, RefusedError
from labctl.service.http.audit import verify
from labctl.store.run_file.reader import RunFile

Orders = Callable[..., OrderIn]


def test_eight_runs_go_on_at_once_and_each_is_sealed(
    station: Any, order: Orders
) -> None:
    started = [
        station.client.start(order(f"vmp3/{n}", ("si", "qms-0.7")[n % 2])).run
        for n in range(1, 9)
    ]
    for run in started:
        station.wait_until(run, lambda r: r.state == "running" and r.rows > 5)

    answer = station.client.stop_all("enough")
    state = station.wait_for_state(lambda s: s.stop is not None and s.stop.done)

    assert answer.sequence > 0
    assert {line.run for line in state.stop.lines} == set(started)
    slowest = max(x.confirmed_unix - x.asked_unix for x in state.stop.lines)
    assert slowest < 2.0
    for run in started:
        station.wait_until(run, lambda r: r.state == "stopped")
        with RunFile(station.data / run) as file:
            assert file.status.state == "stopped"
            assert file.path.suffix == ".h5"
    measured = station.wait_for_state(
        lambda s: all(line.measured for line in s.stop.lines)
    )
    for line in measured.stop.lines:
        current = line.measured[f"{line.channels[0]} current A"]
        assert abs(current) < 1e-6


def test_a_run_holds_and_goes_on_when_told(station: Any, order: Orders) -> None:
    run = station.client.start(order("vsp300/1")).run
    station.wait_until(run, lambda r: r.state == "running" and r.rows > 3)

    station.client.hold(run, "hot")
    held = station.wait_until(run, lambda r: r.state == "hold")
    assert held.asked == ""
    assert "hot" in held.reason
    station.client.resume(run)
    station.wait_until(run, lambda r: r.state == "running")
    label = station.run(run).step_label
    station.client.skip(run, "next")
    station.wait_until(run, lambda r: r.step_label != label)
    station.client.stop(run)
    assert station.wait_until(run, lambda r: r.state == "stopped").reason


def test_rows_by_cursor_and_window_are_what_the_file_keeps(
    station: Any, order: Orders
) -> None:
    run = station.client.start(order("vsp300/2")).run
    station.wait_until(run, lambda r: r.rows > 50)
    station.client.stop(run)
    station.wait_until(run, lambda r: r.state == "stopped")
    with RunFile(station.data / run) as file:
        kept = file.table("timeseries")["voltage_volt"]

    def pulled() -> np.ndarray[Any, Any] | None:
        parts, cursor = [], 0
        while True:
            page = station.client.rows(run, "timeseries", cursor, limit=37)
            if page.next_row == cursor:
                break
            parts.append(page.columns["voltage_volt"])
            cursor = page.next_row
        volts = np.concatenate(parts)
        return volts if len(volts) == len(kept) else None

    np.testing.assert_array_equal(eventually_equal(pulled), kept)
    window = station.client.window(run, "timeseries", ["voltage_volt"], px=4000)
    np.testing.assert_array_equal(window.columns["voltage_volt"], kept)
    thin = station.client.window(run, "timeseries", ["voltage_volt"], px=4)
    assert thin.columns["voltage_volt:min"].min() == kept.min()
    assert thin.columns["voltage_volt:max"].max() == kept.max()


def eventually_equal(look: Callable[[], Any]) -> Any:
    for _ in range(200):
        found = look()
        if found is not None:
            return found
    raise AssertionError("the rows never came")


def test_everything_about_a_run_can_be_asked_while_it_goes_on(
    station: Any, order: Orders
) -> None:
    run = station.client.start(order("vsp300/3")).run
    station.wait_until(run, lambda r: r.state == "running" and r.rows > 3)

    detail = station.client.run(run)
    assert detail.summary.state == RunState.RUNNING
    assert "timeseries" in {s.name for s in detail.streams}
    assert detail.envelope["voltage_volt"][1] is not None
    assert station.client.steps(run)[0].ended is None
    assert station.client.results(run) == {}
    assert "<html" in station.client.report(run)
    assert [r.run for r in station.client.runs(f"run:{run} state:running").runs] == [
        run
    ]
    station.client.stop(run)
    station.wait_until(run, lambda r: r.state == "stopped")


def test_an_order_with_the_same_key_starts_only_once(
    station: Any, order: Orders
) -> None:
    asked = order("vsp300/4").model_copy(update={"key": "click-1"})

    first = station.client.start(asked)
    second = station.client.start(asked)

    assert first == second
    station.client.stop(first.run)
    station.wait_until(first.run, lambda r: r.state == "stopped")


def test_a_busy_channel_is_refused_by_the_name_of_its_run(
    station: Any, order: Orders
) -> None:
    run = station.client.start(order("vsp300/5")).run

    with pytest.raises(InstrumentError, match=r"vsp300/5 is lent to run .*"):
        station.client.start(order("vsp300/5"))
    station.client.stop(run)
    station.wait_until(run, lambda r: r.state == "stopped")


def test_a_bad_order_brings_every_complaint_at_once(
    station: Any, order: Orders
) -> None:
    bad = order("vsp300/6", cycles=-1, rate="seven")

    checked = station.client.check(bad)

    assert not checked.ok
    assert len(checked.complaints) >= 2
    with pytest.raises(RefusedError) as caught:
        station.client.start(bad)
    assert len(caught.value.complaints) == len(checked.complaints)


def test_the_forecast_of_an_order_names_duration_and_steps(
    station: Any, order: Orders
) -> None:
    found = station.client.forecast(order("vsp300/6"), deadline=60.0)

    assert found.status == "completed"
    assert found.duration > 3600.0
    assert found.steps == len(found.plan)
    assert found.curve["voltage_volt"]


def test_a_queued_order_starts_when_ready_and_its_channel_is_free(
    station: Any, order: Orders
) -> None:
    station.client.release_channel("*")
    first = station.client.start(order("vsp300/6")).run
    entry = station.client.enqueue(order("vsp300/6", sample="qms-0.7")).entry
    assert "not marked" in station.client.queue()[0].waits_for
    station.client.change_queue(entry, ready=True)
    assert "busy" in station.client.queue()[0].waits_for

    station.client.stop(first)
    station.wait_until(first, lambda r: r.state == "stopped")

    # a stopped run holds its channel until a person lets it go
    state = station.wait_for_state(lambda s: any(c.held for c in s.channels))
    assert state.queue[0].entry == entry
    station.client.release_channel("vsp300/6")
    state = station.wait_for_state(lambda s: not s.queue)
    run = next(r for r in state.runs if r.sample == "qms-0.7" and r.run > first)
    station.client.stop(run.run)
    station.wait_until(run.run, lambda r: r.state == "stopped")
    station.client.release_channel("*")


def test_the_file_stop_stops_everything(station: Any, order: Orders) -> None:
    run = station.client.start(order("vsp300/1")).run
    station.wait_until(run, lambda r: r.state == "running")

    (station.data / "STOP").touch()

    assert "STOP" in station.wait_until(run, lambda r: r.state == "stopped").reason
    assert not (station.data / "STOP").exists()
    station.client.release_channel("*")


def test_a_label_is_kept_at_the_station_and_measured(
    station: Any, order: Orders
) -> None:
    label = {
        "kind": "half_cell",
        "active_mass": "1.20 mg",
        "first_step": "lithiation",
        "one_c": "3350 mAh/g",
        "simulated_as": "si",
    }
    station.client.keep_sample("A17", label)

    assert "A17" in {s.name for s in station.client.samples()}
    assert station.client.check(order("vsp300/2", sample="A17")).complaints == []
    with pytest.raises(RefusedError, match="active_mass"):
        station.client.keep_sample("A18", {**label, "active_mass": "1.2"})


def test_a_file_is_no_sample(station: Any, order: Orders) -> None:
    with pytest.raises(OperatorError, match="no sample"):
        station.client.start(order(sample="../../etc/passwd.yaml"))


def test_a_long_poll_wakes_up_with_news(station: Any, order: Orders) -> None:
    before = station.client.state()
    quiet = station.client.state(before.sequence, wait=0.1)
    assert quiet.sequence >= before.sequence

    run = station.client.start(order("vsp300/1")).run
    after = station.client.state(before.sequence, wait=10.0)

    assert after.sequence > before.sequence
    station.client.stop(run)
    station.wait_until(run, lambda r: r.state == "stopped")


def test_the_audit_log_knows_who_stopped_what(station: Any) -> None:
    station.client.stop_all("for the log")

    line = station.client.audit()[-1]

    assert line.command == "POST /stop"
    assert line.given == {"reason": "for the log"}
    assert verify(station.data / ".station" / "audit.jsonl") >= line.number
    station.client.release_channel("*")


def test_no_second_station_can_have_the_same_bench(station: Any) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "labctl", "serve", "--simulate"),
            "--data",
            station.data,
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 2
    assert "runs already" in done.stderr
    assert station.client.ping().boot == station.client.state().station.boot


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes")
def test_only_this_user_can_read_the_tokens(station: Any) -> None:
    mode = (station.data / ".station" / "tokens.json").stat().st_mode

    assert stat.S_IMODE(mode) == 0o600


def test_a_killed_station_comes_back_and_offers_to_resume(
    fresh_station: Any, order: Orders
) -> None:
    station = fresh_station
    runs = [station.client.start(order(f"vsp300/{n}")).run for n in (1, 2, 3)]
    for run in runs:
        station.wait_until(run, lambda r: r.rows > 30)

    station.kill()
    assert find(station.data) is None
    station.start()

    state = station.wait_for_state(
        lambda s: {r.run for r in s.runs if r.state == "interrupted"} == set(runs)
    )
    assert {e.run for e in state.attention if e.code == "interrupted"} == set(runs)
    before = {r.run: r.rows for r in state.runs}
    station.client.resume(runs[0])
    station.client.finish(runs[1], "enough")
    station.client.discard(runs[2], "wrong cell")
    going = station.wait_until(
        runs[0], lambda r: r.state == "running" and r.rows > before[runs[0]]
    )
    assert going.test_time > 0
    station.client.stop(runs[0])
    station.wait_until(runs[0], lambda r: r.state == "stopped")
    states = {r.run: r.state for r in station.client.runs().runs}
    assert states == {runs[0]: "stopped", runs[1]: "stopped", runs[2]: "discarded"}
    with RunFile(station.data / runs[0]) as file:
        assert "gap" in {e.event.code for e in file.events}


def test_a_signal_ends_every_run_in_good_order(
    fresh_station: Any, order: Orders
) -> None:
    station = fresh_station
    run = station.client.start(order("vsp300/1")).run
    station.wait_until(run, lambda r: r.rows > 5)

    station.process.send_signal(signal.SIGTERM)
    station.process.wait(40)

    assert station.process.returncode == 0
    assert not (station.data / ".station" / "station.json").exists()
    assert not (station.data / ".station" / "tokens.json").exists()
    with RunFile(station.data / run) as file:
        assert file.status.state == "stopped"


STARTER = """
import sys
from pathlib import Path
from labctl.api.discovery import find_or_start
client = find_or_start(Path(sys.argv[1]), ["--simulate", "--no-live-view"])
print(client.state().station.pid, flush=True)
sys.stdin.read()
"""


def test_a_station_outlives_the_window_that_started_it(tmp_path: Path) -> None:
    data = tmp_path / "runs"
    window = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(data)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert window.stdout is not None
    pid = int(window.stdout.readline())

    window.kill()
    window.wait(10)
    window.stdout.close()
    assert window.stdin is not None
    window.stdin.close()

    client = find_or_start(data, ["--simulate"])
    with client:
        assert client.state().station.pid == pid
        client.shutdown()
    address = json.loads((data / ".station" / "station.json").read_text())
    assert address["pid"] == pid


def test_the_simulated_bench_holds_one_film_or_pellet_at_a_time(station: Any) -> None:
    film = OrderIn(protocol="hall-effect", sample="film-si")
    pellet = OrderIn(protocol="pellet-conductivity", sample="pellet-si")
    run = station.client.start(film).run

    with pytest.raises(InstrumentError, match=f"is lent to run {run}"):
        station.client.start(pellet)
    entry = station.client.enqueue(pellet, ready=True).entry
    station.wait_until(run, lambda r: r.rows > 0)
    assert [e.entry for e in station.client.queue()] == [entry]

    station.client.stop(run)
    station.wait_until(run, lambda r: r.state == "stopped")
    state = station.wait_for_state(lambda s: not s.queue)
    second = next(r for r in state.runs if r.sample == "pellet-si")
    station.client.stop(second.run)
    station.wait_until(second.run, lambda r: r.state in {"stopped", "completed"})
    station.client.release_channel("*")
