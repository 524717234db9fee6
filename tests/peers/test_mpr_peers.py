"""What EC-Lab's binary files hold is what foreign readers find in them."""

from pathlib import Path

import mpr_cases
import numpy as np
import pytest
from ec_lab_files import LAYOUTS
from needs_peers import needs_peers

from labctl.store.importers.readers import read


@needs_peers
@pytest.mark.parametrize("reader", sorted(mpr_cases.GROUPS))
def test_every_number_of_a_public_file_is_the_readers(
    reader: str, tmp_path: Path
) -> None:
    files = {name: mpr_cases.public_file(name) for name in mpr_cases.PUBLIC}

    found = mpr_cases.compare(files, reader, tmp_path)

    assert {one.file: one.said for one in found if one.said} == {}
    assert {one.deviation for one in found} == {0.0}
    assert min(one.values for one in found) > 0


@needs_peers
def test_every_layout_is_the_one_that_a_foreign_reader_knows(tmp_path: Path) -> None:
    found = mpr_cases.compare(mpr_cases.made(tmp_path), "galvani", tmp_path)

    assert [one.said for one in found] == [""] * len(LAYOUTS)
    assert {one.deviation for one in found} == {0.0}


@needs_peers
def test_the_current_that_a_public_file_lacks_is_the_one_that_was_set() -> None:
    series = read(mpr_cases.public_file(mpr_cases.PUBLIC[-1])).timeseries

    current, control = series["current_ampere"], series["control_ampere"].values
    assert current.rule == "current-from-charge-steps"
    off = np.abs(current.values / control - 1)[np.abs(control) > 0]
    assert np.nanmedian(off) < 5e-4  # the ammeter's
    assert np.isnan(current.values).sum() == 1


@needs_peers
def test_the_charges_of_a_public_file_agree_with_each_other() -> None:
    series = read(mpr_cases.public_file(mpr_cases.PUBLIC[-1])).timeseries

    half = series["half_cycle"].values
    last = np.flatnonzero(np.diff(half, append=-1) != 0)
    sums = np.bincount(half.astype(int), series["interval_charge_ah"].values)
    since = series["half_cycle_capacity_ah"].values[last]
    assert sums[half[last].astype(int)] == pytest.approx(since, abs=1e-12)
