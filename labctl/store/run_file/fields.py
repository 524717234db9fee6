"""Write texts, numbers and mappings into HDF5 so that h5py alone reads them back.

Text is fixed-length UTF-8 everywhere: variable-length text in a growing file does not
survive a crash. A mapping becomes a group; ``{"value": …, "unit": …}`` a number with
its unit.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from labctl.data import Array
from labctl.store.header import dumps
from labctl.store.run_file.hdf5_door import h5py
from labctl.store.run_file.nodes import (
    describe_node,
    new_group,
    new_scalar,
    text_type,
)

MAXIMUM_NAME = 63
"""NeXus: letters, digits, underscore, dot; at most 63 characters."""


def node_name(name: str) -> str:
    """Return ``name`` as NeXus allows it: ``vsp300/1`` -> ``vsp300_1``."""
    plain = re.sub(r"[^A-Za-z0-9_.]+", "_", name).strip(".")[:MAXIMUM_NAME]
    return plain or "unnamed"


def free_name(group: Any, name: str) -> str:
    """Return `node_name`, with underscores behind it until it is free in ``group``."""
    plain = node_name(name)
    while plain in group:
        plain = f"{plain[: MAXIMUM_NAME - 1]}_"
    return plain


def raw(text: str) -> bytes:
    """Return ``text`` in UTF-8; NUL, which would end it, becomes its symbol."""
    return text.replace("\0", "\N{SYMBOL FOR NULL}").encode("utf-8", "replace")


def encoded(text: str, width: int) -> bytes:
    """Return ``text`` in UTF-8, cut to ``width`` bytes between two characters."""
    full = raw(text)
    if len(full) <= width:
        return full
    return full[: max(0, width - 3)].decode("utf-8", "ignore").encode() + "…".encode()


def write_text(group: Any, name: str, text: str, width: int = 0) -> Any:
    """Write a scalar text; ``width`` bytes are kept, 0 means as long as it is."""
    room = max(1, width or len(raw(text)))
    data = np.array(encoded(text, room), text_type(room))
    return new_scalar(group, name, data)


def write_time(group: Any, name: str, text: str) -> Any:
    """Write a time of the kind that every validator takes: text of any length.

    Only into a file that nobody follows: see above.
    """
    return group.create_dataset(name, data=text, dtype=h5py.string_dtype())


def write_group(parent: Any, name: str, kind: str, **attributes: Any) -> Any:
    """Create a group of NeXus class ``kind``."""
    group = new_group(parent, name)
    describe_node(group, "NX_class", kind)
    for key, value in attributes.items():
        if isinstance(value, str):
            describe_node(group, key, value)
        else:
            group.attrs[key] = value
    return group


def write_mapping(
    group: Any, values: Mapping[str, Any], units: Mapping[str, str] | None = None
) -> None:
    """Write each entry as a dataset or a group; None is left out."""
    for key, value in values.items():
        name = free_name(group, str(key))
        unit = (units or {}).get(str(key))
        write_value(group, name, value, unit)
        if name != key and name in group:
            describe_node(group[name], "name", str(key))


def write_value(group: Any, name: str, value: Any, unit: str | None = None) -> None:
    """Write one value; what HDF5 has no type for becomes JSON text."""
    if value is None:
        return
    if isinstance(value, Mapping):
        if "value" in value and value.keys() <= {"value", "unit", "uncertainty"}:
            write_value(group, name, value["value"], value.get("unit", unit))
            if value.get("uncertainty") is not None:
                uncertainty = f"{name[: MAXIMUM_NAME - 12]}_uncertainty"
                write_value(group, uncertainty, value["uncertainty"], value.get("unit"))
            return
        write_mapping(write_group(group, name, "NXcollection"), value)
        return
    if isinstance(value, str):
        write_text(group, name, value)
        return
    data = _array(value)
    if data is None:
        write_text(group, name, dumps(value))
        return
    if data.ndim:
        dataset = group.create_dataset(name, data=data)
    else:
        dataset = new_scalar(group, name, data)
    if unit is not None:
        describe_node(dataset, "units", unit)


def _array(value: Any) -> Array | None:
    if isinstance(value, bool | int | float | np.generic):
        data = np.asarray(value)
    elif isinstance(value, Sequence) and value:
        if all(isinstance(each, str) for each in value):
            texts = [raw(each) for each in value]
            return np.array(texts, text_type(max(map(len, texts))))
        if not all(isinstance(each, bool | int | float) for each in value):
            return None
        data = np.asarray(value)
    else:
        return None
    return data if data.dtype.kind in "bif" else None
