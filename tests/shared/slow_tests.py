"""Tests that are marked slow: they begin, and nobody counts their lines.

A worker that takes a slow file last is left alone with it. Counting lines doubles what
these tests cost (87 s of CPU become 166 on Python 3.11 for the end-to-end runs), and
they run the lines that quick tests run too: whole measurements, many times over.
"""

import os
from collections.abc import Iterator

import coverage
import pytest

SLOW = "slow"
IN_CHILDREN = "COVERAGE_PROCESS_START"
"""Variable that makes a child process count its lines."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that have slow tests."""
    slow = {item.path for item in items if item.get_closest_marker(SLOW)}
    items.sort(key=lambda item: item.path not in slow)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Count no lines in a slow test, nor in the processes that it starts."""
    counting = coverage.Coverage.current()
    if counting is None or item.get_closest_marker(SLOW) is None:
        return (yield)
    counting.stop()
    in_children = os.environ.pop(IN_CHILDREN, None)
    try:
        return (yield)
    finally:
        if in_children is not None:
            os.environ[IN_CHILDREN] = in_children
        counting.start()
