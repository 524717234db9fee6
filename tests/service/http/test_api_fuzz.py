"""What the OpenAPI document promises, asked at random: no 5xx, no surprise.

Without a token the very same questions are asked, those that would end the station
included, and nothing changes.
"""

import os
from collections.abc import Container
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings

from labctl.api.station_files import StationFiles

EXAMPLES = int(os.environ.get("LABCTL_FUZZ", "6"))
"""For each operation; ``LABCTL_FUZZ=500`` asks more."""
QUIET = {"/shutdown", "/stop"}
"""Would end what the other tests use."""


@pytest.fixture(scope="module")
def bearer(station: Any) -> dict[str, str]:
    tokens = StationFiles(station.data).read_tokens()
    assert tokens is not None
    return {"Authorization": f"Bearer {tokens.configure}", "x-labctl-client": "fuzz"}


@pytest.fixture(scope="module")
def operations(station: Any, bearer: dict[str, str]) -> list[Any]:
    import schemathesis  # noqa: PLC0415  (a second of CPU in whoever only collects)

    url = f"{station.client.address.url}/openapi.json"
    document = httpx.get(url, headers=bearer, trust_env=False).json()
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=station.client.address.url)
    every: Any = schema.get_all_operations()
    return [result.ok() for result in every]


def test_no_question_breaks_the_station(
    station: Any, operations: list[Any], bearer: dict[str, str]
) -> None:
    assert len(operations) > 25
    for operation in operations:
        if operation.path not in QUIET:
            ask(operation, bearer, range(500))
    assert station.client.ping().role == "configure"


def test_without_a_token_no_question_is_answered_or_changes_anything(
    station: Any, operations: list[Any]
) -> None:
    before = what_could_change(station)
    audited = len(StationFiles(station.data).audit_file.read_bytes())
    for operation in operations:
        ask(operation, {"x-labctl-client": "stranger"}, (400, 401, 413, 429))

    assert what_could_change(station) == before
    assert len(StationFiles(station.data).audit_file.read_bytes()) == audited
    assert {o.path for o in operations} >= QUIET


def what_could_change(station: Any) -> dict[str, Any]:
    """Return the state without what moves by itself."""
    state = station.client.state()
    return {
        "runs": {r.run: (r.asked, r.operator) for r in state.runs},
        "queue": state.queue,
        "held": [c.channel for c in state.channels if c.held],
        "stop": state.stop,
        "boot": state.station.boot,
        "waiting": {e.number for e in state.attention},
        "samples": {s.name for s in station.client.samples()},
    }


def ask(operation: Any, headers: dict[str, str], expected: Container[int]) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def one(case: Any) -> None:
        answer = case.call(headers=headers, timeout=60)
        said = (case.method, case.path, answer.status_code, answer.text)
        assert answer.status_code in expected, said

    one()
