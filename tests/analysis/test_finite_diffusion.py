"""D/r² from scans of spheres that were solved by finite volumes, not by this model."""

import numpy as np
import pytest
from scanned_sphere import RATES, Sphere, scans

from labctl.analysis.cells.finite_diffusion import finite_diffusion

FOUR = RATES[[0, 2, 3, 5]]
STEPS = 400


@pytest.mark.parametrize(
    ("of", "anodic"),
    [
        # the size is felt at every rate, a resistance shifts the peaks
        (Sphere(k=1e-3, resistance=3.0), True),
        (Sphere(k=1e-3, resistance=3.0), False),
        # hardly half of the sphere is emptied
        (Sphere(k=5e-5, resistance=3.0), True),
        # the meter's zero adds a fifth of the charge in the slowest scans
        (Sphere(k=3e-4, resistance=3.0, beside=2e-5), True),
    ],
)
def test_scans_of_a_sphere_tell_its_diffusivity(of: Sphere, anodic: bool) -> None:
    given = scans(of, anodic=anodic, rates=FOUR, noise=1e-3, seed=3, steps=STEPS)

    found = finite_diffusion(given)
    result = found.rate.to_result()

    assert result.quality == "good", result.reason
    assert result.uncertainty is not None
    assert abs(found.rate.value - of.k) <= 2 * result.uncertainty
    assert result.uncertainty < 0.15 * of.k
    assert found.resistance == pytest.approx(of.resistance, abs=0.3)
    assert found.beside == pytest.approx(of.beside, abs=5e-6)


def test_what_is_no_sphere_of_one_diffusivity_is_doubted() -> None:
    of = Sphere(k=1e-4, resistance=3.0, changing=-3.0)
    given = scans(of, anodic=True, rates=FOUR, steps=STEPS)

    codes = [doubt.code for doubt in finite_diffusion(given).rate.doubts]

    assert "cv-one-isotherm" in codes


def test_scans_in_equilibrium_know_no_diffusivity() -> None:
    given = scans(Sphere(k=0.3), anodic=True, rates=FOUR, noise=1e-3, steps=STEPS)

    codes = [doubt.code for doubt in finite_diffusion(given).rate.doubts]

    assert "cv-diffusion-seen" in codes


def test_two_scans_are_too_few() -> None:
    given = scans(Sphere(k=1e-3), anodic=True, rates=np.array([1e-4, 1e-3]), steps=100)

    with pytest.raises(ValueError, match="at least 3"):
        finite_diffusion(given)
