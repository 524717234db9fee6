"""Foreign programs do on the twins what the lists, and the page, say they do."""

import peer_page
import pytest
from needs_peers import needs_peers
from peer_case import Suite
from peer_list import SUITES, sessions
from peer_run import run_cases
from suite_run import run_suite


def test_the_page_says_what_the_lists_say() -> None:
    made = peer_page.page(peer_page.expected())

    assert peer_page.PAGE.read_text() == made, "python tests/peers/peer_page.py"


@needs_peers
@pytest.mark.parametrize("session", sessions())
def test_a_client_does_what_its_cases_say(session: str) -> None:
    cases = sessions()[session]

    results = run_cases(cases)

    wrong = {
        case.capability: results[case.program].said or "works, though listed as failing"
        for case in cases
        if results[case.program].works != (case.fault is None)
    }
    assert wrong == {}


@needs_peers
@pytest.mark.parametrize(
    "suite", [pytest.param(one, id=f"{one.client}, {one.capability}") for one in SUITES]
)
def test_a_clients_own_tests_pass_but_for_what_is_listed(suite: Suite) -> None:
    results = run_suite(suite)

    failed = {name: result.said for name, result in results.items() if not result.works}
    assert failed.keys() == suite.faults.keys(), failed
    assert len(results) == suite.count
