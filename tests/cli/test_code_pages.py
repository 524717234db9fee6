"""What a command writes arrives on every page of letters, and changes no code."""

import io
import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from shared_runs import SharedRuns

from labctl.cli.code_page import SUBSTITUTE, make_streams_writable
from labctl.cli.output import print_json
from labctl.cli.station import station
from labctl.documents.hardened_yaml import load_file

ROOT = Path(__file__).parents[2]
PAGES = {
    "cp1252": {"PYTHONIOENCODING": "cp1252"},
    "cp949": {"PYTHONIOENCODING": "cp949"},
    "cp437": {"PYTHONIOENCODING": "cp437"},
    "ascii": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}
SAID = "R = 5 kΩ ± 0.1 µV, 10⁻⁶ m², Li₁₅ −3 … → ≥ │┌─┐ █ é 한글 ½ √x ℃ R̄ Φ"


def labctl(page: str, *words: str, cwd: Path) -> tuple[int, str, str]:
    """Return code, stdout and stderr of a command, read as that page."""
    kept = {"PATH", "HOME", "SYSTEMROOT", "TMPDIR"}
    plain = {k: v for k, v in os.environ.items() if k in kept or k.startswith("LABCTL")}
    done = subprocess.run(
        [sys.executable, "-m", "labctl", *words],
        capture_output=True,
        check=False,
        cwd=cwd,
        env={**plain, **PAGES[page], "PYTHONPATH": str(ROOT)},
        timeout=300,
    )
    # a path comes out in the bytes that it came in, which are no ASCII
    out, err = (said.decode(page, "replace") for said in (done.stdout, done.stderr))
    return done.returncode, out, err


@pytest.fixture(autouse=True, scope="module")
def _registered() -> None:
    make_streams_writable()


PLAIN = "R = 5 kohm ± 0.1 µV, 10^-6 m², Li15 -3 … -> >= |+-+ # é ?? ½ sqrtx degC R Phi"
WRITTEN = {
    "utf-8": SAID,
    "cp1252": PLAIN,
    "cp949": "R = 5 kΩ ± 0.1 uV, 10^-6 m², Li₁5 -3 … → ≥ │┌─┐ # e 한글 ½ √x ℃ R Φ",
    "cp437": "R = 5 kΩ ± 0.1 µV, 10^-6 m², Li15 -3 ... -> ≥ │┌─┐ █ é ?? ½ √x degC R Φ",
    "ascii": "R = 5 kohm +/- 0.1 uV, 10^-6 m^2, Li15 -3 ... -> >= |+-+ # e ?? 1/2 "
    "sqrtx degC R Phi",
}


@pytest.mark.parametrize(("page", "written"), WRITTEN.items())
def test_what_a_page_lacks_has_a_readable_substitute(page: str, written: str) -> None:
    assert SAID.encode(page, SUBSTITUTE).decode(page) == written


def test_every_letter_that_labctl_writes_has_a_substitute() -> None:
    letters = {
        letter
        for room in ("labctl", "drivers", "protocols", "gui")
        for path in (ROOT / room).rglob("*.py")
        for letter in path.read_text("utf-8")
        if not letter.isascii() and letter != "\ufffd"
        if unicodedata.category(letter) != "Lo"  # Hangul, Chinese: no ASCII
    }

    silent = {x for x in letters if "?" in x.encode("ascii", SUBSTITUTE).decode()}

    assert silent == set()


def test_bytes_of_a_path_that_are_no_text_come_out_as_they_came_in() -> None:
    assert "b\udcff\udcfe µ".encode("utf-8", SUBSTITUTE) == b"b\xff\xfe \xc2\xb5"
    assert "b\udcffµΩ".encode("cp1252", SUBSTITUTE) == b"b?\xb5ohm"
    assert "b\udcff".encode("utf-16-le", SUBSTITUTE) == "b?".encode("utf-16-le")


def test_a_stream_keeps_its_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="cp949")
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", None)  # a window's process has none

    make_streams_writable()

    assert (out.encoding, out.errors) == ("cp949", SUBSTITUTE)


@pytest.mark.parametrize("page", ["utf-8", "cp1252", "cp949"])
def test_a_configuration_to_start_from_is_utf_8_on_every_page(
    page: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding=page, errors=SUBSTITUTE)
    monkeypatch.setattr(sys, "stdout", out)

    station.example()

    path = tmp_path / "config.yaml"
    path.write_bytes(out.buffer.getvalue())
    assert "instruments" in load_file(path).given


@pytest.mark.parametrize("page", PAGES)
def test_a_run_is_shown_and_the_code_is_that_of_the_run(
    page: str, shared_runs: SharedRuns
) -> None:
    folder = shared_runs("hall-effect", "film-si", sweep_points=5).folder

    code, out, err = labctl(page, "runs", "show", str(folder), cwd=ROOT)

    sheet = next(line for line in out.splitlines() if "sheet resistance" in line)
    assert (code, err) == (0, "")
    assert " Ω," in sheet or " ohm," in sheet


@pytest.mark.parametrize("page", ["utf-8", *PAGES])
def test_json_is_whole_on_every_page(
    page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding=page, errors=SUBSTITUTE)
    monkeypatch.setattr(sys, "stdout", out)
    value = {"unit": "Ω·cm", "sample": "시료", "folder": "b\udcff"}

    print_json(value)

    written = out.buffer.getvalue()
    assert json.loads(written) == {"schema_version": 1, **value}


@pytest.mark.parametrize(
    ("page", "words", "said"),
    [
        ("cp437", ("protocol", "list"), "1C, 3C ..."),
        ("ascii", ("--help",), "--simulate"),
        ("ascii", ("runs", "list", "."), "carrier type"),
        ("ascii", ("check", "gitt", "--simulate"), "-10.0 mV ... 1.55 V"),
        ("cp437", ("report", "hall-effect"), ".html"),
        ("ascii", ("runs", "verify", "hall-effect"), "are the same"),
    ],
)
def test_commands_say_what_they_have_to_say(
    page: str, words: tuple[str, ...], said: str, shared_runs: SharedRuns
) -> None:
    folder = shared_runs("hall-effect", "film-si", sweep_points=5).folder
    named = [folder.name if word == "hall-effect" else word for word in words]

    code, out, _ = labctl(page, *named, cwd=folder.parent)

    assert code == 0
    assert said in out


def test_a_run_in_a_folder_that_the_page_lacks_completes(tmp_path: Path) -> None:
    code, out, err = labctl(
        "ascii",
        *("run", "hall-effect", "--simulate", "--sample", "film-si"),
        *("--set", "sweep_points=5", "--out", tmp_path.as_posix() + "/결과"),
        cwd=tmp_path,
    )

    assert code == 0, err
    assert "ohm m, mostly thickness" in out
    assert len(list((tmp_path / "결과").glob("*/*.h5"))) == 1


def test_a_refusal_names_what_the_page_lacks(tmp_path: Path) -> None:
    label = tmp_path / "시료.yaml"
    label.write_text("{name: 5Ω-시료, kind: half_cell, aera: 1 cm²}\n", "utf-8")

    code, _, err = labctl(
        "cp437",
        *("check", "cycling", "--simulate", "--sample", label.name),
        cwd=tmp_path,
    )

    assert code == 3
    assert "aera" in err
    assert "??.yaml" in err
