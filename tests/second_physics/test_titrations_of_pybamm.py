"""Diffusivities of half cells that PyBaMM solved: a physics that is not labctl's own.

Noise of 10 µV and a converter of 76 µV are added here; see `make_half_cells.py`.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from labctl.analysis.cells.gitt import Diffusivity, analyse_gitt
from labctl.analysis.cells.gitt_pulses import find_pulses

FOLDER = Path(__file__).parent
CONSTANT = ("constant_60s", "constant_300s", "constant_1200s", "delithiation")
CHANGING = ("rising_60s", "rising_300s", "falling_60s", "falling_300s")
LONG = ("rising_1200s", "falling_1200s")
SIZES = ("sizes_0.2", "sizes_0.4", "sizes_0.6")
NOISE = 1e-5
STEP = 5.0 / 65536


@dataclass(frozen=True, slots=True)
class Titrated:
    """What labctl finds, and what is true."""

    found: tuple[Diffusivity, ...]
    truth: np.ndarray
    sigma: float

    @property
    def errors(self) -> np.ndarray:
        """Error of ln D over its standard uncertainty, of the pulses that are good."""
        return np.array(
            [
                np.log(d.recommended.value / true) / d.recommended.relative
                for d, true in zip(self.found, self.truth, strict=True)
                if d.recommended.valid
            ]
        )


def titrated(name: str, *, step: float = 0.0, seed: int = 1) -> Titrated:
    """Analyse one file, with noise and, where ``step`` is not 0, converter steps."""
    cell = np.load(FOLDER / f"{name}.npz")
    time, flow = cell["time_s"], cell["current_a"]
    noise = NOISE * np.random.default_rng(seed).standard_normal(len(time))
    volts = cell["voltage_v"] + noise
    volts = np.round(volts / step) * step if step else volts
    short = [p for p in find_pulses(time, flow) if time[p.last] - time[p.first] < 3e3]
    # the file states the volume-weighted mean of the lognormal
    median = float(cell["radius_m"]) * np.exp(-(float(cell["sigma"]) ** 2) / 2)
    found = analyse_gitt(
        time,
        volts,
        flow,
        radius=median,
        capacity=float(cell["capacity_c"]),
        start_composition=float(cell["start"]),
        pulses=short,
    )
    theta = np.array([d.composition for d in found])
    true = float(cell["mid"]) * np.exp(float(cell["slope"]) * theta)
    return Titrated(found, true, float(cell["sigma"]))


@pytest.mark.parametrize("name", [*CONSTANT, *CHANGING, *SIZES])
def test_every_pulse_is_good_and_within_three_of_its_uncertainties(name: str) -> None:
    cell = titrated(name)

    assert len(cell.errors) == len(cell.found)
    assert np.abs(cell.errors).max() < 3
    # the first two may be a crossing of hysteresis for all that the fit knows: of the
    # widest powder the second (0.20 of its step held) is known to 21 %
    assert max(d.recommended.relative for d in cell.found[2:]) < 0.2
    assert cell.found[1].recommended.relative < 0.25


@pytest.mark.parametrize("name", SIZES)
def test_the_spread_of_the_particle_sizes_is_found(name: str) -> None:
    cell = titrated(name, step=STEP)
    first = cell.found[0]

    assert abs(first.sigma - cell.sigma) < 2 * first.sigma_uncertainty
    assert first.sigma_uncertainty < 0.1


def test_intervals_hold_behind_a_coarse_converter() -> None:
    names = (*CONSTANT, *CHANGING, *SIZES, *LONG)
    cells = [titrated(name, step=STEP, seed=7) for name in names]
    errors = np.concatenate([cell.errors for cell in cells])

    assert len(errors) > 0.7 * sum(len(cell.found) for cell in cells)
    assert np.mean(np.abs(errors) < 2) >= 0.93
    assert np.abs(errors).max() < 5


def test_titrating_a_cycled_cell_gives_both_directions_the_same() -> None:
    cell = titrated("cycled", step=STEP)

    errors = cell.errors
    assert len(errors) > 0.8 * len(cell.found)
    assert np.mean(np.abs(errors) < 2) >= 0.9
