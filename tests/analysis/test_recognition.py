"""What was measured is told by what the rows are."""

import math

import pytest

from labctl.analysis.cells.recognition import (
    Called,
    Level,
    Measurement,
    is_rate_test,
    parted,
    recognise,
)
from labctl.analysis.cells.segment import Segment, SegmentKind
from labctl.analysis.cells.technique_names import measurement_called

REST, CURRENT, RAMP = SegmentKind.REST, SegmentKind.CURRENT, SegmentKind.RAMP
UNKNOWN = SegmentKind.UNKNOWN
OCV = Called("Open Circuit Voltage", Measurement.REST)
Told = tuple[SegmentKind, float, float]
"""Kind, mA, and s."""


def segments(*told: Told) -> tuple[Segment, ...]:
    out, row, now, volts = [], 0, 0.0, 1.0
    for kind, milliampere, seconds in told:
        current = 1e-3 * milliampere
        passed = current * seconds
        rises = volts + passed if kind is not RAMP else volts + 0.1 * milliampere
        end = now + seconds
        out.append(Segment(kind, row, 20, -1, current, volts, rises, now, end, passed))
        row, now, volts = row + 20, end, rises
    return tuple(out)


def levels(*currents: float) -> tuple[Level, ...]:
    """Return one level for each run of equal currents, in mA a cycle."""
    out: list[Level] = []
    for number, current in enumerate(currents, 1):
        if out and out[-1].current == current:
            out[-1] = Level(current, (*out[-1].numbers, number))
        else:
            out.append(Level(current, (number,)))
    return tuple(out)


PULSE: tuple[Told, ...] = ((CURRENT, -1, 60), (REST, 0, 3600))
STATE: tuple[Told, ...] = (
    *((CURRENT, -1, 3600), (REST, 0, 3600), (CURRENT, -3, 10), (REST, 0, 40)),
    *((CURRENT, 2, 10), (REST, 0, 40)),
)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        # pulses in one direction, each between two rests
        ([(REST, 0, 60), *PULSE * 8], Measurement.GITT),
        # longer steps with short pulses there and back
        (STATE * 3, Measurement.HPPC),
        # a triangle of the potential
        ([(REST, 0, 60), (RAMP, -3, 900), (RAMP, 3, 900)], Measurement.VOLTAMMETRY),
        # one linear sweep
        ([(RAMP, 3, 900)], Measurement.VOLTAMMETRY),
        # one whole half cycle and no more
        ([(REST, 0, 60), (CURRENT, -1, 36000)], Measurement.CYCLING),
        # nothing but open circuit
        ([(REST, 0, 3600)], Measurement.REST),
        ([], Measurement.REST),
    ],
)
def test_segments_tell_what_was_measured(
    told: list[Told], expected: Measurement
) -> None:
    assert recognise(segments(*told), ()).kinds == (expected,)


@pytest.mark.parametrize(
    ("currents", "expected", "formation"),
    [
        # all alike
        ([2, 2, 2, 2], Measurement.CYCLING, 0),
        # two slow ones first
        ([1, 1, 4, 4, 4, 4], Measurement.FORMATION, 2),
        # currents in turn, and the first again
        ([1, 1, 2, 2, 4, 4, 1, 1], Measurement.RATE, 0),
        # formation before them
        ([0.5, 2, 2, 4, 4, 8, 8, 2, 2], Measurement.RATE, 1),
        # a check-up now and then
        ([4, 4, 4, 1, 4, 4, 4, 1, 4, 4], Measurement.CYCLING, 0),
        # one cycle so slow that it shows the equilibrium, 1C is 4 mA
        ([1, 0.08], Measurement.QUASI_OCV, 0),
    ],
)
def test_the_currents_of_cycles_tell_what_they_are_for(
    currents: list[float], expected: Measurement, formation: int
) -> None:
    found = levels(*currents)
    driven = segments((CURRENT, -1, 3600), (CURRENT, 1, 3600))

    first, later = parted(found)

    assert recognise(driven, found, one_c=4.0).kinds == (expected,)
    assert sum(len(one.numbers) for one in first) == formation
    assert is_rate_test(later) is (expected is Measurement.RATE)


def test_spectra_beside_cycles_are_a_mixture() -> None:
    driven = segments((CURRENT, -1, 3600), (CURRENT, 1, 3600))

    found = recognise(driven, levels(2, 2), at_rest=3, driven=1)

    assert found.kinds == (
        Measurement.CYCLING,
        Measurement.PEIS,
        Measurement.INSITU_EIS,
    )
    assert "3 spectra at rest" in found.because


def test_without_any_current_the_name_of_the_technique_decides() -> None:
    found = recognise(segments((UNKNOWN, math.nan, 60)), (), called=OCV)

    assert found.kinds == (Measurement.REST,)
    assert found.by_name
    assert found.because == (
        "the file calls it Open Circuit Voltage; no current was recorded"
    )


def test_a_name_decides_nothing_where_rows_tell() -> None:
    found = recognise(segments((RAMP, 3, 900)), (), called=OCV)

    assert found.kinds == (Measurement.VOLTAMMETRY,)
    assert not found.by_name


def test_without_current_and_known_name_nothing_is_recognised() -> None:
    assert recognise(segments((UNKNOWN, math.nan, 60)), ()).kinds == ()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Open Circuit Voltage", Measurement.REST),
        (" open circuit voltage ", Measurement.REST),
        ("cyclic-voltammetry", Measurement.VOLTAMMETRY),
        # a word in a name is no name
        ("Open Circuit Voltage and more", None),
        ("", None),
    ],
)
def test_names_are_known_whole(name: str, expected: Measurement | None) -> None:
    assert measurement_called(name) is expected
