"""What is written as YAML text is read back as it was."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labctl.documents.hardened_yaml import load
from labctl.documents.writing import one_line, write_yaml

WORDS = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12),
    st.sampled_from(["no", "1e3", "4:20", "01", "~", "", "x: y", "- a", "true", "nan"]),
    st.sampled_from(["-0", "1e-400", "1_000", "9" * 33, "<<", "&a", "*a", "!x", "# a"]),
)
PLAIN = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**12), 10**12),
        st.floats(1e-12, 1e12),
        WORDS,
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(WORDS.filter(lambda w: bool(w.strip())), inner, max_size=4),
    ),
    max_leaves=12,
)


@settings(deadline=None, max_examples=150)
@given(PLAIN)
def test_what_is_written_is_read_back(data: Any) -> None:
    for text in (write_yaml({"here": data}), one_line({"here": data})):
        assert load(text, "plan").data == {"here": data}


@pytest.mark.parametrize(
    ("data", "text"),
    [
        # a step of a sequence stands in one line
        (
            [{"do": "rest", "duration": "1 h"}],
            "- {do: rest, duration: 1 h}\n",
        ),
        # a text that looks like a number is quoted
        ({"name": "017"}, 'name: "017"\n'),
    ],
)
def test_it_is_written_as_a_person_would(data: Any, text: str) -> None:
    assert write_yaml(data) == text
