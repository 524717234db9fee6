"""A run of any format: each column is the file's, derived by a rule, or missing."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from foreign_samples import samples

from drivers.twins.world import catalogue
from labctl.data import Array, EndReason
from labctl.session.importing.columns import SOURCE_STEP
from labctl.session.importing.one_file import import_file
from labctl.store.imported_from import Origin
from labctl.store.importers.foreign import RULES
from labctl.store.importers.readers import read
from labctl.store.run_file.reader import RunFile
from labctl.store.run_file.verify import verify

SAMPLES = samples()


def is_missing(values: Array) -> bool:
    return bool((np.isnan(values) if values.dtype.kind == "f" else values == -1).all())


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_every_number_of_the_run_is_traceable(name: str, tmp_path: Path) -> None:
    label = tmp_path / "A17.yaml"
    given = {**catalogue.label("si"), "name": "A17"}
    label.write_text(yaml.safe_dump(given, allow_unicode=True), "utf-8")
    path = SAMPLES[name].write(tmp_path, frozenset())
    file = read(path)

    folder = import_file(path, label, tmp_path / "runs", zone="Asia/Seoul")

    assert verify(folder).ok
    with RunFile(folder) as run:
        assert run.status.state == EndReason.COMPLETED
        source = run.header.imported
        assert source is not None
        assert (source.file, source.program) == (path.name, file.program)
        for stream, table in (("timeseries", file.timeseries), ("eis", file.eis)):
            found = run.table(stream)
            assert found.rows == table.rows
            columns = {c.name for c in run.header.stream(stream).columns}
            assert columns == set(source.columns[stream])
            for column, origin in source.columns[stream].items():
                if origin.origin is Origin.ABSENT:
                    assert is_missing(found[column]), column
                elif origin.origin is Origin.DERIVED:
                    assert origin.rule in RULES, column
                else:
                    own = "step_count" if column == SOURCE_STEP else column
                    assert table[own].title == origin.title
                    theirs = np.nan_to_num(table[own].values, nan=-1.0)
                    assert np.array_equal(
                        np.nan_to_num(found[column], nan=-1.0), theirs
                    )
        steps = run.steps
        assert [each.step_count for each in steps] == list(range(1, len(steps) + 1))
        for stream in ("timeseries", "eis"):
            counted = [each.first_rows[stream] for each in steps]
            firsts = np.searchsorted(
                run.table(stream)["step_count"], [each.step_count for each in steps]
            )
            assert counted == firsts.tolist()
