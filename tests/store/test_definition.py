"""The application definition knows every column and every word of a label."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from labctl import columns
from labctl.data import Stream
from labctl.sample import Sample
from labctl.store.run_file.description import DEFINITION

NXDL = Path(__file__).parents[2] / "docs" / "reference" / f"{DEFINITION}.nxdl.xml"
SPACE = "{http://definition.nexusformat.org/nxdl/3.1}"
STREAMS = [one for one in vars(columns).values() if isinstance(one, Stream)]


def entry() -> ET.Element:
    found = ET.parse(NXDL).getroot().find(f"{SPACE}group")  # noqa: S314  (our own)
    assert found is not None
    return found


def fields(group: str) -> set[str]:
    (found,) = (
        each for each in entry().iter(f"{SPACE}group") if each.get("name") == group
    )
    return {each.get("name", "") for each in found.findall(f"{SPACE}field")}


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_every_column_of_a_stream_is_defined(stream: Stream) -> None:
    named = fields(stream.name)

    assert {column.name for column in stream.columns} <= named
    if stream in {columns.TIMESERIES, columns.EIS, columns.MONITOR}:
        assert {column.name for column in columns.FURTHER} <= named


def test_every_word_of_a_label_is_defined() -> None:
    assert Sample.model_fields.keys() <= fields("sample")


def test_the_definition_is_called_as_files_call_it() -> None:
    items = entry().find(f"{SPACE}field/{SPACE}enumeration/{SPACE}item")

    assert items is not None
    assert items.get("value") == DEFINITION
