"""Every protocol's finished run, made by the real session, in a real window."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from past_runs import IMPORTED, SHORT, PastRuns
from pytestqt.qtbot import QtBot

from gui.plot.figure_view import FigureView
from gui.run.figure_tab import FigureTab
from gui.run.live_plot import LivePlot
from gui.shell.window import MainWindow
from labctl import plugins

pytestmark = pytest.mark.slow


def test_every_registered_protocol_has_a_short_run_here() -> None:
    assert {*SHORT, IMPORTED} == set(plugins.names(plugins.PROTOCOLS))


@pytest.mark.parametrize("protocol", [*SHORT, IMPORTED])
def test_every_tab_of_a_finished_run_draws_something(
    qtbot: QtBot,
    open_window: Callable[..., MainWindow],
    past: PastRuns,
    protocol: str,
) -> None:
    run = past.finished(protocol)
    window = open_window(past)
    view = window.bench.run_view

    window.bench.open_run(run)
    qtbot.waitUntil(lambda: view.run == run and view.tabs.count() > 3, timeout=20_000)

    for place in range(view.tabs.count()):
        tab = view.tabs.widget(place)
        view.tabs.setCurrentIndex(place)
        if isinstance(tab, LivePlot):
            qtbot.waitUntil(partial(_has_points, tab.tracks[0].measured))
        if isinstance(tab, FigureTab):
            qtbot.waitUntil(partial(_is_drawn, tab), timeout=20_000)
            shown = [v for v in tab.views if v.isVisible()]
            assert shown
            assert all(map(_draws, shown)), view.tabs.tabText(place)


def _is_drawn(tab: FigureTab) -> bool:
    """Whether what is to come has come: of the protocol's own figures the station's."""
    return bool(tab.figures)


def _draws(view: FigureView) -> bool:
    return any(map(_has_points, view.curves))


def _has_points(line: Any) -> bool:
    x, y = line.getOriginalDataset()
    return x is not None and bool((np.isfinite(x) & np.isfinite(y)).any())
