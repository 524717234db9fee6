"""The built-in bench, ordered from in this very process, in virtual time."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from shared_runs import SharedRuns, bench_file

from labctl.config.models import Config
from labctl.documents.hardened_yaml import Document
from labctl.session.order import Order
from labctl.session.run import Finished


@pytest.fixture(scope="session")
def bench() -> Config:
    return bench_file()


SHORT: dict[str, Any] = {"cycles": 0, "record_every": "10 min"}
"""Parameters of a formation that is over soon."""


@pytest.fixture(scope="session")
def undisturbed(shared_runs: SharedRuns) -> Finished:
    """Return a completed formation, to be looked at."""
    return shared_runs("formation-cycling", "si", **SHORT)


@pytest.fixture
def complete(shared_runs: SharedRuns, tmp_path: Path) -> Finished:
    """Return a completed formation of the test's own."""
    return shared_runs.copy(tmp_path, "formation-cycling", "si", **SHORT)


@pytest.fixture
def order(tmp_path: Path) -> Callable[..., Order]:
    """Return orders for a formation cycling; parameters as a person writes them."""

    def make(sample: str = "si", **parameters: Any) -> Order:
        return Order(
            "formation-cycling",
            Document("plan", {**SHORT, **parameters}),
            sample,
            simulate=True,
            speed=None,
            out=tmp_path,
        )

    return make
