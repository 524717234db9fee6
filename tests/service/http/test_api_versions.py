"""Stations and clients of different versions understand each other.

What stations answered is recorded in ``tests/data/api-v<n>`` by ``record_api.py``.
"""

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import is_dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import BaseModel, TypeAdapter

from labctl.api import versions
from labctl.api.answers import (
    Accepted,
    Amended,
    AuditLine,
    Checked,
    ForecastOut,
    InstrumentOut,
    Pong,
    Problem,
    ProtocolOut,
    Queued,
    RunDetail,
    RunEvent,
    RunList,
    SampleOut,
    Started,
    StepOut,
)
from labctl.api.client import StationClient
from labctl.api.figures import RunFigures
from labctl.api.models import API_VERSION, QueueEntry, State, StationEvent
from labctl.api.reader import in_this_process
from labctl.api.requests import OrderIn
from labctl.api.station_files import Address
from labctl.api.versions import VersionError, in_todays_words, read
from labctl.data import Result
from labctl.service.bench.queue import Queue

DATA = Path(__file__).parents[2] / "data"
KINDS: dict[str, Any] = {
    "accepted": Accepted,
    "amended": Amended,
    "audit": list[AuditLine],
    "checked": Checked,
    "checked-wrong": Checked,
    "event": StationEvent,
    "events": list[StationEvent],
    "figures": RunFigures,
    "figures-hall": RunFigures,
    "forecast": ForecastOut,
    "instruments": list[InstrumentOut],
    "instruments-closed": list[InstrumentOut],
    "ping": Pong,
    "problem-busy": Problem,
    "problem-no-forecast": Problem,
    "problem-refused": Problem,
    "problem-unknown": Problem,
    "protocols": list[ProtocolOut],
    "queue": list[QueueEntry],
    "queued": Queued,
    "results": dict[str, Result],
    "results-hall": dict[str, Result],
    "run": RunDetail,
    "run-events": list[RunEvent],
    "run-hall": RunDetail,
    "runs": RunList,
    "sample": SampleOut,
    "samples": list[SampleOut],
    "started": Started,
    "state": State,
    "steps": list[StepOut],
}
RECORDED = pytest.mark.parametrize(
    ("version", "path"),
    [
        pytest.param(version, path, id=f"{version}-{path.stem}")
        for version in range(1, API_VERSION + 1)
        for path in sorted((DATA / f"api-v{version}").glob("*.json"))
    ],
)


@RECORDED
def test_what_a_version_answered_is_read_today(version: int, path: Path) -> None:
    found = read(version, KINDS[path.stem], path.read_bytes())

    again = TypeAdapter(KINDS[path.stem]).dump_json(found)
    said = without(GONE.get(version, ()), json.loads(path.read_bytes()))
    assert lost(in_todays_words(version, said), again) == []


GONE = {1: ("actions", "by_hand", "set_points", "safe_at_unix")}
"""Version -> what it said of acts by hand, which are runs since."""


def without(names: Sequence[str], given: Any) -> Any:
    if isinstance(given, list):
        return [without(names, item) for item in given]
    if not isinstance(given, dict):
        return given
    return {k: without(names, v) for k, v in given.items() if k not in names}


def lost(given: Any, again: bytes) -> list[Any]:
    """Return the numbers and words that were said and are not in what was read."""
    kept = set(map(str, leaves(json.loads(again))))
    return [x for x in leaves(given) if str(x) not in kept]


def leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        for below in value.values() if isinstance(value, dict) else value:
            yield from leaves(below)
    elif isinstance(value, float | int) and not isinstance(value, bool):
        yield float(value)
    else:
        yield value


def test_what_was_a_seat_is_a_channel() -> None:
    first = DATA / "api-v1"
    state = read(1, State, (first / "state.json").read_bytes())
    bench = read(1, list[InstrumentOut], (first / "instruments.json").read_bytes())

    assert state.channels[0].name == "vsp300/1"
    assert bench[0].channels[0].channel == "vsp300/1"
    assert state.runs[0].channels == {"cell": "vsp300/1"}


@RECORDED
def test_a_client_ignores_what_a_later_station_says_besides(
    version: int, path: Path
) -> None:
    kind = TypeAdapter(KINDS[path.stem])
    today = read(version, KINDS[path.stem], path.read_bytes())
    plain = kind.dump_python(today, mode="json")

    later = json.dumps(with_news(today, plain)).encode()

    assert "of_tomorrow" in later.decode()
    read_back = read(API_VERSION + 1, KINDS[path.stem], later)
    assert kind.dump_python(read_back, mode="json") == plain


def with_news(value: Any, plain: Any) -> Any:
    """Return ``plain`` with one field more in everything that has named fields."""
    if isinstance(value, BaseModel) or is_dataclass(value):
        known = {name: with_news(getattr(value, name), plain[name]) for name in plain}
        return {**known, "of_tomorrow": [1, "x"]}
    if isinstance(value, dict):
        return {name: with_news(value[name], plain[name]) for name in plain}
    if isinstance(value, list | tuple):
        return [with_news(*pair) for pair in zip(value, plain, strict=True)]
    return plain


def test_a_newer_station_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    versions.say_if_newer.cache_clear()
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            StationClient(httpx.Client(), a_station(API_VERSION + 1)).close()

    said = (
        f"the station speaks version {API_VERSION + 1} of the API, this labctl "
        f"{API_VERSION}"
    )
    assert [r.message.partition(":")[0] for r in caplog.records] == [said]


def test_an_answer_of_another_version_that_makes_no_sense_says_so() -> None:
    with pytest.raises(VersionError, match="speaks version 9"):
        read(9, Started, b'{"ran": "x"}')


def test_an_older_station_is_asked_in_its_own_words() -> None:
    heard: list[tuple[str, Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        heard.append((request.url.path, json.loads(request.content)))
        said = {"run": "r", "seats": {}, "warnings": [], "sequence": 1}
        return httpx.Response(200, json=said)

    http = httpx.Client(transport=httpx.MockTransport(answer), base_url="http://x")
    with StationClient(http, a_station(1)) as client:
        client.start(OrderIn(protocol="p", sample="s", channels={"cell": "vsp300/1"}))
        client.clear_channel("vsp300/1", by_hand=True)

    order = {"protocol": "p", "sample": "s", "seats": {"cell": "vsp300/1"}}
    assert heard == [("/runs", order), ("/seats/vsp300/1/clear", {"by_hand": True})]


def test_a_queue_that_an_older_station_left_is_read(tmp_path: Path) -> None:
    order = {"protocol": "p", "sample": "s", "seats": {"cell": "vsp300/1"}}
    entry = {"entry": "e", "order": order, "ready": False, "hold": False}
    entry |= {"added_by": "me", "added_unix": 1.0, "refused": ""}
    left = tmp_path / "queue.json"
    left.write_text(json.dumps({"entries": [entry], "held": {}}))

    (waiting,) = Queue(left).entries

    assert waiting.order.channels == {"cell": "vsp300/1"}


def a_station(version: int) -> Address:
    return replace(in_this_process(), api_version=version)
