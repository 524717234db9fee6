"""Contacts that are not points: how far van der Pauw's own figures reach."""

import math

import pytest

from labctl.analysis.conduction.contact_size import POINTS, USUAL, ContactSize, Place
from labctl.analysis.uncertainty import known

SHEET = known(100.0, 0.0, "sheet", "ohm")


@pytest.mark.parametrize("place", Place)
@pytest.mark.parametrize("share", [0.001, 0.01, 0.1])
def test_a_size_that_was_stated_is_corrected_for(place: Place, share: float) -> None:
    # The figures of van der Pauw's paper, for one contact of four.
    sheet, hall = {
        Place.RIM: (share**2 / (16 * math.log(2)), 2 * share / math.pi**2),
        Place.ACROSS: (share**2 / (4 * math.log(2)), 4 * share / math.pi**2),
        Place.INSET: (share**2 / (2 * math.log(2)), 2 * share / math.pi),
    }[place]
    size = ContactSize(share, place)
    seen = [100.0 * (1 - 4 * each) for each in (sheet, hall)]

    found = (
        size.on_resistance(known(seen[0], 0.0, "sheet", "ohm")),
        size.on_hall(known(seen[1], 0.0, "hall", "ohm")),
    )

    for measured, each in zip(found, (sheet, hall), strict=True):
        assert measured.value == pytest.approx(100.0)
        assert measured.unit == "ohm"
        assert measured.relative == pytest.approx(2 * each / math.sqrt(3))


def test_a_size_that_is_assumed_changes_no_value() -> None:
    found = USUAL.on_hall(SHEET)

    assert found.value == 100.0
    assert found.relative == pytest.approx(8 * 0.05 / math.pi**2 / math.sqrt(3))


def test_contacts_that_are_points_leave_nothing_unknown() -> None:
    assert POINTS.on_hall(SHEET).parts == SHEET.parts


def test_a_size_that_nobody_stated_is_called_assumed() -> None:
    assert "contact size (assumed)" in USUAL.on_hall(SHEET).budget


@pytest.mark.parametrize("share", [0.2, math.nan])
def test_contacts_above_a_sixth_of_the_sample_are_a_doubt(share: float) -> None:
    (doubt,) = ContactSize(share).on_resistance(SHEET).doubts

    assert doubt.code == "vdp-contact-size"
