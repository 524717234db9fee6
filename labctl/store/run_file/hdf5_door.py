"""The one place that loads h5py.

On Windows the locks of HDF5 are mandatory: a reader of a growing file would make the
writer fail, so they are switched off before the library loads (`WriterLock` is what
keeps two writers apart).
"""

import os

if os.name == "nt":
    os.environ.setdefault("HDF5_USE_FILE_LOCKING", "FALSE")

import h5py

LIBVER = ("v110", "v110")
"""SWMR works, and HDF5 1.10 tools can read it; "latest" is unreadable for them."""

__all__ = ["LIBVER", "h5py"]
