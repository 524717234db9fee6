"""Contacts that are not points: how far van der Pauw's own figures reach."""

import math

import pytest

from labctl.analysis.conduction.contact_size import POINTS, USUAL, ContactSize, Place
from labctl.analysis.uncertainty import known

SHEET = known(100.0, 0.0, "sheet", "ohm")


@pytest.mark.parametrize("place", Place)
@pytest.mark.parametrize("share", [0.001, 0.01, 0.1])
def test_two_standard_uncertainties_reach_what_four_contacts_do(
    place: Place, share: float
) -> None:
    # The figures of van der Pauw's paper, for one contact.
    sheet, hall = {
        Place.RIM: (share**2 / (16 * math.log(2)), 2 * share / math.pi**2),
        Place.ACROSS: (share**2 / (4 * math.log(2)), 4 * share / math.pi**2),
        Place.INSET: (share**2 / (2 * math.log(2)), 2 * share / math.pi),
    }[place]
    size = ContactSize(share, place)

    found = size.on_resistance(SHEET), size.on_hall(SHEET)

    for measured, each in zip(found, (sheet, hall), strict=True):
        assert measured.value == 100.0
        assert 4 * each <= 2 * measured.relative <= 1.2 * 4 * each


def test_contacts_that_are_points_leave_nothing_unknown() -> None:
    assert POINTS.on_hall(SHEET).parts == SHEET.parts


def test_a_size_that_nobody_stated_is_called_assumed() -> None:
    assert "contact size (assumed)" in USUAL.on_hall(SHEET).budget


@pytest.mark.parametrize("share", [0.2, math.nan])
def test_contacts_above_a_sixth_of_the_sample_are_a_doubt(share: float) -> None:
    (doubt,) = ContactSize(share).on_resistance(SHEET).doubts

    assert doubt.code == "vdp-contact-size"
