"""Makes ``docs/reference/export-readers.md``: reader, file, columns, deviation.

``python tests/peers/file_page.py`` writes the page from the cases; ``--measure`` runs
every reader and prints what each one's numbers deviate by. The tests hold cases, page
and readers together.
"""

import sys
import tempfile
from pathlib import Path

import fetch_peers
from exported_run import export_everything
from file_cases import CASES, FileCase
from file_run import Read, read_files

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "export-readers.md"
HEAD = """# Who reads what a run exports

Each check of labctl exports one run in every format, lets the programs below read it,
unmodified and each in a process of its own, and compares every number with the run's.
`tests/peers/file_page.py` makes this page; do not edit it. How to export:
[Export a run for another program](../how-to/export-runs.md).

The deviation is the largest of any row, relative to the column's largest number.
*None* means that every bit agrees.

| reader | `--format` | file | columns compared | deviation |
|---|---|---|---|---|
"""


def page() -> str:
    """Write the page."""
    rows = [
        f"| {case.reader} {version_of(case)} | `{case.format}` | `…{case.file}` "
        f"| {', '.join(_cell(name) for name in case.columns)} "
        f"| {_deviation(case)} |"
        for case in CASES
    ]
    return HEAD + "\n".join(rows) + "\n"


def version_of(case: FileCase) -> str:
    """Return the version that is pinned."""
    return fetch_peers.pins(case.group)[case.package]


def measure() -> list[tuple[FileCase, Read]]:
    """Let every reader read; return what came of it."""
    found: list[tuple[FileCase, Read]] = []
    with tempfile.TemporaryDirectory() as folder:
        run, files = export_everything(Path(folder))
        with run:
            for group in fetch_peers.SITES:
                cases = [case for case in CASES if case.group == group]
                reads = read_files(cases, run, files, Path(folder))
                found += zip(cases, reads, strict=True)
    return found


def _cell(name: str) -> str:
    return f"`{name}`".replace("|", "\\|")


def _deviation(case: FileCase) -> str:
    return f"≤ {case.within:.1e}" if case.within else "none"


def main() -> None:
    """Write the page, or say what was measured."""
    if "--measure" not in sys.argv[1:]:
        PAGE.write_text(page(), "utf-8")
        return
    if not fetch_peers.are_here():
        fetch_peers.fetch()
    for case, read in measure():
        worst = max(read.deviations.values(), default=float("nan"))
        sys.stdout.write(f"{case.reader:14s} {case.file:24s} {worst:.2e} {read.said}\n")


if __name__ == "__main__":
    main()
