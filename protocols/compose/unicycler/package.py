"""The package aurora-unicycler, imported when it is needed and nowhere else."""

import json
from collections.abc import Mapping
from typing import Any

from labctl.errors import Complaint, OperatorError, RefusedError

CRASHES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What aurora-unicycler 0.4.6's own validators let through, for a method that is a
number, a tag that is none, a rate of C/0."""


def checked(data: Mapping[str, Any], name: str) -> Any:
    """Return a ``CyclingProtocol`` of the package, by its own rules.

    RefusedError: what the package says of each field. OperatorError: it is not
    installed.
    """
    try:
        import aurora_unicycler  # noqa: PLC0415  (an extra)
    except ImportError as error:
        raise OperatorError(
            "unicycler protocols need the package aurora-unicycler. Install it: "
            "pip install 'labctl-bench[unicycler]'"
        ) from error
    from pydantic import ValidationError  # noqa: PLC0415

    try:
        return aurora_unicycler.CyclingProtocol.from_dict(dict(data))
    except ValidationError as error:
        raise RefusedError(
            Complaint(_place(each["loc"], data), _sentence(each["msg"]), file=name)
            for each in error.errors()
        ) from error
    except CRASHES as error:
        what = f"has a value that is none of a protocol's ({error})."
        cure = "Look at the types of its values: a method is a list of steps."
        raise RefusedError([Complaint((), what, cure, file=name)]) from error


def read_json(text: str, name: str) -> dict[str, Any]:
    """Return a file's block of keys. RefusedError: it is none, or says a key twice."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in pairs]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ValueError(f"the key {twice[0]!r} stands twice in one block")
        return dict(pairs)

    def no_number(text: str) -> Any:
        raise ValueError(f"{text} is no number")

    try:
        data = json.loads(text, object_pairs_hook=once, parse_constant=no_number)
    except (ValueError, RecursionError) as error:
        what = f"is not the JSON of a protocol: {error}."
        raise RefusedError([Complaint((), what, file=name)]) from error
    if not isinstance(data, dict):
        what = "is not a protocol: a block of keys is expected."
        raise RefusedError([Complaint((), what, file=name)])
    return data


def _place(loc: tuple[Any, ...], data: Any) -> tuple[str | int, ...]:
    """Return the keys of a place that are in the file: pydantic names unions too."""
    kept: list[str | int] = []
    for key in loc:
        listed = isinstance(data, list) and isinstance(key, int) and key < len(data)
        if listed or (isinstance(data, Mapping) and key in data):
            data = data[key]
        elif key != loc[-1]:
            continue
        kept.append(key)
    return tuple(kept)


def _sentence(text: str) -> str:
    return f"{text.removeprefix('Value error, ').rstrip('.')}."
