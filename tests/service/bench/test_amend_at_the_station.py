"""A run that goes on at a station takes other parameters at its next step."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from labctl.api.answers import Applies
from labctl.api.discovery import find
from labctl.api.requests import OrderIn
from labctl.api.transport import AccessError
from labctl.errors import OperatorError, RefusedError
from labctl.store.run_file.reader import RunFile

Orders = Callable[..., OrderIn]


def test_a_run_that_goes_on_gets_more_cycles(station: Any, order: Orders) -> None:
    quick = {"formation_cycles": 0, "rate": "3C", "rest": "1 min"}
    run = station.client.start(order("vsp300/1", cycles=1, **quick)).run
    station.wait_until(run, lambda r: r.state == "running" and r.rows > 3)

    seen = station.client.amend(run, {"cycles": 2}, dry_run=True)
    amended = station.client.amend(run, {"cycles": 2}, "capacity still rises")
    station.wait_until(run, lambda r: r.state == "completed", patience=100.0)

    assert seen.applies is Applies.NOT
    assert amended.applies is Applies.NEXT_STEP
    assert amended.parameters["cycles"].new == 2
    with RunFile(station.data / run) as file:
        assert file.header.parameters["cycles"] == 2
        assert {record.payload["cycle"] for record in file.steps} >= {1, 2}
        said = [e.event.text for e in file.events if e.event.code == "amend"]
        assert file.results["capacity_retention"].quality
    assert len(said) == 1
    assert "(capacity still rises): cycles 1 → 2" in said[0]


def test_the_past_of_a_run_that_goes_on_stays(station: Any, order: Orders) -> None:
    run = station.client.start(order("vsp300/2")).run
    station.wait_until(run, lambda r: r.state == "running" and r.rows > 3)

    with pytest.raises(OperatorError, match=r"step \d was"):
        station.client.amend(run, {"formation_rate": "C/10"})
    with pytest.raises(RefusedError, match="cycles"):
        station.client.amend(run, {"cycles": -1})
    with pytest.raises(OperatorError, match="no run"):
        station.client.amend("no-such-run", {"cycles": 1})
    operate = find(station.data, role="operate")
    assert operate is not None
    with operate, pytest.raises(AccessError, match="may configure"):
        operate.amend(run, {"cycles": 3})
    with RunFile(station.data / run) as file:
        assert file.header.parameters["cycles"] == 2
    station.client.stop(run, "enough")


def test_the_command_line_amends_at_the_station(station: Any, order: Orders) -> None:
    run = station.client.start(order("vsp300/3")).run
    station.wait_until(run, lambda r: r.state == "running" and r.rows > 3)

    done = subprocess.run(
        [
            *(sys.executable, "-m", "labctl", "amend", "vsp300/3", "--json"),
            *("--set", "cycles=7", "--data", str(station.data)),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    station.client.stop(run, "enough")

    answer = json.loads(done.stdout)
    assert answer["run"] == run
    assert answer["parameters"]["cycles"] == {"old": 2, "new": 7}
    assert answer["applies"] == "next_step"
