"""What labctl's own plug-ins say of themselves in writing, without an import."""

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from labctl import plugins, registered, unimported
from labctl.cli import app
from labctl.registered import KINDS, PROTOCOLS, names, point_of
from labctl.unimported import is_stated, stated_text

OWN_PROTOCOLS = [
    name
    for name in names(PROTOCOLS)
    if point_of(PROTOCOLS, name).module.startswith("protocols.")
]


@pytest.mark.parametrize("name", OWN_PROTOCOLS)
def test_a_protocols_title_is_told_as_its_class_has_it(name: str) -> None:
    written = stated_text(point_of(PROTOCOLS, name), "title")

    assert written == plugins.protocol(name).title


@pytest.mark.parametrize("group", KINDS)
def test_everything_of_labctls_own_is_found_where_it_is_said_to_be(group: str) -> None:
    points = [point_of(group, name) for name in names(group)]
    own = [p for p in points if p.module.partition(".")[0] in registered.OWN]

    assert [p.name for p in own if not is_stated(p)] == []


@pytest.mark.parametrize(
    "value",
    [
        "protocols.cells.gitt:Gttt",  # bound nowhere in the module
        "protocols.cells.gtt:Gitt",  # no such module
        "protocols.sells.gitt:Gitt",  # no such package
        "protocols.cells.gitt",  # names nothing in the module
        "json:JSONDecoder",  # not labctl's own
    ],
)
def test_what_is_not_there_or_not_ours_is_not_vouched_for(value: str) -> None:
    assert not is_stated(EntryPoint("x", value, PROTOCOLS))
    assert stated_text(EntryPoint("x", value, PROTOCOLS), "name") is None


@pytest.mark.parametrize(
    "source",
    [
        b"class X:\n    title = 'Soak'\n)",  # does not parse
        b"class X:\n    title = 'Soak\xff'\n",  # is no UTF-8
        b"class X:\n    title = 'Soak\x00'\n",  # a file that a power cut left
    ],
)
def test_a_source_that_cannot_be_read_is_left_to_its_import(
    source: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "half_written.py").write_bytes(source)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(unimported, "OWN", {"half_written"})

    assert stated_text(EntryPoint("x", "half_written:X", PROTOCOLS), "title") is None


def test_a_protocol_of_a_broken_package_is_left_out_of_the_list_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    installed = tmp_path / "lacking-0.1.dist-info"
    installed.mkdir()
    (tmp_path / "lacking.py").write_text("import no_such_thing")
    (installed / "METADATA").write_text("Name: lacking\nVersion: 0.1\n")
    (installed / "entry_points.txt").write_text("[labctl.protocols]\nsoak=lacking:X\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "argv", ["labctl", "protocol", "list"])

    assert app.run_app() == 0

    said = capsys.readouterr()
    assert "left out: protocol 'soak' of the package lacking 0.1 cannot" in said.err
    assert "soak" not in said.out
    assert "gitt " in said.out
