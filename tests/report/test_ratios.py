"""``labctl compare``: ratios of runs in one command, in words and as JSON."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from labctl.analysis.averages import averages, differences
from labctl.data import Result
from labctl.report.ratios import Comparison, in_words
from labctl.sources import Part, Source

BALANCE = Part(Source("balance", shared="balance 3"), 0.5)


def run(value: float, *parts: Part) -> dict[str, Result]:
    """Return the results of a run that found one conductivity."""
    noise = Part(Source("noise"), 0.1)
    budget = {part.source.term: part.uncertainty for part in (noise, *parts)}
    found = Result(value, "S/m", 0.5, parts=(noise, *parts), budget=budget)
    return {"conductivity": found}


def of(results: dict[str, dict[str, Result]], **groups: str) -> Comparison:
    """Return runs compared as ``labctl compare`` does."""
    mine = groups or {name: name for name in results}
    members: dict[str, list[str]] = {}
    for name, group in mine.items():
        members.setdefault(group, []).append(name)
    return Comparison(members, 1, averages(results, mine), differences(results, mine))


def test_two_runs_are_told_with_their_ratio_and_difference() -> None:
    found = of({"qms …1a2b": run(50.0, BALANCE), "si …3c4d": run(50.0, BALANCE)})

    assert in_words(found).splitlines() == [
        "SIMULATED",
        "A  qms …1a2b",
        "B  si …3c4d",
        "",
        "conductivity",
        "  good     A      50.00 ± 0.51 S/m, mostly balance",
        "  good     B      50.00 ± 0.51 S/m, mostly balance",
        # the balance cancels: √2 · 0.1/50
        "  good     A / B  1.0000 ± 0.0028",
        "  good     A − B  0.00 ± 0.14 S/m",
        "",
        "± is half of what covers 95 %: double it for the interval (k = 2).",
    ]


def test_an_imported_run_is_told_with_its_file() -> None:
    found = of({"si …1a2b": run(50.0), "si …3c4d": run(50.0)})

    lines = in_words(replace(found, files={"si …3c4d": "A17.mpr"})).splitlines()

    assert lines[1:3] == ["A  si …1a2b", "B  si …3c4d, from A17.mpr"]


def test_groups_are_told_with_their_scatter_and_the_test() -> None:
    runs = {name: run(10.0 + k) for k, name in enumerate("abcdef")}
    found = of(runs, **dict.fromkeys("abc", "si"), **dict.fromkeys("def", "qms"))

    words = in_words(found)

    assert "A  si (3 runs)" in words
    assert "n = 3, s = 1" in words
    assert "A : B  p = 0.021 (Welch), Hedges g = −2.4" in words


def test_a_reason_of_a_run_is_told_once_and_the_ratio_refers_to_it() -> None:
    doubted = {"conductivity": run(1.0)["conductivity"].suspect("one pellet only")}

    words = in_words(of({"a": run(50.0), "b": doubted}))

    assert words.count("one pellet only") == 1
    assert words.count("as B") == 2


def test_json_has_ratio_budget_and_verdicts() -> None:
    doubted = {"conductivity": run(1.0)["conductivity"].suspect("one pellet only")}

    found = of({"a": run(50.0), "b": doubted}).to_json()

    [against] = found["against_the_last"]
    assert against["groups"] == ["a", "b"]
    assert against["ratio"]["value"] == pytest.approx(50.0)
    assert against["ratio"]["quality"] == "suspect"
    assert "one pellet only" in against["ratio"]["reason"]
    assert against["p"] is None
    json.dumps(found)


@pytest.fixture(scope="module")
def pellets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which two pellets were measured."""
    folder = tmp_path_factory.mktemp("pellets")
    for sample in ("pellet-qms-0.7", "pellet-oxidised-1mm"):
        words = ("run", "pellet-conductivity", "--simulate", "--sample", sample)
        assert told(folder, *words).returncode == 0
    return folder


def told(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run labctl in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "labctl", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_one_command_gives_the_ratio_of_two_runs(pellets: Path) -> None:
    runs = sorted(str(path) for path in (pellets / "runs").glob("*pellet*"))

    name = "apparent_conductivity"
    done = told(pellets, "compare", *runs, "--ratio", name, "--json")
    ratio = json.loads(done.stdout)["against_the_last"][0]["ratio"]

    # 0.05 and 0.001 S/m, and the contacts of a single pellet in each
    assert ratio["value"] == pytest.approx(50.0, rel=0.06)
    assert ratio["uncertainty"] > 0


def test_a_result_that_no_run_has_is_refused_with_what_there_is(pellets: Path) -> None:
    runs = sorted(str(path) for path in (pellets / "runs").glob("*pellet*"))

    done = told(pellets, "compare", *runs, "--ratio", "diffusivity")

    assert done.returncode != 0
    assert "has diffusivity; they have conductivity" in done.stderr


def test_one_run_is_no_comparison(pellets: Path) -> None:
    [run, _] = sorted(str(path) for path in (pellets / "runs").glob("*pellet*"))

    assert "two different runs are needed" in told(pellets, "compare", run, run).stderr
