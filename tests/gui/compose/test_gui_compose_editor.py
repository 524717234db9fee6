"""Composing a sequence in the window, by mouse and key, with what the station says."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from keyboard import press, write
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication, QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot
from real_station import RealStation

from gui.compose.blocks.block_editor import TEXT, BlockEditor
from gui.compose.composer import Composer
from gui.parts.form_fields import FieldGroup
from gui.shell.window import MainWindow

Open = Callable[..., MainWindow]
ALT = Qt.KeyboardModifier.AltModifier
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
PLAN = """
- {do: current, rate: D/20, duration: 25 h, until: ["full: voltage <= 5 mV"]}
- do: repeat
  times: 3
  steps:
    - {do: current, rate: D/2, duration: 3 h}
    - {do: rest, duration: 30 min}
- do: if
  ended_by: full
  then:
    - {do: peis, last_frequency: 10 mHz}
"""


@pytest.fixture
def composer(qtbot: QtBot, open_window: Open, empty: RealStation) -> Iterator[Composer]:
    """Return a composer on a sequence that has no steps yet, its editor open."""
    empty.line.lost["/forecast"] = 1000  # nobody waits for them here
    window = open_window(empty)
    made = window.bench.composer
    qtbot.waitUntil(lambda: made.can_start, timeout=10_000)
    made.choose("sequence")
    made.form.rows["steps"].input.click()  # type: ignore[union-attr]
    qtbot.waitUntil(made.step_editing.editor.isVisible)
    yield made
    empty.line.lost.clear()


@pytest.fixture
def editor(composer: Composer) -> BlockEditor:
    """Return the editor, with a plan in it."""
    composer.step_editing.editor.text.type(PLAN)
    return composer.step_editing.editor


def lines(editor: BlockEditor) -> list[str]:
    """Return what the list shows."""
    return ["  " * r.depth + r.text for r in editor.list.rows.rows]


def test_a_sequence_is_composed_by_keys_alone(
    composer: Composer, qapp: QApplication
) -> None:
    editor = composer.step_editing.editor
    press(editor.list, Qt.Key.Key_Insert)
    qapp.processEvents()
    field = qapp.focusWidget()
    assert isinstance(field, QLineEdit)
    write(field, "10 min")

    assert lines(editor) == ["rest for 10 min"]
    editor.list.setFocus()
    press(editor.list, Qt.Key.Key_D, CTRL | SHIFT)
    assert lines(editor) == ["rest for 10 min", "rest for 10 min"]
    press(editor.list, Qt.Key.Key_Delete)
    assert lines(editor) == ["rest for 10 min"]
    assert composer.draft is not None
    assert composer.draft.order().parameters["steps"] == [
        {"do": "rest", "duration": "10 min"}
    ]


def test_start_waits_for_the_first_step(composer: Composer) -> None:
    assert not composer.can_start
    assert "needs at least one step" in composer.verdict


def test_a_rate_in_a_step_comes_to_ampere_while_it_is_typed(
    editor: BlockEditor,
) -> None:
    editor.choose((0,))
    editor.type("rate", "D/10")

    assert editor.form.rows["rate"].said.startswith("= \N{MINUS SIGN}")
    assert "A" in editor.form.rows["rate"].said
    assert lines(editor)[0].startswith("discharge at C/10")


def test_a_text_that_cannot_be_read_marks_its_step_and_keeps_start_shut(
    composer: Composer, editor: BlockEditor
) -> None:
    editor.choose((1, "steps", 0))
    editor.type("rate", "banana")

    row = editor.list.current
    assert row is not None
    assert "banana" in row.complaint
    assert editor.form.rows["rate"].is_wrong
    assert "step 2, step 1, rate: banana" in composer.verdict
    assert not composer.can_start


@pytest.mark.parametrize(
    ("key", "order"),
    [
        # among its own: behind the repeat
        (Qt.Key.Key_Down, ["repeat", "discharge", "if"]),
        # nowhere to go
        (Qt.Key.Key_Up, ["discharge", "repeat", "if"]),
    ],
)
def test_alt_and_arrows_move_a_step(
    editor: BlockEditor, key: Qt.Key, order: list[str]
) -> None:
    editor.list.setFocus()
    editor.choose((0,))
    press(editor.list, key, ALT)

    top = [r.text.split()[0] for r in editor.list.rows.rows if r.depth == 0]
    assert top == order


def test_a_step_goes_into_a_block_and_out_again(editor: BlockEditor) -> None:
    before = editor.blocks
    editor.list.setFocus()
    editor.choose((1, "steps", 1))
    press(editor.list, Qt.Key.Key_Left, ALT)
    assert lines(editor)[3] == "rest for 30 min"

    press(editor.list, Qt.Key.Key_Right, ALT)

    assert editor.blocks == before


def test_a_new_step_goes_into_the_chosen_slot(editor: BlockEditor) -> None:
    editor.choose((2, "otherwise"))
    editor.add()

    assert lines(editor)[-2:] == ["  otherwise:", "    rest for …"]


def test_undo_and_redo_work_from_the_list_and_from_a_field(
    editor: BlockEditor,
) -> None:
    before = editor.blocks
    editor.choose((1, "steps", 1))
    editor.form.rows["duration"].focus()
    field = editor.form.rows["duration"].input
    assert isinstance(field, QLineEdit)
    field.selectAll()
    write(field, "2 h")
    after = editor.blocks
    assert lines(editor)[3] == "  rest for 2 h"

    press(field, Qt.Key.Key_Z, CTRL)
    assert editor.blocks == before
    assert field.text() == "30 min"
    press(field, Qt.Key.Key_Z, CTRL | SHIFT)
    assert editor.blocks == after
    editor.list.setFocus()
    press(editor.list, Qt.Key.Key_Z, CTRL)
    assert editor.blocks == before


def test_another_kind_is_chosen_from_a_list(editor: BlockEditor) -> None:
    editor.choose((0,))
    editor.one.kind.setCurrentIndex(editor.one.kind.findData("Voltage"))

    assert lines(editor)[0] == "hold … for at most 25 h until full: voltage ≤ 5 mV"


def test_steps_that_another_kind_cannot_hold_are_told_and_come_back(
    editor: BlockEditor,
) -> None:
    before = editor.blocks
    editor.choose((1,))
    editor.one.kind.setCurrentIndex(editor.one.kind.findData("Rest"))

    assert "2 inside cannot stand here" in editor.one.help
    editor.undo()
    assert editor.blocks == before


@pytest.mark.parametrize(
    ("right", "wrong", "row", "field", "said"),
    [
        # a condition of a step at the top
        ("<= 5 mV", "<= -3 V", (0,), "until", "-3 V is below the limit of sample"),
        # a condition of a step within a block
        (
            "D/2, duration: 3 h",
            "D/2, duration: 3 h, until: ['low: voltage <= -4 V']",
            (1, "steps", 0),
            "until",
            "-4 V is below the limit of sample",
        ),
        # a field of a block within the step
        (
            "duration: 30 min",
            "duration: 30 min, record: {current: -1 A}",
            (1, "steps", 1),
            "record.current",
            "has a sign",
        ),
        # the step as a whole
        ("\n  then:\n    - {do: peis, last_frequency: 10 mHz}", "", (2,), "",
         "does nothing either way"),
    ],
)  # fmt: skip
def test_what_the_station_says_stands_at_its_step_and_field(
    qtbot: QtBot,
    composer: Composer,
    editor: BlockEditor,
    right: str,
    wrong: str,
    row: tuple[str | int, ...],
    field: str,
    said: str,
) -> None:
    assert right in PLAN
    editor.text.type(PLAN.replace(right, wrong))
    qtbot.waitUntil(lambda: said in composer.verdict, timeout=10_000)

    marked = [r.place for r in editor.list.rows.rows if r.complaint]
    assert marked == [row]
    editor.choose(row)
    if field:
        assert said in editor.form.rows[field].said
        qtbot.waitUntil(editor.form.rows[field].isVisible)
    assert said in composer.form.rows["steps"].said


def test_a_pasted_text_becomes_the_list_and_the_list_the_text(
    editor: BlockEditor,
) -> None:
    editor.choose((0,))
    editor.remove()
    editor.tabs.setCurrentIndex(TEXT)

    assert "D/20" not in editor.text.field.toPlainText()
    editor.text.type("steps:\n  - {do: rest, duration: 1 h}\n")
    assert lines(editor) == ["rest for 1 h"]


def test_a_text_that_is_not_understood_keeps_the_steps_and_shuts_start(
    composer: Composer, editor: BlockEditor
) -> None:
    before = editor.blocks
    editor.tabs.setCurrentIndex(TEXT)
    editor.text.type("- {do: rest, duration: 1 h}\n- {do: rest, durtion: 1 h}\n")

    assert editor.blocks == before
    assert editor.text.said.startswith("line 2: step 2, durtion")
    assert "did you mean `duration`" in composer.verdict
    editor.tabs.setCurrentIndex(0)
    editor.tabs.setCurrentIndex(TEXT)
    assert "durtion" in editor.text.field.toPlainText()  # nothing typed is lost
    editor.text.type("- {do: rest, duration: 1 h}\n")
    assert "durtion" not in composer.verdict


def test_escape_gives_the_run_back_its_place(
    composer: Composer, editor: BlockEditor, qapp: QApplication
) -> None:
    editor.list.setFocus()
    press(editor.list, Qt.Key.Key_Escape)
    qapp.processEvents()

    assert not editor.isVisible()
    assert composer.form.rows["steps"].input.hasFocus()
    assert "6 with those inside" in composer.form.rows["steps"].said


def test_another_sample_keeps_the_steps(
    composer: Composer, editor: BlockEditor
) -> None:
    before = editor.blocks
    composer.load_samples()
    composer._new_draft()

    assert composer.draft is not None
    assert composer.draft.blocks["steps"] == before


def test_the_editor_fits_a_small_screen(editor: BlockEditor) -> None:
    window = editor.window()
    assert window is not None

    assert window.minimumSizeHint().width() <= 1280
    assert window.minimumSizeHint().height() <= 720
    assert window.width() == 1280


# ---- the form around it


def test_a_folded_group_opens_when_something_in_it_is_wrong(
    qtbot: QtBot, composer: Composer
) -> None:
    composer.choose("formation-cycling")
    fold = composer.form.folds[FieldGroup.RECORDING]
    row = composer.form.rows["record_every"]
    assert not row.isVisible()
    composer.form.type("record_every", "-1 s")

    qtbot.waitUntil(row.isVisible, timeout=10_000)
    assert "1 to fix" in fold.text()
    composer.form.type("record_every", "20 s")
    qtbot.waitUntil(lambda: composer.can_start, timeout=10_000)
    assert "to fix" not in fold.text()


def test_a_dry_run_lists_what_would_be_done(
    qtbot: QtBot, open_window: Open, empty: RealStation
) -> None:
    window = open_window(empty)
    composer = window.bench.composer
    qtbot.waitUntil(lambda: composer.can_start, timeout=10_000)
    press(window, Qt.Key.Key_D, CTRL)

    qtbot.waitUntil(lambda: len(composer.dry.table.rows.rows) == 12, timeout=20_000)
    rows = composer.dry.table.rows.rows
    assert (rows[0].label, rows[0].begins) == ("lithiation at C/20", "at once")
    assert (rows[1].begins, rows[1].lasts) == ("20 h 56 min", "19 h 20 min")
    assert "First: lithiation at C/20" in composer.dry.text
    assert not composer.form.isVisible()
    press(window, Qt.Key.Key_D, CTRL)
    assert composer.form.isVisible()
    assert not empty.bench.runs


def test_a_dry_run_follows_what_is_typed(
    qtbot: QtBot, open_window: Open, empty: RealStation
) -> None:
    window = open_window(empty)
    composer = window.bench.composer
    qtbot.waitUntil(lambda: composer.can_start, timeout=10_000)
    composer.dry_run()
    composer.form.type("upper_voltage", "4,45")

    qtbot.waitUntil(lambda: "has no unit" in composer.dry.text, timeout=10_000)
    assert not composer.dry.table.rows.rows


def test_a_plan_is_saved_and_opened_by_key(
    composer: Composer,
    editor: BlockEditor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = tmp_path / "mine"
    answer = (str(plan), "")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a: answer)
    read = (str(plan.with_suffix(".yaml")), "")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_a: read)
    window = composer.window()
    assert window is not None
    before = editor.blocks
    press(window, Qt.Key.Key_S, CTRL)
    assert composer.foot.note_text == "Saved mine.yaml."
    composer.choose("formation-cycling")

    press(window, Qt.Key.Key_O, CTRL)

    assert composer.draft is not None
    assert composer.draft.protocol.name == "sequence"
    assert composer.draft.blocks["steps"] == before
    assert composer.foot.note_text == "Opened mine.yaml."


def test_a_plan_that_does_not_fit_changes_nothing_and_says_why(
    composer: Composer, tmp_path: Path
) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text("protocol: sequence\nspeed: 3\nsample: nobody\n", "utf-8")
    before = composer.draft

    composer.open_plan(plan)

    assert composer.draft is before
    assert "plan.yaml:2 speed: got an unknown key" in composer.foot.note_text
    assert "`nobody` is not known here" in composer.foot.note_text
