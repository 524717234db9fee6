"""How much processor each test costs, and the limit on it: CPU, not wall time.

A test that computes is slow on a busy machine through no fault of its own, so nothing
here looks at the wall clock. `--cpu-durations=N` prints the N dearest tests (0: all)
and what each room costs, with the child processes that a test waited for. A phase
(setup, call, teardown) of a test that burns more than `cpu_limit` seconds in this
process fails, with the stack where it was. pytest-timeout's wall limit stays far above
and is there for tests that hang and burn nothing.
"""

import faulthandler
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from types import FrameType

import pytest

CPU = "cpu_seconds"
KNOWN = hasattr(signal, "setitimer")
"""Whether this system has such a timer; Windows has not."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer the table and the limit."""
    parser.addoption("--cpu-durations", type=int, metavar="N", default=None)
    parser.addini("cpu_limit", "CPU seconds that a phase of a test may take", "string")


def spent() -> float:
    """Return the CPU seconds of this process and of the children it waited for."""
    return sum(os.times()[:4])


@contextmanager
def _limited(item: pytest.Item) -> Iterator[None]:
    limit = float(item.config.getini("cpu_limit") or 0)

    def over(_number: int, _frame: FrameType | None) -> None:
        faulthandler.dump_traceback()
        pytest.fail(f"took more than {limit:g} s of CPU")

    before = spent()
    kept = signal.signal(signal.SIGPROF, over) if KNOWN else None
    if KNOWN:
        signal.setitimer(signal.ITIMER_PROF, limit)
    try:
        yield
    finally:
        if KNOWN:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, kept)
        item.user_properties.append((CPU, spent() - before))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """Limit what setting up costs."""
    item.user_properties[:] = [p for p in item.user_properties if p[0] != CPU]
    with _limited(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Limit what the test itself costs."""
    with _limited(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Limit what clearing up costs."""
    with _limited(item):
        return (yield)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the dearest tests, files and rooms, in CPU seconds."""
    most = config.getoption("--cpu-durations")
    if most is None:
        return
    tests: dict[str, float] = {}
    for report in chain.from_iterable(terminalreporter.stats.values()):
        if isinstance(report, pytest.TestReport) and report.when == "teardown":
            parts = [float(str(x)) for name, x in report.user_properties if name == CPU]
            tests[report.nodeid] = sum(parts)
    files = _summed(tests, lambda name: name.partition("::")[0])
    rooms = _summed(files, lambda name: str(Path(name).parent))
    for title, costs in (("tests", tests), ("files", files), ("rooms", rooms)):
        terminalreporter.section(f"CPU seconds: the dearest {title}")
        dearest = sorted(costs.items(), key=lambda each: -each[1])
        for name, cost in dearest[: most or None]:
            terminalreporter.write_line(f"{cost:8.2f}  {name}")
    terminalreporter.write_line(f"{sum(rooms.values()):8.2f}  in all")


def _summed(costs: dict[str, float], of: Callable[[str], str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, cost in costs.items():
        found[of(name)] = found.get(of(name), 0.0) + cost
    return found
