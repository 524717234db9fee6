"""The page of real files names the files that the tests compare."""

import mpr_cases
import public_page
import test_cycler_peers


def test_the_page_says_what_the_tests_compare() -> None:
    said = public_page.PAGE.read_text("utf-8")

    assert said == public_page.page(), "python tests/peers/public_page.py"
    for name in (*mpr_cases.PUBLIC, test_cycler_peers.ARBIN):
        assert name in said
