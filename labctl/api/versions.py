"""Which version of the API a station speaks, and what older ones call things.

A client reads an older station through one table, `FORMER`, and asks it in its own
words. A newer station is taken at what the client knows of it. What a station wrote
into its own folder is read through the same table.
"""

import json
import logging
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from labctl.api.models import API_VERSION
from labctl.errors import OperatorError

log = logging.getLogger(__name__)
T = TypeVar("T")
Former = Mapping[tuple[str, str], str]

FORMER: Mapping[int, Former] = {
    1: {
        ("channels", "seat"): "name",  # of `State`
        ("complaints", "where"): "file",  # a sentence: file, line and path in one
        ("", "seat"): "channel",
        ("", "seats"): "channels",
    }
}
"""Version -> (list that it stands in, name there) -> name in the next version; an empty
list is any."""
ADDED: Mapping[int, Mapping[str, Mapping[str, Any]]] = {1: {"complaints": {"path": []}}}
"""Version -> list -> what each of its items has since, and how it reads without."""
GONE: Mapping[int, Mapping[str, frozenset[str]]] = {
    1: {"seats": frozenset({"actions", "by_hand", "set_points", "safe_at_unix"})}
}
"""Version -> list -> what its items said of acts by hand, which are runs since."""
WORDS: Mapping[int, Mapping[tuple[str, str], Mapping[str, str]]] = {
    1: {("channels", "state"): {"manual": "busy"}}
}
"""Version -> (list, name) -> word -> what it is called in the next version."""
ASKED: Mapping[int, Mapping[str, str]] = {1: {"channel": "seat", "channels": "seats"}}
"""Version -> name in a request -> what that version calls it."""
PATHS: Mapping[int, Mapping[str, str]] = {1: {"/channels/": "/seats/"}}
"""Version -> how a path begins -> how it began then."""


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
        given = _renamed(one, FORMER.get(one, {}), given, "")
    return given


def in_their_words(version: int, given: Any) -> Any:
    """Return a request's body as a station of ``version`` understands it."""
    for one in reversed(range(version, API_VERSION)):
        names = {("", new): old for new, old in ASKED.get(one, {}).items()}
        given = _renamed(0, names, given, "")
    return given


def their_path(version: int, path: str) -> str:
    """Return where a station of ``version`` has what lies at ``path`` today."""
    for one in reversed(range(version, API_VERSION)):
        for now, then in PATHS.get(one, {}).items():
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


def _renamed(version: int, names: Former, given: Any, within: str) -> Any:
    """Return what stands in a list called ``within`` in other names; 0: names alone."""
    if isinstance(given, list):
        return [_renamed(version, names, item, within) for item in given]
    if not isinstance(given, dict):
        return given
    found = dict(ADDED.get(version, {}).get(within, {}))
    gone = GONE.get(version, {}).get(within, frozenset())
    for key, below in given.items():
        if key in gone:
            continue
        name = names.get((within, key)) or names.get(("", key)) or key
        words = WORDS.get(version, {}).get((within, key), {})
        known = words.get(below, below) if isinstance(below, str) else below
        found[name] = _renamed(version, names, known, key)
    return found
