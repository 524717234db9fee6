"""What repeats is found, and unfolds to what it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.compose.unicycler.loops import (
    Block,
    IntersectingLoopsError,
    Jump,
    folded,
    nested,
    unfolded,
)


@given(st.lists(st.sampled_from("abc"), max_size=60))
def test_folding_loses_nothing(things: list[str]) -> None:
    assert unfolded(folded(things)) == things


def test_what_repeats_stands_once() -> None:
    assert folded(["f", *["c", "d"] * 500]) == ("f", Block(("c", "d"), 500))


def test_a_jump_into_another_loop_is_no_block() -> None:
    with pytest.raises(IntersectingLoopsError):
        nested(["a", "b", "c", Jump(1, 2), "d", Jump(2, 2)])
