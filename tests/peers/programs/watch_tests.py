"""A pytest plugin: notes each test's outcome and what its command pairs are.

The tests run as they stand; `pymeasure.test.expected_protocol` still checks. A raw
socket has no END: the address is opened with the line feed that ends an answer there.
"""

import json
import os
from pathlib import Path
from typing import Any

import pymeasure.test
import pytest
from pymeasure.adapters import VISAAdapter

TESTS: dict[str, str] = {}
EXCHANGES: list[dict[str, Any]] = []
_original = pymeasure.test.expected_protocol


def _text(item: Any) -> str | None:
    if isinstance(item, bytes | bytearray):
        return bytes(item).decode("latin-1")
    return None if item is None else str(item)


def _expected_protocol(
    instrument_cls: type, comm_pairs: Any, *more: Any, **named: Any
) -> Any:
    running = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition("::")[2]
    pairs = [[_text(sent), _text(answered)] for sent, answered in comm_pairs]
    EXCHANGES.append(
        {
            "class": instrument_cls.__name__,
            "test": running.partition(" (")[0],
            "pairs": pairs,
        }
    )
    return _original(instrument_cls, comm_pairs, *more, **named)


pymeasure.test.expected_protocol = _expected_protocol


@pytest.hookimpl
def pytest_configure(config: pytest.Config) -> None:
    """Open the address that was given."""
    address = getattr(config.option, "adapter", None)
    if address:
        config.option.adapter = VISAAdapter(
            address, visa_library="@py", read_termination="\n", write_termination="\n"
        )


@pytest.hookimpl
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep why a test failed; an empty text is a pass."""
    name = report.nodeid.rpartition("::")[2]
    if report.failed:
        TESTS[name] = f"{report.when}: {report.longreprtext[-1500:]}"
    elif report.when == "call" and not report.skipped:
        TESTS.setdefault(name, "")


@pytest.hookimpl
def pytest_sessionfinish() -> None:
    """Write everything down."""
    found = {"tests": TESTS, "exchanges": EXCHANGES}
    Path(os.environ["WATCHED_TESTS"]).write_text(json.dumps(found))
