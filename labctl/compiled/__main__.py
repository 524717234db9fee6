"""Fill the cache of machine code: ``python -m labctl.compiled module:name``."""

import contextlib
import os
import sys
from importlib import import_module

from labctl.compiled import Kernels, cache


def main(place: str) -> None:
    """Compile the kernels at ``module:name``; who started this took the lock."""
    if hasattr(os, "nice"):
        os.nice(19)
    module, name = place.split(":")
    kernels = getattr(import_module(module), name)
    assert isinstance(kernels, Kernels)  # noqa: S101
    folder = kernels.folder()
    try:
        kernels.load()
    finally:
        if folder is not None:
            cache.end(folder)
            with contextlib.suppress(OSError):  # another process tidies as well
                cache.drop_unused(folder)


if __name__ == "__main__":
    main(sys.argv[1])
