"""What the OpenAPI document promises, asked at random: no 5xx, no surprise."""

import os
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

from labctl.service.premises import Premises

EXAMPLES = int(os.environ.get("LABCTL_FUZZ", "6"))
"""For each operation; ``LABCTL_FUZZ=500 pytest tests/service/test_api_fuzz.py``."""
QUIET = {"/shutdown", "/stop"}
"""Would end what the other tests use."""


@pytest.fixture(scope="module")
def bearer(station: Any) -> dict[str, str]:
    tokens = Premises(station.data).read_tokens()
    assert tokens is not None
    return {"Authorization": f"Bearer {tokens.configure}", "x-labctl-client": "fuzz"}


@pytest.fixture(scope="module")
def operations(station: Any, bearer: dict[str, str]) -> list[Any]:
    url = f"{station.client.address.url}/openapi.json"
    document = httpx.get(url, headers=bearer, trust_env=False).json()
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=station.client.address.url)
    every: Any = schema.get_all_operations()
    found = [result.ok() for result in every]
    return [o for o in found if o.path not in QUIET]


def test_no_question_breaks_the_station(
    station: Any, operations: list[Any], bearer: dict[str, str]
) -> None:
    assert len(operations) > 25
    for operation in operations:
        ask(operation, bearer)
    assert station.client.ping().role == "configure"


def ask(operation: Any, headers: dict[str, str]) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def one(case: Any) -> None:
        answer = case.call(headers=headers, timeout=60)
        assert answer.status_code < 500, (case.method, case.path, answer.text)

    one()
