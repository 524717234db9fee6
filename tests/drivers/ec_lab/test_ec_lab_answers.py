"""What comtypes may make of EC-Lab's results, and what is none of them."""

import random
from typing import Any

import pytest

from drivers.ec_lab.answers import (
    AnswerError,
    Experiment,
    Status,
    count_of,
    numbers,
    serials_of,
)

RUNNING = (1.0, *[0.0] * 14, 12.5, 3.7, *[0.0] * 2, 1e-3, *[0.0] * 12)
"""Field 15 s, 16 V, 19 A."""


@pytest.mark.parametrize(
    "raw",
    [
        # values alone; with the code behind, or before; in tuples of their own
        (1.0, 2.0, 3.0),
        (1.0, 2.0, 3.0, 1),
        ((1.0, 2.0, 3.0), 1),
        (1, (1.0, 2.0, 3.0)),
        [1.0, 2.0, 3.0],
    ],
)
def test_a_result_is_read_in_each_shape_that_was_seen(raw: Any) -> None:
    assert numbers(raw, 3, "MeasureDcValue") == (1.0, 2.0, 3.0)


@pytest.mark.parametrize(
    "raw",
    [
        ((1.0, 2.0, 3.0), 0),
        (0, (1.0, 2.0, 3.0)),
        (1.0, 2.0),
        (1.0, float("nan"), 3.0),
        (1.0, "2", 3.0),
        None,
        0,
    ],
)
def test_a_failure_is_no_number(raw: Any) -> None:
    with pytest.raises(AnswerError):
        numbers(raw, 3, "MeasureDcValue")


@pytest.mark.parametrize("raw", [RUNNING, (*RUNNING, 1), (RUNNING, 1), (1, RUNNING)])
def test_a_status_is_read_in_each_shape(raw: Any) -> None:
    status = Status.of(raw)

    assert status.runs
    assert (status.time, status.voltage, status.current) == (12.5, 3.7, 1e-3)
    assert status.connected


def test_an_experiment_has_its_files_without_folders() -> None:
    files = (r"C:\Data\a_C01.mpr", "b_02_PEIS_C01.mpr", *[None] * 18)
    told = Experiment.of(("2025-11-10 15:22:09.494", None, "C:\\Data\\", files, 1))

    assert told.files == ("a_C01.mpr", "b_02_PEIS_C01.mpr")


def test_ten_thousand_made_up_results_invent_nothing() -> None:
    """What is read stood in the result; all else is refused."""
    rng = random.Random(3)  # noqa: S311
    for _ in range(10_000):
        raw = _made_up(rng, 2)
        for ask in (
            lambda raw=raw: numbers(raw, 3, "f"),
            lambda raw=raw: Status.of(raw),
            lambda raw=raw: Experiment.of(raw),
            lambda raw=raw: count_of(raw, "f"),
            lambda raw=raw: serials_of(raw),
        ):
            try:
                found = ask()
            except AnswerError:
                continue
            if isinstance(found, tuple) and found and isinstance(found[0], float):
                assert all(
                    str(value) in str(raw) or value in _flat(raw) for value in found
                )


def _made_up(rng: random.Random, depth: int) -> Any:
    kind = rng.randrange(8 if depth else 6)
    if kind < 3:
        return rng.choice((0, 1, 1.5, -2.0, 1e308, float("inf"), float("nan")))
    if kind < 6:
        return rng.choice((None, "", "x.mpr", b"\x00", True, object()))
    count = rng.choice((0, 1, 2, 3, 4, 5, 32, 33))
    return tuple(_made_up(rng, depth - 1) for _ in range(count))


def _flat(raw: Any) -> list[Any]:
    if isinstance(raw, tuple):
        return [each for part in raw for each in _flat(part)]
    return [raw]
