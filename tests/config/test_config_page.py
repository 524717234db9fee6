"""The page on the configuration names everything that the models know."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from drivers.biologic.options import Options
from labctl import columns
from labctl.config.models import (
    AlsoRecordConfig,
    Config,
    InstrumentConfig,
    SafetyConfig,
    StationConfig,
    TemperatureConfig,
)

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "reference" / "config.md"
FIRST_SESSION = DOCS / "how-to" / "first-hardware-session.md"
MODELS: tuple[type[BaseModel], ...] = (
    Config,
    AlsoRecordConfig,
    StationConfig,
    InstrumentConfig,
    SafetyConfig,
    TemperatureConfig,
    Options,
)


def keys() -> Iterator[str]:
    for model in MODELS:
        yield from model.model_fields


@pytest.mark.parametrize("key", sorted(set(keys())))
def test_every_key_of_the_configuration_is_explained(key: str) -> None:
    named = set(re.findall(r"`([a-z_]+)`", PAGE.read_text("utf-8")))

    assert key in named


def test_the_first_session_on_hardware_names_only_options_that_there_are() -> None:
    text = FIRST_SESSION.read_text("utf-8")
    recorded = (*columns.TIMESERIES.columns, *columns.EIS.columns, *columns.FURTHER)
    others = {"upper_voltage", *(column.name for column in recorded)}

    said = set(re.findall(r"`([a-z]+_[a-z_]+)(?:`|: )", text)) - others

    assert {"cv_rate", "geis_hold", "phase_sign", "sent_amplitude"} <= said
    assert said <= Options.model_fields.keys()
