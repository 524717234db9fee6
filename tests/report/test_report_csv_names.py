"""The numbers of a page: one file a figure, none written over another."""

from pathlib import Path

import numpy as np
import pytest

from labctl.errors import OperatorError
from labctl.figures.figure import Figure, Series
from labctl.figures.merged import combine_all
from labctl.report.figures_csv import named_by_protocol, named_by_run, write_figures


def figure(name: str, y_label: str = "Q / mAh", y: float = 1.0) -> Figure:
    series = (Series("a", np.ones(2), np.full(2, y)),)
    return Figure(name, name, "cycle", y_label, series)


def test_figures_of_one_name_and_two_protocols_are_two_files() -> None:
    runs = [
        ("gitt", [figure("voltage", "U / V")]),
        ("formation-cycling", [figure("voltage", "E / V"), figure("capacity")]),
        ("rate-capability", [figure("capacity")]),
    ]
    merged = combine_all({str(k): own for k, (_, own) in enumerate(runs)})

    assert list(named_by_protocol(merged, runs)) == [
        "comparison-gitt-voltage",
        "comparison-formation-cycling-voltage",
        "comparison-formation-cycling+rate-capability-capacity",
    ]


def test_other_axes_of_one_protocol_are_numbered() -> None:
    runs = [("gitt", [figure("q", "Q / mAh")]), ("gitt", [figure("q", "Q / mAh/g")])]
    merged = combine_all({str(k): own for k, (_, own) in enumerate(runs)})

    names = list(named_by_protocol(merged, runs))
    assert names == ["comparison-gitt-q", "comparison-gitt-q-2"]
    assert list(named_by_run("run-1", merged)) == ["run-1-q", "run-1-q-2"]


def test_numbers_of_another_call_are_not_overwritten_unasked(tmp_path: Path) -> None:
    (path,) = write_figures({"comparison-gitt-q": figure("q")}, tmp_path)
    kept = path.read_bytes()
    other = {"comparison-gitt-q": figure("q", y=2.0)}

    with pytest.raises(OperatorError, match="--force"):
        write_figures(other, tmp_path)
    assert path.read_bytes() == kept
    write_figures(other, tmp_path, replace=True)

    assert path.read_bytes() != kept
