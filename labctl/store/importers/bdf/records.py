"""What stands in the sidecar of a Battery Data Format file, as far as it is known.

``x.metadata.json`` beside ``x.csv`` (1.3.0), or ``x.csv.metadata.json`` (0.1.0). It
holds BattINFO records of many shapes; what is looked for is a field's own name at any
depth. A sidecar that is no JSON is an error: what it said would be lost silently.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from labctl.errors import StoreError

DEEPEST = 12
SIMULATION = "simulation"
"""BattINFO's type of a source that measured nothing."""
_FIELDS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "cell": (("cell_instance", "name"), ("cell", "name"), ("sample", "name")),
    "technique": (("test", "kind"),),
    "instrument": (("test", "instrument_name"), ("equipment", "name")),
    "serial": (("equipment", "serial_number"),),
    "channel": (("channel", "label"), ("test", "channel_id")),
    "comment": (("test", "name"),),
    "operator": (("labctl", "operator"), ("test", "operator")),
    "started": (("test", "started_at"), ("labctl", "started_at")),
}
"""Fact → (record, field), the first that is there."""


def facts_of(path: Path) -> dict[str, Any]:
    """Return what the sidecar of a table says; nothing if there is none. StoreError."""
    for sidecar in sidecars(path):
        if sidecar.is_file():
            return _facts(sidecar)
    return {}


def sidecars(path: Path) -> tuple[Path, Path]:
    """Return where the sidecar of a table may lie."""
    plain = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    bare = plain.with_suffix("") if plain.suffix.lower() != ".bdf" else plain
    return (
        path.with_name(f"{bare.name}.metadata.json"),
        path.with_name(f"{path.name}.metadata.json"),
    )


def _facts(sidecar: Path) -> dict[str, Any]:
    try:
        whole = json.loads(sidecar.read_text("utf-8-sig"))
    except OSError as e:
        raise StoreError(f"{sidecar}: cannot be read: {e.strerror or e}") from e
    except (ValueError, RecursionError) as e:
        raise StoreError(f"{sidecar}: is no JSON ({e}); correct or remove it") from e
    found: dict[str, Any] = {}
    records = list(_records(whole, "", 0))
    if any(each.get("source_type") == SIMULATION for _, each in records):
        found["simulated"] = True
    for fact, places in _FIELDS.items():
        for record, name in places:
            values = [x[name] for kind, x in records if kind == record and name in x]
            plain = [x for x in values if isinstance(x, str | int | float) and x != ""]
            if plain:
                found[fact] = plain[0]
                break
    return found


def _records(
    value: Any, name: str, depth: int
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every object with the name under which it stands."""
    if depth > DEEPEST:
        return
    if isinstance(value, Mapping):
        yield name, value
        for key, each in value.items():
            yield from _records(each, str(key), depth + 1)
    elif isinstance(value, list):
        for each in value:
            yield from _records(each, name, depth + 1)


def started_of(facts: Mapping[str, Any]) -> datetime | None:
    """Return the start that the sidecar says; None: none, or one without a zone."""
    said = facts.get("started")
    try:
        if isinstance(said, int | float) and not isinstance(said, bool):
            return datetime.fromtimestamp(said, UTC) if said > 0 else None
        moment = datetime.fromisoformat(str(said))
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.tzinfo is not None else None
