"""All that is tried with other people's programs, in the order of the page."""

from itertools import groupby

import lakeshore_cases
import pymeasure_cases
import qcodes_cases
import tsp_cases
from peer_case import Case, Suite

CASES: tuple[Case, ...] = (
    *qcodes_cases.CASES,
    *tsp_cases.CASES,
    *lakeshore_cases.CASES,
    *pymeasure_cases.CASES,
)
SUITES: tuple[Suite, ...] = pymeasure_cases.SUITES


def sessions() -> dict[str, tuple[Case, ...]]:
    """Return what each foreign process runs: the cases of one client on one bench."""
    return {
        f"{client} ({bench})": tuple(cases)
        for (client, bench), cases in groupby(
            CASES, key=lambda case: (case.client, case.bench)
        )
    }
