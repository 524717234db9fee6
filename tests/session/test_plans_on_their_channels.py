"""Who can play a role, who cannot be asked, and that the start compares once more."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from plans_to_compare import BENCH, OPEN, bench_with, checked, complaints, ordered
from shared_runs import SharedRuns

from labctl.config.models import Config
from labctl.config.reading import kept_config
from labctl.errors import RefusedError
from labctl.roles.source_meter import SourceMeter
from labctl.session.amend import consider
from labctl.session.asked_bench import Against
from labctl.session.comparing import compare
from labctl.session.order import Order, prepare
from labctl.session.resume import resume
from labctl.session.run import Finished, Observers, start
from protocols.cells.formation_cycling import FormationCycling

LABEL = {
    "name": "A17",
    "kind": "half_cell",
    "first_step": "lithiation",
    "active_mass": "0.4 mg",
    "area": "1.13 cm²",
    "one_c": "3350 mAh/g",
    "lower_voltage": "0 V",
    "upper_voltage": "1.6 V",
}


# ---- who plays what


@pytest.mark.parametrize(
    ("channels", "role", "words"),
    [
        ({"cell": "vsp300/9"}, "cell", "there is no vsp300/9: vsp300 has vsp300/1"),
        ({"cell": "k2450"}, "cell", "k2450 is no potentiostat channel"),
        ({"cell": "vsp300"}, "cell", "there is no vsp300: vsp300 has vsp300/1"),
    ],
)
def test_a_role_given_by_hand_is_checked_against_the_instrument(
    channels: dict[str, str], role: str, words: str
) -> None:
    text = OPEN.model_dump(mode="json")
    del text["channels"]["cell"]  # nothing is listed: any may be named

    (complaint,) = complaints(
        ordered("formation-cycling", channels=channels), kept_config(text)
    )

    assert complaint.path == ("channels", role)
    assert words in complaint.what
    assert complaint.cure


def test_a_channel_that_cannot_play_its_role_is_not_proposed_for_it() -> None:
    text = OPEN.model_dump(mode="json")
    text["channels"]["cell"] = ["k2400"]

    (complaint,) = complaints(ordered("formation-cycling"), kept_config(text))

    assert "k2400 is no potentiostat channel" in complaint.what
    assert "k2400" not in complaint.cure


def test_a_driver_that_nobody_has_is_a_mistake_not_unknown() -> None:
    text = OPEN.model_dump(mode="json")
    text["instruments"]["vsp300"]["driver"] = "biologik"

    (complaint,) = complaints(ordered("formation-cycling"), kept_config(text))

    assert complaint.path == ("channels", "cell")
    assert "no driver called 'biologik'. Did you mean biologic?" in str(complaint)


@pytest.mark.parametrize(
    ("roles", "words"),
    [
        ({}, "uses a role 'cell' that nobody plays"),
        ({"cell": SourceMeter}, "what plays cell is no potentiostat channel"),
    ],
)
def test_a_step_that_could_not_be_executed_is_not_passed_over(
    roles: dict[str, type], words: str
) -> None:
    class Forgetful(FormationCycling):
        def roles(self) -> dict[str, type]:
            return roles

    prepared = checked(ordered("formation-cycling"), OPEN)
    known = prepared.protocol
    assert isinstance(known, FormationCycling)
    protocol = Forgetful(known.parameters, known.sample)
    cast = dict.fromkeys(roles, "k2450")

    found = compare(protocol, Against(prepared.station, cast, {}))
    prepared.station.close()

    assert words in found.complaints[0].what


def test_an_empty_slot_plays_nothing() -> None:
    found = complaints(
        ordered("formation-cycling"), bench_with(simulated={"unplugged": [1]})
    )

    assert {each.path for each in found} == {("channels", "cell")}
    assert "no channel is plugged in here" in found[0].what


@pytest.mark.parametrize(
    ("channels", "words"),
    [
        ({"cell": "vsp300/2", "monitor": "vsp300/2"}, "plays cell already"),
        ({"cell": "vsp300/1", "monitor": "vmp3/2"}, "is not on vsp300"),
    ],
)
def test_a_monitor_sits_beside_its_cell_on_a_channel_of_its_own(
    channels: dict[str, str], words: str
) -> None:
    order = ordered("insitu-eis", channels=channels, second_channel=True)

    found = complaints(order)

    assert [each.path for each in found] == [("channels", "monitor")]
    assert words in found[0].what


def test_a_channel_chosen_for_a_monitor_is_not_given_to_the_cell() -> None:
    order = ordered("insitu-eis", channels={"monitor": "vsp300/2"}, second_channel=True)
    text = BENCH.model_dump(mode="json")
    text["channels"]["cell"] = ["vsp300/2", "vsp300/3"]

    assert prepare(order, kept_config(text)).cast["cell"] == "vsp300/3"


# ---- when nobody can be asked


def test_a_channel_that_cannot_be_asked_is_unknown_not_able(tmp_path: Path) -> None:
    # a real bench, and no vendor's library in its folder
    text = bench_with({"sdk_path": str(tmp_path)}).model_dump(mode="json")
    label = tmp_path / "A17.yaml"
    label.write_text(json.dumps(LABEL))
    order = replace(ordered("formation-cycling", str(label)), simulate=False)

    found = prepare(order, kept_config(text), inquire=True).compared

    assert found is not None
    (unknown,) = found.unknown
    assert unknown.path == ("channels", "cell")
    assert "vsp300/1 could not be asked what it can do" in unknown.what
    assert not found.capabilities


# ---- the same at the start, and of what is left


def finished(order: Order, config: Config) -> Finished:
    return start(prepare(order, config), config, Observers(live_view=False))


def test_a_run_is_refused_before_it_has_a_folder(tmp_path: Path) -> None:
    order = ordered("formation-cycling", out=tmp_path / "runs", rate="500C")

    with pytest.raises(RefusedError, match="drives at most 500 mA"):
        finished(order, OPEN)

    assert not list((tmp_path / "runs").iterdir())


def test_what_is_left_of_a_run_is_compared_when_it_is_resumed(
    tmp_path: Path, shared_runs: SharedRuns
) -> None:
    done = shared_runs.copy(
        tmp_path, "formation-cycling", "si", cycles=0, record_every="10 min"
    )
    rows = done.folder / "journal.sqlite"
    before = rows.read_bytes()

    with pytest.raises(RefusedError, match="most 500 mA, and the plan asks for 600 mA"):
        resume(done.folder, Observers(live_view=False), {"cycles": 1, "rate": "0.6 A"})

    assert rows.read_bytes() == before


def test_an_amendment_that_the_channel_cannot_do_is_refused(
    tmp_path: Path, shared_runs: SharedRuns
) -> None:
    done = shared_runs.copy(
        tmp_path, "formation-cycling", "si", cycles=0, record_every="10 min"
    )

    with pytest.raises(RefusedError) as refused:
        consider(done.folder, {"cycles": 1, "rate": "0.6 A"})

    assert {each.path for each in refused.value.complaints} == {("parameters", "rate")}
