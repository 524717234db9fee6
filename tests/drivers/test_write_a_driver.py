"""The page on writing a driver is a package that works."""

import os
import re
import subprocess
import sys
from pathlib import Path

import labctl

PAGE = Path(str(labctl.__file__)).parents[1] / "docs/how-to/write-a-driver.md"


def test_the_pages_package_passes_its_own_tests(tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    files = dict(re.findall(r"```\w+\n# (\S+\.(?:py|toml))\n(.*?)```", page, re.DOTALL))
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    groups = re.findall(
        r'entry-points."(\S+)"\]\n(.*?)\n\n', files["pyproject.toml"], re.DOTALL
    )
    installed = tmp_path / "src/labctl_acme-0.1.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Name: labctl-acme\nVersion: 0.1\n")
    (installed / "entry_points.txt").write_text(
        "".join(f"[{group}]\n{lines}\n".replace('"', "") for group, lines in groups)
    )

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "src")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout
