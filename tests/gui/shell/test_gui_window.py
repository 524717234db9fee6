"""The whole window on a real station in this process."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from keyboard import press, write
from past_runs import PastRuns
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QWheelEvent
from PyQt6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QLineEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot
from real_station import CELLS, RealStation, raise_alarm

from gui.look.settings import Settings, load, save
from gui.parts.inputs import Choice
from gui.plot.figure_file import csv_text
from gui.run.live_plot import LivePlot
from gui.shell.faults import Faults
from gui.shell.window import MainWindow
from labctl.api.comparison import Asked, Normalised
from labctl.data import Level

Open = Callable[..., MainWindow]


def show(window: MainWindow, title: str) -> None:
    """Bring a view of the run to the front."""
    tabs = window.bench.run_view.tabs
    titles = [tabs.tabText(k) for k in range(tabs.count())]
    tabs.setCurrentIndex(titles.index(title))


# ---- the bench


def test_a_window_that_opens_shows_the_first_live_run(
    qtbot: QtBot, open_window: Open, station: RealStation
) -> None:
    window = open_window(station)

    qtbot.waitUntil(lambda: window.bench.run_view.tabs.count() > 5)
    assert window.bench.run_view.run == station.started[0]
    assert window.windowTitle() == "battery-bench [SIMULATED] – labctl"


def test_measured_points_and_forecast_are_drawn(
    qtbot: QtBot, open_window: Open, station: RealStation
) -> None:
    window = open_window(station)
    qtbot.waitUntil(lambda: window.bench.run_view.live_plot is not None)
    plot = window.bench.run_view.live_plot
    assert plot is not None
    voltage = plot.tracks[0]

    qtbot.waitUntil(lambda: voltage.measured.xData is not None)
    qtbot.waitUntil(lambda: voltage.expected.xData is not None, timeout=20_000)
    qtbot.waitUntil(lambda: len(voltage.expected.xData) > 0)
    assert len(voltage.measured.xData) > 200
    assert voltage.expected.xData[0] >= voltage.measured.xData[-1]


@pytest.mark.parametrize(
    ("title", "figures"),
    [("Q–V", 1), ("dQ/dV", 1), ("Capacity · CE", 1), ("Impedance", 4)],
)
def test_every_view_of_a_cell_draws_its_figures(
    qtbot: QtBot, open_window: Open, past: PastRuns, title: str, figures: int
) -> None:
    protocol = "peis" if title == "Impedance" else "formation-cycling"
    run = past.finished(protocol)
    window = open_window(past)
    window.bench.open_run(run)
    qtbot.waitUntil(lambda: window.bench.run_view.tabs.count() > 5)
    show(window, title)
    tab = next(t for t in window.bench.run_view.figure_tabs if t.tab.title == title)

    qtbot.waitUntil(lambda: len(tab.figures) >= figures, timeout=10_000)
    assert all(any(len(s.x) for s in f.series) for f in tab.figures)


def test_arrow_keys_walk_through_the_tiles(open_window: Open, few: RealStation) -> None:
    window = open_window(few)
    grid = window.bench.grid
    grid.focus_channel(CELLS[0])

    press(grid, Qt.Key.Key_Right)

    assert grid.focused is not None
    assert grid.focused.channel == CELLS[1]
    assert window.bench.run_view.run == grid.focused.run
    assert "vsp300/2, lco, CC" in grid.accessibleDescription()


def test_many_busy_channels_become_rows(
    open_window: Open, qtbot: QtBot, stand: Callable[..., RealStation]
) -> None:
    cells = [*(f"wide/{k}" for k in range(1, 17)), "small/1"]
    wide = {"model": "VMP3", "channels": 16, "slots": 16}
    station = stand(
        instruments={
            "wide": {"driver": "biologic", "address": "10.0.0.1", "simulated": wide},
            "small": {"driver": "biologic", "address": "10.0.0.2"},
        },
        channels={"cell": cells},
        temperature={},
    )
    for channel in cells:
        station.start(channel=channel)
    window = open_window(station)

    qtbot.waitUntil(lambda: len(window.bench.grid.tiles) == 17)
    assert window.bench.grid.minimumHeight() < 1000


def test_many_free_channels_stay_in_sight(
    open_window: Open, qtbot: QtBot, empty: RealStation
) -> None:
    window = open_window(empty, width=1440, height=860)
    grid = window.bench.grid

    qtbot.waitUntil(lambda: len(grid.tiles) > 40)

    assert grid.minimumHeight() < 860 - 100


# ---- asking of a run


def test_hold_asks_for_a_reason_and_says_what_the_output_does(
    qtbot: QtBot, open_window: Open, station: RealStation
) -> None:
    window = open_window(station)
    head = window.bench.run_view.head
    qtbot.waitUntil(head.hold_button.isVisible)
    head.hold_or_resume()
    assert head.question.isVisible()
    assert "circuit is opened" in head.question.text

    write(head.question.reason, "check the clip")
    press(head.question.reason, Qt.Key.Key_Return)

    qtbot.waitUntil(lambda: bool(station.did("/hold")))
    assert station.did("/hold")[0].given == {"reason": "check the clip"}
    qtbot.waitUntil(lambda: head.hold_button.text() == "Resume")


def test_a_watched_run_offers_nothing_that_it_cannot_do(
    qtbot: QtBot, open_window: Open, stand: Callable[..., RealStation]
) -> None:
    station = stand()
    run = station.start("watched", "qms-0.7", record="cell.wrd")
    station.go_on(600.0)
    window = open_window(station)
    window.bench.open_run(run)
    head = window.bench.run_view.head
    qtbot.waitUntil(lambda: station.run(run).only_watches)
    qtbot.waitUntil(lambda: not head.end_button.isHidden())
    qtbot.waitUntil(head.hold_button.isHidden)
    assert head.skip_button.isHidden()

    head.end()

    assert "the instrument goes on" in head.question.text


def test_discarding_asks_for_the_name_of_the_sample(
    qtbot: QtBot, open_window: Open, interrupted: RealStation
) -> None:
    run = interrupted.started[0]
    window = open_window(interrupted)
    window.bench.open_run(run)
    head = window.bench.run_view.head
    qtbot.waitUntil(lambda: not head.discard_button.isHidden())
    head.discard()
    write(head.question.reason, "no")
    press(head.question.reason, Qt.Key.Key_Return)
    assert not interrupted.did("/discard")

    head.question.reason.clear()
    write(head.question.reason, interrupted.run(run).sample)
    press(head.question.reason, Qt.Key.Key_Return)

    qtbot.waitUntil(lambda: bool(interrupted.did("/discard")))


def test_stop_all_needs_no_question_and_shows_what_was_measured(
    qtbot: QtBot, open_window: Open, station: RealStation
) -> None:
    window = open_window(station)
    press(
        window,
        Qt.Key.Key_F12,
        Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
    )

    qtbot.waitUntil(window.banners.stop.isVisible)
    # an ammeter reads its own zero error: within 0.03 % of its 10 mA range
    qtbot.waitUntil(lambda: " mA measured" in window.banners.stop.text)
    assert re.search(r"[−-]?0\.00\d\d mA measured", window.banners.stop.text)


def test_a_station_that_does_not_answer_a_stop_finds_the_stop_file(
    qtbot: QtBot, open_window: Open, station: RealStation
) -> None:
    window = open_window(station)
    station.line.is_cut = True

    window.link.stop_all("")

    qtbot.waitUntil(lambda: not station.is_live(station.started[0]))
    assert "STOP ALL by the file STOP" in station.bench.runs[0].summary().reason


def test_a_stop_is_asked_again_while_connections_are_cut(station: RealStation) -> None:
    station.line.lost["/stop"] = 5

    station.client.stop_all("smoke")

    assert station.line.lost["/stop"] == 0


# ---- composing


def test_a_newcomer_starts_a_run(
    qtbot: QtBot, open_window: Open, station: RealStation
) -> None:
    window = open_window(station)
    composer = window.bench.composer
    qtbot.waitUntil(lambda: composer.can_start, timeout=10_000)

    composer.start()

    qtbot.waitUntil(lambda: len(station.bench.runs) == 2)
    new = station.bench.runs[1].about.run
    qtbot.waitUntil(lambda: window.bench.run_view.run == new)


def test_a_text_that_cannot_be_read_stays_and_keeps_start_shut(
    qtbot: QtBot, open_window: Open, station: RealStation
) -> None:
    window = open_window(station)
    composer = window.bench.composer
    qtbot.waitUntil(lambda: composer.can_start, timeout=10_000)

    composer.form.type("upper_voltage", "4,45")

    assert not composer.can_start
    assert composer.form.rows["upper_voltage"].text == "4,45"
    assert "has no unit" in composer.verdict


def test_a_question_that_was_not_answered_is_asked_again(
    qtbot: QtBot, open_window: Open, station: RealStation
) -> None:
    station.line.lost["/samples"] = 2
    window = open_window(station)

    qtbot.waitUntil(lambda: window.bench.composer.can_start, timeout=20_000)
    assert station.line.lost["/samples"] == 0


def test_what_the_station_refuses_is_said_at_its_field(
    qtbot: QtBot, open_window: Open, station: RealStation
) -> None:
    window = open_window(station)
    composer = window.bench.composer
    qtbot.waitUntil(lambda: composer.can_start, timeout=20_000)

    composer.form.type("upper_voltage", "4.9 V")

    qtbot.waitUntil(lambda: "4.9 V" in composer.verdict, timeout=10_000)
    assert not composer.can_start
    assert "4.9 V" in composer.form.rows["upper_voltage"].said


def test_a_free_channel_that_is_chosen_becomes_the_channel(
    qtbot: QtBot, open_window: Open, station: RealStation
) -> None:
    window = open_window(station)
    composer = window.bench.composer
    qtbot.waitUntil(lambda: composer.can_start, timeout=10_000)

    window.bench.compose_on(CELLS[3])

    assert composer.draft is not None
    assert composer.draft.order().channels == {"cell": CELLS[3]}


def test_the_wheel_over_a_box_without_focus_changes_nothing(qtbot: QtBot) -> None:
    box = Choice("technique")
    box.addItems(["CC", "CV", "EIS"])
    qtbot.addWidget(box)
    box.show()
    box.clearFocus()
    wheel = QWheelEvent(
        QPointF(5, 5),
        QPointF(5, 5),
        QPoint(0, -120),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )

    QApplication.sendEvent(box, wheel)

    assert box.currentText() == "CC"


# ---- events, link, faults


def test_an_alarm_stays_until_somebody_acknowledges_it(
    qtbot: QtBot, open_window: Open, station: RealStation
) -> None:
    raise_alarm(station)
    window = open_window(station)
    events = window.bench.events
    qtbot.waitUntil(lambda: any(e.needs_you for e in events.shown))
    assert events.shown[0].needs_you
    alarm = events.shown[0].number

    events.table.selectRow(0)
    events.acknowledge()

    qtbot.waitUntil(lambda: not any(e.needs_you for e in events.shown))
    [line] = station.did("/acknowledge")
    assert line.command == f"POST /events/{alarm}/acknowledge"
    assert line.given == {"by": "Kim"}


def test_an_event_is_fetched_when_it_happens(
    qtbot: QtBot, open_window: Open, station: RealStation
) -> None:
    window = open_window(station)
    station.bench.events.tell(Level.WARNING, "clock", "the clock was set back by 4 s")

    qtbot.waitUntil(lambda: any(e.code == "clock" for e in window.bench.events.shown))


def test_a_lost_link_greys_the_window_and_comes_back_by_itself(
    qtbot: QtBot, open_window: Open, station: RealStation
) -> None:
    window = open_window(station)
    qtbot.waitUntil(lambda: window.bench.composer.can_start, timeout=10_000)

    station.line.is_cut = True
    qtbot.waitUntil(window.banners.link.isVisible, timeout=6000)
    assert not window.bench.composer.can_start
    station.line.is_cut = False

    qtbot.waitUntil(lambda: not window.banners.link.isVisible(), timeout=8000)


def test_a_fault_of_a_view_is_told_once_and_costs_nothing_else(
    open_window: Open, station: RealStation
) -> None:
    window = open_window(station)
    told: list[str] = []
    faults = Faults(told.append)
    error = ValueError("a view stumbled")

    for _ in range(560):
        faults.take(ValueError, error, None)
    window.fault.emit(told[0])

    assert len(told) == 1
    assert "a view stumbled" in window.banners.fault.text
    assert window.isVisible()


def test_closing_the_window_asks_nothing_of_the_station(
    open_window: Open, station: RealStation
) -> None:
    window = open_window(station)
    before = station.did("")

    window.close()

    assert station.did("") == before


# ---- runs, samples, instruments, settings


def test_ticked_runs_are_laid_over_each_other(
    qtbot: QtBot, open_window: Open, few: RealStation
) -> None:
    window = open_window(few)
    window.header.pages.setCurrentIndex(1)
    qtbot.waitUntil(lambda: len(window.runs.shown) == 4)
    for run in few.started[1:3]:
        window.runs.tick(run)

    qtbot.waitUntil(
        lambda: (
            window.runs.view.figure is not None
            and len(window.runs.view.figure.series) == 2
        )
    )


def test_an_export_holds_what_is_shown_and_says_simulated(
    qtbot: QtBot, open_window: Open, few: RealStation, tmp_path: Path
) -> None:
    window = open_window(few)
    window.header.pages.setCurrentIndex(1)
    qtbot.waitUntil(lambda: len(window.runs.shown) == 4)
    window.runs.tick(few.started[1])
    qtbot.waitUntil(lambda: window.runs.view.figure is not None)

    window.runs.export(tmp_path / "out.csv")

    lines = (tmp_path / "out.csv").read_text("utf-8").splitlines()
    assert lines[0] == "# SIMULATED"
    assert "Voltage / V (qms-0.7)" in lines[2]
    assert len(lines) > 100


def test_normalising_by_mass_divides_by_that_of_the_label(past: PastRuns) -> None:
    runs = (past.finished("formation-cycling"),)
    asked = Asked(runs, "Capacity against cycle", Normalised.MASS)

    figure = past.client.overlay(asked).figure

    own = past.client.results(*runs)["first_lithiation_capacity"].value
    assert figure.y_label == "Discharge capacity / mAh/g"
    assert figure.series[0].y[0] == pytest.approx(own, rel=1e-3)
    assert "SIMULATED" in csv_text(figure, simulated=True)


def test_a_label_that_is_saved_reaches_the_station_as_typed(
    qtbot: QtBot, open_window: Open, station: RealStation
) -> None:
    window = open_window(station)
    page = window.samples
    page.type("name", "si-9")
    page.type("kind", "half cell")
    page.type("active_mass", "1,25 mg")
    page.save()

    qtbot.waitUntil(lambda: bool(station.did("PUT /samples/si-9")))
    label = station.did("PUT /samples/si-9")[0].given["label"]
    assert label["active_mass"] == "1,25 mg"
    assert "thickness" not in label


def test_a_lent_instrument_cannot_be_driven_by_hand(
    qtbot: QtBot, open_window: Open, few: RealStation
) -> None:
    window = open_window(few)
    page = window.instruments
    window.header.pages.setCurrentIndex(2)
    qtbot.waitUntil(lambda: bool(page.table.rows.rows))
    page.table.selectRow(page.table.rows.row_of("k6221"))
    page.choose()

    assert not page.can_drive


def test_settings_survive_and_nonsense_is_forgotten(tmp_path: Path) -> None:
    file = tmp_path / "a" / "window.json"
    save(file, Settings(theme="dark", width=1700))
    kept = load(file)
    file.write_text('{"theme": 3, "width": "wide", "height": 700}', "utf-8")
    half = load(file)

    assert (kept.theme, kept.width) == ("dark", 1700)
    assert (half.theme, half.width, half.height) == ("system", 1440, 700)


# ---- for everybody


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_window_fits_a_small_screen(
    qtbot: QtBot, open_window: Open, station: RealStation, theme: str
) -> None:
    raise_alarm(station)
    window = open_window(station, wanted=theme)
    window.bench.open_run(station.started[0])
    qtbot.waitUntil(lambda: window.bench.run_view.tabs.count() > 5)
    assert window.instruments is not None  # made when it is wanted

    assert window.minimumSizeHint().width() <= 1280
    assert window.minimumSizeHint().height() <= 720


def test_everything_that_takes_the_focus_has_a_name(
    qtbot: QtBot, open_window: Open, few: RealStation
) -> None:
    window = open_window(few)
    qtbot.waitUntil(lambda: window.bench.run_view.tabs.count() > 5)
    assert window.instruments is not None  # made when it is wanted
    kinds = (QAbstractButton, QLineEdit, QComboBox, QAbstractItemView)

    nameless = [
        widget
        for widget in window.findChildren(QWidget)
        if (isinstance(widget, kinds) or widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
        and not _name(widget)
        and not _inner(widget)
    ]

    assert not nameless, [(w, w.parent()) for w in nameless]


def _name(widget: QWidget) -> str:
    if isinstance(widget, QAbstractButton) and widget.text():
        return widget.text()
    return widget.accessibleName()


def _inner(widget: QWidget) -> bool:
    """Whether Qt itself made it, inside a widget that has a name."""
    name = type(widget).__name__
    parent = widget.parentWidget()
    made = widget.objectName().startswith("qt_") or name in {
        "QToolButton",
        "QHeaderView",
        "QListView",
        "QTabBar",
        "QTableCornerButton",
        "QAbstractButton",
    }
    return made or isinstance(parent, QComboBox)


def test_a_forecast_that_comes_late_is_drawn_all_the_same(
    qtbot: QtBot, open_window: Open, station: RealStation
) -> None:
    run = station.started[0]
    forecast = station.files.data / run / "forecast.json"
    station.until(forecast.exists)
    text, live = forecast.read_text("utf-8"), station.bench.runs[0]
    known, live.expected_duration = live.expected_duration, None
    forecast.unlink()
    window = open_window(station)
    qtbot.waitUntil(lambda: window.bench.run_view.live_plot is not None)
    plot = window.bench.run_view.live_plot
    assert plot is not None
    qtbot.waitUntil(lambda: plot.tracks[0].measured.xData is not None)
    assert not _expected(plot)

    forecast.write_text(text, "utf-8")
    live.expected_duration = known

    qtbot.waitUntil(lambda: _expected(plot) > 0)


def _expected(plot: LivePlot) -> int:
    drawn = plot.tracks[0].expected.xData
    return 0 if drawn is None else len(drawn)


def test_a_stop_that_was_asked_goes_out_although_the_window_closes(
    qtbot: QtBot, open_window: Open, station: RealStation
) -> None:
    window = open_window(station)
    qtbot.waitUntil(lambda: window.bench.composer.can_start, timeout=10_000)

    window.link.stop_all("leaving")
    window.close()

    assert [line.given for line in station.did("POST /stop")] == [{"reason": "leaving"}]
