"""The one line of a run in lists: its first result, and whether to believe it."""

import pytest

from labctl.api.run_summary import headline
from labctl.data import Result

GOOD = Result(92.8, "%")


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (GOOD, "initial efficiency 92.8 %"),
        (GOOD.suspect("overloaded"), "suspect: initial efficiency 92.8 %"),
        (Result(92.8, "%", 0.14), "initial efficiency 92.80 ± 0.14 %"),
        (Result.absent("%", "no rows"), "initial efficiency –"),
    ],
)
def test_a_suspect_result_is_called_so_where_runs_are_listed(
    result: Result, said: str
) -> None:
    assert headline({"initial_efficiency": result}) == said
