"""Runs as a crate that can be published: whole, checked, and nothing made up."""

import dataclasses
import json
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import eln_rules
import pytest

from labctl.clock import VirtualClock
from labctl.errors import OperatorError, StoreError
from labctl.store.exporters.crates.export import CrateWish, export_crate
from labctl.store.folder import RunFolder
from labctl.store.header import RunHeader
from labctl.store.journal.journal import Journal
from labctl.store.manifest import sha256
from labctl.store.run_file.seal import seal

Nodes = Mapping[str, dict[str, Any]]
ORCID, ROR = "https://orcid.org/0000-0002-1825-0097", "https://ror.org/04h9pn542"
PID = "https://doi.org/10.1234/vsp-300"


@pytest.fixture
def known(header: RunHeader) -> RunHeader:
    """A run of which everything is known, with letters that no path should have."""
    return dataclasses.replace(
        header,
        title="형성 사이클 <script>alert(1)</script>",
        operator="홍길동",
        orcid=ORCID,
        uuid="7d444840-9dc0-41f5-a9b1-5a4a04a5a5e6",
        simulated=False,
        lab={
            "institution": {"name": "서울대학교", "ror": ROR},
            "licence": "CC-BY-4.0",
            "funding": [
                {"funder": "NRF", "grant": "2021R1A2"},
                {"funder": "NRF", "grant": "2022R1A2"},
            ],
        },
        sample={"name": "../A17 시료", "kind": "half_cell", "pid": PID},
        instruments={"vsp300": {"vendor": "BioLogic", "model": "VSP-300", "pid": PID}},
    )


def sealed(folder: RunFolder, header: RunHeader, state: str = "completed") -> Path:
    with Journal.create(folder.journal, header) as journal:
        journal.finish(state, {}, header.started_unix + 60)
    seal(folder)
    return folder.path


def crate(*runs: Path, out: Path, **wish: Any) -> Path:
    wished = CrateWish(out=out, **wish)
    return export_crate(runs, wished, page, VirtualClock(1_800_000_000.0))


def page(run: Path, path: Path) -> None:
    path.write_text(f"<html>{run.name}</html>")


def nodes(place: Path) -> Nodes:
    text = (place / "ro-crate-metadata.json").read_text("utf-8")
    return {node["@id"]: node for node in json.loads(text)["@graph"]}


def test_a_crate_says_who_what_with_what_and_on_which_terms(
    folder: RunFolder, known: RunHeader, tmp_path: Path
) -> None:
    said = nodes(crate(sealed(folder, known), out=tmp_path / "crate"))

    run, act = said["./run-1/"], said["#run-1-measurement"]
    assert said["./"]["license"] == {"@id": "https://spdx.org/licenses/CC-BY-4.0"}
    assert said["./"]["datePublished"].startswith("2027-01-15")
    assert said["./"]["identifier"] == f"urn:uuid:{known.uuid}"
    assert len(said["./"]["funding"]) == 2
    assert run["author"] == act["agent"] == {"@id": ORCID}
    assert said[ORCID]["name"] == "홍길동"
    assert said[ORCID]["affiliation"] == {"@id": ROR}
    assert {"@id": PID} in act["instrument"]
    assert act["result"] == {"@id": "./run-1/run-1.h5"}
    assert act["startTime"] == "2025-10-09T08:53:20.000+00:00"
    assert "<script>" not in run["text"]


def test_every_file_has_its_size_and_checksum(
    finished: RunFolder, tmp_path: Path
) -> None:
    seal(finished)
    place = crate(finished.path, out=tmp_path / "crate")
    files = {k: v for k, v in nodes(place).items() if v["@type"] == "File"}
    there = {
        f"./{path.relative_to(place).as_posix()}": path
        for path in place.rglob("*")
        if path.is_file() and path.parent != place
    }

    assert files.keys() == there.keys()
    assert len(files) == 4  # the sealed file, BDF with its record, the page
    for own, path in there.items():
        assert files[own]["sha256"] == sha256(path)
        assert files[own]["contentSize"] == str(path.stat().st_size)
    assert (place / "run-1/run-1.h5").read_bytes() == finished.sealed.read_bytes()


def test_nothing_is_made_up_that_nobody_said(
    folder: RunFolder, header: RunHeader, tmp_path: Path
) -> None:
    bare = dataclasses.replace(header, operator="", sample={}, instruments={})

    said = nodes(crate(sealed(folder, bare), out=tmp_path / "crate"))
    kinds = {node["@type"] for node in said.values() if isinstance(node["@type"], str)}

    assert "Person" not in kinds
    assert said[said["./"]["license"]["@id"]]["name"] == "No licence stated"
    assert {"author", "publisher", "funder", "identifier"}.isdisjoint(said["./"])
    assert "SIMULATED" in said["./"]["description"]


def test_a_person_without_an_orcid_has_a_name_only(
    folder: RunFolder, header: RunHeader, tmp_path: Path
) -> None:
    said = nodes(crate(sealed(folder, header), out=tmp_path / "crate"))

    (person,) = (node for node in said.values() if node["@type"] == "Person")
    assert person["name"] == "Ø. Person"
    assert person["@id"].startswith("#person-")


def test_a_simulated_instrument_is_not_the_registered_one(
    folder: RunFolder, known: RunHeader, tmp_path: Path
) -> None:
    twin = dataclasses.replace(known, simulated=True)

    assert PID not in nodes(crate(sealed(folder, twin), out=tmp_path / "crate"))


def test_results_that_are_absent_stay_out_and_doubts_are_said(
    finished: RunFolder, tmp_path: Path
) -> None:
    seal(finished)
    said = nodes(crate(finished.path, out=tmp_path / "crate", bare=True))

    values = {n.get("propertyID"): n for n in said.values() if "propertyID" in n}
    assert values["initial_coulombic_efficiency"]["value"] == 92.5
    assert values["initial_coulombic_efficiency"]["description"] == "± 0.2 % (95 %)"
    assert values["carrier"]["value"] == "n"
    assert "conductivity" not in values


def test_the_consortiums_checks_have_nothing_to_say(
    finished: RunFolder, known: RunHeader, tmp_path: Path
) -> None:
    seal(finished)
    other = sealed(RunFolder(tmp_path / "other" / "run-1"), known)
    archive = crate(finished.path, other, out=tmp_path / "paper 1.eln", eln=True)

    with zipfile.ZipFile(archive) as packed:
        names = packed.namelist()
    assert eln_rules.complaints(archive) == []
    assert names[:2] == ["paper-1/", "paper-1/ro-crate-metadata.json"]


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ('"version": "1.0"', '"edition": "1.0"', "the descriptor has no version"),
        ('"contentSize": "', '"contentSize": "1', "contentSize is"),
        ('"encodingFormat"', '"format"', "has no encodingFormat"),
        ("run-1.h5", "run-2.h5", "is in the archive and not in the metadata"),
        ('"keywords": "', '"keywords": " ", "k": "', "keywords is empty"),
        ("#run-1-sample", "#run-1-thing", ""),
        ('"@id": "./run-1/",', '"@id": "./run-1",', "does not end with /"),
    ],
)
def test_the_transcribed_checks_find_what_is_wrong(
    finished: RunFolder, tmp_path: Path, right: str, wrong: str, said: str
) -> None:
    seal(finished)
    good = crate(finished.path, out=tmp_path / "a.eln", eln=True, bare=True)
    with zipfile.ZipFile(good) as old, zipfile.ZipFile(tmp_path / "b.eln", "w") as new:
        for member in old.infolist():
            data = old.read(member)
            if member.filename.endswith(".json"):
                text = data.decode()
                assert right in text
                data = text.replace(right, wrong).encode()
            new.writestr(member, data)

    found = eln_rules.complaints(tmp_path / "b.eln")

    assert any(said in each for each in found) if said else not found


def test_two_runs_of_one_name_do_not_meet_and_one_run_twice_is_one(
    finished: RunFolder, known: RunHeader, tmp_path: Path
) -> None:
    seal(finished)
    shutil.copytree(finished.path, tmp_path / "copy" / "run-1")
    other = sealed(RunFolder(tmp_path / "other" / "RUN-1"), known)
    place = crate(
        finished.path, tmp_path / "copy" / "run-1", other, out=tmp_path / "crate"
    )

    assert sorted(each.name for each in place.iterdir() if each.is_dir()) == [
        "RUN-1-2",
        "run-1",
    ]


def test_no_name_leads_out_of_a_crate(tmp_path: Path, known: RunHeader) -> None:
    foreign = dataclasses.replace(known, run_id="../../../etc/cron.d/x")
    run = sealed(RunFolder(tmp_path / "시료 #1%2e%2e"), foreign)

    with zipfile.ZipFile(crate(run, out=tmp_path / "a.zip")) as packed:
        names = packed.namelist()

    assert all(name.isascii() and ".." not in name for name in names)
    assert "1-2e-2e/1-2e-2e.h5" in names


@pytest.mark.parametrize(
    ("name", "root"),
    [
        ("논문 1.eln", "논문-1"),
        ("...eln", "crate"),
        ("a\\b.eln", "a-b"),
        ("-rf.eln", "rf"),
    ],
)
def test_the_folder_in_an_archive_is_called_as_the_archive(
    finished: RunFolder, tmp_path: Path, name: str, root: str
) -> None:
    seal(finished)
    archive = crate(finished.path, out=tmp_path / name, eln=True, bare=True)

    with zipfile.ZipFile(archive) as packed:
        assert packed.namelist()[0] == f"{root}/"
    assert eln_rules.complaints(archive) == []


def test_a_name_that_utf_8_has_no_form_for_stops_no_crate(
    folder: RunFolder, header: RunHeader, tmp_path: Path
) -> None:
    odd = dataclasses.replace(
        header, title="imported from \udcff.mpt", operator="\udcff"
    )
    said = nodes(crate(sealed(folder, odd), out=tmp_path / "crate", bare=True))

    assert said["./run-1/"]["name"] == "imported from ?.mpt"


def test_a_run_that_is_not_sealed_is_refused(
    finished: RunFolder, tmp_path: Path
) -> None:
    with pytest.raises(OperatorError, match="run-1 is not sealed: `labctl runs seal"):
        crate(finished.path, out=tmp_path / "crate")

    assert not (tmp_path / "crate").exists()


def test_a_run_that_goes_on_or_did_not_end_is_refused(
    folder: RunFolder, header: RunHeader, tmp_path: Path
) -> None:
    journal = Journal.create(folder.journal, header)
    with pytest.raises(OperatorError, match="goes on"):
        crate(folder.path, out=tmp_path / "crate")
    journal.close()
    seal(folder)

    with pytest.raises(OperatorError, match="did not end"):
        crate(folder.path, out=tmp_path / "crate")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["run-1"]


def test_a_file_that_was_changed_after_sealing_is_not_published(
    finished: RunFolder, tmp_path: Path
) -> None:
    seal(finished)
    with finished.sealed.open("ab") as file:
        file.write(b"\0")

    with pytest.raises(StoreError, match=r"run-1\.h5 is not what it was"):
        crate(finished.path, out=tmp_path / "crate")


def test_a_file_whose_journal_was_put_elsewhere_can_be_published(
    finished: RunFolder, tmp_path: Path
) -> None:
    seal(finished)
    finished.journal.unlink()

    assert crate(finished.path, out=tmp_path / "crate").is_dir()


def test_a_crate_is_replaced_only_where_that_is_said(
    finished: RunFolder, tmp_path: Path
) -> None:
    seal(finished)
    place = crate(finished.path, out=tmp_path / "crate")
    (place / "mine.txt").write_text("of the crate before")
    with pytest.raises(OperatorError, match="--force"):
        crate(finished.path, out=place)
    crate(finished.path, out=place, replace=True)

    assert not (place / "mine.txt").exists()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["crate", "run-1"]


def test_an_empty_folder_is_filled_where_it_stands(
    finished: RunFolder, tmp_path: Path
) -> None:
    seal(finished)
    place = tmp_path / "here"
    place.mkdir()
    number = place.stat().st_ino
    crate(finished.path, out=place)

    assert place.stat().st_ino == number
    assert "./run-1/" in nodes(place)


@pytest.mark.parametrize("name", ["folder", "notes.zip", "notes"])
def test_what_is_no_crate_is_never_replaced(
    finished: RunFolder, tmp_path: Path, name: str
) -> None:
    seal(finished)
    place = tmp_path / name
    if name == "folder":
        place.mkdir()
        (place / "thesis.tex").write_text("ten years")
    else:
        place.write_text("ten years")

    with pytest.raises(OperatorError, match="is no crate"):
        crate(finished.path, out=place, replace=True)
    assert place.exists()


def test_a_crate_that_cannot_be_written_leaves_nothing(
    finished: RunFolder, tmp_path: Path
) -> None:
    seal(finished)
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(StoreError, match="cannot be written"):
        crate(finished.path, out=tmp_path / "file" / "crate")


def test_several_runs_need_a_place(finished: RunFolder) -> None:
    with pytest.raises(OperatorError, match="--out"):
        export_crate([finished.path, finished.path], CrateWish())


def test_runs_under_different_terms_each_say_their_own(
    known: RunHeader, tmp_path: Path
) -> None:
    free = dataclasses.replace(known, lab={"licence": "CC0-1.0"})
    runs = [
        sealed(RunFolder(tmp_path / name), header)
        for name, header in (("a", known), ("b", free))
    ]
    said = nodes(crate(*runs, out=tmp_path / "crate"))

    assert said[said["./"]["license"]["@id"]]["name"] == "Several licences"
    assert said["./b/"]["license"] == {"@id": "https://spdx.org/licenses/CC0-1.0"}
