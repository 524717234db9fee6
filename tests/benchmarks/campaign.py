"""The long campaign: break everything that can break, and ask the twins what happened.

``python tests/benchmarks/campaign.py --minutes 20`` prints one row a kind of fault, its
tries in proportion; ``--full`` does all of them, ``--only NAME`` some, ``--list`` says
what there is. Twins run in processes of their own and keep a log of what their outputs
really did; nothing here believes labctl. Loopback only; whatever it starts ends with
it. ``CAMPAIGN_TREE=FOLDER`` puts another tree of labctl to the same test.
"""

import argparse
import sys
import tempfile
import traceback
from pathlib import Path

for _folder in ("benchmarks/campaigns", "wires"):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / _folder))

import campaign_disk  # noqa: E402
import campaign_others  # noqa: E402
import campaign_runs  # noqa: E402
import campaign_station  # noqa: E402
import campaign_wires  # noqa: E402
from campaign_table import Row, Tally, Work, complaints, shares, table  # noqa: E402

from labctl.clock import SystemClock  # noqa: E402

ROWS = (
    Row(
        "kills",
        "SIGKILL of simulated runs, resumed to the end",
        500,
        7.0,
        campaign_runs.kills_of_simulated_runs,
    ),
    Row(
        "signals",
        "SIGTERM, SIGINT, twice, while safing; real wires",
        200,
        5.5,
        campaign_wires.signals,
    ),
    Row(
        "deaths",
        "SIGKILL, SIGSEGV, SIGABRT of the runner; real wires",
        100,
        4.0,
        campaign_wires.deaths,
    ),
    Row(
        "guard",
        "guard killed during a run, then its runner",
        50,
        6.0,
        campaign_wires.guard_killed,
    ),
    Row("order", "runner of a Hall run killed: §5.4", 10, 25.0, campaign_wires.order),
    Row("cuts", "line cut during a run", 60, 8.0, campaign_wires.cuts),
    Row(
        "station",
        "station killed with eight runs",
        50,
        12.0,
        campaign_station.station_killed,
    ),
    Row("busy", "run on a channel of somebody else", 20, 5.0, campaign_station.busy),
    Row("owners", "two owners race for one channel", 200, 5.0, campaign_station.owners),
    Row(
        "stranger",
        "220 half-open connections of a stranger",
        5,
        20.0,
        campaign_station.stranger,
    ),
    Row(
        "disk",
        "n-th write or sync of a journal fails",
        200,
        0.5,
        campaign_disk.failing_calls,
    ),
    Row("full", "disk full during a run", 50, 25.0, campaign_disk.full_disks),
    *campaign_others.ROWS,
)


def main(words: list[str]) -> int:
    """Go through the kinds; return 0 if nothing was violated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=None)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--tries", type=int, default=None, help="so many of each kind")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--keep", action="store_true", help="leave the files there")
    asked = parser.parse_args(words)
    rows = [row for row in ROWS if not asked.only or row.name in asked.only]
    if asked.list or not rows:
        for row in ROWS:
            print(f"{row.name:12s} {row.full:6d} × {row.seconds:4.1f} s  {row.title}")
        return 0
    minutes = None if asked.full else asked.minutes or 10.0
    wanted = shares(rows, minutes)
    if asked.tries is not None:
        each = asked.tries
        wanted = {r.name: (each, 60.0 + 2.0 * each * r.seconds) for r in rows}
    tallies = campaign(rows, wanted, asked.seed, keep=asked.keep)
    print(table(tallies))
    for text in complaints(tallies):
        print(f"  {text}")
    return int(any(tally.violations for tally in tallies))


def campaign(
    rows: list[Row],
    wanted: dict[str, tuple[int, float]],
    seed: int,
    *,
    keep: bool = False,
) -> list[Tally]:
    """Do every kind; an interruption ends the campaign and keeps what there is."""
    tallies: list[Tally] = []
    folder = Path(tempfile.mkdtemp(prefix="campaign-"))
    clock = SystemClock()
    try:
        for row in rows:
            tries, seconds = wanted[row.name]
            tally = Tally(row.title)
            tallies.append(tally)
            own = folder / row.name
            own.mkdir()
            begun = clock.now()
            try:
                row.act(Work(tries, seed, own, seconds), tally)
            except Exception as error:  # noqa: BLE001  (the others shall still be tried)
                traceback.print_exc()
                tally.wrong(
                    f"the campaign itself failed: {type(error).__name__}: {error}"
                )
            done = f"{tally.tries} tries, {len(tally.violations)} violations"
            print(f"{row.name}: {done}, {clock.now() - begun:.0f} s", file=sys.stderr)
    except KeyboardInterrupt:
        print("interrupted; this is what there is", file=sys.stderr)
    finally:
        if keep:
            print(f"files: {folder}", file=sys.stderr)
        else:
            _remove(folder)
    return tallies


def _remove(folder: Path) -> None:
    import shutil  # noqa: PLC0415

    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
