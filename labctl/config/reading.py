"""``config.yaml`` and the configuration that a run keeps, into one `Config`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labctl.config.models import Config
from labctl.documents.complaints import validate
from labctl.documents.former import in_present_words, present
from labctl.documents.hardened_yaml import load_file
from labctl.quantities import SI


def read_config(path: Path) -> Config:
    """Return what a file says. RefusedError: every complaint, with its line."""
    return validate(present(load_file(path)), Config)


def kept_config(kept: Mapping[str, Any]) -> Config:
    """Return the configuration that a run was started with, as its header keeps it."""
    return Config.model_validate(in_present_words(kept), context=SI)
