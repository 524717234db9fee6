"""Whether stated uncertainties hold, technique by technique, seed by seed.

Every seed is another bench and another specimen: gain and zero of each instrument are
drawn within its maker's limits, the truth lies about the label as the label says, and
what no label says is drawn over decades. Most runs go the whole way from the wire to
the results; where a generator stands in, its module says which. Numbers of one run
share errors, so the interval of a coverage holds for numbers of different seeds only.
"""

import argparse
import logging
import math
import sys
import traceback
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import coverage_cells
import coverage_conduction
import coverage_groups
import coverage_spectra
import coverage_titration
import coverage_voltammetry
from coverage_table import Finding, Row, Technique, markdown, rows

from labctl.clock import stopwatch

MODULES = (
    coverage_cells,
    coverage_voltammetry,
    coverage_titration,
    coverage_spectra,
    coverage_conduction,
    coverage_groups,
)
TECHNIQUES: dict[str, Technique] = {
    one.name: one for module in MODULES for one in module.TECHNIQUES
}


FAILED = "run failed"


def found_by(job: tuple[str, int]) -> Sequence[Finding]:
    """Return the findings of one technique and seed; of a failed run there are none."""
    name, seed = job
    try:
        return TECHNIQUES[name].find(seed)
    except Exception:  # noqa: BLE001  (the other seeds shall still be tried)
        print(f"{name}, seed {seed}:\n{traceback.format_exc()}", file=sys.stderr)
        return [Finding(FAILED, math.nan, math.nan, math.nan, "absent")]


def _silenced() -> None:
    """Let a process of many runs say nothing of each."""
    logging.disable(logging.CRITICAL)


def coverage(wanted: dict[str, int], jobs: int, first: int = 0) -> list[Row]:
    """Return the rows of each technique over so many seeds, from ``first`` on."""
    found = []
    with ProcessPoolExecutor(jobs, get_context("spawn"), _silenced) as pool:
        for name, seeds in wanted.items():
            begun = stopwatch()
            work = [(name, seed) for seed in range(first, first + seeds)]
            own = rows(name, [f for one in pool.map(found_by, work) for f in one])
            print(f"{name}: {stopwatch() - begun:.0f} s", file=sys.stderr)
            print(markdown(own), file=sys.stderr, flush=True)
            found += own
    return found


def main(words: Sequence[str]) -> int:
    """Print the table; return 1 if a good number is far off, or a run failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--technique", nargs="+", choices=TECHNIQUES, default=[])
    parser.add_argument("--seeds", type=int, help="of each technique")
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="a few seeds, two minutes")
    parser.add_argument("--out", type=Path, help="write the table to this file, too")
    asked = parser.parse_args(words)
    wanted = {
        name: asked.seeds or (one.quick if asked.quick else one.seeds)
        for name, one in TECHNIQUES.items()
        if not asked.technique or name in asked.technique
    }
    begun = stopwatch()
    found = coverage(wanted, asked.jobs, asked.first)
    table = markdown(found)
    print(table)
    print(f"{stopwatch() - begun:.0f} s")
    if asked.out:
        asked.out.write_text(table, encoding="utf-8")
    return int(any(row.wrong or row.number == FAILED for row in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
