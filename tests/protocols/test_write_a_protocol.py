"""The page on writing a protocol is a package that works."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import labctl

PAGE = Path(str(labctl.__file__)).parents[1] / "docs/how-to/write-a-protocol.md"


def test_the_pages_package_passes_its_own_tests_and_runs(tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    files = dict(re.findall(r"```\w+\n# (\S+\.(?:py|toml))\n(.*?)```", page, re.DOTALL))
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    group, lines = re.findall(
        r'entry-points."(\S+)"\]\n(.*?)\n\n', files["pyproject.toml"], re.DOTALL
    )[0]
    installed = tmp_path / "src/labctl_drift-0.1.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Name: labctl-drift\nVersion: 0.1\n")
    points = f"[{group}]\n{lines}\n".replace('"', "")
    (installed / "entry_points.txt").write_text(points)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", *words],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path / "src")},
            capture_output=True,
            text=True,
            check=False,
        )

    tested = run("pytest", "-q", "-p", "no:cacheprovider", "tests")
    order = ("bias-dependence", "--simulate", "--sample", "pellet-qms-0.7")
    refused = run("labctl", "check", *order, "--set", "large=10 mV")
    ran = run("labctl", "run", *order, "--speed", "max")

    assert "4 passed" in tested.stdout
    assert "0.01 V is not above small" in refused.stdout + refused.stderr
    assert "resistance large  200.28" in ran.stdout + ran.stderr


def test_the_pulse_of_the_page_is_a_step_of_two_techniques() -> None:
    (block,) = re.findall(
        r"## On a cell\n.*?```python\n(.*?)```",
        PAGE.read_text(encoding="utf-8"),
        re.DOTALL,
    )
    made: dict[str, Any] = {}
    exec(block, made)  # noqa: S102  (what the page tells people to type)

    step = made["pulse"](3, -1e-3)
    assert step.payload()["cycle"] == 3
    assert [t.kind for t in step.techniques] == ["ocv", "cc"]
