"""Every reader: a column is in the file, derived by a named rule, or absent.

A small file of each format is written whole, and again without each of its titles: what
was taken from that title must then be absent or derived by a rule, and everything else
must stay the number that it was. A reader that cannot go on, whatever became of the
file's bytes, refuses and names the file.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from foreign_samples import samples
from hypothesis import given
from hypothesis import strategies as st

from labctl.errors import StoreError
from labctl.store.importers import foreign
from labctl.store.importers.foreign import (
    RULES,
    ForeignColumn,
    ForeignFile,
    ForeignTable,
)
from labctl.store.importers.readers import FORMATS, read

SAMPLES = samples()
EVERY = list(dict.fromkeys(each.name for each in FORMATS))
WITHOUT = [
    (name, title) for name in EVERY if name in SAMPLES for title in SAMPLES[name].titles
]


def tables(file: ForeignFile) -> Mapping[str, ForeignTable]:
    return {"timeseries": file.timeseries, "eis": file.eis}


def columns(file: ForeignFile) -> Mapping[tuple[str, str], ForeignColumn]:
    return {
        (name, column): table[column]
        for name, table in tables(file).items()
        for column in table
    }


def whole(name: str, folder: Path) -> ForeignFile:
    return read(SAMPLES[name].write(folder, frozenset()))


def read_or_refused(path: Path) -> Mapping[tuple[str, str], ForeignColumn]:
    """Return the columns; none where the file is refused, which must name it."""
    try:
        return columns(read(path))
    except StoreError as refusal:
        if path.name not in str(refusal):
            raise
        return {}


@pytest.fixture(scope="module", params=EVERY)
def sound(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, int, bytes]:
    """Return a whole file of a format, how many rows it has, and its bytes."""
    path = SAMPLES[request.param].write(tmp_path_factory.mktemp("sound"), frozenset())
    rows = max(len(each.values) for each in columns(read(path)).values())
    return path, rows, path.read_bytes()


def test_every_format_has_a_sample() -> None:
    assert set(SAMPLES) == set(EVERY)


def test_every_rule_is_followed_somewhere() -> None:
    table = Path(foreign.__file__)
    files = (path for path in table.parents[2].rglob("*.py") if path != table)
    code = "".join(path.read_text("utf-8") for path in files)

    assert [rule for rule in RULES if f'"{rule}"' not in code] == []


def test_what_only_counts_are_rules() -> None:
    assert RULES.keys() >= foreign.COUNTING


@pytest.mark.parametrize("name", EVERY)
def test_each_column_names_its_title_or_its_rule(name: str, tmp_path: Path) -> None:
    file = whole(name, tmp_path)

    for (_, column), found in columns(file).items():
        assert found.title or found.rule, column
        assert not found.rule or found.rule in RULES, column
        assert found.values.dtype == np.float64, column


@pytest.mark.parametrize("name", EVERY)
def test_no_title_is_taken_and_left_at_once(name: str, tmp_path: Path) -> None:
    file = whole(name, tmp_path)
    taken = {each.title for each in columns(file).values() if not each.rule}

    assert not taken & set(file.untaken)


@pytest.mark.parametrize(("name", "title"), WITHOUT)
def test_what_a_file_lacks_is_absent_or_derived(
    name: str, title: str, tmp_path: Path
) -> None:
    before = columns(whole(name, tmp_path))
    (tmp_path / "less").mkdir()
    path = SAMPLES[name].write(tmp_path / "less", frozenset({title}))
    after = read_or_refused(path)

    for key, found in after.items():
        names_it = title in re.split(r", | and ", found.title)
        assert not names_it, f"{key} still says that it is from {title}"
        old = before.get(key)
        if old is not None and old.title == title and not old.rule:
            assert found.rule or found.title, key
        if old is not None and old.title == found.title and old.rule == found.rule:
            assert np.array_equal(old.values, found.values, equal_nan=True), key


@given(st.data())
def test_a_damaged_file_is_read_or_refused(
    sound: tuple[Path, int, bytes], data: st.DataObject
) -> None:
    path, rows, content = sound
    at = st.integers(0, len(content) - 1)
    changed = bytearray(content)
    for place in data.draw(st.lists(at, max_size=3)):
        changed[place] = data.draw(st.integers(0, 255))
    path.write_bytes(changed[: data.draw(at | st.just(len(content)))])

    found = read_or_refused(path)

    assert all(len(each.values) <= rows + 2 for each in found.values())  # ends of lines


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_a_file_cut_short_is_read_as_far_as_it_goes_or_refused(
    name: str, share: float, tmp_path: Path
) -> None:
    path = SAMPLES[name].write(tmp_path, frozenset())
    full = columns(read(path))
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])

    cut = read_or_refused(path)

    for key, found in cut.items():
        n = len(found.values)
        if key in full and full[key].rule == found.rule and n > 1:
            kept = slice(0, n - 1)  # the last row may be cut within a number
            assert np.allclose(
                found.values[kept], full[key].values[kept], equal_nan=True
            ), key
