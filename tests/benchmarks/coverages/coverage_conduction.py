"""Pellets, particles and films: the truth is that of the specimen of the seed."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from coverage_runs import run
from coverage_table import Finding, Technique

from drivers.twins.world import catalogue
from drivers.twins.world.specimen import ELEMENTARY_CHARGE
from labctl.data import Result

THICKNESSES = ("0.5", "1", "2")
"""mm, of the pellets of one powder."""


def _findings(
    truths: Mapping[str, float], results: Mapping[str, Result], word: str = ""
) -> list[Finding]:
    return [
        Finding.of(name + word, float(truth), results.get(name))
        for name, truth in truths.items()
    ]


def pellet(seed: int) -> Sequence[Finding]:
    """One pellet alone: nothing tells its contacts, or a leak, from the powder."""
    truth = catalogue.truth("adversarial-pellet", seed)
    found = run("pellet-conductivity", "adversarial-pellet", seed)
    body = truth["thickness_m"] / (
        truth["conductivity_siemens_per_metre"] * truth["area_m2"]
    )
    through = 1.0 / (body + truth["contact_resistance_ohm"])
    whole = 1.0 / (through + 1.0 / truth["wall_resistance_ohm"])
    truths = {
        "conductivity": truth["conductivity_siemens_per_metre"],
        "resistance": whole,
        "conductance": 1.0 / whole,
        "offset_voltage": truth["emf_volt"],
    }
    return _findings(truths, found.results)


def pellets(seed: int) -> Sequence[Finding]:
    """Three pellets of one powder between the same pistons, the sleeve seen empty."""
    *others, last = (f"adversarial-pellet-{thickness}mm" for thickness in THICKNESSES)
    protocol = "pellet-conductivity"
    with tempfile.TemporaryDirectory(prefix="coverage-") as folder:
        names = ("sleeve-empty", *others)
        done = [run(protocol, name, seed, Path(folder)).folder for name in names]
        found = run(protocol, last, seed, Path(folder), earlier=tuple(done))
    truth = catalogue.truth(last, seed)
    truths = {
        "conductivity": truth["conductivity_siemens_per_metre"],
        "contact_resistance": truth["contact_resistance_ohm"],
    }
    return _findings(truths, found.results)


def particle(seed: int) -> Sequence[Finding]:
    """A particle with oxide below the probes; the leak of its holder is not sought."""
    truth = catalogue.truth("adversarial-particle", seed)
    found = run("particle-iv", "adversarial-particle", seed)
    own = 1.0 / truth["conductance_siemens"] + truth["contact_resistance_ohm"]
    truths = {"conductance": 1.0 / own, "offset_current": truth["offset_ampere"]}
    return _findings(truths, found.results)


def hall(seed: int) -> Sequence[Finding]:
    """A film with lopsided, wide contacts."""
    truth = catalogue.truth("adversarial-film", seed)
    density, mobility = truth["density_per_m3"], truth["mobility_m2_per_volt_second"]
    sheet = 1.0 / (ELEMENTARY_CHARGE * density * mobility * truth["thickness_m"])
    found = run("hall-effect", "adversarial-film", seed)
    truths = {
        "sheet_resistance": sheet,
        "resistivity": sheet * truth["thickness_m"],
        "sheet_density": density * truth["thickness_m"] * 1e-4,
        "carrier_density": density * 1e-6,
        "hall_mobility": mobility * 1e4,
    }
    return _findings(truths, found.results)


TECHNIQUES = (
    Technique("pellet", "pellet-conductivity, one pellet", pellet, 40, 2),
    Technique("pellets", "pellet-conductivity, three thicknesses", pellets, 20, 1),
    Technique("particle", "particle-iv", particle, 40, 2),
    Technique("hall", "hall-effect", hall, 30, 2),
)
