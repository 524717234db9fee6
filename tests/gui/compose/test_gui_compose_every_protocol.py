"""Every parameter of every protocol can be given in the window, and is seen whole."""

import json
from typing import Any

import pytest
from PyQt6.QtCore import QRect, Qt
from PyQt6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from gui.compose.blocks.block_data import from_data
from gui.compose.blocks.shapes import languages_of
from gui.compose.draft import Draft
from gui.compose.parameter_form import ParameterForm
from gui.look.settings import Settings
from gui.parts.form_fields import FieldKind, FormField, fields_of
from gui.parts.inputs import FieldRow
from labctl import plugins
from labctl.api.answers import ProtocolOut, SampleOut
from labctl.service.http.catalogue import protocols

PROTOCOLS = {p.name: p for p in protocols()}
RICH: dict[tuple[str, str], Any] = {
    ("sequence", "steps"): [
        {"do": "rest", "duration": "10 min"},
        {
            "do": "repeat",
            "times": 2,
            "steps": [
                {
                    "do": "current",
                    "rate": "D/2",
                    "duration": "3 h",
                    "until": ["full: voltage <= 5 mV"],
                    "record": {"every": "10 s"},
                }
            ],
        },
    ],
    ("pellet-conductivity", "series"): [{"thickness": "0.8 mm", "resistance": "12 Ω"}],
}
NEEDED = {("sequence", "steps"), ("watched", "record")}
"""What has no default."""


def sample(protocol: ProtocolOut) -> SampleOut:
    """Return a sample that a protocol can measure, with as little label as possible."""
    kind = protocol.sample_kinds[0]
    label = {"name": "x", "kind": kind, "active_mass": "1.2 mg", "one_c": "4 mAh"}
    return SampleOut(name="x", kind=kind, title="", simulated=True, label=label)


def every_field(protocol: ProtocolOut) -> list[FormField]:
    """Return the fields of a protocol and of everything that can stand in its lists."""
    found = [
        f for f in fields_of(protocol.parameters) if f.kind is not FieldKind.BLOCKS
    ]
    for language in languages_of(protocol.parameters).values():
        for shape in language.shapes.values():
            found += shape.fields
    return found


def validated(protocol: ProtocolOut, given: dict[str, Any]) -> Any:
    """Return parameters as the station understands them."""
    model = plugins.protocol(protocol.name).parameters_model
    whole = {**protocol.presets.get("half-cell", {}), **given}
    return model.model_validate_json(json.dumps(whole), strict=True)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_no_parameter_is_left_out_of_the_form(name: str) -> None:
    protocol = PROTOCOLS[name]
    shown = {f.name.partition(".")[0] for f in fields_of(protocol.parameters)}

    assert shown == set(protocol.parameters["properties"])
    for field in fields_of(protocol.parameters):
        if field.kind is FieldKind.BLOCKS:
            assert languages_of(protocol.parameters)[field.name].top.kinds
    for field in every_field(protocol):
        assert field.kind is not FieldKind.YAML, (
            field.name,
            "has a better way than YAML",
        )


@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_parameter_takes_what_is_typed(qtbot: QtBot, name: str) -> None:
    for field in every_field(PROTOCOLS[name]):
        row = FieldRow(field)
        qtbot.addWidget(row)
        told: list[str] = []
        row.edited.connect(told.append)
        if isinstance(row.input, QLineEdit):
            assert not row.input.isReadOnly()
            row.input.textEdited.emit("x")
            assert told == [field.name]
        else:
            assert row.input.focusPolicy() & Qt.FocusPolicy.TabFocus


@pytest.mark.parametrize("name", PROTOCOLS)
def test_an_untouched_form_is_an_order_the_protocol_takes(name: str) -> None:
    protocol = PROTOCOLS[name]
    draft = Draft(protocol, sample(protocol))

    missing = {f.name for f in draft.fields if not draft.resolved()[f.name].ok}
    needed = {field for p, field in NEEDED if p == name}

    assert missing == needed
    assert draft.parameters() == {}
    if not needed:
        validated(protocol, {})


@pytest.mark.parametrize(("name", "parameter"), RICH)
def test_a_list_of_blocks_that_was_edited_is_an_order_the_protocol_takes(
    name: str, parameter: str
) -> None:
    protocol = PROTOCOLS[name]
    draft = Draft(protocol, sample(protocol))
    given = RICH[name, parameter]
    blocks, troubles = from_data(draft.languages[parameter], given)
    assert not troubles

    draft.blocks[parameter] = blocks

    assert draft.problem == ""
    assert draft.parameters() == {parameter: given}
    found = validated(protocol, draft.parameters())
    assert len(getattr(found, parameter)) == len(given)


def test_every_list_of_blocks_has_been_tried() -> None:
    there = {(p, name) for p in PROTOCOLS for name in _languages(p)}

    assert there == set(RICH)


def test_no_preset_is_not_the_preset_of_the_label() -> None:
    protocol = PROTOCOLS["formation-cycling"]
    label = {"name": "x", "kind": "half_cell", "preset": "half-cell"}
    cell = SampleOut(name="x", kind="half_cell", title="", simulated=True, label=label)
    draft = Draft(protocol, cell)
    assert draft.preset == "half-cell"

    draft.preset = ""
    draft.begin()

    # the station starts from the label's preset, so the defaults must be said
    model = plugins.protocol(protocol.name).parameters_model
    assert validated(protocol, draft.parameters()) == model()


@pytest.mark.parametrize("name", PROTOCOLS)
def test_no_label_is_cut_at_the_width_of_the_composer(
    qtbot: QtBot, qapp: QApplication, name: str
) -> None:
    form = ParameterForm()
    qtbot.addWidget(form)
    form.resize(Settings().right - 24, 900)
    form.show_fields(fields_of(PROTOCOLS[name].parameters), {})
    for fold in form.folds.values():
        fold.setChecked(True)
    form.show()
    qapp.processEvents()

    for row in form.rows.values():
        _whole(row)


def test_no_label_of_a_step_is_cut_in_the_editor(
    qtbot: QtBot, qapp: QApplication
) -> None:
    for shape in languages_of(PROTOCOLS["sequence"].parameters)[
        "steps"
    ].shapes.values():
        form = ParameterForm(captions=False)
        qtbot.addWidget(form)
        form.resize(240, 900)
        form.show_fields(shape.fields, {})
        for fold in form.folds.values():
            fold.setChecked(True)
        form.show()
        qapp.processEvents()
        for row in form.rows.values():
            _whole(row)


def _whole(row: FieldRow) -> None:
    """Assert that a label's text has room, in at most two lines."""
    label = row.label
    width, height = label.contentsRect().width(), label.contentsRect().height()
    wrap = int(Qt.TextFlag.TextWordWrap)
    metrics = label.fontMetrics()
    needed = metrics.boundingRect(QRect(0, 0, width, 1000), wrap, label.text())
    assert label.text() == row.field.label
    assert needed.width() <= width, row.field.name
    assert needed.height() <= height, row.field.name
    assert needed.height() <= 2 * metrics.lineSpacing(), row.field.name


def _languages(protocol: str) -> list[str]:
    return list(languages_of(PROTOCOLS[protocol].parameters))
