"""How late a run's polls come, by the wall's clock."""

import pytest

from labctl.service.bench.punctuality import REMEMBERED, Punctuality


def told(*times: float) -> Punctuality:
    made = Punctuality()
    for time in times:
        made.came_round(time)
    return made


@pytest.mark.parametrize(
    ("times", "now", "slowest"),
    [
        # nothing heard yet
        ((), 9.0, 0.0),
        # one poll: the next is awaited
        ((1.0,), 1.4, 0.4),
        # the batches of one poll come together and are one sign of life
        ((0.0, 0.01, 0.02, 0.5, 0.51, 1.0), 1.1, 0.5),
        # one came late
        ((0.0, 0.5, 1.9, 2.4), 2.5, 1.4),
        # the next one does not come
        ((0.0, 0.5, 1.0), 8.0, 7.0),
    ],
)
def test_the_longest_gap_counts(
    times: tuple[float, ...], now: float, slowest: float
) -> None:
    assert told(*times).slowest(now) == pytest.approx(slowest)


def test_what_was_long_ago_is_forgotten() -> None:
    late = told(0.0, 5.0, *(5.0 + 0.5 * k for k in range(1, REMEMBERED + 1)))

    assert late.slowest(5.0 + 0.5 * REMEMBERED) == pytest.approx(0.5)
