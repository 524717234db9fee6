"""R_ct of silicon-like cells is found, at rest and under current."""

import math
import subprocess
import sys

import numpy as np
import pytest

from labctl.analysis.spectra.charge_transfer import charge_transfer_resistance
from labctl.analysis.spectra.rest_correction import exchange_current
from labctl.analysis.uncertainty import known

CIRCUITS = (
    "R0-p(R1,CPE1)-p(R2,CPE2)",
    "R0-p(R1,CPE1)-p(R2-W1,CPE2)",
    "R0-p(R1,CPE1)-p(R2-Sp1,CPE2)",
    "R0-p(R1,CPE1)-p(R2,CPE2)-p(R3-W1,CPE3)",
)


def resistance_under_current(at_rest: float, current: float) -> float:
    """Return R_ct in ohm under a current, after Butler and Volmer with α = 1/2."""
    thermal = 0.0256926  # R T / F at 25 °C, V
    return thermal / math.hypot(thermal / at_rest, current / 2)


def cell(
    frequency: np.ndarray, rct: float, film: float, diffusivity: float, noise: float
) -> np.ndarray:
    """Return Z of a sphere electrode, its film and lithium (labctl reference, 2026-11).

    Not made with labctl's own elements.
    """
    jw = 2j * np.pi * frequency
    s = np.sqrt(jw * 1e-12 / diffusivity)
    t = np.tanh(np.where(np.abs(s) > 300, 1.0, s))
    shape = np.where(np.abs(s) > 300, 1 / (s - 1), t / (s - t))
    sphere = 0.3 * 1e-12 / (3 * diffusivity * 4.87) * shape
    z = 1 / (jw * 60e-6 + 1 / (rct + sphere)) + 2.5
    z += film / (1 + jw * film * 5e-6) + 1.5 / (1 + jw * 1.5 * 20e-6)
    wobble = np.random.default_rng(8).standard_normal((2, len(z)))
    noisy: np.ndarray = z + noise * np.abs(z) * (wobble[0] + 1j * wobble[1])
    return noisy


# name, R_ct ohm, film ohm, D m²/s
CELLS = [("improved", 8.0, 3.0, 1.5e-15), ("reference", 34.0, 9.0, 4e-16)]
SWEEPS = [(5, -2, 57), (4, 0, 33)]


@pytest.mark.parametrize("sweep", SWEEPS)
@pytest.mark.parametrize(
    ("rct", "film", "diffusivity"), [c[1:] for c in CELLS], ids=[c[0] for c in CELLS]
)
def test_resistance_is_within_5_percent(
    rct: float, film: float, diffusivity: float, sweep: tuple[int, int, int]
) -> None:
    f = np.logspace(*sweep)

    found = charge_transfer_resistance(
        f, cell(f, rct, film, diffusivity, 2e-3), circuits=CIRCUITS
    )

    assert found.measured.valid, found.measured.reason
    assert found.measured.value == pytest.approx(rct, rel=0.05)
    assert found.measured.relative < 0.05
    assert found.frequency == pytest.approx(1 / (2 * np.pi * rct * 60e-6), rel=0.2)
    assert found.at_rest == found.measured


def test_all_circuits_together_find_it_too() -> None:
    f = np.logspace(5, -1, 49)

    found = charge_transfer_resistance(f, cell(f, 8.0, 3.0, 1.5e-15, 1e-3))

    assert found.measured.value == pytest.approx(8.0, rel=0.05)
    assert found.compared[0][1] == 0


def test_a_spectrum_that_breaks_kramers_kronig_is_marked() -> None:
    f = np.logspace(5, -2, 57)
    elapsed = np.cumsum(3 / f)
    z = cell(f, 34.0, 9.0, 4e-16, 0.0) * (1 + 0.4 * elapsed / elapsed[-1])

    found = charge_transfer_resistance(f, z, circuits=CIRCUITS[:2])

    assert not found.measured.valid
    assert "Kramers" in found.measured.reason


def test_points_of_the_cables_inductance_are_left_out() -> None:
    f = np.logspace(6, -1, 57)
    z = cell(f, 34.0, 9.0, 4e-16, 1e-4) + 2j * np.pi * f * 3e-7

    found = charge_transfer_resistance(f, z, circuits=CIRCUITS)

    assert found.measured.value == pytest.approx(34, rel=0.05)
    assert len(found.fit.predicted) < len(f)


# R at rest ohm, current A, R under current ohm
UNDER_CURRENT = [(8.0, 4.02e-3, 6.78), (34.0, 1.232e-3, 26.4), (8.0, 0.0, 8.0)]


@pytest.mark.parametrize(("rest", "current", "flowing"), UNDER_CURRENT)
def test_a_current_lowers_the_resistance_and_the_correction_undoes_it(
    rest: float, current: float, flowing: float
) -> None:
    lowered = resistance_under_current(rest, current)
    exchange = exchange_current(known(lowered, 0.01 * lowered, "fit"), current)

    assert lowered == pytest.approx(flowing, rel=2e-3)
    assert 0.0256926 / exchange.value == pytest.approx(rest, rel=1e-5)


def test_spectrum_under_current_reports_both_resistances() -> None:
    f = np.logspace(4, 0, 33)
    flowing = resistance_under_current(34.0, 1.232e-3)

    found = charge_transfer_resistance(
        f, cell(f, flowing, 9.0, 4e-16, 1e-3), current=-1.232e-3, circuits=CIRCUITS
    )

    assert found.measured.value == pytest.approx(flowing, rel=0.03)
    assert found.at_rest.value == pytest.approx(34.0, rel=0.05)
    assert found.at_rest.uncertainty > found.measured.uncertainty


def test_a_resistance_no_current_leaves_is_refused_with_its_limit() -> None:
    exchange = exchange_current(known(100.0, 1.0, "fit"), 4e-3)

    assert not exchange.valid
    assert "12.85 Ω" in exchange.reason


def test_an_arc_that_the_instruments_errors_leave_open_is_not_good() -> None:
    f = np.logspace(4, -1, 51)
    jw = 2j * np.pi * f
    # as good as one arc: its two parts follow 1 % of |Z| a hundredfold
    z = 2 + 10 / (1 + 0.010 * jw) + 10 / (1 + 0.015 * jw)
    wobble = np.random.default_rng(5).standard_normal((2, len(f)))
    z = z * (1 + 7e-4 * (wobble[0] + 1j * wobble[1]))

    found = charge_transfer_resistance(f, z, circuits=CIRCUITS[:1]).measured
    assert found.relative > 0.25
    assert not found.valid


def test_a_spectrum_is_judged_without_loading_scipy() -> None:
    program = (
        "import sys, numpy as np\n"
        "from labctl.analysis.spectra import charge_transfer\n"
        "from labctl.analysis.spectra.relaxation_times import relaxation_times\n"
        "jw = 2j * np.pi * np.logspace(4, 0, 25)\n"
        "f, z = np.logspace(4, 0, 25), 2 + 8 / (1 + jw * 1e-3)\n"
        "found = charge_transfer.charge_transfer_resistance("
        "f, z, circuits=['R0-p(R1,CPE1)'])\n"
        "assert found.measured.expanded() > 0 and relaxation_times(f, z).peaks\n"
        "print(sorted(name for name in sys.modules if name.startswith('scipy')))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"
