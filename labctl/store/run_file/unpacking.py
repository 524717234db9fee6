"""Unpack a long column of a sealed file in several threads; HDF5 has one for all.

HDF5 hands out chunks as they lie in the file; zlib unpacks them outside of Python's
lock, and zlib-ng, where it is installed, sooner. The Adler-32 at the end of each gzip
stream is checked, so that HDF5's own sum over the packed bytes (Fletcher-32) need not
be. Only columns that are exactly what `layout` makes are read in this way; all others,
and every chunk with a fault, are left to HDF5, which says it.
"""

import contextlib
import importlib
import os
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from labctl.data import Array
from labctl.store.run_file.hdf5_door import h5py

unpacker: Any = zlib
with contextlib.suppress(ImportError):  # extra "notebook"
    unpacker = importlib.import_module("zlib_ng.zlib_ng")

THREADS = min(4, os.cpu_count() or 1)
"""More wait for each other: one at a time has Python's lock or HDF5's."""
LEAST = 32
"""Chunks of a column that are worth threads; fewer take HDF5 some ms."""
GROUP = 16
"""Chunks that a thread takes at once."""
SHUFFLE, DEFLATE = h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_DEFLATE
FLETCHER = h5py.h5z.FILTER_FLETCHER32
SUM = 4
"""Bytes of the Fletcher-32 after a packed chunk."""
PIPELINES = {(SHUFFLE, DEFLATE): 0, (SHUFFLE, DEFLATE, FLETCHER): SUM}
"""Filters in the order of writing -> bytes after the gzip stream."""
FAULTS = (unpacker.error, zlib.error, OSError, RuntimeError)
"""What zlib and HDF5 raise at a chunk that cannot be read."""


def rows_of(column: Any, begin: int, end: int) -> Array:
    """Return rows ``begin`` to ``end`` (exclusive) of a dataset or an array."""
    if isinstance(column, h5py.Dataset):
        tail = _tail(column)
        first, last, _ = slice(begin, end).indices(len(column))
        if tail is not None and last - first >= LEAST * column.chunks[0]:
            with contextlib.suppress(_FaultError, *FAULTS):
                return _unpacked(column, first, last, tail)
    values: Array = column[begin:end]
    return values


class _FaultError(Exception):
    """A chunk is not what it should be."""


def _tail(dataset: Any) -> int | None:
    """Return how many bytes follow the gzip stream; None: not a column of `layout`."""
    if dataset.ndim != 1 or dataset.chunks is None or dataset.file.swmr_mode:
        return None
    if dataset.dtype not in {np.dtype("<f8"), np.dtype("<i8")}:
        return None
    how = dataset.id.get_create_plist()
    filters = tuple(how.get_filter(at)[0] for at in range(how.get_nfilters()))
    return PIPELINES.get(filters)


def _unpacked(dataset: Any, begin: int, end: int, tail: int) -> Array:
    chunk = dataset.chunks[0]
    size = dataset.dtype.itemsize
    found = np.empty(end - begin, dataset.dtype)
    bytes_of = found.view(np.uint8).reshape(-1, size)
    read = dataset.id.read_direct_chunk

    def put(start: int) -> None:
        skipped, packed = read((start,))
        planes = np.frombuffer(_inflated(packed, tail, size * chunk), np.uint8)
        if skipped or planes.size != size * chunk:
            raise _FaultError
        first, last = max(start, begin), min(start + chunk, end)
        rows = planes.reshape(size, chunk)[:, first - start : last - start]
        bytes_of[first - begin : last - begin] = rows.T

    _share(put, range(begin // chunk * chunk, end, chunk))
    return found


def _inflated(packed: bytes, tail: int, size: int) -> bytes:
    stream = memoryview(packed)[: len(packed) - tail]
    found: bytes = unpacker.decompress(stream, zlib.MAX_WBITS, size)
    return found


def _share(put: Callable[[int], None], starts: range) -> None:
    def some(at: int) -> None:
        for start in starts[at : at + GROUP]:
            put(start)

    with ThreadPoolExecutor(THREADS) as threads:
        for _ in threads.map(some, range(0, len(starts), GROUP)):
            pass
