"""YAML text in the window: what it means, what is refused, and that the hall agrees."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gui.parts.yaml_text import LARGEST, one_line, read_yaml, write_yaml
from labctl.documents.hardened_yaml import load
from labctl.errors import RefusedError

WORDS = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12),
    st.sampled_from(["no", "1e3", "4:20", "01", "~", "", "x: y", "- a", "true", "nan"]),
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
def test_what_the_window_writes_means_the_same_to_window_and_station(data: Any) -> None:
    for text in (write_yaml({"here": data}), one_line({"here": data})):
        assert read_yaml(text).data == {"here": data}
        assert load(text, "plan").data == {"here": data}


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        # a bracket that nobody closed
        ("a: 1\nb: [1, 2\nc: 3", 3, "bracket"),
        # one key twice: which one counts?
        ("a: 1\nb: 2\na: 3", 3, "stands twice"),
        # YAML's machinery, which a plan needs none of
        ("a: &x 1\nb: *x", 1, "anchor"),
        ("a: !!python/name:os.system", 1, "tag"),
        ("a: 1\n---\nb: 2", 2, "second document"),
        ("a:\n  <<: {b: 1}", 2, "merges"),
        # tabs
        ("a:\n\tb: 1", 2, "tab"),
        # numbers that others read differently
        ("a: 1_000", 1, "no number"),
        ("a: .inf", 1, "no number"),
        # deeper than anybody writes
        ("[" * 40, 1, "nested"),
    ],
)
def test_what_is_not_understood_is_named_with_its_line(
    text: str, line: int, what: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        read_yaml(text)

    complaint = refused.value.complaints[0]
    assert complaint.where == f"line {line}"
    assert what in complaint.what


def test_a_text_of_megabytes_is_refused_before_it_is_read() -> None:
    with pytest.raises(RefusedError, match="longer than"):
        read_yaml("a" * (LARGEST + 1))


def test_every_piece_knows_its_line() -> None:
    written = read_yaml("steps:\n  - do: rest\n    duration: 1 h\n  - do: if\n")

    assert written.line_of(("steps", 0, "duration")) == 3
    assert written.line_of(("steps", 1, "ended_by")) == 4
    assert written.line_of(("nothing",)) == 1
