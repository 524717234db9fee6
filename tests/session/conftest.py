"""The built-in bench, ordered from in this very process, in virtual time."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labctl import plugins
from labctl.config.models import Config
from labctl.documents.complaints import validate
from labctl.documents.hardened_yaml import Document, load_file
from labctl.session.order import Order


@pytest.fixture(scope="session")
def bench() -> Config:
    return validate(load_file(Path(plugins.world().configuration())), Config)


@pytest.fixture
def order(tmp_path: Path) -> Callable[..., Order]:
    """Return orders for a formation cycling; parameters as a person writes them."""

    def make(sample: str = "si", **parameters: Any) -> Order:
        return Order(
            "formation-cycling",
            Document("plan", {"cycles": 0, "record_every": "10 min", **parameters}),
            sample,
            simulate=True,
            speed=None,
            out=tmp_path,
        )

    return make
