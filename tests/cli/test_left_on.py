"""An output that a run in the foreground left on: said, kept, refused, cleared."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from labctl.api.station_files import StationFiles
from labctl.cli.left_on import LeftOn
from labctl.cli.tree import tree
from labctl.data import EndReason
from labctl.engine.situation import Ended
from labctl.errors import DoubtfulError, StoreError
from labctl.service.bench.doubts import kept
from labctl.session.run import EXIT_UNSAFE, Finished, Observers

CHANNEL, WHY = "k2450", "k2450: no answer within 5 s"
SILENT = f"""
from drivers.keithley.keithley_2450 import Keithley2450
from labctl.cli.app import run_app
from labctl.errors import InstrumentError

def silent(_meter):
    raise InstrumentError({WHY!r})

Keithley2450.make_safe = silent
raise SystemExit(run_app())
"""
"""The command line, on a bench whose source meter cannot be made safe."""
CAST = {"source_meter": CHANNEL}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LABCTL_CONFIG", raising=False)
    return tmp_path


def labctl(*words: str) -> Any:
    return CliRunner().invoke(tree(), list(words))


def goes(left_on: LeftOn, then: Callable[[], Finished]) -> Callable[[], Finished]:
    """Return a run that leaves its output on; ``then`` is what happens afterwards."""

    def act() -> Finished:
        observers = left_on.observe(Observers())
        assert observers.started is not None
        assert observers.ended is not None
        observers.started(Path("runs/a"))
        unsafe = {"source_meter": WHY}
        observers.ended(Ended(EndReason.FAILED, WHY, unsafe=unsafe))
        return then()

    return act


def fails_to_seal() -> Finished:
    raise StoreError("the end of the run is not on the disk")


def test_a_run_that_leaves_an_output_on_says_so_by_exit_code_and_field(
    here: Path,
) -> None:
    words = ["run", "particle-iv", "--simulate", "--json"]
    done = subprocess.run(
        [sys.executable, "-c", SILENT, *words],
        cwd=here,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )

    told = json.loads(done.stdout.splitlines()[-1])
    assert done.returncode == EXIT_UNSAFE
    assert told["unsafe"] == {CHANNEL: WHY}
    assert "MAY STILL BE ON" in done.stderr
    assert not (here / "runs" / ".station").exists()  # its twin died with it

    shown = labctl("runs", "show", told["folder"])
    assert f"LEFT ON: {CHANNEL} could not be made safe when it ended" in shown.stdout
    as_json = labctl("runs", "show", told["folder"], "--json")
    assert json.loads(as_json.stdout)["unsafe"] == {CHANNEL: WHY}


@pytest.mark.usefixtures("here")
def test_what_fails_after_an_output_was_left_on_takes_nothing_back(
    capsys: pytest.CaptureFixture[str],
) -> None:
    left_on = LeftOn(Path("runs"), CAST, real=True)

    with pytest.raises(typer.Exit) as left:
        left_on.finish(goes(left_on, fails_to_seal))

    assert left.value.exit_code == EXIT_UNSAFE
    said = capsys.readouterr().err
    assert f"{CHANNEL} MAY STILL BE ON: {WHY}. Switch it off at the instrument" in said
    assert "`labctl station clear k2450`" in said
    with pytest.raises(DoubtfulError, match=WHY):
        LeftOn(Path("runs"), CAST, real=True)


@pytest.mark.usefixtures("here")
def test_a_run_that_died_while_it_drove_is_not_known_to_be_off() -> None:
    left_on = LeftOn(Path("elsewhere"), CAST, real=True)

    def dies() -> Finished:
        observers = left_on.observe(Observers())
        assert observers.started is not None
        observers.started(Path("elsewhere/a"))
        raise MemoryError

    with pytest.raises(MemoryError):
        left_on.finish(dies)

    assert list(kept(StationFiles(Path("elsewhere")))) == [CHANNEL]
    with pytest.raises(DoubtfulError, match="--data elsewhere"):
        LeftOn(Path("elsewhere"), CAST, real=True)


@pytest.mark.usefixtures("here")
def test_a_person_clears_what_a_run_in_the_foreground_left_on() -> None:
    left_on = LeftOn(Path("runs"), CAST, real=True)
    with pytest.raises(typer.Exit):
        left_on.finish(goes(left_on, fails_to_seal))

    done = labctl("station", "clear", CHANNEL, "--by-hand", "--reason", "unplugged")

    assert done.exit_code == 0, done.output
    assert "runs can have it again" in done.stdout
    LeftOn(Path("runs"), CAST, real=True)
    again = labctl("station", "clear", CHANNEL, "--by-hand")
    assert again.exit_code != 0
