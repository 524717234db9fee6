"""What pydantic found wrong, in words a person at the bench can act on.

``validate`` checks strictly: a text is no number, ``true`` is no number, and a bare
number is no quantity. Every complaint names file, line and key, what stands there,
what was expected, and the cure; all of them come at once.
"""

import difflib
import json
import typing
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from labctl.documents.document import Document
from labctl.errors import Complaint, Place, PlacedError, RefusedError
from labctl.quantities import Quantity
from labctl.quantities.units import expectation, show

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

    Model = TypeVar("Model", bound=BaseModel)

_BOUNDS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
    "too_short": ("min_length", "at least"),
    "too_long": ("max_length", "at most"),
    "string_too_short": ("min_length", "characters, at least"),
    "string_too_long": ("max_length", "characters, at most"),
}
_EXPECTED = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "a text",
    "model_type": "a block of keys",
    "dict_type": "a block of keys",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
}


def validate(
    document: Document, model: "type[Model]", context: dict[str, Any] | None = None
) -> "Model":
    """Check a document against a model.

    Parameters
    ----------
    context
        Passed to the model's validators; ``labctl.quantities.SI`` only for files
        that labctl wrote itself.

    Raises
    ------
    RefusedError
        Every complaint, in the order of the lines.
    """
    from pydantic import ValidationError  # noqa: PLC0415  (start-up time)

    try:
        # By way of JSON, because strict there still reads enums, paths and dates.
        return model.model_validate_json(
            json.dumps(document.data), strict=True, context=context
        )
    except ValidationError as e:
        found = [
            (_line(document, one), _complaint(document, model, one))
            for one in _first_hand(e.errors())
        ]
    unique = dict.fromkeys(one for _, one in sorted(found, key=lambda pair: pair[0]))
    raise RefusedError(unique)


def _first_hand(errors: "list[ErrorDetails]") -> "Iterator[ErrorDetails]":
    """Leave out lists that are too short only because an item in them is wrong."""
    for one in errors:
        place = one["loc"]
        below = (e["loc"] for e in errors if e["loc"][: len(place)] == place)
        if one["type"] != "too_short" or all(loc == place for loc in below):
            yield one


def _line(document: Document, error: "ErrorDetails") -> int:
    return document.line_of(_place(error))


def _place(error: "ErrorDetails") -> Place:
    """Return where it belongs: what a model found may lie below the model itself."""
    found = error.get("ctx", {}).get("error")
    return error["loc"] + (found.place if isinstance(found, PlacedError) else ())


def _complaint(
    document: Document, model: "type[BaseModel]", error: "ErrorDetails"
) -> Complaint:
    known = document.known(_place(error))
    path = known
    if error["type"] == "missing":
        path = (*known, error["loc"][-1])
    return document.complaint(path, *_words(model, error))


def _words(model: "type[BaseModel]", error: "ErrorDetails") -> tuple[str, str]:
    """Say what stands there, what was expected, and the cure."""
    path = error["loc"]
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown(model, path)
    quantity = _quantity(model, path)
    wanted = (
        f"expected {expectation(quantity.unit)}" if quantity else "expected a value"
    )
    if kind == "missing":
        cure = f"Add `{path[-1]}: …`." if isinstance(path[-1], str) else "Add it."
        return f"got nothing, {wanted}.", cure
    if kind in _BOUNDS:
        return _beyond(quantity, error), ""
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        return _which(context)
    if kind == "value_error":
        return f"{context['error']}".rstrip(".") + ".", ""
    said = error["msg"].removeprefix("Input should be ")
    what = f"got {_shown(error['input'])}, expected {_EXPECTED.get(kind, said)}."
    return what, _cure(kind, error["input"])


def _which(context: Mapping[str, Any]) -> tuple[str, str]:
    """Say that a block does not tell which of several it is, or tells none of them."""
    key = context["discriminator"].strip("'")
    if "tag" not in context:
        return f"got no `{key}`, which says what this is.", f"Add `{key}: …`."
    tag, tags = context["tag"], context["expected_tags"].replace("'", "`")
    near = difflib.get_close_matches(tag, tags.replace("`", "").split(", "), n=1)
    cure = f"Did you mean `{near[0]}`?" if near else ""
    return f"got {key} `{show(tag)}`, expected {tags}.", cure


def _cure(kind: str, got: object) -> str:
    """Say how one writes what is wanted, where the slip is a common one."""
    if kind == "string_type":
        return "Quote it."
    if kind in {"list_type", "tuple_type"} and isinstance(got, str):
        return f"Write `[{show(got)}]`."
    return ""


def _beyond(quantity: Quantity | None, error: "ErrorDetails") -> str:
    """Compare a value with its bound, both in the unit a person reads."""
    name, words = _BOUNDS[error["type"]]
    got, limit = error["input"], error["ctx"][name]
    if quantity is None or name.endswith("length"):
        return f"got {_shown(got)}, expected {words} {limit}."
    typed = show(got) if isinstance(got, str) else quantity.format(got)
    return f"got {typed}, expected {words} {quantity.format(limit)}."


def _unknown(model: "type[BaseModel]", path: Place) -> tuple[str, str]:
    """Name the keys that exist, the nearest first."""
    names = sorted(
        {name for one in _models_at(model, path[:-1]) for name in _keys(one)}
    )
    near = difflib.get_close_matches(str(path[-1]), names, n=1, cutoff=0.6)
    what = f"got an unknown key, expected one of {', '.join(names)}."
    return what, f"Did you mean `{near[0]}`?" if near else "Remove it."


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "a block of keys"
    if isinstance(value, list):
        return f"a list of {len(value)}" if value else "an empty list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"the text `{show(value)}`" if value else "an empty text"
    return show(value)


def _keys(model: "type[BaseModel]") -> Iterator[str]:
    return (info.alias or name for name, info in model.model_fields.items())


def _fields_at(model: "type[BaseModel]", path: Place) -> "list[FieldInfo]":
    """Every field a path may mean; several if unions stand in between."""
    while path and isinstance(path[-1], int):
        path = path[:-1]
    return [
        info
        for one in _models_at(model, path[:-1])
        for name, info in one.model_fields.items()
        if path and path[-1] in (name, info.alias)
    ]


def _models_at(model: "type[BaseModel]", path: Place) -> "list[type[BaseModel]]":
    """Follow pydantic's path, in which the tag of a union's member may stand."""
    models = [model]
    for part in path:
        if isinstance(part, int):
            continue
        below = [
            inner
            for one in models
            for name, info in one.model_fields.items()
            if part in (name, info.alias)
            for inner in _models_in(info.annotation)
        ]
        tagged = [one for one in models if part in _tags(one)]
        models = below or tagged or models  # else the key of a dictionary
    return models


def _tags(model: "type[BaseModel]") -> Iterator[object]:
    for info in model.model_fields.values():
        if typing.get_origin(info.annotation) is typing.Literal:
            yield from typing.get_args(info.annotation)


def _models_in(annotation: object) -> "Iterator[type[BaseModel]]":
    """Find the models inside ``list[A | B] | None``."""
    from pydantic import BaseModel  # noqa: PLC0415  (start-up time)

    if isinstance(annotation, type) and BaseModel in annotation.__mro__:
        yield annotation
    for inner in typing.get_args(annotation):
        yield from _models_in(inner)


def _quantity(model: "type[BaseModel]", path: Place) -> Quantity | None:
    for info in _fields_at(model, path):
        for one in (*info.metadata, *_metadata_in(info.annotation)):
            if isinstance(one, Quantity):
                return one
    return None


def _metadata_in(annotation: object) -> Iterator[object]:
    yield from getattr(annotation, "__metadata__", ())
    for inner in typing.get_args(annotation):
        yield from _metadata_in(inner)
