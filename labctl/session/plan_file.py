"""What a plan file may say: which protocol, on what, where, with which parameters."""

import dataclasses
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from labctl import plugins
from labctl.documents.complaints import validate
from labctl.documents.document import Document
from labctl.documents.hardened_yaml import load_file
from labctl.errors import RefusedError


class PlanFile(BaseModel):
    """A plan, before its parameters are looked at."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True
    )

    protocol: str
    """Name of the protocol: ``labctl protocol list``."""
    sample: str | None = None
    """A label file, or with --simulate the name of a simulated sample."""
    preset: str | None = None
    """Parameters to start from; those written below win."""
    channels: dict[str, str] | None = None
    """Role -> channel: ``cell: vsp300/3``."""
    parameters: dict[str, Any] | None = None
    """The protocol's own: ``labctl protocol show NAME``."""


def read_plan(path: Path) -> tuple[PlanFile, Document]:
    """Return a plan and its parameters as written, with their lines.

    RefusedError: every complaint about the file, those about parameters included.
    """
    document = load_file(path)
    data = document.data if isinstance(document.data, dict) else {}
    parameters = data.get("parameters") or {}
    written = dataclasses.replace(document.below("parameters"), data=parameters)
    try:
        return validate(document, PlanFile), written
    except RefusedError as refused:
        complaints = list(refused.complaints)
    known = data.get("protocol") in plugins.names(plugins.PROTOCOLS)
    if known and isinstance(parameters, dict):
        model = plugins.protocol(str(data["protocol"])).parameters_model
        try:
            validate(written, model)
        except RefusedError as refused:
            complaints += refused.complaints
    raise RefusedError(dict.fromkeys(complaints))
