"""What a label does not state is assumed and said, never taken for exact."""

import math
from pathlib import Path

import pytest

from labctl.analysis.label import DEFAULTS, labelled, noted
from labctl.quantities import SI
from labctl.sample import Sample, SampleKind
from labctl.verdicts.label import STATES_QUANTITY

DOCS = Path(__file__).parents[2] / "docs"


def sample(**label: object) -> Sample:
    written = {"name": "a", "kind": SampleKind.HALF_CELL, **label}
    return Sample.model_validate(written, context=SI)


@pytest.mark.parametrize("quantity", DEFAULTS)
def test_without_an_uncertainty_a_default_stands_in_under_its_own_name(
    quantity: str,
) -> None:
    found = labelled(sample(**{quantity: 2.0}), quantity)

    (term,) = found.budget
    assert term == f"{quantity.replace('_', ' ')} (assumed)"
    assert found.relative == DEFAULTS[quantity].relative


def test_an_uncertainty_of_nothing_is_not_taken_for_exact() -> None:
    empty = sample(active_mass=2.0, active_mass_uncertainty=0.0)

    assert labelled(empty, "active_mass").relative == DEFAULTS["active_mass"].relative


@pytest.mark.parametrize("quantity", DEFAULTS)
def test_what_the_label_states_is_taken_as_it_is(quantity: str) -> None:
    found = labelled(
        sample(**{quantity: 2.0, f"{quantity}_uncertainty": 0.1}), quantity
    )

    assert found.budget == {quantity.replace("_", " "): 0.1}


def test_a_label_without_a_value_gives_none_and_says_so() -> None:
    found = labelled(sample(), "active_mass")

    assert math.isnan(found.value)
    assert found.reason == "sample a has no active mass"
    assert found.to_result().verdicts == (STATES_QUANTITY.code,)


def test_the_mass_cancels_between_two_results_of_one_sample() -> None:
    mass = labelled(sample(active_mass=2.0), "active_mass")

    assert (3.0 / mass / (2.0 / mass)).uncertainty == pytest.approx(0.0, abs=1e-12)


def test_two_samples_share_nothing_of_their_labels() -> None:
    one = labelled(sample(active_mass=2.0), "active_mass")
    other = labelled(sample(name="b", active_mass=2.0), "active_mass")

    assert (one / other).uncertainty == pytest.approx(math.sqrt(2) * 0.02)


def test_two_values_under_one_name_were_not_measured_together() -> None:
    thin, thick = (labelled(sample(thickness=t), "thickness") for t in (1.0, 2.0))

    assert (thin / thick).relative == pytest.approx(math.sqrt(2) * 0.02)


def test_what_only_the_run_was_told_is_shared_with_no_other_run() -> None:
    (source,) = noted("contact_radius", 1e-7).parts

    assert source.shared == ""
    assert source.assumed


def test_the_page_on_uncertainties_lists_the_defaults_as_they_are() -> None:
    page = (DOCS / "explanations" / "uncertainty.md").read_text(encoding="utf-8")

    for quantity, default in DEFAULTS.items():
        words = quantity.replace("_", " ")
        line = f"| {words} | {100 * default.relative:.0f} % | {default.why} |"
        assert line in page
