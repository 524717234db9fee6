"""Figures of the protocols in the window: when they are asked for, how they look."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pytest
from past_runs import SHORT
from pytestqt.qtbot import QtBot
from real_station import CELLS, RealStation

from gui.plot.axis import Span
from gui.plot.bounds import near, on_axis, with_bounds
from gui.plot.figure_curves import legend_of
from gui.plot.figure_view import FigureView
from gui.run.figure_tab import FigureTab
from gui.run.pace import AFTER_FAILURE, LEAST, SHARE, Pace
from gui.run.tabs import tabs_of
from gui.shell.window import MainWindow
from labctl.figures.figure import Figure, Series

Open = Callable[..., MainWindow]
X = np.linspace(0.1, 1.0, 20)


def iv(*series: Series, **more: object) -> Figure:
    return Figure("plot", "I–V", "Voltage / V", "Current / A", series, **more)  # type: ignore[arg-type]


def titled(*titles: str) -> list[Figure]:
    line = (Series("s", X, X),)
    return [Figure(t, t, "x / 1", "y / 1", line) for t in titles]


# ---- when they are asked for


def test_figures_are_asked_for_at_once_and_then_as_rows_come() -> None:
    pace = Pace()
    assert pace.is_due(10, 0.0, ended=False)
    pace.answered(10, 0.01, 0.0, ended=False, failed=False)

    assert not pace.is_due(10, 100.0, ended=False)
    assert not pace.is_due(11, LEAST - 0.1, ended=False)
    assert pace.is_due(11, LEAST + 0.1, ended=False)


@pytest.mark.parametrize(
    ("seconds", "failed", "wait"),
    [
        # cheap figures come as often as a person looks
        (0.05, False, LEAST),
        # a titration that takes 8 s of a core costs a tenth of it
        (8.0, False, SHARE * 8.0),
        # what cannot be drawn yet is not tried with every row
        (0.05, True, AFTER_FAILURE),
    ],
)
def test_the_dearer_the_answer_the_rarer_the_question(
    seconds: float, failed: bool, wait: float
) -> None:
    pace = Pace()
    pace.answered(10, seconds, 50.0, ended=False, failed=failed)

    assert not pace.is_due(99, 50.0 + 0.99 * wait, ended=False)
    assert pace.is_due(99, 50.0 + 1.01 * wait, ended=False)


def test_a_run_that_ends_is_asked_once_more() -> None:
    pace = Pace()
    pace.answered(10, 8.0, 0.0, ended=False, failed=False)
    assert pace.is_due(10, 0.1, ended=True)
    pace.answered(10, 8.0, 8.2, ended=True, failed=False)

    assert not pace.is_due(10, 1e6, ended=True)


def test_an_unanswered_question_is_asked_again() -> None:
    pace = Pace()
    pace.unanswered(0.0)

    assert not pace.is_due(10, LEAST / 2, ended=False)
    assert pace.is_due(10, LEAST, ended=False)


PULSES = {**SHORT["gitt"][1], "formation_cycles": 0}


@pytest.fixture(scope="module")
def titration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealStation]:
    """Return a bench with a titration that goes on and has some pulses."""
    with RealStation(tmp_path_factory.mktemp("gitt")) as made:
        made.start("gitt", "qms-0.7", channel=CELLS[0], **PULSES)
        made.go_on(3600.0)
        yield made


def asked(station: RealStation) -> int:
    """Return how often figures were asked for so far."""
    return len(station.line.asked(f"/runs/{station.started[0]}/figures"))


def own_tab(window: MainWindow, qtbot: QtBot) -> FigureTab:
    """Open the tab of the protocol's own figures."""
    view = window.bench.run_view
    qtbot.waitUntil(lambda: any(tab.tab.name == "own" for tab in view.figure_tabs))
    tab = next(tab for tab in view.figure_tabs if tab.tab.name == "own")
    view.tabs.setCurrentWidget(tab)
    qtbot.waitUntil(lambda: bool(tab.figures))
    return tab


def test_a_dear_answer_is_not_asked_for_with_every_row(
    qtbot: QtBot,
    open_window: Open,
    titration: RealStation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gui.run.pace.LEAST", 1e6)
    before = asked(titration)
    window = open_window(titration)
    tab = own_tab(window, qtbot)
    [run] = titration.started

    for _ in range(3):
        titration.go_on(60.0)
        rows = titration.run(run).rows
        qtbot.waitUntil(partial(_has_rows, window, rows))
        tab.refresh(rows)

    assert asked(titration) == before + 1


def _has_rows(window: MainWindow, rows: int) -> bool:
    state = window.link.state
    return state is not None and state.runs[0].rows == rows


def test_figures_are_asked_for_once_more_when_the_run_has_ended(
    qtbot: QtBot,
    open_window: Open,
    stand: Callable[..., RealStation],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gui.run.pace.LEAST", 1e6)
    station = stand()
    run = station.start("gitt", "qms-0.7", channel=CELLS[0], **PULSES)
    station.go_on(3600.0)
    own_tab(open_window(station), qtbot)
    assert asked(station) == 1

    station.end(run)

    qtbot.waitUntil(lambda: asked(station) == 2)


def test_nobody_asks_for_figures_that_are_not_seen(
    qtbot: QtBot, open_window: Open, titration: RealStation
) -> None:
    before = asked(titration)
    window = open_window(titration)
    view = window.bench.run_view
    qtbot.waitUntil(lambda: bool(view.figure_tabs))
    view.refresh()

    assert asked(titration) == before


def test_a_reason_is_read_where_figures_are_missing(
    qtbot: QtBot, open_window: Open, stand: Callable[..., RealStation]
) -> None:
    station = stand()
    run = station.start("gitt", "qms-0.7", channel=CELLS[0], **PULSES)
    station.end(run)
    window = open_window(station)
    window.bench.open_run(run)
    view = window.bench.run_view
    qtbot.waitUntil(lambda: any(tab.tab.name == "own" for tab in view.figure_tabs))
    for file in (station.files.data / run).iterdir():
        file.write_bytes(b"the disk is broken")
    tab = next(tab for tab in view.figure_tabs if tab.tab.name == "own")
    view.tabs.setCurrentWidget(tab)

    qtbot.waitUntil(lambda: "not a database" in tab.said)


# ---- which tabs there are


def test_a_protocols_own_tab_stands_behind_the_live_ones(
    titration: RealStation,
) -> None:
    tabs = tabs_of(titration.client.run(titration.started[0]))

    assert [tab.title for tab in tabs] == [
        "V, I – t",
        "Q–V",
        "dQ/dV",
        "Capacity · CE",
        "GITT",
    ]
    hidden = {"voltage_capacity", "dq_dv", "capacity", "efficiency"}
    assert hidden <= (tabs[-1].elsewhere or set())


# ---- how they look


def test_little_room_shows_one_figure_that_the_keyboard_chooses(
    qtbot: QtBot, open_window: Open, titration: RealStation
) -> None:
    tab = own_tab(open_window(titration), qtbot)
    qtbot.waitUntil(lambda: tab.is_one_by_one)

    tab.choice.setCurrentIndex(3)

    assert [tab.choice.tabText(k) for k in range(4)][:2] == [
        "Diffusivity",
        "Voltage",
    ]
    shown = [k for k, view in enumerate(tab.views) if view.isVisible()]
    assert shown == [3]


def test_two_families_are_told_apart_by_current_and_ends() -> None:
    series = [
        Series(f"{state} %", X, X, points=True, shade=state / 100, group=rate)
        for rate in ("1C", "3C")
        for state in (5, 30, 70)
    ]

    one, other = legend_of(iv(*series))

    assert (one.words, other.words) == ("1C: 5 % – 70 %", "3C: 5 % – 70 %")
    assert set(one.colours).isdisjoint(other.colours)


def test_a_group_shares_its_hue_and_differs_in_its_marks() -> None:
    series = [
        Series(f"{way}: {route}", X, X, points=True, group=way)
        for way in ("lithiation", "delithiation")
        for route in ("sphere", "√t slope")
    ]

    entries = legend_of(iv(*series))

    assert entries[0].colours == entries[1].colours != entries[2].colours
    assert entries[0].symbol != entries[1].symbol


@pytest.mark.parametrize("log", [False, True])
def test_errors_are_drawn_as_bars_and_seen(qtbot: QtBot, log: bool) -> None:
    view = FigureView()
    qtbot.addWidget(view)
    one = Series("D", X, np.ones(20), np.full(20, 0.5), points=True)

    view.show_figure(iv(one, y_log=log))

    _, y = view.bars[0].getOriginalDataset()
    assert np.nanmin(y) == pytest.approx(0.5)
    assert np.nanmax(y) == pytest.approx(1.5)
    low, high = view.plot.getViewBox().viewRange()[1]
    top = np.log10(1.5) if log else 1.5
    assert low < high
    assert high > top


def test_a_series_of_nothing_but_gaps_draws_no_point(qtbot: QtBot) -> None:
    view = FigureView()
    qtbot.addWidget(view)

    view.show_figure(iv(Series("D", X, np.full(20, np.nan), points=True)))
    view.grab()

    assert view.curves[0].getData()[0] is None


@pytest.mark.parametrize(
    ("label", "bounds"),
    [
        ("Voltage / V", (-3.3, 3.3)),
        ("Current / mA", (-0.012, 0.012)),
        ("Current / A", (-1.2e-5, 1.2e-5)),
        # no quantity that the envelope knows
        ("|Current| / A", (None, None)),
        ("Change of voltage / mV", (None, None)),
        ("Magnetic Field / T", (None, None)),
    ],
)
def test_the_envelope_is_found_by_what_an_axis_is_labelled_with(
    label: str, bounds: tuple[float | None, float | None]
) -> None:
    envelope = {"voltage_volt": (-3.3, 3.3), "current_ampere": (-1.2e-5, 1.2e-5)}

    assert on_axis(label, envelope) == pytest.approx(bounds)


def test_only_a_near_bound_is_shown_and_then_seen() -> None:
    seen = Span(0.0, 1.0)

    assert near(seen, (-5.0, 1.1)) == (None, 1.1)
    assert with_bounds(seen, (None, 1.1)).high > 1.1
    assert with_bounds(seen, (None, None)) == seen


def test_compliance_and_window_are_shaded_on_an_iv_curve(qtbot: QtBot) -> None:
    view = FigureView()
    qtbot.addWidget(view)
    line = Series("sweep", np.linspace(-3, 3, 20), np.linspace(-1e-5, 1e-5, 20))

    view.show_figure(
        iv(line),
        envelope={"voltage_volt": (-3.3, 3.3), "current_ampere": (-1.2e-5, 1e-3)},
    )

    assert set(view.stops.shown) == {("bottom", 0), ("bottom", 1), ("left", 0)}
    assert view.stops.shown[("bottom", 1)][0] == pytest.approx(3.3)


def test_a_single_cycle_stands_between_its_neighbours(qtbot: QtBot) -> None:
    one = Series("discharge", np.array([1.0]), np.array([3600.0]), points=True)
    view = FigureView()
    qtbot.addWidget(view)

    view.show_figure(
        Figure("capacity", "Capacity", "Cycle", "Capacity / mAh/g", (one,))
    )

    (low, high), _ = view.plot.getViewBox().viewRange()
    assert low < 0.6
    assert high > 1.4


def test_small_percentages_are_not_written_a_thousandfold(qtbot: QtBot) -> None:
    view = FigureView()
    qtbot.addWidget(view)
    small = Series("s", X, 0.2 * X)
    for label in ("Residual / %", "Residual / % of |Z|"):
        view.show_figure(Figure("kk", "KK", "Frequency / Hz", label, (small,)))

    axis = view.plot.getPlotItem().getAxis("left")

    assert axis.tickStrings([0.1, 0.2], axis.autoSIPrefixScale * axis.scale, 0.1) == [
        "0.1",
        "0.2",
    ]


def test_the_phase_keeps_a_straight_axis_beside_a_logarithmic_one(
    qtbot: QtBot,
) -> None:
    view = FigureView()
    qtbot.addWidget(view)
    phase = Series("phase", X, 30 * X, right=True)

    view.show_figure(iv(Series("|Z|", X, X), phase, y_log=True, right_label="φ / °"))

    item = view.plot.getPlotItem()
    assert item.getAxis("left").logMode
    assert not item.getAxis("right").logMode
