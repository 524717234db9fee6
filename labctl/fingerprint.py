"""A short fingerprint of a value made of dataclasses, for replays to compare.

Fields at their default are left out: a labctl that knows one more field still goes on
with the runs of the one before.
"""

import dataclasses
import hashlib
import json
from typing import Any

UNTOLD = {"untold": True}
"""Metadata of a field that only says whom to ask: not part of the fingerprint."""


def fingerprint(value: Any) -> str:
    """Return 16 hexadecimal digits; equal values have the same."""
    text = json.dumps(_beyond_defaults(value), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _beyond_defaults(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        told: dict[str, Any] = {"kind": type(value).__name__}
        for each in dataclasses.fields(value):
            mine = getattr(value, each.name)
            usual = each.default
            if each.default_factory is not dataclasses.MISSING:
                usual = each.default_factory()
            if each.metadata != UNTOLD and mine != usual:
                told[each.name] = _beyond_defaults(mine)
        return told
    if isinstance(value, tuple | list):
        return [_beyond_defaults(each) for each in value]
    return value
