"""From a figure that is complained of to the parameter from which it comes.

Instruments complain of amperes and volts; a person changes `rate` or `hold`. A
parameter is named only where its quantity has the figure's unit and its value the
figure's size; where none has, the place of the step is, if it says one.
"""

import functools
from collections.abc import Iterator, Mapping
from typing import Any

from labctl.errors import Complaint, Place, QuantityError
from labctl.protocol import Parameters, Protocol, Step

SAME = 1e-9
"""Relative; numbers that went through a conversion are the same."""


def parameter_of(protocol: Protocol, step: Step, complaint: Complaint) -> Place:
    """Return the parameter that asks for what is complained of; empty: nobody knows.

    ``complaint`` is at ``("techniques", index)`` of ``step``, or at no place.
    """
    base: Place = tuple(getattr(step, "at", ()))
    tree, index = protocol.parameters_json(), complaint.path[1:]
    if base and index and value_at(tree, (*base, "steps")) is not None:
        base = (*base, "steps", *index)  # techniques that are uploaded together
    value = complaint.value
    if value is None:
        deeper = (*base, *index[1:])  # ("until", k) of a technique
        return deeper if base and value_at(tree, deeper) is not None else base
    units = _units(protocol.parameters_model)
    numbers = [
        ((*base, *place), x)
        for place, x in _numbers(value_at(tree, base))
        if complaint.unit in units.get(_name(place), ())
    ]
    if complaint.unit == "A":
        numbers = [*_currents(protocol, base), *numbers]
    size = abs(value)
    same = [place for place, x in numbers if abs(abs(x) - size) <= SAME * size]
    return same[0] if same else base


def _currents(protocol: Protocol, base: Place) -> list[tuple[Place, float]]:
    """Return what rates below ``base`` come to in A, each with its place."""
    try:
        currents = protocol.currents()
    except QuantityError:
        return []  # `check` has complained about the rate
    return [(p, x) for p, x in currents.items() if p[: len(base)] == base]


def value_at(tree: Any, place: Place) -> Any:
    """Return what stands at a place of a parameter tree; None: nothing does."""
    for key in place:
        if isinstance(tree, Mapping):
            tree = tree.get(key)
        elif isinstance(tree, list) and isinstance(key, int) and key < len(tree):
            tree = tree[key]
        else:
            return None
    return tree


def _numbers(tree: Any) -> Iterator[tuple[Place, float]]:
    """Yield every number of a parameter tree with its place."""
    if isinstance(tree, bool) or tree is None:
        return
    if isinstance(tree, int | float):
        yield (), float(tree)
        return
    inside: list[tuple[str | int, Any]] = []
    if isinstance(tree, Mapping):
        inside = list(tree.items())
    elif isinstance(tree, list):
        inside = list(enumerate(tree))
    for key, inner in inside:
        for place, x in _numbers(inner):
            yield (key, *place), x


def _name(place: Place) -> str:
    """Return the name of the parameter, without positions in lists."""
    names = [key for key in place if isinstance(key, str)]
    return names[-1] if names else ""


@functools.cache
def _units(model: type[Parameters]) -> Mapping[str, frozenset[str]]:
    """Return the units of a model's parameters by their name, at any depth."""
    found: dict[str, set[str]] = {}
    _collect(model.model_json_schema(), "", found)
    return {name: frozenset(units) for name, units in found.items()}


def _collect(schema: Any, name: str, found: dict[str, set[str]]) -> None:
    if isinstance(schema, list):
        for each in schema:
            _collect(each, name, found)
    if not isinstance(schema, Mapping):
        return
    if isinstance(schema.get("unit"), str):
        found.setdefault(name, set()).add(schema["unit"])
    for key, inner in schema.items():
        if key in {"properties", "$defs"} and isinstance(inner, Mapping):
            for inner_name, each in inner.items():
                _collect(each, inner_name, found)
        elif key in {"anyOf", "allOf", "oneOf", "items", "prefixItems"}:
            _collect(inner, name, found)
