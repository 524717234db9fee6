"""Make the small nodes of a run file: a group, a scalar, a text that describes one.

A short run has some 450 of each, and h5py's own calls take three to five times as long
as HDF5: they look whether a name is free, guess types and check every option. What is
made here is what they make, bit by bit: no times, types and spaces the same.

Rules for whoever edits this: names are ASCII (`labctl.store.run_file.fields.node_name`)
and new in their parent; HDF5 refuses one that is there (ValueError).
"""

from functools import lru_cache
from typing import Any

import numpy as np

from labctl.data import Array
from labctl.store.run_file.hdf5_door import h5py

_SCALAR = h5py.h5s.create(h5py.h5s.SCALAR)
_TEXT = h5py.string_dtype()
_TEXT_ID = h5py.h5t.py_create(_TEXT, logical=True)
_TEXT_IN_MEMORY = h5py.h5t.py_create(_TEXT)
_DATASET = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
_DATASET.set_obj_track_times(False)
_GROUP = h5py.h5p.create(h5py.h5p.GROUP_CREATE)
_GROUP.set_obj_track_times(False)


@lru_cache(256)
def text_type(width: int) -> Any:
    """Return the type of fixed-length UTF-8 text of ``width`` bytes."""
    return h5py.string_dtype("utf-8", max(1, width))


def new_group(parent: Any, name: str) -> Any:
    """Return a new group."""
    return h5py.Group(h5py.h5g.create(parent.id, name.encode(), gcpl=_GROUP))


def new_scalar(parent: Any, name: str, data: Array) -> Any:
    """Return a new dataset of one value, ``data`` of shape ()."""
    kind = h5py.h5t.py_create(data.dtype, logical=True)
    made = h5py.h5d.create(parent.id, name.encode(), kind, _SCALAR, dcpl=_DATASET)
    made.write(h5py.h5s.ALL, h5py.h5s.ALL, data)
    return h5py.Dataset(made)


def describe_node(node: Any, name: str, text: str) -> None:
    """Give a node an attribute that is a text; it must not have it yet."""
    made = h5py.h5a.create(node.id, name.encode(), _TEXT_ID, _SCALAR)
    made.write(np.array(text, _TEXT), mtype=_TEXT_IN_MEMORY)
