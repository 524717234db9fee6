"""What an instrument states of its accuracy is in the file, for whoever reads it."""

import dataclasses

import h5py
import numpy as np
import pytest

from labctl.roles.channel_accuracy import ChannelAccuracy, Origin
from labctl.session.run import Finished
from labctl.store.header import RunHeader
from labctl.store.run_file.reader import RunFile

ROLE = "cell"


def header(finished: Finished) -> RunHeader:
    with RunFile(finished.folder) as file:
        return file.header


def accuracy(finished: Finished) -> ChannelAccuracy:
    found = header(finished).accuracy(ROLE)
    assert found is not None
    return found


def test_the_sealed_file_has_the_limits_of_every_range(undisturbed: Finished) -> None:
    stated = accuracy(undisturbed).current
    assert stated is not None
    with h5py.File(undisturbed.file) as file:
        instruments = file["entry/instrument"]
        (own,) = (instruments[name]["accuracy"] for name in instruments)
        (channel,) = own.values()
        current = channel["current"]

        assert current["origin"].asstr()[()] == Origin.MEMORY
        assert current["full_scale"][:] == pytest.approx(
            [each.full_scale for each in stated.ranges]
        )
        assert current["gain"][:] == pytest.approx(1e-3)


def test_the_range_of_every_row_is_one_of_them(undisturbed: Finished) -> None:
    stated = accuracy(undisturbed).current
    assert stated is not None
    with RunFile(undisturbed.folder) as file:
        table = file.table("timeseries")
        size = np.abs(table["current_ampere"])
        code = table["current_range_code"]
    found = set(code[size > 0].tolist())

    assert found
    assert all(stated.knows(each) for each in found)
    for each in found:
        full_scale = stated.on(each, 0.0).full_scale
        assert size[code == each].max() <= 1.05 * full_scale


def test_it_is_that_instrument_and_specimen_whose_errors_are_shared(
    undisturbed: Finished,
) -> None:
    whose = accuracy(undisturbed).instrument

    assert "BioLogic" in whose
    assert "simulated, seed" in whose


def test_a_file_that_states_nothing_says_so(undisturbed: Finished) -> None:
    written = header(undisturbed)
    before = {
        name: {k: v for k, v in about.items() if k != "accuracy"}
        for name, about in written.instruments.items()
    }
    older = dataclasses.replace(written, instruments=before)

    assert older.accuracy(ROLE) is None
    assert written.accuracy("no such role") is None
    assert dataclasses.replace(written, roles={}).accuracy(ROLE) is None
