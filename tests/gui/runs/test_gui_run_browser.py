"""Finding runs, comparing them, excluding, exporting, reporting."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from keyboard import press
from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QDesktopServices, QImage
from PyQt6.QtSvg import QSvgRenderer
from pytestqt.qtbot import QtBot
from real_station import RealStation
from written_runs import CELLS, MATERIALS, run_id, tables_of, write_run

from gui.look.settings import Settings
from gui.plot.figure_file import csv_text
from gui.runs.overlay_view import MOST_HUES
from gui.shell.window import MainWindow
from labctl.api.comparison import RECIPES, Asked, Grouping, Normalised, read_cycles
from labctl.api.run_search import RunOrder

Open = Callable[..., MainWindow]
QMS = tuple(run_id("qms", cell) for cell in range(1, CELLS + 1))
SI = tuple(run_id("si", cell) for cell in range(1, CELLS + 1))
CAPACITY = "Capacity against cycle"
BY_WORDS: dict[str, Any] = {"by": Grouping.WORDS, "words": ("qms", "si")}


@pytest.fixture
def page(qtbot: QtBot, open_window: Open, cells: RealStation) -> Any:
    """Return the page of runs, on capacity against cycle."""
    window = open_window(cells)
    window.header.pages.setCurrentIndex(1)
    window.runs.tools.recipe.setCurrentText(CAPACITY)
    qtbot.waitUntil(lambda: len(window.runs.shown) == 10)
    return window.runs


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what would have been opened in the browser."""
    urls: list[str] = []
    monkeypatch.setattr(
        QDesktopServices, "openUrl", lambda url: urls.append(url.toLocalFile())
    )
    return urls


def shown(page: Any, series: int) -> Callable[[], bool]:
    """Return whether so many series are drawn."""
    return lambda: (
        page.view.figure is not None and len(page.view.figure.series) == series
    )


# ---- the list


def test_the_newest_run_stands_first_and_a_header_sorts(
    qtbot: QtBot, page: Any
) -> None:
    assert page.shown[0].sample == "qms-1"
    header = page.list.table.horizontalHeader()
    asked = page.list.table.order

    header.sectionClicked.emit(0)
    qtbot.waitUntil(lambda: page.shown[-1].sample == "si-5")
    header.sectionClicked.emit(0)
    qtbot.waitUntil(lambda: page.shown[0].sample == "si-5")

    assert asked is RunOrder.STARTED
    title = page.list.model.headerData(0, Qt.Orientation.Horizontal)
    assert title == "Sample ↓"


def test_the_list_is_worked_by_keyboard_alone(qtbot: QtBot, page: Any) -> None:
    table = page.list.table
    page.list.table.selectRow(1)
    wanted: list[str] = []
    page.run_wanted.connect(wanted.append)

    press(table, Qt.Key.Key_Space)
    press(table, Qt.Key.Key_Down)
    press(table, Qt.Key.Key_Space)
    press(table, Qt.Key.Key_X)
    press(table, Qt.Key.Key_Return)
    press(table, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    press(table, Qt.Key.Key_Down, Qt.KeyboardModifier.ControlModifier)

    assert page.list.ticked == [QMS[1], QMS[2]]
    assert page.list.excluded == {QMS[2]}
    assert wanted == [QMS[2]]
    assert (table.order, table.ascending) == (RunOrder.PROTOCOL, False)
    qtbot.waitUntil(shown(page, 1))


def test_the_station_searches_and_the_ticks_stay(qtbot: QtBot, page: Any) -> None:
    page.tick(QMS[0])
    page.search("sample:si cycles>20")

    qtbot.waitUntil(lambda: len(page.shown) == CELLS)
    assert page.list.count_said == "5 found"
    assert page.list.ticked == [QMS[0]]
    assert "1 not in this list" in page.list._ticked.text()


def test_a_search_that_cannot_be_read_says_why_and_keeps_the_list(page: Any) -> None:
    page.search("colour:red")

    assert "'colour' is not one of" in page.list.count_said
    assert len(page.shown) == 2 * CELLS


@pytest.fixture
def many(stand: Callable[..., RealStation]) -> RealStation:
    """Return a station with twelve runs of nothing."""
    made = stand()
    for k in range(12):
        write_run(made.files.data, f"run-{k:02d}", f"cell-{k}", {}, {})
    return made


def test_more_runs_are_loaded_page_by_page_and_stay_when_sorted(
    qtbot: QtBot, open_window: Open, many: RealStation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gui.runs.run_list.PAGE", 5)
    window = open_window(many)
    window.header.pages.setCurrentIndex(1)
    runs = window.runs.list
    qtbot.waitUntil(lambda: len(window.runs.shown) == 5)
    assert runs.count_said == "5 of 12 runs"

    runs.load_more()
    qtbot.waitUntil(lambda: len(window.runs.shown) == 10)
    runs.load()
    runs.load_more()

    qtbot.waitUntil(lambda: len(window.runs.shown) == 12)
    assert not runs._more.isVisible()


def test_a_run_more_than_can_be_compared_is_refused_in_words(
    page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gui.runs.run_list.MOST_RUNS", 9)
    said: list[str] = []
    page.said.connect(said.append)

    press(page.list.table, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)

    assert page.list.ticked == []
    assert "at most 9 runs" in said[0]


# ---- the page


def test_ten_runs_are_drawn_eight_in_hues_and_two_grey(qtbot: QtBot, page: Any) -> None:
    page.list.tick(*QMS, *SI)
    qtbot.waitUntil(shown(page, 10))
    strokes = page.view.strokes(page.view.figure)

    looks = {(s.colour, s.symbol, s.dash) for s in strokes[:MOST_HUES]}
    assert len(looks) == MOST_HUES
    assert [s.behind for s in strokes] == [False] * 8 + [True] * 2
    assert page.view.entries(page.view.figure)[-1].text == "2 more, grey"


def test_the_chosen_run_lies_in_front(qtbot: QtBot, page: Any) -> None:
    page.list.tick(*QMS, *SI)
    qtbot.waitUntil(shown(page, 10))

    page.list.table.selectRow(page.list.model.row_of(SI[4]))

    assert [s.front for s in page.view.strokes(page.view.figure)] == [False] * 9 + [
        True
    ]
    heights = [curve.zValue() for curve in page.view._curves]
    assert heights.index(max(heights)) == 9


def test_a_grey_run_is_named_by_the_mouse(qtbot: QtBot, page: Any) -> None:
    page.list.tick(*QMS, *SI)
    qtbot.waitUntil(shown(page, 10))
    series = page.view.figure.series[9]
    box = page.view.plot.getViewBox()
    place = box.mapViewToScene(QPointF(series.x[0], series.y[0]))
    with qtbot.waitSignal(page.view.pointed) as signal:
        page.view.plot.scene().sigMouseMoved.emit(place)

    assert signal.args == [SI[4]]
    assert page.view.strokes(page.view.figure)[9].front


def test_a_complaint_keeps_the_figure_as_it_was(qtbot: QtBot, page: Any) -> None:
    page.tick(QMS[0])
    qtbot.waitUntil(shown(page, 1))

    page.tools.exclude.setText("1; twenty")

    qtbot.waitUntil(lambda: "'twenty' is no cycle" in page.tools.problem)
    assert page.view.figure.note == ""


def test_means_and_table_follow_the_words_that_are_typed(
    qtbot: QtBot, page: Any
) -> None:
    page.list.tick(*QMS, *SI)
    page.tools.mean.setChecked(True)
    page.tools.by.setCurrentText("by words")
    assert "Type words" in page.tools.problem

    page.tools.words.setText("qms; si")

    qtbot.waitUntil(shown(page, 2))
    seen = {*MATERIALS, " : ".join(MATERIALS)}
    qtbot.waitUntil(lambda: {r.group for r in page.statistics.rows} == seen)
    assert [r.n for r in page.statistics.rows] == ["5", "5", "5 : 5"] * 4


def test_unticking_everything_empties_figure_and_table(qtbot: QtBot, page: Any) -> None:
    page.list.tick(*QMS)
    qtbot.waitUntil(shown(page, 5))

    page.list.untick_all()

    qtbot.waitUntil(shown(page, 0))
    qtbot.waitUntil(lambda: page.statistics.rows == [])
    assert not page._export.isEnabled()


def test_an_export_can_be_made_again_and_says_simulated_everywhere(
    qtbot: QtBot, page: Any, cells: RealStation, tmp_path: Path
) -> None:
    page.list.tick(*QMS)
    page.tools.exclude.setText("1; 17-20")
    qtbot.waitUntil(
        lambda: page.view.figure is not None and bool(page.view.figure.note)
    )

    page.export(tmp_path / "cells.csv")

    text = (tmp_path / "cells.csv").read_text("utf-8")
    view = json.loads((tmp_path / "cells.json").read_text("utf-8"))
    svg = (tmp_path / "cells.svg").read_text("utf-8")
    assert text.startswith("# SIMULATED")
    assert view["simulated"] is True
    assert (view["runs"], view["excluded_cycles"]) == (list(QMS), "1; 17-20")
    assert view["labctl"]
    assert view["axes"]["y"]["range"][0] < view["axes"]["y"]["range"][1]
    again = Asked(
        tuple(view["runs"]),
        view["compare"],
        Normalised(view["normalise"]),
        without_cycles=read_cycles(view["excluded_cycles"]),
    )
    remade = cells.client.overlay(again).figure
    assert csv_text(remade, simulated=True).splitlines() == text.splitlines()
    assert "SIMULATED" in svg
    assert "<image" not in svg
    assert QSvgRenderer(str(tmp_path / "cells.svg")).isValid()
    picture = QImage(str(tmp_path / "cells.png"))
    assert picture.width() == 2 * page.view.width()


def test_an_export_replaces_no_file_that_nobody_chose(
    qtbot: QtBot, page: Any, tmp_path: Path
) -> None:
    page.list.tick(*QMS)
    qtbot.waitUntil(shown(page, 5))
    (tmp_path / "cells.png").write_text("a photograph")
    said: list[str] = []
    page.said.connect(said.append)

    page.export(tmp_path / "cells.csv")

    assert "cells.png is there already" in said[0]
    assert (tmp_path / "cells.png").read_text() == "a photograph"
    assert not (tmp_path / "cells.csv").exists()


def test_a_mixed_overlay_says_how_many_are_simulated(
    qtbot: QtBot, open_window: Open, stand: Callable[..., RealStation]
) -> None:
    station, tables = stand(), tables_of(1.0, 0.99)
    for name, simulated in zip(QMS[:2], (True, False), strict=True):
        write_run(station.files.data, name, name, tables, {}, simulated=simulated)
    page = open_window(station).runs
    page.window().header.pages.setCurrentIndex(1)  # type: ignore[union-attr]
    page.tools.recipe.setCurrentText(CAPACITY)
    qtbot.waitUntil(lambda: len(page.shown) == 2)
    page.list.tick(*QMS[:2])

    qtbot.waitUntil(shown(page, 2))

    assert page.view._chip.text() == "1 OF 2 SIMULATED"


def test_the_report_covers_the_ticked_runs_as_they_are_grouped(
    qtbot: QtBot,
    page: Any,
    cells: RealStation,
    tmp_path: Path,
    opened: list[str],
) -> None:
    page.list.tick(*QMS, *SI)
    page.list.table.selectRow(page.list.model.row_of(SI[0]))
    page.list.exclude_current()
    page.tools.by.setCurrentText("by words")
    page.tools.words.setText("qms; si")
    said: list[str] = []
    page.said.connect(said.append)

    page.report_chosen(tmp_path)

    place = tmp_path / "compared-10-runs.html"
    qtbot.waitUntil(lambda: opened == [str(place)])
    asked = cells.line.asked("/report")[-1].url.params
    assert asked.get_list("run") == [*QMS, *SI]
    assert (asked["by"], asked.get_list("words")) == ("words", ["qms", "si"])
    assert asked.get_list("without") == [SI[0]]
    assert said[-1] == f"wrote {place}"
    page.report_chosen(tmp_path)
    qtbot.waitUntil(lambda: opened[1:] == [str(tmp_path / "compared-10-runs-2.html")])


def test_without_ticks_the_report_is_of_the_selected_run(
    qtbot: QtBot, page: Any, tmp_path: Path, opened: list[str]
) -> None:
    page._settings.reports = str(tmp_path)
    page.list.table.selectRow(3)

    page.report_chosen()

    qtbot.waitUntil(lambda: opened == [str(tmp_path / f"{QMS[3]}.html")])


def test_reports_go_to_a_temporary_folder_unless_one_is_chosen(
    qtbot: QtBot,
    page: Any,
    tmp_path: Path,
    opened: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    page.report(QMS[0])

    qtbot.waitUntil(lambda: len(opened) == 1)
    place = Path(opened[0])
    assert place.parent.parent == tmp_path
    assert place.parent.name.startswith("labctl-reports-")


def test_a_folder_that_is_none_is_not_remembered(
    open_window: Open, empty: RealStation, tmp_path: Path
) -> None:
    page = open_window(empty).settings
    kept: Settings = page._settings

    page._reports.setText(str(tmp_path))
    page._reports.setText(str(tmp_path / "nowhere"))

    assert kept.reports == str(tmp_path)
    assert "is no folder" in page._no_folder.text()


def test_an_axis_forgets_the_prefix_of_the_recipe_before(
    qtbot: QtBot, page: Any
) -> None:
    page.tools.recipe.setCurrentText("Nyquist")
    page.tick(QMS[0])
    qtbot.waitUntil(shown(page, 1))

    page.tools.recipe.setCurrentText("Bode: modulus")
    qtbot.waitUntil(lambda: page.view.figure.title == "Bode: modulus")

    for side in ("left", "bottom"):
        axis = page.view.plot.getPlotItem().getAxis(side)
        assert (axis.autoSIPrefixScale, axis.labelUnitPrefix) == (1.0, "")


def test_every_recipe_is_offered(page: Any) -> None:
    box = page.tools.recipe

    assert [box.itemText(k) for k in range(box.count())] == list(RECIPES)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_fits_a_small_screen_with_every_field_shown(
    qtbot: QtBot, open_window: Open, cells: RealStation, theme: str
) -> None:
    window = open_window(cells, wanted=theme)
    window.header.pages.setCurrentIndex(1)
    window.runs.tools.recipe.setCurrentText("Voltage against capacity")
    window.runs.tools.by.setCurrentText("by words")
    window.runs.tools.words.setText("qms")
    window.runs.list.tick(*QMS)
    qtbot.waitUntil(shown(window.runs, 5))

    assert window.minimumSizeHint().width() <= 1280
    assert window.minimumSizeHint().height() <= 720
