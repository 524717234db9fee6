"""The architecture holds, and its checks fail when it is broken on purpose."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import drivers
import gui
import labctl
import protocols

ROOT = Path(str(labctl.__file__)).parents[1]


def test_the_four_packages_lie_side_by_side() -> None:
    places = {
        Path(str(p.__file__)).parents[1] for p in (labctl, drivers, protocols, gui)
    }

    assert places == {ROOT}


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """Return a copy of the source that a test may break."""
    for package in ("labctl", "drivers", "protocols", "gui"):
        shutil.copytree(
            ROOT / package,
            tmp_path / package,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint_imports(house: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--no-cache"],
        cwd=house,
        env={"PYTHONPATH": str(house), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        # the hall may not know a wing
        ("labctl/sample.py", "import drivers", "Three wings"),
        # a driver may not know the loop that runs it
        ("drivers/__init__.py", "import labctl.engine.run", "hall's vocabulary"),
        # a protocol may not touch a file
        ("protocols/__init__.py", "import h5py", "HDF5 and SQLite"),
        # only the window knows Qt
        ("labctl/sample.py", "import PyQt6", "Only gui knows Qt"),
        # a room that is not on the plan
        ("labctl/helpers.py", "X = 1", "stairs"),
    ],
)
def test_the_contract_is_red_when_broken(
    house: Path, file: str, line: str, contract: str
) -> None:
    path = house / file
    path.write_text((path.read_text() if path.exists() else "") + f"\n{line}\n")

    result = lint_imports(house)

    assert result.returncode != 0
    broken = [x for x in result.stdout.splitlines() if "BROKEN" in x]
    assert any(contract in x for x in broken), result.stdout[-2000:]


def test_the_contracts_hold(house: Path) -> None:
    result = lint_imports(house)

    assert result.returncode == 0, result.stdout[-3000:]
