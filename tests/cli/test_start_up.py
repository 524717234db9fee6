"""The command line starts quickly: what is slow to load is loaded when needed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_group

from labctl import plugins
from labctl.cli import tree

SLOW = ("numpy", "scipy", "h5py", "pydantic", "pint", "rich", "pyvisa", "fastapi")
HEAVY = ("scipy", "h5py", "rich", "pyvisa", "pymeasure", "fastapi", "httpx", "asyncio")
MOST_MODULES = {
    ("--help",): 220,
    ("protocol", "list"): 310,
    ("protocol", "show", "gitt"): 540,
    ("doctor",): 560,
}
"""Words -> modules that may be loaded at their end, a tenth more than there are."""
WORKS_OUT = ("scipy.optimize", "scipy.signal", "scipy.stats")
"""Half a second of CPU each, and only results and some figures need them."""


def loaded(program: str, of: tuple[str, ...]) -> str:
    """Run a program; return which modules ``of`` it has loaded.

    Nobody counts its lines: that loads modules as well.
    """
    tell = (
        f"sys.stderr.write(chr(10) + ' '.join(m for m in {of!r} if m in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {program}; {tell}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={k: v for k, v in os.environ.items() if k != "COVERAGE_PROCESS_START"},
    )
    return done.stderr.rpartition("\n")[2]


def test_help_loads_nothing_slow() -> None:
    program = (
        "sys.argv = ['labctl', '--help'];"
        "from labctl.cli.app import run_app; assert run_app() == 0"
    )

    assert loaded(program, SLOW) == ""


def test_the_protocols_are_listed_without_any_of_them() -> None:
    program = (
        "sys.argv = ['labctl', 'protocol', 'list'];"
        "from labctl.cli.app import run_app; assert run_app() == 0"
    )

    heavy = [name for name in SLOW if name != "pydantic"]  # typer's own parser has it
    assert loaded(program, (*heavy, "labctl.protocol", "protocols.cells.gitt")) == ""


@pytest.mark.parametrize("words", MOST_MODULES)
def test_a_command_loads_no_more_than_it_needs(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    program = (
        f"import os; os.chdir({str(tmp_path)!r}); sys.argv = ['labctl', *{words!r}];"
        "from labctl.cli.app import run_app; assert run_app() == 0;"
        f"assert len(sys.modules) < {MOST_MODULES[words]}, len(sys.modules)"
    )

    assert loaded(program, HEAVY) == ""


def test_a_film_is_measured_without_scipy_or_the_model_of_a_cell(
    tmp_path: Path,
) -> None:
    program = (
        f"import os; os.chdir({str(tmp_path)!r});"
        "sys.argv = ['labctl', 'run', 'van-der-pauw', '--simulate'];"
        "from labctl.cli.app import run_app; assert run_app() == 0"
    )

    cell = ("scipy", "h5py", "drivers.twins.world.cell")
    assert loaded(program, cell) == ""


def test_a_station_is_up_before_anything_is_worked_out() -> None:
    assert loaded("import labctl.service.http.process", WORKS_OUT) == ""


def test_no_protocol_loads_what_only_its_results_need() -> None:
    known = plugins.names(plugins.PROTOCOLS)
    program = f"from labctl import plugins; [*map(plugins.protocol, {known!r})]"

    assert loaded(program, WORKS_OUT) == ""


@pytest.mark.parametrize("branch", tree.BRANCHES)
def test_a_module_answers_the_words_that_lead_to_it_and_no_others(branch: str) -> None:
    group = get_group(tree.tree([branch]))

    assert tuple(group.commands) == tree.BRANCHES[branch]


def test_a_spectrum_is_planned_without_what_its_results_need() -> None:
    works_out = (
        "labctl.analysis.spectra",
        "labctl.analysis.cells",
        "labctl.steps.film",
    )

    assert loaded("import protocols.spectra.peis", works_out) == ""
