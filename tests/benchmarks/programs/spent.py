"""What a piece of work cost, and how a program tells it.

The last line that a program prints is one JSON object of figures. Programs of other
environments import this too: nothing of labctl, nothing beside the standard library.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

STATM = Path("/proc/self/statm")
PAGE = 4096
LOOK_EVERY = 5e-4
"""s."""


@dataclass(slots=True)
class Spent:
    """Filled when the block ends."""

    wall: float = 0.0
    """s."""
    cpu: float = 0.0
    """s of this process, all threads."""
    mb: float = 0.0
    """Peak of memory of its own (no mapped file) beyond what there was before."""


@contextmanager
def spent() -> Iterator[Spent]:
    """Measure the time that a block takes."""
    found = Spent()
    wall, cpu = time.perf_counter(), time.process_time()
    yield found
    found.wall = time.perf_counter() - wall
    found.cpu = time.process_time() - cpu


@contextmanager
def allocated() -> Iterator[Spent]:
    """Measure the memory that a block takes, looking every half millisecond.

    Whoever allocates it, Python, C or Rust; a peak shorter than a look is missed.
    """
    found, over = Spent(), threading.Event()
    before = _own()
    peak = [before]

    def look() -> None:
        while not over.wait(LOOK_EVERY):
            peak[0] = max(peak[0], _own())

    watch = threading.Thread(target=look)
    watch.start()
    try:
        yield found
    finally:
        peak[0] = max(peak[0], _own())
        over.set()
        watch.join()
        found.mb = (peak[0] - before) / 1e6


def _own() -> int:
    """Return the bytes of resident pages that no file backs."""
    _, resident, shared, *_ = STATM.read_text().split()
    return (int(resident) - int(shared)) * PAGE


def tell(**figures: float) -> None:
    """Print figures as the command reads them."""
    print(json.dumps(figures))
