"""Lists of steps as values: from the schema, to data and back, moved, in words."""

from typing import Any

import pytest

from gui.compose.blocks.block_data import from_data, to_data, unreadable
from gui.compose.blocks.block_words import count_text, line_of, rows_of
from gui.compose.blocks.blocks import (
    Blocks,
    Way,
    block_at,
    duplicated,
    inserted,
    lost_by_turning,
    moved,
    new_block,
    removed,
    turned,
    written,
)
from gui.compose.blocks.history import History
from gui.compose.blocks.shapes import Language, languages_of
from gui.parts.form import Referred
from labctl.documents.hardened_yaml import load
from labctl.documents.writing import write_yaml
from labctl.errors import Place
from labctl.service.http.catalogue import protocols

CELL = Referred(mass=1.25e-6, area=1.131e-4, one_c="3350 mAh/g")
PLAN = """
- {do: current, rate: D/20, duration: 25 h, until: ["full: voltage <= 5 mV"]}
- do: repeat
  times: 3
  steps:
    - {do: rest, duration: 10 min}
    - {do: current, rate: 2C, duration: 1 h, record: {every: 10 s}}
- do: linked
  label: under current
  steps:
    - {do: geis, bias: 1D, amplitude: 20 µA, last_frequency: 1 Hz}
  loops:
    - {first: 1, last: 1, times: 2}
- do: if
  ended_by: full
  then:
    - {do: sweep, through: [1 V, 5 mV], scan_rate: 0.1 mV/s}
"""


def language(protocol: str, name: str) -> Language:
    """Return what may stand in a parameter."""
    kind = next(p for p in protocols() if p.name == protocol)
    return languages_of(kind.parameters)[name]


STEPS = language("sequence", "steps")
SERIES = language("pellet-conductivity", "series")


def plan(text: str = PLAN) -> Blocks:
    """Return steps that were written as YAML."""
    found, troubles = from_data(STEPS, load(text, "steps").data)
    assert not troubles
    return found


def kinds(blocks: Blocks) -> list[Any]:
    """Return the kinds, those inside as lists."""
    return [
        (b.kind, {s: kinds(i) for s, i in b.inner.items()}) if b.inner else b.kind
        for b in blocks
    ]


# ---- from the schema


def test_the_kinds_of_a_sequence_come_from_its_schema() -> None:
    words = [STEPS.word(kind) for kind in STEPS.top.kinds]
    linked = STEPS.shapes["Linked"].slots[0]

    assert words[:3] == ["rest", "current", "voltage"]
    assert words[-3:] == ["linked", "repeat", "if"]
    assert "Repeat" not in linked.kinds
    assert [f.name for f in STEPS.shapes["Current"].fields][:2] == ["rate", "duration"]


def test_a_list_of_one_kind_needs_no_tag() -> None:
    given = [{"thickness": "0.8 mm", "resistance": "1.2 kΩ"}]

    blocks, troubles = from_data(SERIES, given)

    assert not troubles
    assert to_data(SERIES, blocks) == given
    assert line_of(SERIES, blocks[0]) == "thickness 0.8 mm, resistance 1.2 kΩ"


# ---- to and from data and text


def test_steps_survive_data_and_text() -> None:
    data = load(PLAN, "steps").data

    assert to_data(STEPS, plan()) == data
    assert plan(write_yaml(data)) == plan()


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        # no kind has this name
        ("- {do: charge, rate: C/20}", (0,), "do: `charge` cannot stand here"),
        # nobody says what it is
        ("- {rate: C/20}", (0,), "write `do:`"),
        # a key of no meaning, nearly one
        ("- {do: rest, duration: 1 h, lable: x}", (0, "lable"), "did you mean `label`"),
        # a bare number: nobody knows whether seconds or hours
        ("- {do: rest, duration: 600}", (0, "duration"), "`600` has no unit"),
        # a block that the kind cannot hold
        (
            "- {do: linked, steps: [{do: repeat, times: 2, steps: []}]}",
            (0, "steps", 0),
            "`repeat` cannot stand here",
        ),
        # text where a list belongs
        ("- {do: rest, duration: 1 h, until: full}", (0, "until"), "is no list"),
        # no list at all
        ("do: rest", (), "is no list of steps"),
        # an empty block would vanish in the form
        ("- {do: rest, duration: 1 h, record: {}}", (0, "record"), "says nothing"),
        # a number of times that is none
        ("- {do: repeat, times: many, steps: []}", (0, "times"), "no whole number"),
    ],
)
def test_what_does_not_fit_is_said_not_dropped(
    text: str, place: Place, what: str
) -> None:
    _, troubles = from_data(STEPS, load(text, "steps").data)

    assert len(troubles) == 1
    assert troubles[0][0] == place
    assert what in troubles[0][1]


def test_a_value_that_cannot_be_read_stays_and_is_said_at_its_field() -> None:
    blocks = plan("- {do: current, rate: banana, duration: 1 h}")

    found = unreadable(STEPS, blocks, {}, CELL)

    assert block_at(blocks, (0,)).texts["rate"] == "banana"
    assert [place for place, _ in found] == [(0, "rate")]


def test_an_empty_repeat_wants_a_step() -> None:
    blocks = plan("- {do: repeat, times: 2, steps: []}")

    assert unreadable(STEPS, blocks, {}, CELL) == [
        ((0, "steps"), "needs at least one step")
    ]


# ---- moving about


def test_a_copy_stands_behind_its_original() -> None:
    blocks = duplicated(plan(), (1, "steps", 1))

    assert kinds(blocks)[1] == ("Repeat", {"steps": ["Rest", "Current", "Current"]})


def test_a_change_leaves_the_earlier_value_alone() -> None:
    before = plan()

    after = written(before, (1, "steps", 0), "duration", "1 h")

    assert block_at(before, (1, "steps", 0)).texts["duration"] == "10 min"
    assert block_at(after, (1, "steps", 0)).texts["duration"] == "1 h"


@pytest.mark.parametrize(
    ("place", "way", "goal"),
    [
        # among its own
        ((1, "steps", 0), Way.DOWN, (1, "steps", 1)),
        # off the top of a block: before it
        ((1, "steps", 0), Way.UP, (1,)),
        # off the end of a block: behind it
        ((1, "steps", 1), Way.DOWN, (2,)),
        # from `then` on to `otherwise`
        ((3, "then", 0), Way.DOWN, (3, "otherwise", 0)),
        # out of a block
        ((1, "steps", 0), Way.OUT, (2,)),
        # into the block before it; it has steps, so at their end
        ((3,), Way.IN, None),
        # a block cannot go into a linked one, a technique can
        ((0,), Way.UP, None),
    ],
)
def test_a_step_goes_where_it_may(place: Place, way: Way, goal: Place | None) -> None:
    found = moved(STEPS, plan(), place, way)

    assert (found[1] if found else None) == goal


def test_a_technique_goes_into_the_block_before_it() -> None:
    blocks = inserted(plan(), (2,), new_block(STEPS, "Rest"))

    found = moved(STEPS, blocks, (2,), Way.IN)

    assert found is not None
    assert found[1] == (1, "steps", 2)
    assert kinds(found[0])[1] == ("Repeat", {"steps": ["Rest", "Current", "Rest"]})


def test_moving_down_and_up_again_changes_nothing() -> None:
    for place in ((0,), (1, "steps", 0), (3, "then", 0)):
        down = moved(STEPS, plan(), place, Way.DOWN)
        assert down is not None
        back = moved(STEPS, down[0], down[1], Way.UP)
        assert back is not None
        assert to_data(STEPS, back[0]) == to_data(STEPS, plan())


def test_a_step_taken_out_is_gone() -> None:
    assert len(removed(plan(), (0,))) == 3


def test_another_kind_keeps_what_both_have() -> None:
    blocks = turned(STEPS, plan(), (0,), "Voltage")
    block = block_at(blocks, (0,))

    assert block.kind == "Voltage"
    assert block.texts["duration"] == "25 h"
    assert block.texts["until"] == "full: voltage <= 5 mV"
    assert "rate" not in block.texts


def test_turning_a_block_says_how_many_steps_it_would_lose() -> None:
    repeat = block_at(plan(), (1,))

    assert lost_by_turning(STEPS, repeat, "Linked") == 0
    assert lost_by_turning(STEPS, repeat, "Rest") == 2


# ---- in words


def test_every_step_is_one_line_in_words() -> None:
    said = [("  " * row.depth) + row.text for row in rows_of(STEPS, plan())]

    assert said == [
        "discharge at C/20 for at most 25 h until full: voltage ≤ 5 mV",
        "repeat 3 times",
        "  rest for 10 min",
        "  charge at 2C for at most 1 h",
        "under current: linked, without a gap",
        "  steps:",
        "    GEIS 100 kHz … 1 Hz of 20 µA on 1D",
        "  loops:",
        "    techniques 1 to 1, 2 times",
        "if the step before ended by full",
        "  then:",
        "    sweep through 1 V; 5 mV at 0.1 mV/s",
        "  otherwise: nothing",
    ]


def test_a_new_step_shows_what_it_still_needs() -> None:
    assert line_of(STEPS, new_block(STEPS, "Rest")) == "rest for …"
    assert line_of(STEPS, new_block(STEPS, "Current")) == "current … for at most …"


def test_steps_are_counted_with_those_inside() -> None:
    assert count_text(STEPS, ()) == "no step yet"
    assert count_text(STEPS, plan()) == "4 steps, 9 with those inside"
    assert count_text(SERIES, (new_block(SERIES, "PelletPoint"),)) == "1 pellet point"


# ---- undo and redo


def test_edits_of_one_field_are_undone_as_one() -> None:
    history = History("")
    for text in ("1", "1 ", "1 h"):
        history.edit(text, about="duration")
    history.edit("2 h", about="another")

    assert history.undo()
    assert history.now == "1 h"
    assert history.undo()
    assert history.now == ""
    assert not history.undo()
    assert history.redo()
    assert history.now == "1 h"


def test_an_edit_after_an_undo_forgets_what_was_undone() -> None:
    history = History(1)
    history.edit(2)
    history.undo()
    history.edit(3)

    assert not history.redo()
    assert history.now == 3
