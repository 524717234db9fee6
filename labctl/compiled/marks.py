"""Which functions may be compiled, and how: numba turns marked ones into machine code.

A marked function stays what it is, so plain Python is the reference and always works.
Machine code comes from copies of it whose marked callees are copies too. It must give
the same bits: scalars, `math` and rows of numbers, no fast mathematics, and nothing
that leaves the order of additions to a library.
"""

import hashlib
import inspect
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FunctionType
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

DIGITS = 16
"""Of a digest of sources, hexadecimal."""

_MARKED: set[Callable[..., Any]] = set()


def compiled(function: F) -> F:
    """Mark a plain function of numbers and rows of numbers; return it as it is."""
    _MARKED.add(function)
    return function


def sources_digest(entries: Iterable[Callable[..., Any]]) -> str:
    """Return what changes with every edit of a file that these functions come from."""
    left, met = list(entries), set[Callable[..., Any]]()
    while left:
        function = left.pop()
        if function not in met:
            met.add(function)
            left += _callees(function).values()
    files = sorted({inspect.getfile(function) for function in met})
    digest = hashlib.sha256()
    for name in files:
        digest.update(name.encode())
        digest.update(Path(name).read_bytes())
    return digest.hexdigest()[:DIGITS]


def _callees(function: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    """Return the marked functions that a function calls, by the name it uses."""
    assert isinstance(function, FunctionType)  # noqa: S101  (`compiled` marks no others)
    space = function.__globals__
    named = {name: space.get(name) for name in function.__code__.co_names}
    return {
        name: value
        for name, value in named.items()
        if isinstance(value, FunctionType) and value in _MARKED
    }


def copied(
    function: Callable[..., Any], made: dict[Callable[..., Any], Any], jit: Any
) -> Callable[..., Any]:
    """Return a copy that calls ``jit`` of copies of the marked functions.

    ``made``: those that exist already, by the plain function.
    """
    assert isinstance(function, FunctionType)  # noqa: S101
    space = dict(function.__globals__)
    for name, callee in _callees(function).items():
        if callee not in made:
            made[callee] = jit(copied(callee, made, jit))
        space[name] = made[callee]
    copy = FunctionType(function.__code__, space, function.__name__)
    copy.__module__, copy.__qualname__ = function.__module__, function.__qualname__
    return copy
