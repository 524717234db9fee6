"""Real processes on real wires: what they leave behind, in the twins' own words.

A few tries of what the long campaign (`tests/benchmarks/campaign.py`) does hundreds of
times.
"""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks/campaigns"
sys.path.insert(0, str(BENCHMARKS))

import campaign_station  # noqa: E402
import campaign_wires  # noqa: E402
from campaign_table import Tally, Work  # noqa: E402
from campaign_wires import Field, field  # noqa: E402

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
SEED = 3
ALLOWANCE = 6.0
"""That an output goes off is a claim; how fast it does is measured elsewhere."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Field]:
    folder = tmp_path_factory.mktemp("rig")
    with field(Work(1, SEED, folder, 600.0), "--smus", "--cells", "3") as made:
        yield made


def violations(
    kind: Callable[[Field, Work, Tally], None], place: Field, tries: int
) -> list[str]:
    tally = Tally(kind.__name__)
    work = Work(tries, SEED, place.rig.folder, 600.0, allowance=ALLOWANCE)
    kind(place, work, tally)
    assert tally.tries == tries
    return tally.violations


def test_a_run_that_is_asked_to_end_leaves_nothing_on(place: Field) -> None:
    assert not violations(campaign_wires.signals_on, place, 3)


def test_a_run_that_dies_leaves_nothing_on(place: Field) -> None:
    assert not violations(campaign_wires.deaths_on, place, 2)


def test_a_run_whose_guard_dies_gets_another_one(place: Field) -> None:
    assert not violations(campaign_wires.guard_killed_on, place, 1)


def test_what_somebody_else_measures_goes_on(place: Field) -> None:
    assert not violations(campaign_station.busy_on, place, 1)


def test_of_two_owners_one_gets_the_instrument(place: Field) -> None:
    assert not violations(campaign_station.owners_on, place, 1)
