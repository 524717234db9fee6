"""A plan that the window writes is one ``labctl run`` takes, and comes back whole."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gui.compose.blocks.block_data import from_data
from gui.compose.draft import Draft
from gui.compose.plan_file import open_plan, save_plan
from labctl import plugins
from labctl.api.answers import SampleOut
from labctl.cli.tree import tree
from labctl.clock import VirtualClock
from labctl.documents.hardened_yaml import load
from labctl.errors import RefusedError
from labctl.service.http.catalogue import protocols

PROTOCOLS = protocols()
STEPS = load(
    """
- {do: current, rate: D/20, duration: 25 h, until: ["full: voltage <= 5 mV"]}
- do: repeat
  times: 3
  steps:
    - {do: current, rate: C/2, duration: 3 h, until: ["empty: voltage >= 1.2 V"]}
    - {do: rest, duration: 30 min, record: {every: 10 s}}
- do: linked
  label: under current
  steps:
    - {do: geis, bias: 1D, amplitude: 20 µA, last_frequency: 1 Hz}
""",
    "steps",
).data


def simulated(name: str) -> SampleOut:
    """Return a sample of the simulated bench, as the station lists it."""
    label = plugins.world()(VirtualClock(0.0), 0).label(name)
    return SampleOut(
        name=str(label["name"]),
        kind=str(label["kind"]),
        title="",
        simulated=True,
        label=dict(label),
    )


CELL = simulated("qms-0.7")
SAMPLES = [CELL, simulated("pellet-si"), simulated("film-si")]


def composed(protocol: str, sample: SampleOut = CELL, **texts: str) -> Draft:
    """Return a draft with texts as typed."""
    kind = next(p for p in PROTOCOLS if p.name == protocol)
    draft = Draft(kind, sample)
    draft.texts |= texts
    if protocol == "sequence":
        draft.blocks["steps"], troubles = from_data(draft.languages["steps"], STEPS)
        assert not troubles
    assert not draft.problem
    return draft


def checked(path: Path, *words: str) -> dict[str, Any]:
    """Return what ``labctl check`` says of a plan."""
    done = CliRunner().invoke(tree(), ["check", str(path), "--json", *words])
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("draft", "parameter", "value"),
    [
        (composed("formation-cycling", cycles="12", rate="C/3"), "cycles", 12),
        (composed("rate-capability", rates="C/5; 1C"), "", None),
        (composed("sequence", record_every="30 s"), "record_every", 30.0),
        (composed("pellet-conductivity", SAMPLES[1], points="21"), "points", 21),
        (composed("hall-effect", SAMPLES[2]), "", None),
    ],
    ids=lambda x: x.protocol.name if isinstance(x, Draft) else "",
)
def test_a_saved_plan_passes_labctl_check(
    tmp_path: Path, draft: Draft, parameter: str, value: Any
) -> None:
    save_plan(draft, tmp_path / "plan.yaml")

    found = checked(tmp_path / "plan.yaml", "--simulate")

    assert found["protocol"] == draft.protocol.name
    assert found["sample"] == draft.sample.name
    if value is not None:
        assert found["parameters"][parameter] == value


def test_a_sample_of_the_stations_own_goes_beside_its_plan(tmp_path: Path) -> None:
    label = {**CELL.label, "name": "A 17", "simulated_as": "qms-0.7"}
    own = SampleOut(
        name="A 17", kind="half_cell", title="", simulated=False, label=label
    )

    written = save_plan(composed("cycling", own), tmp_path / "plan.yaml")

    assert [p.name for p in written] == ["plan.yaml", "A-17.sample.yaml"]
    assert checked(tmp_path / "plan.yaml", "--simulate")["sample"] == "A 17"
    assert open_plan(tmp_path / "plan.yaml", PROTOCOLS, [CELL, own]).sample is own


def test_another_label_is_not_overwritten(tmp_path: Path) -> None:
    own = CELL.model_copy(update={"simulated": False})
    (tmp_path / f"{own.name}.sample.yaml").write_text("name: other\n", "utf-8")

    with pytest.raises(RefusedError, match="another label"):
        save_plan(composed("cycling", own), tmp_path / "plan.yaml")
    assert not (tmp_path / "plan.yaml").exists()


@pytest.mark.parametrize("protocol", ["sequence", "formation-cycling"])
def test_an_opened_plan_is_the_order_that_was_saved(
    tmp_path: Path, protocol: str
) -> None:
    draft = composed(protocol, record_every="2 min")
    draft.channels = {"cell": "vsp300/3"}
    save_plan(draft, tmp_path / "plan.yaml")

    found = open_plan(tmp_path / "plan.yaml", PROTOCOLS, SAMPLES)

    same = {"key": ""}
    assert found.order().model_copy(update=same) == draft.order().model_copy(
        update=same
    )


def test_a_plan_without_preset_starts_where_labctl_starts(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(f"protocol: cycling\nsample: {CELL.name}\n", "utf-8")

    found = open_plan(plan, PROTOCOLS, SAMPLES)

    # the label says half-cell, and so does what labctl makes of it
    shown = found.texts["upper_voltage"]
    assert found.preset == CELL.label["preset"]
    assert shown
    assert found.parameters() == {}


def test_a_plan_without_sample_is_for_the_one_that_is_chosen(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text("protocol: cycling\n", "utf-8")

    assert open_plan(plan, PROTOCOLS, SAMPLES, CELL).sample is CELL
    with pytest.raises(RefusedError, match="no sample is named"):
        open_plan(plan, PROTOCOLS, SAMPLES, SAMPLES[1])


@pytest.mark.parametrize(
    ("lines", "line", "what"),
    [
        # a key that no plan has
        ("speed: 3", 3, "unknown key"),
        # a preset of another protocol
        ("preset: pouch", 3, "got `pouch`, expected one of full-cell, half-cell"),
        # a parameter with a slip of the pen
        ("parameters:\n  cycels: 3", 4, "did you mean `cycles`"),
        # a bare number where a unit is needed
        ("parameters:\n  rest: 600", 4, "`600` has no unit"),
        # a text where a number is
        ("parameters:\n  cycles: many", 4, "`many` is no whole number"),
        # channels that are no block
        ("channels: vsp300/1", 3, "expected a block of keys"),
        # two at once
        ("speed: 3\npreset: pouch", 4, "`pouch`"),
    ],
)
def test_what_does_not_fit_is_said_with_its_line_and_nothing_is_opened(
    tmp_path: Path, lines: str, line: int, what: str
) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(f"protocol: cycling\nsample: {CELL.name}\n{lines}\n", "utf-8")

    with pytest.raises(RefusedError) as refused:
        open_plan(plan, PROTOCOLS, SAMPLES)

    said = [c for c in refused.value.complaints if what in c.what]
    assert [(c.file, c.line) for c in said] == [("plan.yaml", line)]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("protocol: cyclin\n", "Did you mean `cycling`"),
        ("sample: x\n", "plan.yaml:1 protocol: got nothing"),
        ("protocol: cycling\nsample: nobody\n", "`nobody` is not known here"),
        ("protocol: cycling\nsample: nobody.yaml\n", "cannot be read"),
        ("- a\n- b\n", "expected a block of keys"),
        ("a: [1\n", "plan.yaml:2"),
    ],
)
def test_a_file_that_is_no_plan_for_this_station_is_refused(
    tmp_path: Path, text: str, what: str
) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(text, "utf-8")

    with pytest.raises(RefusedError, match=what):
        open_plan(plan, PROTOCOLS, SAMPLES)


def test_a_step_that_does_not_fit_is_named_with_its_line(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(
        f"protocol: sequence\nsample: {CELL.name}\nparameters:\n  steps:\n"
        "    - {do: rest, duration: 1 h}\n    - {do: rest, duration: 600}\n",
        "utf-8",
    )

    with pytest.raises(RefusedError) as refused:
        open_plan(plan, PROTOCOLS, SAMPLES)

    assert str(refused.value) == (
        "plan.yaml:6 steps[1].duration: `600` has no unit, as in 10 min"
    )


def test_a_label_that_says_otherwise_than_the_stations_is_told(tmp_path: Path) -> None:
    own = CELL.model_copy(update={"simulated": False})
    save_plan(composed("cycling", own), tmp_path / "plan.yaml")
    changed = own.model_copy(update={"label": {**own.label, "active_mass": "9 mg"}})

    with pytest.raises(RefusedError, match="differs in active_mass"):
        open_plan(tmp_path / "plan.yaml", PROTOCOLS, [changed])


def test_a_value_that_cannot_be_read_is_opened_for_its_field_to_say(
    tmp_path: Path,
) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(
        f"protocol: cycling\nsample: {CELL.name}\nparameters: {{rate: banana}}\n",
        "utf-8",
    )

    found = open_plan(plan, PROTOCOLS, SAMPLES)

    assert found.texts["rate"] == "banana"
    assert found.problem.startswith("Rate: banana")
