"""What is said of the house beside its code is so: rooms, linters, plug-ins."""

import ast
from pathlib import Path

import pytest
import yaml

import labctl
from labctl import plugins
from labctl.engine.states import TABLE, RunState, Wish, WishRefusal
from labctl.errors import OperatorError

ROOT = Path(str(labctl.__file__)).parents[1]
ROOMS = sorted(
    path.parent.relative_to(ROOT).as_posix()
    for wing in ("labctl", "drivers", "protocols", "gui")
    for path in (ROOT / wing).rglob("__init__.py")
)


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_has_a_road_sign(room: str) -> None:
    text = (ROOT / room / "__init__.py").read_text("utf-8")

    assert ast.get_docstring(ast.parse(text))


def test_every_room_has_a_line_in_the_plan_of_the_house() -> None:
    page = (ROOT / "docs/explanations/architecture.md").read_text("utf-8")

    assert [room for room in ROOMS if "/" in room and f"| `{room}` |" not in page] == []


def test_a_commit_is_checked_by_the_linters_of_the_list() -> None:
    run = (ROOT / ".ci/run").read_text("utf-8").splitlines()
    linters = run[run.index("ruff format --check") : run.index("mypy") + 1]
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))

    assert [hook["entry"] for hook in hooks["repos"][0]["hooks"]] == linters


@pytest.mark.parametrize(
    ("name", "states", "taken"),
    [
        ("says_nothing", "", True),
        ("says_one", "LABCTL_PLUGIN_API = 1", True),
        ("says_two", "LABCTL_PLUGIN_API = 2", False),
    ],
)
def test_a_plug_in_for_another_api_is_refused_by_name(
    name: str, states: str, taken: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package, installed = tmp_path / name, tmp_path / f"{name}-0.1.dist-info"
    package.mkdir()
    installed.mkdir()
    (package / "__init__.py").write_text(
        f"{states}\nclass driver: wire = open = None\ndriver = driver()\n"
    )
    (installed / "METADATA").write_text(f"Name: {name}\nVersion: 0.1\n")
    points = f"[{plugins.DRIVERS}]\n{name} = {name}:driver\n"
    (installed / "entry_points.txt").write_text(points)
    monkeypatch.syspath_prepend(tmp_path)

    if taken:
        assert plugins.driver(name) is not None
        return
    with pytest.raises(OperatorError, match=r"says_two is written for plug-in API 2"):
        plugins.driver(name)


def shown(answer: RunState | WishRefusal) -> str:
    return f"→ {answer}" if isinstance(answer, RunState) else "–"


def test_the_page_of_states_is_the_table() -> None:
    """To write it anew, copy what this says is missing."""
    page = (ROOT / "docs/reference/run-states.md").read_text("utf-8")
    rows = [
        f"| `{state}` | {' | '.join(shown(rules.wishes[wish]) for wish in Wish)} |"
        for state, rules in TABLE.items()
    ]
    head = f"| in state | {' | '.join(Wish)} |"

    assert [row for row in (head, *rows) if row not in page] == []
