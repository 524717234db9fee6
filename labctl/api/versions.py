"""Which version of the API a station speaks, and what older ones call things.

A client reads an older station through one table, `AFTER`, and asks it in its own
words. A newer station is taken at what the client knows of it. What a station wrote
into its own folder is read through the same table.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from labctl.api.models import API_VERSION
from labctl.errors import OperatorError

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Changes:
    """What is called otherwise in the next version; an empty list is any."""

    names: Mapping[tuple[str, str], str]
    """(List that it stands in, name there) -> name in the next version."""
    added: Mapping[str, Mapping[str, Any]]
    """List -> what each of its items has since, and how it reads without."""
    words: Mapping[tuple[str, str], Mapping[str, str]]
    """(List, name) -> word -> word in the next version."""
    asked: Mapping[str, str]
    """Name in a request of the next version -> what it was called before."""
    paths: Mapping[str, str]
    """How a path of the next version begins -> how it began before."""


AFTER: Mapping[int, Changes] = {
    1: Changes(
        names={
            ("channels", "seat"): "name",  # of `State`
            ("complaints", "where"): "file",  # a sentence: file, line, path in one
            ("", "seat"): "channel",
            ("", "seats"): "channels",
        },
        added={"complaints": {"path": []}},
        words={("channels", "state"): {"manual": "busy"}},  # by hand is a run since
        asked={"channel": "seat", "channels": "seats"},
        paths={"/channels/": "/seats/"},
    )
}
"""Version -> what changed after it."""


class VersionError(OperatorError):
    """A station of another version said something that this client cannot read."""


def read(version: int, kind: type[T], text: bytes) -> T:
    """Return what a station of ``version`` answered. VersionError: it says no such."""
    try:
        if version < API_VERSION:
            text = json.dumps(in_todays_words(version, json.loads(text))).encode()
        return TypeAdapter(kind).validate_json(text)
    except ValidationError as error:
        if version == API_VERSION:
            raise
        raise VersionError(
            f"the station speaks version {version} of the API, this labctl "
            f"{API_VERSION}, and its answer cannot be read: {error}"
        ) from error


def in_todays_words(version: int, given: Any) -> Any:
    """Return what a station of ``version`` said or wrote, in today's names."""
    for one in range(version, API_VERSION):
        given = _brought_on(AFTER[one], given, "")
    return given


def in_their_words(version: int, given: Any) -> Any:
    """Return a request's body as a station of ``version`` understands it."""
    for one in reversed(range(version, API_VERSION)):
        given = _renamed(AFTER[one].asked, given)
    return given


def their_path(version: int, path: str) -> str:
    """Return where a station of ``version`` has what lies at ``path`` today."""
    for one in reversed(range(version, API_VERSION)):
        for now, then in AFTER[one].paths.items():
            if path.startswith(now):
                path = then + path.removeprefix(now)
    return path


@cache
def say_if_newer(version: int) -> None:
    """Say once that a station knows more than this client does."""
    if version > API_VERSION:
        log.warning(
            "the station speaks version %d of the API, this labctl %d: what is new "
            "there is not shown; install the station's version of labctl to see it",
            version,
            API_VERSION,
        )


def _brought_on(changes: Changes, given: Any, within: str) -> Any:
    """Return what stands in a list called ``within`` as the next version says it."""
    if isinstance(given, list):
        return [_brought_on(changes, item, within) for item in given]
    if not isinstance(given, dict):
        return given
    found = dict(changes.added.get(within, {}))
    for key, below in given.items():
        name = changes.names.get((within, key)) or changes.names.get(("", key)) or key
        words = changes.words.get((within, key), {})
        said = words.get(below, below) if isinstance(below, str) else below
        found[name] = _brought_on(changes, said, key)
    return found


def _renamed(names: Mapping[str, str], given: Any) -> Any:
    if isinstance(given, list):
        return [_renamed(names, item) for item in given]
    if not isinstance(given, dict):
        return given
    return {names.get(key, key): _renamed(names, item) for key, item in given.items()}
