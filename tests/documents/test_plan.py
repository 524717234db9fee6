"""A plan file says the same to command line and window, wherever it is read from."""

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from labctl.documents.plan import (
    Recipes,
    parameter_complaints,
    read_label,
    read_plan,
    sample_of,
)
from labctl.errors import RefusedError


class Cycling(BaseModel):
    """What a protocol here can be told."""

    model_config = ConfigDict(extra="forbid")

    cycles: int = 1


RECIPES = Recipes(
    ("cycling", "peis"),
    lambda _name: ("half-cell",),
    lambda _name, plan: parameter_complaints(plan, Cycling),
)
PLAN = """\
protocol: cycling
sample: cells/A17.yaml
preset: half-cell
channels: {cell: vsp300/3}
parameters:
  cycles: 4
"""


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    (tmp_path / "plan.yaml").write_text(PLAN, "utf-8")
    return tmp_path / "plan.yaml"


def refused(path: Path, text: str) -> list[tuple[tuple[str | int, ...], int | None]]:
    """Return path and line of everything that is wrong with a plan."""
    path.write_text(text, "utf-8")
    with pytest.raises(RefusedError) as said:
        read_plan(path, RECIPES)
    assert {c.file for c in said.value.complaints} == {path.name}
    return [(c.path, c.line) for c in said.value.complaints]


def test_a_plan_is_read_whole(plan: Path) -> None:
    found = read_plan(plan, RECIPES)

    assert (found.protocol, found.preset) == ("cycling", "half-cell")
    assert found.channels == {"cell": "vsp300/3"}
    assert found.parameters.given == {"cycles": 4}
    assert found.parameters.line_of(("cycles",)) == 6


def test_a_label_lies_beside_its_plan_whatever_folder_one_is_in(
    plan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    label = tmp_path / "cells" / "A17.yaml"
    label.parent.mkdir()
    label.write_text("name: A17\nkind: half_cell\n", "utf-8")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    found = read_plan(Path("..") / plan.name, RECIPES)

    assert sample_of(read_label(Path(found.sample))).name == "A17"


def test_the_name_of_a_simulated_sample_is_no_path(plan: Path) -> None:
    plan.write_text("protocol: cycling\nsample: si\n", "utf-8")

    assert read_plan(plan, RECIPES).sample == "si"


@pytest.mark.parametrize(
    ("text", "places"),
    [
        # a wrong protocol and a wrong key: both, with their lines
        (
            "protocol: cyclin\nsmaple: x\n",
            [(("smaple",), 2), (("protocol",), 1)],
        ),
        # a preset of another protocol
        ("protocol: peis\npreset: full\n", [(("preset",), 2)]),
        # a wrong key, and what is wrong below
        (
            "speed: 1\nprotocol: cycling\nparameters:\n  cycles: 4:20\n",
            [(("speed",), 1), (("parameters", "cycles"), 4)],
        ),
        ("protocol: cycling\nchannels: {cell: 5}\n", [(("channels", "cell"), 2)]),
        # both the present and the former word
        (
            "protocol: cycling\nseats: {cell: a}\nchannels: {cell: b}\n",
            [(("seats",), 2)],
        ),
        ("sample: x\n", [(("protocol",), 1)]),
    ],
)
def test_what_does_not_fit_is_told_at_once_with_path_and_line(
    tmp_path: Path, text: str, places: list[tuple[tuple[str | int, ...], int | None]]
) -> None:
    assert refused(tmp_path / "plan.yaml", text) == places


def test_a_protocol_that_is_nearly_there_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text("protocol: cyclin\n", "utf-8")

    with pytest.raises(RefusedError, match="Did you mean `cycling`"):
        read_plan(path, RECIPES)


def test_a_label_that_is_not_there_is_a_complaint_about_the_sample(
    tmp_path: Path,
) -> None:
    with pytest.raises(RefusedError) as said:
        read_label(tmp_path / "A17.yaml")

    assert [c.path for c in said.value.complaints] == [("sample",)]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        # a preset of nothing at all
        ("preset: half-cell\n", [(("protocol",), 1)]),
        # a preset of what is no name
        ("protocol: 5\npreset: half-cell\n", [(("protocol",), 1)]),
    ],
)
def test_a_preset_without_a_protocol_is_a_complaint_about_the_protocol(
    plan: Path, text: str, places: list[tuple[tuple[str, ...], int]]
) -> None:
    assert refused(plan, text) == places
