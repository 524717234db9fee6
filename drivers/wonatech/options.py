"""What the configuration may say about a WonATech cycler."""

from collections.abc import Mapping
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from labctl.errors import Complaint, RefusedError


class Options(BaseModel):
    """Options of one cycler; durations in s."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = "WBCS3000"
    """As it stands on the cycler; each record says its own."""
    serial: str = ""
    """Serial that a record must have; empty takes any."""
    channels: Annotated[int, Field(ge=1, le=96)] = 8
    """For names such as ``wbcs3000/3`` only: which channel wrote a record it says."""
    zone: str = ""
    """IANA zone of the cycler's PC (``Asia/Seoul``); empty: that of this PC."""
    quiet: Annotated[float, Field(ge=0, le=3600)] = 10.0
    """How long a record that says it is over must not grow before that is believed."""
    patience: Annotated[float, Field(ge=1, le=86400)] = 60.0
    """How long a head may stay incomplete, or a followed file be missing."""
    finished_statuses: tuple[Annotated[int, Field(ge=0, le=255)], ...] = ()
    """RUN STATUS codes that mean a test is over; none is known for sure."""

    @field_validator("zone")
    @classmethod
    def _is_known(cls, value: str) -> str:
        try:
            return value and str(ZoneInfo(value))
        except (ZoneInfoNotFoundError, ValueError, OSError) as e:
            raise ValueError(
                "no such time zone; take an IANA name such as Asia/Seoul"
            ) from e


def read_options(name: str, options: Mapping[str, Any]) -> Options:
    """Return the checked options. RefusedError lists every complaint."""
    try:
        return Options.model_validate(dict(options))
    except ValidationError as error:
        raise RefusedError(
            Complaint(
                ("instruments", name, "options", *item["loc"]),
                f"{item['input']!r}: {item['msg']}.",
            )
            for item in error.errors()
        ) from error
