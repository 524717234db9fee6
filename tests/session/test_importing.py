"""Old cells: another program's file becomes a run with results and a report."""

from pathlib import Path

import pytest
import yaml

from drivers.twins.world import catalogue
from labctl.errors import OperatorError
from labctl.report.of_run import read_report
from labctl.session.importing import import_file
from labctl.store.run_file.reader import RunFile

HEAD = """EC-Lab ASCII FILE
Nb header lines : 5

Galvanostatic Cycling with Potential Limitation
time/s\tEwe/V\tI/mA\thalf cycle
"""


@pytest.fixture
def label(tmp_path: Path) -> Path:
    path = tmp_path / "A17.yaml"
    given = {**catalogue.label("si"), "name": "A17"}
    path.write_text(yaml.safe_dump(given, allow_unicode=True), "utf-8")
    return path


def test_two_cycles_of_an_old_cell_give_the_usual_numbers(
    tmp_path: Path, label: Path
) -> None:
    rows: list[str] = []
    start = 0
    halves = ((3600, -1), (3200, 1), (3200, -1), (3100, 1))
    for half, (seconds, current) in enumerate(halves):
        rows += [
            f"{start + s}\t{0.3 + 1e-5 * s}\t{current}\t{half}"
            for s in range(0, seconds + 1, 100)
        ]
        start += seconds + 1
    path = tmp_path / "old.mpt"
    path.write_text(HEAD + "\n".join(rows) + "\n", "latin-1")

    folder = import_file(path, label, tmp_path / "runs")

    with RunFile(folder) as run:
        found = run.results["initial_coulombic_efficiency"]
        assert found.value == pytest.approx(100 * 3200 / 3600, rel=2e-3)
        assert run.header.protocol == "imported"
        assert run.header.parameters["source"] == "old.mpt"
        assert run.header.sample["name"] == "A17"
    names = [figure.name for figure in read_report(folder).figures]
    assert "capacity" in names


def test_a_file_of_another_kind_is_refused(tmp_path: Path, label: Path) -> None:
    with pytest.raises(OperatorError, match=r"can import \.mpt"):
        import_file(tmp_path / "old.xlsx", label, tmp_path)
