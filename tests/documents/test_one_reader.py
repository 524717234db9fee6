"""There is one reader of YAML, and what window and command line disagreed on."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import labctl
from labctl.documents.hardened_yaml import load, read_value
from labctl.errors import RefusedError

ROOT = Path(str(labctl.__file__)).parents[1]

SAID = [
    # a fraction at its shortest
    (".5", 0.5),
    # 140 kB of one text: long, and a text
    ("x" * 140_000, "x" * 140_000),
]
REFUSED = [
    # smaller than a float can be: it would become 0
    ("1e-400", "beyond what a number can hold"),
    ("1e400", "beyond what a number can hold"),
    # more digits than a float has: another number would be stored
    ("123456789012345678901234567890123", "beyond what a number can hold"),
    # the sign would be lost
    ("-0", "zero has no sign"),
    # octal to YAML 1.1, decimal to YAML 1.2
    ("0123", "Write 123"),
    ("1_000", "Write 1000"),
    ('"\\ud800"', "half a character"),
    ("\x07", "the character"),
]


@pytest.mark.parametrize(("text", "value"), SAID)
def test_a_typed_value_means_the_same_to_everybody(text: str, value: Any) -> None:
    assert load(f"a: {text}", "f").data == {"a": value}


@pytest.mark.parametrize(("text", "why"), REFUSED)
def test_nothing_silently_becomes_another_number(text: str, why: str) -> None:
    with pytest.raises(RefusedError, match=why):
        load(f"a: {text}", "f")


@pytest.mark.parametrize("text", ["", "# only a comment"])
def test_a_text_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(RefusedError, match="is empty"):
        load(text, "f")


@pytest.mark.parametrize(("text", "data"), [('"<<": 3', {"<<": 3}), ("1: 2", {"1": 2})])
def test_a_key_is_a_text(text: str, data: Any) -> None:
    assert load(text, "f").data == data


def test_a_refused_value_says_which_piece_it_is() -> None:
    with pytest.raises(RefusedError) as refused:
        load("steps:\n  - rate: 1e400\n", "plan.yaml", ("parameters",))

    (complaint,) = refused.value.complaints
    assert complaint.path == ("parameters", "steps", 0, "rate")
    assert (complaint.file, complaint.line) == ("plan.yaml", 2)
    assert complaint.where == "plan.yaml:2 steps[0].rate"


def test_a_value_of_the_command_line_has_no_line() -> None:
    with pytest.raises(RefusedError) as refused:
        read_value("1e400", "--set", ("parameters", "rate"))

    assert refused.value.complaints[0].where == "--set rate"


def test_a_second_reader_of_yaml_breaks_a_contract(tmp_path: Path) -> None:
    for package in ("labctl", "drivers", "protocols", "gui"):
        shutil.copytree(ROOT / package, tmp_path / package)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    second = tmp_path / "gui" / "parts" / "yaml_text.py"
    second.write_text('"""A second reader."""\n\nimport yaml\n')

    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )

    broken = [line for line in done.stdout.splitlines() if "BROKEN" in line]
    assert [line for line in broken if "one reader of what people type" in line], (
        done.stdout
    )
