"""The one file that knows numba: machine code of marked functions, from a cache.

No fast mathematics and no fused multiplication: the same bits as plain Python. The
interpreter's lock is let go meanwhile.
"""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from labctl.compiled.marks import copied


def machine_code(
    entries: Sequence[tuple[Callable[..., Any], tuple[Any, ...]]], place: Path
) -> list[Callable[..., Any]]:
    """Return compiled entries, in order, each with an example of its arguments.

    What ``place`` has of them is loaded; the rest is compiled (10 to 30 s) and kept.
    The functions take exactly the examples' types.

    OSError: ``place`` cannot be written.
    """
    place.mkdir(parents=True, exist_ok=True)
    tempfile.TemporaryFile(dir=place).close()  # else numba writes beside the sources
    import numba  # noqa: PLC0415  (half a second, and only who simulates long pays it)

    options = {"nogil": True, "error_model": "numpy", "fastmath": False}
    inner = numba.njit(**options)
    made: dict[Callable[..., Any], Any] = {}
    result: list[Callable[..., Any]] = []
    before, numba.config.CACHE_DIR = numba.config.CACHE_DIR, str(place)
    try:
        outer = numba.njit(cache=True, **options)
        for function, example in entries:
            ready = outer(copied(function, made, inner))
            types = tuple(numba.typeof(argument) for argument in example)
            ready.compile(types)
            # Without the dispatcher, which looks at the arguments' types each time.
            result.append(ready.overloads[types].entry_point)
    finally:
        numba.config.CACHE_DIR = before
    return result
