"""What a suspect result needs is said beside it, from the one table of conditions."""

from labctl.analysis.uncertainty import known
from labctl.data import Quality, Result
from labctl.drawing.unmet import advice_text, unmet, unmet_text
from labctl.verdicts.groups import ENOUGH_RUNS, LINEAR_RATIO


def test_conditions_are_listed_with_the_results_that_missed_them() -> None:
    doubted = known(1.0, 0.1, "meter").suspect(*ENOUGH_RUNS.at_least(2)).to_result()
    both = known(1.0, 0.1, "meter").suspect(
        *ENOUGH_RUNS.at_least(2), *LINEAR_RATIO.at_most(90.0)
    )

    found = unmet({"a": doubted, "b": both.to_result(), "c": Result(1.0, "")})

    assert {code: names for code, (_, names) in found.items()} == {
        ENOUGH_RUNS.code: ["a", "b"],
        LINEAR_RATIO.code: ["b"],
    }


def test_advice_says_what_was_needed_and_what_to_do() -> None:
    doubted = known(1.0, 0.1, "meter").suspect(*ENOUGH_RUNS.at_least(2)).to_result()

    assert advice_text(doubted) == (
        "Needed: A mean is of three runs or more. Measure a third cell."
    )


def test_a_code_of_another_version_is_passed_over() -> None:
    old = Result(1.0, "", quality=Quality.SUSPECT, verdicts=("long-gone",))

    assert advice_text(old) == ""


def test_a_terminal_is_told_what_was_missed_by_which_and_what_to_do() -> None:
    doubted = known(1.0, 0.1, "meter").suspect(*ENOUGH_RUNS.at_least(2)).to_result()

    assert unmet_text({"hall_mobility": doubted, "retention_at_C_2": doubted}) == (
        "  groups-enough-runs: Hall mobility, retention at C/2\n"
        "    needed: A mean is of three runs or more.\n"
        "    what to do: Measure a third cell."
    )
    assert unmet_text({"good": Result(1.0, "")}) == ""
