"""What a researcher stumbles over on the first day with the window."""

from collections.abc import Callable
from typing import Any

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot
from real_station import RealStation, raise_alarm

from gui.compose.readiness import elsewhere_text, forecast_text, readiness
from gui.link.link_state import Answering, LinkStatus
from gui.look.colours import StateLook
from gui.look.plain_words import title_of, unmarked
from gui.look.si_text import protocol_words
from gui.parts.form import Referred, resolve
from gui.parts.form_fields import Bounds, FieldGroup, FieldKind, FormField
from gui.parts.inputs import Button, Line
from gui.run.result_rows import result_rows
from gui.run.states import envelope_text, tiles_of
from gui.run.step_rows import step_rows
from gui.shell.banners import STARTING, Banners
from gui.shell.window import MainWindow
from labctl.api.answers import Checked
from labctl.api.states import RunState
from labctl.data import Quality, Result
from labctl.errors import Complaint, Place

Open = Callable[..., MainWindow]


def checked(**more: Any) -> Checked:
    """Return what the station says to an order that it can start."""
    return Checked(
        **{
            "ok": True,
            "complaints": [],
            "warnings": [],
            "channels": {},
            "busy": {},
            "limits": {},
            "parameters": {},
            **more,
        }
    )


# ---- nothing that is not of now, nothing that is not so


@pytest.mark.parametrize(
    ("last", "said"),
    [
        # silicon on its way down: the lower stop is near 0 V, and near
        ({"voltage_volt": 0.25}, "260 mV above the stop at −10.0 mV"),
        ({"voltage_volt": 1.45}, "100 mV below the stop at 1.55 V"),
        # a current close to its stop counts more than a voltage far from its own
        (
            {"voltage_volt": 0.8, "current_ampere": -1.2e-3},
            "90.0 µA above the stop at −1.29 mA",
        ),
    ],
)
def test_the_nearest_stop_is_the_one_that_is_reached_first(
    last: dict[str, float | None], said: str
) -> None:
    bounds: dict[str, tuple[float | None, float | None]] = {
        "voltage_volt": (-0.01, 1.55),
        "current_ampere": (-1.29e-3, 1.29e-3),
    }

    assert envelope_text(last, bounds) == said


def test_the_current_of_before_a_hold_is_not_shown_as_flowing(
    station: RealStation,
) -> None:
    [run] = station.started
    station.client.hold(run)
    station.until(lambda: station.run(run).state is RunState.HOLD)

    tile = next(t for t in tiles_of(station.state()) if t.run == run)

    assert tile.secondary == "before the hold"


def test_the_present_step_has_the_shape_of_what_goes_on(few: RealStation) -> None:
    steps = few.client.steps(few.started[1])

    rows = step_rows(steps, None, live=True, now=StateLook.DISCHARGING)

    assert [r.look for r in rows if r.state == "now"] == [StateLook.DISCHARGING]


def test_a_forecast_that_ends_by_a_limit_says_so_and_no_duration(
    few: RealStation,
) -> None:
    run = few.started[1]
    few.until(lambda: few.client.expected(run))
    found = few.client.expected(run)
    assert found is not None

    cut = found.model_copy(update={"status": "limit", "reason": "1.62 V is too high"})

    assert forecast_text(cut, 500) == "On the twin it ends by limit: 1.62 V is too high"


# ---- words


def test_a_message_is_said_without_marks_for_code() -> None:
    assert unmarked("5 has no unit; such as `5C`") == "5 has no unit; such as 5C"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (("parameters", "upper_voltage"), "Upper voltage"),
        (
            ("parameters", "steps", 2, "then", 0, "until", 1),
            "Step 3, then 1, until 2",
        ),
        (("channels", "current_source"), "Role current source"),
        (("sample", "active_mass"), "Sample, active mass"),
        ((), ""),
    ],
)
def test_a_place_is_named_as_the_form_names_it(path: Place, said: str) -> None:
    assert title_of(path) == said


def test_a_run_that_holds_five_channels_is_named_once() -> None:
    run = "20260807-021500-hall-effect-film-1-3f9a"
    busy = dict.fromkeys(("k6221", "k2182a", "ls643"), run)

    said = readiness("", checked(busy=busy), there=True).text

    assert said.count("hall-effect-film-1") == 1
    assert "k6221 and 2 more channels are busy with hall-effect-film-1." in said


def test_a_sample_that_is_measured_already_is_named_with_its_channel(
    few: RealStation,
) -> None:
    state = few.state()

    note = elsewhere_text("qms-0.7", state.runs)

    assert note.endswith("is being measured on vsp300/1.")
    assert elsewhere_text("another", state.runs) == ""
    assert note in readiness("", checked(), there=True, elsewhere=note).text


def test_roles_and_complaints_are_said_in_words() -> None:
    hint = Complaint(("parameters", "upper_voltage"), "6 V is too high.")
    wrong = readiness("", checked(ok=False, complaints=[hint]), there=True)
    right = readiness("", checked(channels={"current_source": "k6221"}), there=True)

    assert wrong.text == "Upper voltage: 6 V is too high."
    assert right.text == "Checks passed: current source on k6221."


def test_a_result_is_written_as_in_a_paper() -> None:
    density = Result(
        value=4.9929e13,
        uncertainty=7.4e10,
        unit="cm^-2",
        quality=Quality.GOOD,
        reason="",
    )

    row = result_rows({"sheet_density": density})[0]

    assert (row.value, row.unit) == ("(4.9929 ± 0.0074) × 10¹³", "cm⁻²")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        # nothing new is said, so the form does not move
        ("5mV", ""),
        ("5 mV", ""),
        ("0.005 V", "= 5.000 mV"),
    ],
)
def test_a_text_is_repeated_only_where_it_comes_to_something_else(
    text: str, shown: str
) -> None:
    field = FormField(
        "level", "Level", FieldKind.QUANTITY, FieldGroup.BASIC, "", "V", bounds=Bounds()
    )

    assert resolve(field, text, {}, Referred()).shown == shown


def test_a_protocol_is_called_as_the_field_writes_it() -> None:
    names = ("insitu-eis", "gitt", "van-der-pauw", "formation-cycling")

    assert [protocol_words(name) for name in names] == [
        "in situ EIS",
        "GITT",
        "van der Pauw",
        "formation cycling",
    ]


# ---- keyboard and places


def test_space_in_the_list_acknowledges(
    qtbot: QtBot, open_window: Open, station: RealStation
) -> None:
    raise_alarm(station)
    window = open_window(station)
    events = window.bench.events
    qtbot.waitUntil(lambda: any(e.needs_you for e in events.shown))
    events.table.setFocus()
    events.table.selectRow(0)

    QTest.keyClick(events.table, Qt.Key.Key_Space)  # type: ignore[call-overload]

    qtbot.waitUntil(lambda: not any(e.needs_you for e in events.shown))


def test_a_button_gets_the_keyboard_back_and_gives_it_to_nobody(qtbot: QtBot) -> None:
    page = QWidget()
    qtbot.addWidget(page)
    box, button, line = QVBoxLayout(page), Button("Ramp"), Line("Field")
    box.addWidget(button)
    box.addWidget(line)
    page.show()
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    button.setFocus()

    button.setEnabled(False)
    assert not line.hasFocus()
    button.setEnabled(True)

    assert QApplication.focusWidget() is button


def test_a_sample_name_is_refused_in_words_before_it_is_sent(
    open_window: Open, empty: RealStation
) -> None:
    samples = open_window(empty).samples
    samples.type("name", "si A17")
    samples.save()

    assert not empty.did("/samples")
    assert "letters, digits" in samples.said_of("name")


def test_a_station_that_was_asked_to_start_is_starting_not_stopped(
    qtbot: QtBot,
) -> None:
    banners = Banners()
    qtbot.addWidget(banners)
    lost = LinkStatus(Answering.LOST, 5.0, "nobody answers")
    banners.show_link(lost, dead=True, can_start=True)
    asked: list[bool] = []
    banners.restart_wanted.connect(lambda: asked.append(True))

    banners.start_station()
    banners.show_link(lost, dead=True, can_start=True)

    assert asked
    assert banners.link.text == STARTING


def test_empty_lists_say_why(open_window: Open, empty: RealStation) -> None:
    window = open_window(empty)

    assert window.bench.queue.table.nothing == "Nothing waits."
