"""The page on the configuration names everything that the models know."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from drivers.biologic.options import Options
from labctl.config.models import (
    AlsoRecordConfig,
    Config,
    InstrumentConfig,
    SafetyConfig,
    StationConfig,
)

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "config.md"
MODELS: tuple[type[BaseModel], ...] = (
    Config,
    AlsoRecordConfig,
    StationConfig,
    InstrumentConfig,
    SafetyConfig,
    Options,
)


def keys() -> Iterator[str]:
    for model in MODELS:
        yield from model.model_fields


@pytest.mark.parametrize("key", sorted(set(keys())))
def test_every_key_of_the_configuration_is_explained(key: str) -> None:
    named = set(re.findall(r"`([a-z_]+)`", PAGE.read_text("utf-8")))

    assert key in named
