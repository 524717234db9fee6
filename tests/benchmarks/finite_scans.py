"""How well scans tell D/r² when the spheres are not the model's: ``… [SEEDS]`` prints.

Without a number, one line a case: found over true, its relative standard uncertainty,
scatter of the isotherms, and the conditions that were not met. With a number, so many
electrodes drawn at random, and how many of the good results hold the truth. D is that
at half filling, of the sphere that halves the volume.
"""

import math
import random
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


def drawn(seed: int) -> Sphere:
    """Return an electrode with several faults at once, each in half of the seeds."""
    rng = random.Random(seed)  # noqa: S311
    spread = rng.choice((0.0, rng.uniform(0.0, 0.3)))
    sizes = tuple((w, math.exp(spread * s)) for w, s in ((1, -1.2), (2, 0), (1, 1.2)))
    return Sphere(
        k=10 ** rng.uniform(-4.5, -2.5),
        resistance=rng.uniform(0.5, 6.0),
        exchange=rng.choice((0.0, 10 ** rng.uniform(-3.0, -2.0))),
        changing=rng.choice((0.0, rng.gauss(0.0, 1.0))),
        beside=rng.choice((0.0, rng.gauss(0.0, 1e-5))),
        sizes=sizes if spread else ((1.0, 1.0),),
    )


def at_random(seeds: int) -> None:
    """Print every seed, then how many good ones hold the truth."""
    good, held, far = 0, 0, 0.0
    for seed in range(seeds):
        of, anodic = drawn(seed), bool(seed % 2)
        given = scans(of, anodic=anodic, noise=1e-3, seed=seed, steps=400)
        result = finite_diffusion(given).rate.to_result()
        value, u = result.value, result.uncertainty
        assert isinstance(value, float) and u is not None  # noqa: PT018
        off = (value - of.k) / u
        if result.quality == "good":
            good, held, far = good + 1, held + (abs(off) <= 2), max(far, abs(off))
        print(
            f"{seed:3} {value / of.k:6.3f} ± {u / of.k:.3f} {off:+5.1f} "
            f"{' '.join(result.verdicts) or 'good'}",
            flush=True,
        )
    print(f"good {good} of {seeds}, within ±2u {held}, farthest {far:.1f} u")


def in_turn() -> None:
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
    if len(sys.argv) > 1:
        at_random(int(sys.argv[1]))
    else:
        in_turn()
