"""The command line starts quickly: what is slow to load is loaded when needed."""

import subprocess
import sys

import pytest
from typer.main import get_group

from labctl import plugins
from labctl.cli import tree

SLOW = ("numpy", "scipy", "h5py", "pydantic", "pint", "rich", "pyvisa", "fastapi")
WORKS_OUT = ("scipy.optimize", "scipy.signal", "scipy.stats")
"""Half a second of CPU each, and only results and some figures need them."""


def loaded(program: str, of: tuple[str, ...]) -> str:
    """Run a program; return which modules ``of`` it has loaded."""
    tell = f"sys.stderr.write(' '.join(m for m in {of!r} if m in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {program}; {tell}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stderr


def test_help_loads_nothing_slow() -> None:
    program = (
        "sys.argv = ['labctl', '--help'];"
        "from labctl.cli.app import run_app; assert run_app() == 0"
    )

    assert loaded(program, SLOW) == ""


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
