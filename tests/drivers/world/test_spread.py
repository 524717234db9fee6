"""A sample whose specimens differ is drawn by the bench's seed, about its label."""

import math

import numpy as np
import pytest

from drivers.twins.world import catalogue
from drivers.twins.world.cell import Cell
from drivers.twins.world.specimen import Film, Particle
from drivers.twins.world.specimen_samples import build_specimen
from drivers.twins.world.spread import specimen_of
from drivers.twins.world.world import BenchWorld
from labctl.clock import VirtualClock
from labctl.errors import OperatorError
from labctl.sample import Sample

ADVERSARIAL = [n for n in catalogue.names() if n.startswith("adversarial")]
LABELS = {"area_m2": "area", "thickness_m": "thickness", "mass_mg": "active_mass"}
LABELS["radius_m"] = "particle_radius"


def drawn(name: str, field: str, seeds: int = 400) -> np.ndarray:
    """Return a field of the truth of many specimens."""
    truths = [catalogue.truth(name, seed) for seed in range(seeds)]
    return np.array([t[field] if field in t else t["working"][field] for t in truths])


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_every_specimen_can_be_built_and_differs_with_the_seed(name: str) -> None:
    label = catalogue.label(name)
    Sample.model_validate(label)
    for seed in range(5):
        if label["kind"] in catalogue.CELL_KINDS:
            assert catalogue.build_cell(name, seed).voltage() > 0.0
        else:
            truth = catalogue.truth(name, seed)
            assert build_specimen(name, label["kind"], truth) is not None

    assert catalogue.truth(name, 1) == catalogue.truth(name, 1)
    assert catalogue.truth(name, 1) != catalogue.truth(name, 2)


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_the_truth_scatters_about_the_label_as_the_label_says(name: str) -> None:
    label = Sample.model_validate(catalogue.label(name))
    truth = catalogue.truth(name)
    for field, printed in LABELS.items():
        if field not in truth and field not in truth.get("working", {}):
            continue
        scale = 1e-6 if field == "mass_mg" else 1.0
        found = scale * drawn(name, field)
        stated = getattr(label, printed + "_uncertainty")

        assert np.std(found) == pytest.approx(stated, rel=0.15)
        assert np.mean(found) == pytest.approx(
            getattr(label, printed), abs=4 * stated / math.sqrt(len(found))
        )


def test_pellets_of_one_powder_share_it_but_not_their_thickness() -> None:
    thin, thick = (
        catalogue.truth(f"adversarial-pellet-{mm}mm", 3) for mm in ("0.5", "2")
    )

    for shared in ("conductivity_siemens_per_metre", "contact_resistance_ohm"):
        assert thin[shared] == thick[shared]
    assert thin["thickness_m"] / 0.5e-3 != thick["thickness_m"] / 2e-3


def test_the_bench_places_the_specimen_of_its_seed_and_finds_it_again() -> None:
    first = BenchWorld(VirtualClock(0.0), seed=5)
    first.place("adversarial-cell", ("vsp300/1",))
    again = BenchWorld(VirtualClock(0.0), seed=5)

    again.restore(first.snapshot())

    truth = catalogue.truth("adversarial-cell", 5)["working"]["mass_mg"]
    for bench in (first, again):
        cell = bench.socket("vsp300/1").cell
        assert isinstance(cell, Cell)
        assert cell.parameters.working.mass_mg == truth


def test_ordinary_samples_are_what_their_label_says_for_every_seed() -> None:
    assert catalogue.truth("qms-0.7", 3) == catalogue.truth("qms-0.7")


@pytest.mark.parametrize(
    ("spread", "error"),
    [
        ({"a.c": {"normal": 1.0}}, OperatorError),
        ({"b": {"normal": 1.0}}, OperatorError),
        ({"a.b": {}}, ValueError),
        ({"a.b": {"normal": 1.0, "factor": 1.0}}, ValueError),
    ],
)
def test_a_spread_that_says_nothing_sensible_is_refused(
    spread: dict[str, dict[str, float]], error: type[Exception]
) -> None:
    with pytest.raises(error):
        specimen_of("it", {"a": {"b": 1.0}}, spread, 0)


def test_oxide_below_the_probes_stands_in_series_with_the_particle() -> None:
    bare = Particle(1e-6, 1e-6, 1e-9)
    oxidised = Particle(1e-6, 1e-6, 1e-9, contact_resistance=1e6)

    assert oxidised.resistance == pytest.approx(1 / (1 / 2e6 + 1e-9))
    through = oxidised.current(1.0, 0.0)
    assert through < bare.current(1.0, 0.0)
    inner = through - 1e-9
    assert inner == pytest.approx(Particle(1e-6, 1e-6).current(1.0 - inner * 1e6, 0.0))
    assert oxidised.voltage(1e-7) == pytest.approx(0.2, rel=0.02)


def test_wide_contacts_let_sheet_resistance_and_hall_voltage_read_low() -> None:
    point, wide = (Film(100.0, 0.01, contact_width=w) for w in (0.0, 0.05))

    def hall(film: Film) -> float:
        z = film.impedance(1.0) - film.impedance(-1.0)
        return float(z[1, 0] - z[3, 0] - z[1, 2] + z[3, 2])

    assert hall(wide) / hall(point) == pytest.approx(1.0 - 0.4 / math.pi**2)
    assert wide.impedance(0.0)[0, 1] / point.impedance(0.0)[0, 1] == pytest.approx(
        1.0 - 0.0025 / (4 * math.log(2))
    )
