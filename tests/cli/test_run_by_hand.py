"""Runs by hand need a station, where a person can ask."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from labctl.cli.tree import tree
from labctl.errors import OperatorError


def test_a_run_that_nobody_could_ask_is_refused_with_the_way_that_works(
    tmp_path: Path,
) -> None:
    words = ("run", "source-meter-by-hand", "--simulate", "--out", str(tmp_path))

    with pytest.raises(OperatorError, match="queue add source-meter-by-hand --sample"):
        CliRunner().invoke(tree(), words, catch_exceptions=False)

    assert not list(tmp_path.iterdir())
