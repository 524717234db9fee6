"""What the station says of an order whose channel is busy, and of a step that is
wrong."""

from collections.abc import Callable
from typing import Any

import pytest

from labctl.api.requests import OrderIn
from labctl.documents.document import Document
from labctl.errors import InstrumentError, RefusedError

Orders = Callable[..., OrderIn]
CELLS = [f"vsp300/{n}" for n in range(1, 7)] + [f"vmp3/{n}" for n in range(1, 9)]


def test_an_order_for_a_busy_channel_is_right_and_says_who_has_it(
    station: Any, order: Orders
) -> None:
    run = station.client.start(order("vsp300/1")).run
    try:
        found = station.client.check(order("vsp300/1"))

        assert found.ok
        assert found.busy == {"vsp300/1": run}
        assert station.client.check(order("vsp300/2")).busy == {}
        with pytest.raises(InstrumentError, match=f"lent to run {run}"):
            station.client.start(order("vsp300/1"))
    finally:
        _end(station, run)


def test_an_order_for_any_channel_waits_while_all_are_busy(
    station: Any, order: Orders
) -> None:
    runs = [station.client.start(order(channel)).run for channel in CELLS]
    try:
        anywhere = order("").model_copy(update={"channels": {}})
        found = station.client.check(anywhere)
        entry = station.client.enqueue(anywhere).entry

        assert found.ok
        assert set(found.busy.values()) < set(runs)
        station.client.unqueue(entry)
    finally:
        _end(station, *runs)


@pytest.mark.parametrize("ask", ["start", "enqueue"])
def test_a_plan_that_no_channel_can_do_neither_starts_nor_waits(
    station: Any, ask: str
) -> None:
    steps = [
        {"do": "rest", "duration": "1 h"},
        {"do": "peis", "first_frequency": "1 MHz", "last_frequency": "1 µHz"},
    ]
    wanted = OrderIn(protocol="sequence", sample="qms-0.7", parameters={"steps": steps})

    before = {run.run for run in station.client.state().runs}
    found = station.client.check(wanted)
    with pytest.raises(RefusedError) as refused:
        getattr(station.client, ask)(wanted)

    for complaints in (found.complaints, refused.value.complaints):
        (complaint,) = complaints
        assert complaint.path == ("parameters", "steps", 1, "last_frequency")
        assert (complaint.value, complaint.limit) == (1e-6, 1e-5)
    assert {run.run for run in station.client.state().runs} == before


def test_a_check_says_what_the_channel_can_do(station: Any, order: Orders) -> None:
    found = station.client.check(order("vmp3/1"))

    assert "±400 mA" in found.capabilities["cell"]
    assert found.unknown == []


def test_a_wrong_step_is_named_by_its_path(station: Any) -> None:
    steps = [
        {"do": "rest", "duration": "1 h"},
        {
            "do": "repeat",
            "times": 2,
            "steps": [{"do": "current", "rate": "banana", "duration": "1 h"}],
        },
        {"do": "rest", "duration": "1 h", "until": ["full: volt <= 5 mV"]},
    ]
    wanted = OrderIn(protocol="sequence", sample="qms-0.7", parameters={"steps": steps})

    found = station.client.check(wanted)

    assert not found.ok
    assert [hint.where for hint in found.complaints] == [
        "steps[1].steps[0].rate",
        "steps[2].until[0]",
    ]


def test_data_without_lines_knows_every_place() -> None:
    document = Document.without_lines("parameters", {"steps": [{"rate": 1}]})

    assert document.known(("steps", 0, "current", "rate")) == ("steps", 0, "rate")
    assert document.line_of(("steps", 0, "rate")) == 0


def _end(station: Any, *runs: str) -> None:
    station.client.stop_all("test")
    for run in runs:
        station.wait_until(run, lambda r: r.state not in {"starting", "running"})
        station.wait_until(run, lambda r: r.state == "stopped")
    station.client.release_channel("*")
