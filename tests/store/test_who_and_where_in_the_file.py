"""The run file says whose run it is, and nothing that nobody said."""

import dataclasses
from pathlib import Path

import h5py
import pytest

from labctl.data import Stream
from labctl.store.folder import RunFolder
from labctl.store.header import RunHeader
from labctl.store.journal.journal import Journal
from labctl.store.journal.reader import JournalReader
from labctl.store.run_file.hdf5 import write_view
from labctl.store.run_file.reader import RunFile
from labctl.store.run_file.seal import seal

UUID = "7d444840-9dc0-41f5-a9b1-5a4a04a5a5e6"


@pytest.fixture
def known(header: RunHeader) -> RunHeader:
    return dataclasses.replace(
        header,
        operator="홍길동",
        orcid="https://orcid.org/0000-0002-1825-0097",
        uuid=UUID,
        lab={
            "institution": {"name": "SNU", "ror": "https://ror.org/04h9pn542"},
            "licence": "CC-BY-4.0",
            "funding": [{"funder": "NRF", "grant": "1"}, {"funder": "EU"}],
        },
        sample={"name": "A17", "kind": "half_cell", "pid": "https://doi.org/10.1/a"},
        instruments={"vsp300": {"vendor": "BioLogic", "serial": "1"}},
        versions={"labctl-bench": "0.2.0"},
    )


def sealed(folder: RunFolder, header: RunHeader) -> Path:
    with Journal.create(folder.journal, header) as journal:
        journal.finish("completed", {}, header.started_unix + 1)
    return seal(folder)


def text(node: h5py.Dataset) -> str:
    return str(node.asstr()[()])


def test_what_was_configured_stands_under_the_names_of_nexus(
    folder: RunFolder, known: RunHeader
) -> None:
    with h5py.File(sealed(folder, known)) as file:
        entry = file["entry"]

        assert text(entry["entry_identifier_uuid"]) == UUID
        assert text(entry["user/name"]) == "홍길동"
        assert text(entry["user/ORCID"]) == known.orcid
        assert text(entry["user/affiliation"]) == "SNU"
        assert text(entry["experiment_institution"]) == "SNU"
        assert text(entry["lab/licence/url"]) == "https://spdx.org/licenses/CC-BY-4.0"
        assert text(entry["lab/funding_2/funder"]) == "EU"
        assert list(entry["lab/funding_2"]) == ["funder"]
        assert entry["sample/identifier_pid"].attrs["type"] == "DOI"
        assert text(entry["instrument/vsp300/fabrication/vendor"]) == "BioLogic"
        assert entry["program_name"].attrs["version"] == "0.2.0"
        assert text(entry["definition"]) == "NXlabctl_run"


def test_what_nobody_said_is_missing(folder: RunFolder, header: RunHeader) -> None:
    with h5py.File(sealed(folder, header)) as file:
        entry = file["entry"]

        assert list(entry["user"]) == ["name"]
        assert {"lab", "entry_identifier_uuid"}.isdisjoint(entry)
        assert "identifier_pid" not in entry["sample"]


def test_the_header_read_back_is_the_one_written(
    folder: RunFolder, known: RunHeader
) -> None:
    with RunFile(sealed(folder, known)) as file:
        assert file.header == known


def test_a_header_of_an_older_labctl_has_no_identifier(header: RunHeader) -> None:
    old = header.to_json().replace('"uuid": "", "lab": {}, ', "")

    assert RunHeader.from_json(old).uuid == ""


def test_a_run_that_did_not_end_has_no_end(
    folder: RunFolder, header: RunHeader
) -> None:
    Journal.create(folder.journal, header).close()

    with h5py.File(seal(folder)) as file:
        assert "end_time" not in file["entry"]


def test_no_text_of_a_growing_file_has_variable_length(
    folder: RunFolder, known: RunHeader
) -> None:
    """It does not survive a crash."""
    sealed(folder, known)
    with JournalReader(folder.journal) as reader:
        write_view(reader, folder.live, live=True)
    variable = []

    def look(name: str, node: object) -> None:
        if isinstance(node, h5py.Dataset):
            kind = h5py.check_string_dtype(node.dtype)
            if kind is not None and kind.length is None:
                variable.append(name)

    with h5py.File(folder.live) as file:
        file.visititems(look)

        assert text(file["entry/end_time"])
    assert not variable


def test_every_stream_can_be_drawn(folder: RunFolder, known: RunHeader) -> None:
    with h5py.File(sealed(folder, known)) as file:
        timeseries = file["entry/timeseries"]

        assert timeseries.attrs["NX_class"] == "NXdata"
        assert timeseries.attrs["signal"] == "voltage_volt"
        assert list(timeseries.attrs["axes"]) == ["test_time_second"]
        assert timeseries["voltage_volt"].attrs["target"] == (
            "/entry/timeseries/voltage_volt"
        )
        assert text(file["entry/plot/title"]) == "Voltage"


def test_a_stream_of_one_column_can_be_stored(
    folder: RunFolder, known: RunHeader
) -> None:
    lone = Stream("lone", known.streams[0].columns[:1])
    header = dataclasses.replace(known, streams=(lone,), plots=())

    with h5py.File(sealed(folder, header)) as file:
        assert file["entry/lone"].attrs["signal"] == "test_time_second"
