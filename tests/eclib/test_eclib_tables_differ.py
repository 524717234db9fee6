"""Where driver, twin and oracle differ is written down, row by row."""

from collections.abc import Callable
from pathlib import Path

import pytest
from eclib_facts import differences, of_driver, of_oracle, of_structs, of_twin
from oracle_library import Oracle

PAGE = Path(__file__).parents[2] / (
    "docs/explanations/decisions/0017-three-tables-check-each-other.md"
)
HEAD = "| fact | driver | twin | C library | why it may stay |"

Place = Callable[..., Oracle]


def accepted() -> dict[str, tuple[str, str, str]]:
    """Return the first table of the page: fact -> what each says."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    rows = {}
    for line in lines[lines.index(HEAD) + 2 :]:
        if not line.startswith("|"):
            break
        fact, driver, twin, oracle, why = (x.strip() for x in line.split("|")[1:-1])
        assert why, fact
        rows[fact] = (driver, twin, oracle)
    return rows


@pytest.fixture
def builds(placed: Place) -> list[Oracle]:
    return [placed(release=release) for release in (611, 608, 601)]


def test_every_difference_is_decided_and_every_decision_needed(
    builds: list[Oracle],
) -> None:
    assert differences(of_driver(), of_twin(), of_oracle(*builds)) == accepted()


def test_the_tables_say_enough_to_differ(builds: list[Oracle]) -> None:
    driver, twin, oracle = of_driver(), of_twin(), of_oracle(*builds)

    assert len(set(driver) & set(twin) & set(oracle)) > 350
    assert len(set(driver) & set(oracle)) > 390
    assert set(of_structs()) <= set(oracle)


@pytest.mark.parametrize(
    ("fact", "wrong"),
    [
        # a label, a type, a file, a row, a code, a range, an offset: each is found
        ("label CP Current_step", None),
        ("label CPLIMIT Test1_Config", "2, one a step"),
        ("file CA 2", "ca.ecc"),
        ("row PEIS 1 1", "freq abs_Ewe"),
        ("id CALIMIT", "156"),
        ("i_range 8", "1e-03"),
        ("floats 2", "IEEE"),
        ("version 6.08", "6.08"),
        ("field TDataInfos StartTime", "32"),
    ],
)
def test_a_slip_in_one_table_is_found(
    builds: list[Oracle], fact: str, wrong: str | None
) -> None:
    driver = of_driver()
    if wrong is None:
        del driver[fact]
    else:
        assert driver[fact] != wrong
        driver[fact] = wrong

    assert fact in differences(driver, of_twin(), of_oracle(*builds))
