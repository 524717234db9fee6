"""A sweep as a staircase of the host: as high as a row, as long as the rate says.

    level(t) = start + h · floor(t / (h/v)), along the vertices

The stairs' height h is the technique's own recording step in V, or what the rate v in
V/s passes between two looks if that is more.
"""

import itertools
import math

from drivers.visa.cell_reach import Reach
from labctl.techniques import VoltageSweep

TALLEST_STAIR = 5e-3
"""V; a sweep of higher stairs is no sweep any more (RT/F is 26 mV)."""


def stair(technique: VoltageSweep, reach: Reach) -> tuple[float, float]:
    """Return height in V and length in s of a sweep's stairs."""
    height = technique.record.every_volt or 0.0
    height = max(height, technique.scan_rate * reach.shortest_look)
    return height, height / technique.scan_rate


def path_of(technique: VoltageSweep) -> tuple[float, ...]:
    """Return every vertex that a sweep passes, the cycles written out, V."""
    first, *turns, last = technique.vertices
    return (first, *(turns * technique.cycles), last)


def length_of(technique: VoltageSweep) -> float:
    """Return how long a sweep lasts, s."""
    path = path_of(technique)
    way = sum(abs(b - a) for a, b in itertools.pairwise(path))
    return way / technique.scan_rate


def stair_at(technique: VoltageSweep, reach: Reach, passed: float) -> float:
    """Return the level of a staircase ``passed`` s after its beginning, V."""
    height, seconds = stair(technique, reach)
    left = height * math.floor(passed / seconds + 1e-6)
    path = path_of(technique)
    for a, b in itertools.pairwise(path):
        if left <= abs(b - a):
            return a + math.copysign(left, b - a)
        left -= abs(b - a)
    return path[-1]
