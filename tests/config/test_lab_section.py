"""People, institution, licence and funding in the configuration."""

import unicodedata
from pathlib import Path

import pytest

from labctl.config.models import Config
from labctl.config.reading import kept_config, read_config
from labctl.errors import RefusedError

BENCH = """
instruments:
  vsp300: {driver: biologic, address: 10.0.0.1, pid: 10.1234/vsp-300}
channels: {cell: [vsp300/1]}
"""
LAB = """
lab:
  institution: {name: 서울대학교, ror: 04h9pn542}
  operators:
    홍길동: {orcid: 0000-0002-1825-0097}
    Ada Lovelace: {}
  licence: CC-BY-4.0
  funding:
    - {funder: National Research Foundation, grant: 2021R1A2, doi: 10.1234/grant}
"""


def read(folder: Path, text: str) -> Config:
    path = folder / "config.yaml"
    path.write_text(text + BENCH, "utf-8")
    return read_config(path)


def test_nothing_of_it_is_needed(tmp_path: Path) -> None:
    config = read(tmp_path, "")

    assert config.lab.institution is None
    assert config.lab.person("Ada Lovelace") == ("Ada Lovelace", "")


def test_a_person_is_found_by_name_whatever_case_and_spacing(tmp_path: Path) -> None:
    lab = read(tmp_path, LAB).lab

    assert lab.person(" 홍길동 ") == ("홍길동", "https://orcid.org/0000-0002-1825-0097")
    decomposed = unicodedata.normalize("NFD", "홍길동")  # as macOS hands it on
    assert lab.person(decomposed)[0] == "홍길동"
    assert lab.person("ada  LOVELACE") == ("Ada Lovelace", "")
    assert lab.person("Grace Hopper") == ("Grace Hopper", "")


def test_a_run_keeps_only_the_person_whose_run_it_is(tmp_path: Path) -> None:
    lab = read(tmp_path, LAB).lab.only("홍길동")

    assert list(lab.operators) == ["홍길동"]


def test_a_kept_configuration_reads_back_the_same(tmp_path: Path) -> None:
    config = read(tmp_path, LAB)

    assert kept_config(config.model_dump(mode="json")) == config


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("0097", "0098", "config.yaml:5 lab.operators.홍길동.orcid"),
        ("04h9pn542", "04h9pn543", "config.yaml:3 lab.institution.ror"),
        ("CC-BY-4.0", "CC-BY", "config.yaml:7 lab.licence"),
        ("10.1234/grant", "none", "config.yaml:9 lab.funding[0].doi"),
        ("Ada Lovelace", "홍길동 ", "config.yaml:6: `홍길동` already stands"),
        ("funder:", "payer:", "lab.funding[0].payer"),
    ],
)
def test_a_slip_is_named_with_its_line(
    tmp_path: Path, right: str, wrong: str, said: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        read(tmp_path, LAB.replace(right, wrong))

    assert said in str(refused.value)


def test_two_people_who_cannot_be_told_apart_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="cannot be told apart"):
        read(tmp_path, "lab: {operators: {Ada: {}, ada: {}}}\n")
