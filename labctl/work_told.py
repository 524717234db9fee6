"""How far long work has come, told to whoever listens; nobody need.

Analyses know their parts and no screen; a command listens while it waits for them:
``with heard_by(show): …``, and within it ``for one in told("spectrum", spectra): …``.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

Item = TypeVar("Item")
Listener = Callable[[str, int, int], None]
"""Hears what a part is called, which one is begun (from 1), and how many there are."""

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """Tell ``listener`` of the work that is done within."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def told(what: str, items: Sequence[Item]) -> Iterator[Item]:
    """Yield the items, each told before work on it begins."""
    listener = _listener.get()
    for number, item in enumerate(items, 1):
        if listener is not None:
            listener(what, number, len(items))
        yield item
