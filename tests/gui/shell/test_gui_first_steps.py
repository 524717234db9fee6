"""The first minutes of a newcomer: what an empty window offers."""

from collections.abc import Callable

import pytest
from PyQt6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot
from real_station import RealStation

from gui.run.empty_run import BEGINNINGS, EmptyRun
from gui.shell.window import MainWindow
from labctl.service.http.catalogue import protocols

Open = Callable[..., MainWindow]


@pytest.mark.parametrize(("protocol", "does", "_brings"), BEGINNINGS)
def test_a_way_to_begin_fills_the_composer(
    qtbot: QtBot,
    open_window: Open,
    empty: RealStation,
    protocol: str,
    does: str,
    _brings: str,
) -> None:
    window = open_window(empty)
    composer = window.bench.composer
    qtbot.waitUntil(lambda: composer.can_start, timeout=10_000)
    page = window.bench.run_view.findChild(EmptyRun)
    assert page is not None
    assert page.isVisible()

    next(b for b in page.findChildren(QPushButton) if b.text() == does).click()

    assert composer.draft is not None
    assert composer.draft.protocol.name == protocol


def test_every_way_to_begin_is_a_protocol_that_there_is() -> None:
    known = {p.name for p in protocols()}

    assert {name for name, _, _ in BEGINNINGS} <= known
