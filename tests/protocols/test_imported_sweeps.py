"""Sweeps that another program recorded, whichever way they go."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from imported_columns import SAMPLE, Rows, imported

from labctl.data import RECOGNISED_AS, Array, Quality
from protocols.cells.voltammograms import Course
from protocols.compose.imported_parts import scans_of_segments
from protocols.compose.imported_rows import ImportedRows

NO_RADIUS = SAMPLE.model_copy(update={"particle_radius": None})
STEP = 2e-3
"""V between rows."""
RATES = (1e-4, 3e-4, 1e-3, 3e-3)


def swept(*vertices: float, rates: tuple[float, ...] = (1e-3,)) -> dict[str, Array]:
    """Return rows that pass the vertices at each rate (V/s), with peaks that go √v."""
    volts, times, currents = [], [], []
    now = 0.0
    for rate in rates:
        for begin, end in pairwise(vertices):
            way = np.sign(end - begin)
            v = begin + way * STEP * np.arange(round(abs(end - begin) / STEP))
            peak = np.exp(-(((v - 0.7 - 0.05 * way) / 0.05) ** 2)) + 0.2
            times.append(now + STEP / rate * np.arange(len(v)))
            volts.append(v)
            currents.append(way * 1e-4 * np.sqrt(rate / 1e-3) * peak)
            now += STEP / rate * len(v)
    return {
        "test_time_second": np.concatenate(times),
        "voltage_volt": np.concatenate(volts),
        "current_ampere": np.concatenate(currents),
    }


@pytest.mark.parametrize(
    ("vertices", "course", "seen"),
    [
        # linear sweeps: one branch, one peak
        ((0.2, 1.2), Course.UP, {"anodic"}),
        ((1.2, 0.2), Course.DOWN, {"cathodic"}),
        # triangles, from either vertex and from between them
        ((1.2, 0.2, 1.2), Course.DOWN_UP, {"anodic", "cathodic"}),
        ((0.2, 1.2, 0.2), Course.UP_DOWN, {"anodic", "cathodic"}),
        ((0.6, 1.2, 0.2, 1.2, 0.2), Course.DOWN_UP, {"anodic", "cathodic"}),
    ],
)
def test_peaks_of_every_sweep_are_good(
    vertices: tuple[float, ...], course: Course, seen: set[str]
) -> None:
    run: Any = Rows(swept(*vertices))

    (scan,) = scans_of_segments(ImportedRows(run))
    found = imported().results(run)

    assert scan.course is course
    assert found[RECOGNISED_AS].value == "cyclic-voltammetry"
    good = {
        branch
        for branch in ("anodic", "cathodic")
        if found[f"peak_current_{branch}_slowest"].quality is Quality.GOOD
    }
    assert good == seen


@pytest.mark.parametrize("vertices", [(0.2, 1.2, 0.2), (1.2, 0.2, 1.2)])
def test_ramps_of_two_rates_are_no_cycle(vertices: tuple[float, ...]) -> None:
    # each rate one triangle, the next at once: peaks go as √v, so b = 1/2
    run: Any = Rows(swept(*vertices, rates=RATES), sample=NO_RADIUS)

    found = imported().results(run)

    assert found["b_value_anodic"].value == pytest.approx(0.5, abs=1e-3)
    assert found["b_value_cathodic"].value == pytest.approx(0.5, abs=1e-3)


def test_a_sweep_that_was_cut_on_its_way_back_is_suspect() -> None:
    run: Any = Rows(swept(1.2, 0.2, 0.9))

    found = imported().results(run)

    assert found["peak_current_anodic_slowest"].quality is Quality.SUSPECT
    assert "not scanned to the end" in found["peak_current_anodic_slowest"].reason


def test_falling_sweeps_at_many_rates_have_no_share_of_a_rising_branch() -> None:
    found = imported().results(_falling())

    assert found["surface_share_fastest"].quality is Quality.ABSENT
    assert found["b_value_cathodic"].value == pytest.approx(0.5, abs=1e-3)


def _falling() -> Any:
    """Return four falling sweeps, each with a jump back to its start."""
    return Rows(swept(1.2, 0.2, rates=RATES), sample=NO_RADIUS)
