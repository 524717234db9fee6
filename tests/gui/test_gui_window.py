"""The whole window on a station that answers by heart."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fake_station import CELLS, NOW, FakeStation
from keyboard import press, write
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

from gui.look.settings import Settings, load, save
from gui.parts.inputs import Choice
from gui.run.live_plot import LivePlot
from gui.runs.view_file import csv_text
from gui.shell.faults import Faults
from gui.shell.window import MainWindow
from labctl.api.answers import ForecastOut
from labctl.api.comparison import Asked, Normalised
from labctl.api.states import RunState
from labctl.data import Level

Open = Callable[..., MainWindow]


def show(window: MainWindow, title: str) -> None:
    """Bring a view of the run to the front."""
    tabs = window.bench.run_view.tabs
    titles = [tabs.tabText(k) for k in range(tabs.count())]
    tabs.setCurrentIndex(titles.index(title))


def acts(station: FakeStation, name: str) -> list[tuple[object, ...]]:
    """Return what was asked of the station under a name."""
    return [act for act in station.acts if act[0] == name]


# ---- the bench


def test_a_window_that_opens_shows_the_first_live_run(
    qtbot: QtBot, open_window: Open, station: FakeStation
) -> None:
    window = open_window(station)

    qtbot.waitUntil(lambda: window.bench.run_view.tabs.count() > 5)
    assert window.bench.run_view.run in station.fake_runs
    assert window.windowTitle() == "battery-bench [SIMULATED] – labctl"


def test_measured_points_and_forecast_are_drawn(
    qtbot: QtBot, open_window: Open, station: FakeStation
) -> None:
    window = open_window(station)
    qtbot.waitUntil(lambda: window.bench.run_view.live_plot is not None)
    plot = window.bench.run_view.live_plot
    assert plot is not None
    voltage = plot.tracks[0]

    qtbot.waitUntil(lambda: voltage.measured.xData is not None)
    qtbot.waitUntil(lambda: voltage.expected.xData is not None)
    qtbot.waitUntil(lambda: len(voltage.expected.xData) > 0)
    assert len(voltage.measured.xData) > 1000
    assert voltage.expected.xData[0] >= voltage.measured.xData[-1]


@pytest.mark.parametrize(
    ("title", "figures"),
    [("Q–V", 1), ("dQ/dV", 1), ("Capacity · CE", 1), ("Impedance", 3)],
)
def test_every_view_of_a_cell_draws_its_figures(
    qtbot: QtBot, open_window: Open, station: FakeStation, title: str, figures: int
) -> None:
    window = open_window(station)
    qtbot.waitUntil(lambda: window.bench.run_view.tabs.count() > 5)
    show(window, title)
    tab = next(t for t in window.bench.run_view.figure_tabs if t.tab.title == title)

    qtbot.waitUntil(lambda: len(tab.figures) == figures, timeout=10_000)
    assert all(any(len(s.x) for s in f.series) for f in tab.figures)


def test_arrow_keys_walk_through_the_tiles(open_window: Open) -> None:
    station = FakeStation("few")
    window = open_window(station)
    grid = window.bench.grid
    grid.focus_channel(CELLS[0])

    press(grid, Qt.Key.Key_Right)

    assert grid.focused is not None
    assert grid.focused.channel == CELLS[1]
    assert window.bench.run_view.run == grid.focused.run
    assert "lfp-117-2" in grid.accessibleDescription()


def test_many_busy_channels_become_rows(open_window: Open, qtbot: QtBot) -> None:
    station = FakeStation("sixteen")
    for k, channel in enumerate(("k2400", "k9")):
        run = station.fake_runs[next(iter(station.fake_runs))]
        changes = {
            "run": f"more-{k}",
            "channels": {"cell": channel},
            "started_unix": NOW,
        }
        station.add(type(run)(run.summary.model_copy(update=changes), run.tables))
    window = open_window(station)

    qtbot.waitUntil(lambda: len(window.bench.grid.tiles) >= 17)
    assert window.bench.grid.minimumHeight() < 1000


# ---- asking of a run


def test_hold_asks_for_a_reason_and_says_what_the_output_does(
    qtbot: QtBot, open_window: Open, station: FakeStation
) -> None:
    window = open_window(station)
    head = window.bench.run_view.head
    qtbot.waitUntil(head.hold_button.isVisible)
    head.hold_or_resume()
    assert head.question.isVisible()
    assert "circuit is opened" in head.question.text

    write(head.question.reason, "check the clip")
    press(head.question.reason, Qt.Key.Key_Return)

    qtbot.waitUntil(lambda: bool(acts(station, "hold")))
    assert acts(station, "hold")[0][2] == "check the clip"
    qtbot.waitUntil(lambda: head.hold_button.text() == "Resume")


def test_discarding_asks_for_the_name_of_the_sample(
    qtbot: QtBot, open_window: Open, station: FakeStation
) -> None:
    run = next(iter(station.fake_runs))
    station.change(run, state=RunState.INTERRUPTED)
    window = open_window(station)
    window.bench.open_run(run)
    head = window.bench.run_view.head
    qtbot.waitUntil(lambda: not head.discard_button.isHidden())
    head.discard()
    write(head.question.reason, "no")
    press(head.question.reason, Qt.Key.Key_Return)
    assert not acts(station, "discard")

    head.question.reason.clear()
    write(head.question.reason, station.fake_runs[run].summary.sample)
    press(head.question.reason, Qt.Key.Key_Return)

    qtbot.waitUntil(lambda: bool(acts(station, "discard")))


def test_stop_all_needs_no_question_and_shows_what_was_measured(
    qtbot: QtBot, open_window: Open, station: FakeStation
) -> None:
    window = open_window(station)
    press(
        window,
        Qt.Key.Key_F12,
        Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
    )

    qtbot.waitUntil(window.banners.stop.isVisible)
    assert "0.0000 mA measured" in window.banners.stop.text


def test_a_station_that_does_not_answer_a_stop_finds_the_stop_file(
    qtbot: QtBot, open_window: Open, station: FakeStation, tmp_path: Path
) -> None:
    window = open_window(station)
    state = window.link.state
    assert state is not None
    here = state.station.model_copy(update={"data": str(tmp_path)})
    window.link.state = state.model_copy(update={"station": here})
    station.gone = True

    window.link.stop_all("")

    qtbot.waitUntil((tmp_path / "STOP").exists)


# ---- composing


def test_a_newcomer_starts_a_run(
    qtbot: QtBot, open_window: Open, station: FakeStation
) -> None:
    window = open_window(station)
    composer = window.bench.composer
    qtbot.waitUntil(lambda: composer.can_start, timeout=10_000)

    composer.start()

    qtbot.waitUntil(lambda: bool(acts(station, "start")))
    qtbot.waitUntil(lambda: len(station.fake_runs) == 2)
    new = list(station.fake_runs)[1]
    qtbot.waitUntil(lambda: window.bench.run_view.run == new)


def test_a_text_that_cannot_be_read_stays_and_keeps_start_shut(
    qtbot: QtBot, open_window: Open, station: FakeStation
) -> None:
    window = open_window(station)
    composer = window.bench.composer
    qtbot.waitUntil(lambda: composer.can_start, timeout=10_000)

    composer.form.type("upper_voltage", "4,45")

    assert not composer.can_start
    assert composer.form.rows["upper_voltage"].text == "4,45"
    assert "has no unit" in composer.verdict


def test_a_question_that_was_not_answered_is_asked_again(
    qtbot: QtBot, open_window: Open, station: FakeStation
) -> None:
    station.silent_samples = 2
    window = open_window(station)

    qtbot.waitUntil(lambda: window.bench.composer.can_start, timeout=20_000)
    assert station.silent_samples == 0


def test_what_the_station_refuses_is_said_at_its_field(
    qtbot: QtBot, open_window: Open, station: FakeStation
) -> None:
    station.refuses = "upper_voltage: 1.6 V is above this sample's limit 1.5 V"
    window = open_window(station)
    composer = window.bench.composer

    qtbot.waitUntil(lambda: "above this sample" in composer.verdict, timeout=10_000)
    assert not composer.can_start
    assert "above this sample" in composer.form.rows["upper_voltage"].said


def test_a_free_channel_that_is_chosen_becomes_the_channel(
    qtbot: QtBot, open_window: Open, station: FakeStation
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
    qtbot: QtBot, open_window: Open
) -> None:
    station = FakeStation("alarm")
    window = open_window(station)
    events = window.bench.events
    qtbot.waitUntil(lambda: len(events.shown) == 3)
    assert events.shown[0].needs_you

    events.table.selectRow(0)
    events.acknowledge()

    qtbot.waitUntil(lambda: not any(e.needs_you for e in events.shown))
    assert acts(station, "acknowledge") == [("acknowledge", 3, "Kim")]


def test_an_event_is_fetched_when_it_happens(
    qtbot: QtBot, open_window: Open, station: FakeStation
) -> None:
    window = open_window(station)
    station.tell(Level.WARNING, "the clock was set back by 4 s")

    qtbot.waitUntil(lambda: len(window.bench.events.shown) == 1)


def test_a_lost_link_greys_the_window_and_comes_back_by_itself(
    qtbot: QtBot, open_window: Open, station: FakeStation
) -> None:
    window = open_window(station)
    qtbot.waitUntil(lambda: window.bench.composer.can_start, timeout=10_000)

    station.gone = True
    qtbot.waitUntil(window.banners.link.isVisible, timeout=6000)
    assert not window.bench.composer.can_start
    station.gone = False

    qtbot.waitUntil(lambda: not window.banners.link.isVisible(), timeout=8000)


def test_a_fault_of_a_view_is_told_once_and_costs_nothing_else(
    open_window: Open, station: FakeStation
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
    open_window: Open, station: FakeStation
) -> None:
    window = open_window(station)

    window.close()

    assert station.acts == []


# ---- runs, samples, instruments, settings


def test_ticked_runs_are_laid_over_each_other(qtbot: QtBot, open_window: Open) -> None:
    station = FakeStation("few")
    window = open_window(station)
    window.header.pages.setCurrentIndex(1)
    qtbot.waitUntil(lambda: len(window.runs.shown) == 4)
    for run in list(station.fake_runs)[:2]:
        window.runs.tick(run)

    qtbot.waitUntil(
        lambda: (
            window.runs.view.figure is not None
            and len(window.runs.view.figure.series) == 2
        )
    )


def test_an_export_holds_what_is_shown_and_says_simulated(
    qtbot: QtBot, open_window: Open, tmp_path: Path
) -> None:
    station = FakeStation("few")
    window = open_window(station)
    window.header.pages.setCurrentIndex(1)
    qtbot.waitUntil(lambda: len(window.runs.shown) == 4)
    window.runs.tick(next(iter(station.fake_runs)))
    qtbot.waitUntil(lambda: window.runs.view.figure is not None)

    window.runs.export(tmp_path / "out.csv")

    lines = (tmp_path / "out.csv").read_text("utf-8").splitlines()
    assert lines[0] == "# SIMULATED"
    assert "nmc-031-1: Voltage / V" in lines[2]
    assert len(lines) > 100


def test_normalising_by_mass_names_who_has_none() -> None:
    station = FakeStation("few")
    runs = tuple(station.fake_runs)[:2]
    asked = Asked(runs, "Capacity against cycle", Normalised.MASS)

    figure = station.overlay(asked).figure

    assert figure.y_label == "Discharge capacity / mAh/g"
    assert figure.series[0].y[0] == pytest.approx(2833.3, rel=1e-2)
    assert "SIMULATED" in csv_text(figure, simulated=True)


def test_a_label_that_is_saved_reaches_the_station_as_typed(
    qtbot: QtBot, open_window: Open, station: FakeStation
) -> None:
    window = open_window(station)
    page = window.samples
    page.type("name", "si-9")
    page.type("kind", "half cell")
    page.type("active_mass", "1,25 mg")
    page.save()

    qtbot.waitUntil(lambda: bool(acts(station, "keep_sample")))
    label = acts(station, "keep_sample")[0][2]
    assert isinstance(label, dict)
    assert label["active_mass"] == "1,25 mg"
    assert "thickness" not in label


def test_a_lent_instrument_cannot_be_driven_by_hand(
    qtbot: QtBot, open_window: Open
) -> None:
    window = open_window(FakeStation("few"))
    page = window.instruments
    window.header.pages.setCurrentIndex(2)
    qtbot.waitUntil(lambda: bool(page.table.rows.rows))
    page.table.selectRow(page.table.rows.row_of("k2450"))
    page.choose()

    assert not page.can_drive


def test_a_free_instrument_is_driven_in_si(
    qtbot: QtBot, open_window: Open, station: FakeStation
) -> None:
    window = open_window(station)
    page = window.instruments
    window.header.pages.setCurrentIndex(2)
    qtbot.waitUntil(lambda: bool(page.table.rows.rows))
    page.table.selectRow(page.table.rows.row_of("k2450"))
    page.choose()
    assert page.can_drive

    page.drive("100 mV", "1 mA")

    qtbot.waitUntil(lambda: bool(acts(station, "by_hand")))
    asked = acts(station, "by_hand")[0][1]
    assert (asked.value, asked.compliance) == (0.1, 1e-3)  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: "+100.0 mV" in page.reading)


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
    qtbot: QtBot, open_window: Open, theme: str
) -> None:
    window = open_window(FakeStation("alarm"), wanted=theme)
    qtbot.waitUntil(lambda: window.bench.run_view.tabs.count() > 5)

    assert window.minimumSizeHint().width() <= 1280
    assert window.minimumSizeHint().height() <= 720


def test_everything_that_takes_the_focus_has_a_name(
    qtbot: QtBot, open_window: Open
) -> None:
    window = open_window(FakeStation("few"))
    qtbot.waitUntil(lambda: window.bench.run_view.tabs.count() > 5)
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


class LateForecast(FakeStation):
    """Nobody knows what is expected of a run until its twin has gone through it."""

    known = False

    def expected(self, run: str) -> ForecastOut | None:
        """Return nothing at first."""
        return super().expected(run) if self.known else None


def test_a_forecast_that_comes_late_is_drawn_all_the_same(
    qtbot: QtBot, open_window: Open
) -> None:
    station = LateForecast("one")
    run = next(iter(station.fake_runs))
    station.change(run, expected_duration=None)
    window = open_window(station)
    qtbot.waitUntil(lambda: window.bench.run_view.live_plot is not None)
    plot = window.bench.run_view.live_plot
    assert plot is not None
    qtbot.waitUntil(lambda: plot.tracks[0].measured.xData is not None)
    assert not _expected(plot)

    station.known = True
    station.change(run, expected_duration=9e5)

    qtbot.waitUntil(lambda: _expected(plot) > 0)


def _expected(plot: LivePlot) -> int:
    drawn = plot.tracks[0].expected.xData
    return 0 if drawn is None else len(drawn)


def test_a_stop_that_was_asked_goes_out_although_the_window_closes(
    qtbot: QtBot, open_window: Open, station: FakeStation
) -> None:
    window = open_window(station)
    qtbot.waitUntil(lambda: window.bench.composer.can_start, timeout=10_000)

    window.link.stop_all("leaving")
    window.close()

    assert acts(station, "stop_all")
