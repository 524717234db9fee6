"""Pulses of a titration for tests: one with its rows, and some that are only times."""

import numpy as np

from labctl.analysis.cells.gitt_pulses import (
    Pulse,
    PulseRows,
    find_pulses,
    measure_pulse,
    reading_resolution,
)
from labctl.analysis.cells.sphere import sphere_surface
from labctl.analysis.uncertainty import known

STEP = 5.0 / 65536
"""V, of a 16-bit converter over 5 V."""
NOTHING = known(0.0, 1.0, "nothing")


def titrated(step: float = 0.0) -> tuple[np.ndarray, np.ndarray, Pulse]:
    """A pulse of 600 s between rests of an hour: τ' = 0.06, 5 mV, 10 ohm."""
    t = np.concatenate((np.arange(0.0, 660, 2.0), np.arange(660.0, 4200, 30.0)))
    t = np.concatenate((np.arange(-600.0, 0.0, 30.0), t)) + 600.0
    i = np.where((t > 600) & (t <= 1200), -1e-3, 0.0)
    since = (t - 600) * 1e-4
    x = (sphere_surface(since) - sphere_surface(since - 0.06)) / 0.18
    v = 0.3 - 5e-3 * x + 10.0 * i
    v += 1e-5 * np.random.default_rng(5).standard_normal(len(t))
    v = np.round(v / step) * step if step else v
    (rows,) = find_pulses(t, i)
    resolution = reading_resolution(v)
    pulse = measure_pulse(t, v, i, rows, window=(2.0, 200.0), resolution=resolution)
    return t, v, pulse


def pulse_at(start: float, current: float = -1e-3, duration: float = 600.0) -> Pulse:
    """A pulse of which only times and current are of interest."""
    return Pulse(
        rows=PulseRows(0, 1, 2, 3),
        start=start,
        duration=duration,
        current=current,
        charge=current * duration,
        rest_before=NOTHING,
        rest_after=NOTHING,
        end_voltage=0.0,
        jump=NOTHING,
        first_resistance=0.0,
        root_time=None,
        relaxation=None,
        drift=NOTHING,
        noise=1e-5,
    )
