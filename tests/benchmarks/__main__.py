"""The table of speed, measured anew: ``python -m tests.benchmarks``.

Prints what labctl costs, other people's programs beside it in the same run, as
Markdown. ``--only journal,fits`` does some groups (``--list`` names them), ``--quick``
little work, once; ``--against FOLDER`` another checkout with its own ``.venv`` in
turns with this one; ``--write`` puts the table on its page and adds the figures to the
history; ``--profile N`` shows where the time of the N slowest runs goes. The peers
live in an environment of their own: ``python tests/peers/fetch_peers.py speed``.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE / "speeds"), str(ROOT / "tests" / "peers")]

import speed_history  # noqa: E402
import speed_list  # noqa: E402
import speed_machine  # noqa: E402
import speed_page  # noqa: E402
import speed_profile  # noqa: E402
import speed_table  # noqa: E402
from fetch_peers import SPEED  # noqa: E402
from speed_measure import NOW, Measured, Pythons, measure, python_of  # noqa: E402
from speed_process import measured  # noqa: E402
from speed_rows import CPU  # noqa: E402

from labctl.clock import SystemClock  # noqa: E402


def main(words: Sequence[str]) -> int:
    """Measure and print; return 1 if a program of labctl gave no figures."""
    parser = _parser()
    asked = parser.parse_args(words)
    if asked.quick and asked.write:
        parser.error("--quick does other work: its figures are not written")
    if asked.list:
        for row in speed_list.ROWS:
            print(f"{row.group:12s} {row.work}")
        return 0
    groups = [name for name in asked.only.split(",") if name]
    if unknown := set(groups) - set(speed_list.GROUPS):
        print(f"no such group: {', '.join(sorted(unknown))}; --list names them")
        return 2
    pythons = _pythons(asked.against)
    machine = speed_machine.this_machine()
    busy = speed_machine.load()
    if said := speed_machine.complaint(busy, machine.cores):
        _tell(said)
    occasion = speed_history.Occasion(
        f"{datetime.fromtimestamp(SystemClock().unix(), UTC):%Y-%m-%d %H:%M}",
        speed_machine.commit_of(ROOT),
        machine.words,
        busy,
        speed_machine.commit_of(asked.against) if asked.against else "",
    )
    found: list[Measured] = []
    lines: list[speed_history.Line] = []
    for row in speed_list.chosen(groups, long=asked.tests):
        repeats = asked.repeats or (1 if asked.quick else row.repeats)
        one = measure(row, pythons, repeats, quick=asked.quick, tell=_tell)
        found.append(one)
        lines += speed_history.lines(one, occasion)
        if asked.write:  # at once: what is interrupted keeps what there is
            speed_history.append(
                speed_history.HISTORY, speed_history.lines(one, occasion)
            )
    if asked.quick:
        print("QUICK: less work than the names say, once; no figure to quote\n")
    print(speed_table.table(speed_list.ROWS, speed_history.latest(lines)))
    print(speed_table.occasions(lines))
    profiles = _profiles(_slowest(found, asked.profile), pythons, quick=asked.quick)
    print(profiles)
    if asked.write:
        _write(asked.write, profiles)
    return int(any(line.value is None for line in lines))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m tests.benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", default="", metavar="GROUP,…")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--repeats", type=int, default=0, metavar="N")
    parser.add_argument("--against", type=Path, metavar="FOLDER")
    parser.add_argument("--tests", action="store_true", help="the README's tests too")
    parser.add_argument("--profile", type=int, default=0, metavar="N")
    parser.add_argument(
        "--write", type=Path, nargs="?", const=speed_page.PAGE, metavar="PAGE"
    )
    return parser


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _pythons(against: Path | None) -> Pythons:
    """Return who runs what. SystemExit: the other checkout has no environment."""
    before = None
    if against is not None:
        before = python_of(against.absolute() / ".venv")
        if before is None:
            raise SystemExit(f"{against}: no .venv with a Python is there")
    return Pythons(Path(sys.executable), before, python_of(SPEED))


def _slowest(found: list[Measured], count: int) -> list[Measured]:
    """Return the runs that burned most, of those that are measured whole."""
    whole = [
        (spread.median, place)
        for place, one in enumerate(found)
        if any(figure.key == CPU for figure in one.row.figures)
        and (spread := one.spread(NOW, CPU)) is not None
    ]
    return [found[place] for _, place in sorted(whole, reverse=True)[:count]]


def _profiles(found: list[Measured], pythons: Pythons, *, quick: bool) -> str:
    sections = []
    for one in found:
        _tell(f"profile of {one.row.work}")
        with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
            into = Path(name) / "profile"
            command = one.row.program.command(pythons.now, quick=quick)
            answer = measured(speed_profile.profiled(command, into), Path(name))
            sections.append(
                f"### {one.row.work}: {answer.trouble}\n"
                if answer.trouble
                else speed_profile.told(into, one.row.work, ROOT)
            )
    return "\n".join(sections)


def _write(path: Path, profiles: str) -> None:
    """Fill the page from the last figure of each row in the history."""
    last = speed_history.latest(speed_history.read(speed_history.HISTORY))
    known = {row.title(figure) for row in speed_list.ROWS for figure in row.figures}
    shown = [line for work, line in last.items() if work in known]
    page = speed_page.filled(
        path.read_text("utf-8"),
        "table",
        f"{speed_table.table(speed_list.ROWS, last)}\n{speed_table.occasions(shown)}",
    )
    if profiles:
        page = speed_page.filled(page, "profiles", profiles)
    path.write_text(page, "utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
