"""How well scans tell D/r² when the spheres are not the model's: ``python …`` prints.

Each line: found over true, its relative standard uncertainty, scatter of the isotherms,
and the conditions that were not met. D is that at half filling.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "coverages"))

from scanned_sphere import Sphere, scans

from labctl.analysis.cells.finite_diffusion import finite_diffusion

THREE = ((0.25, 0.7), (0.5, 1.0), (0.25, 1.3))


def cases(k: float) -> dict[str, Sphere]:
    """Return electrodes that are less and less like one sphere."""
    return {
        "one sphere": Sphere(k=k, resistance=3.0),
        "20 µA beside": Sphere(k=k, resistance=3.0, beside=2e-5),
        "kinetics, 5 mA": Sphere(k=k, resistance=3.0, exchange=5e-3),
        "kinetics, 1 mA": Sphere(k=k, resistance=3.0, exchange=1e-3),
        "D ∝ exp θ": Sphere(k=k, resistance=3.0, changing=1.0),
        "D ∝ exp 3θ": Sphere(k=k, resistance=3.0, changing=3.0),
        "D ∝ exp −3θ": Sphere(k=k, resistance=3.0, changing=-3.0),
        "sizes 0.7 … 1.3": Sphere(k=k, sizes=THREE),
    }


def main() -> None:
    """Print found against true for every case."""
    for k in (1e-4, 1e-3):
        for name, of in cases(k).items():
            for anodic in (True, False):
                given = scans(of, anodic=anodic, noise=1e-3, seed=1)
                found = finite_diffusion(given)
                rate = found.rate
                codes = " ".join(doubt.code for doubt in rate.doubts) or "good"
                print(
                    f"k {k:g}/s  {name:16} {'anodic' if anodic else 'cathodic':9}"
                    f" {rate.value / k:6.3f} ± {rate.relative:.3f}"
                    f"  scatter {100 * found.misfit:.2f} %  {codes}"
                )


if __name__ == "__main__":
    main()
