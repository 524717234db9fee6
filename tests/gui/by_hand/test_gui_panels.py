"""Panels of packages: which channel they drive, and what a broken one may break."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from PyQt6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot
from real_station import RealStation

from gui.by_hand import panels
from gui.by_hand.channels import ChannelRow
from gui.by_hand.kinds import SOURCE_METER, Kind, Part
from gui.shell.window import MainWindow
from labctl import registered
from labctl.api.answers import InstrumentOut

OVEN = Kind("oven-by-hand", (Part("oven", "oven", ("Oven",)),))


class Digits(QLabel):
    """A display that a package might bring."""

    def show_values(self, row: dict[str, Any]) -> None:
        self.setText(f"{row['ambient_temperature_celsius']:.1f} °C")


@pytest.fixture
def bring(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return what registers panels, name -> what stands behind it."""

    def register(**found: object) -> None:
        broken = (
            registered.Broken("labctl.panels", "lost", "lost cannot be imported"),
        )
        monkeypatch.setattr(registered, "loaded", lambda _group: (found, broken))
        panels.brought.cache_clear()

    yield register
    monkeypatch.undo()
    panels.brought.cache_clear()


def test_a_role_that_labctl_does_not_know_is_driven_by_its_package(bring: Any) -> None:
    bring(oven=OVEN)

    assert panels.alone(("Oven",), ()) is OVEN
    assert panels.alone((), ("oven",)) is OVEN  # not open yet: by its configured role
    assert panels.alone(("Voltmeter",), ("oven",)) is not OVEN
    assert panels.alone(("Scale",), ("scale",)) is None


def test_what_is_no_panel_is_left_out_and_the_others_stay(bring: Any) -> None:
    theft = Kind("oven-by-hand", (SOURCE_METER,))
    words: Any = ("oven",)
    bad = {
        "number": 3,
        "empty": Kind("x", ()),
        "theft": theft,
        "words": Kind("x", words),
        "lists": Kind("x", [*OVEN.parts]),  # type: ignore[arg-type]
        "digits": Kind("x", OVEN.parts, shown=words),
        "nameless": Kind("x", (*OVEN.parts, SOURCE_METER)),
    }
    bring(oven=OVEN, **bad)

    kinds, wrong = panels.brought()

    assert kinds == (OVEN,)
    assert wrong[0] == "lost cannot be imported"
    assert [text.split("'")[1] for text in wrong[1:]] == list(bad)
    assert "drives source_meter, which labctl drives itself" in wrong[3]


def test_several_instruments_of_a_package_have_a_tab_of_their_own(
    qtbot: QtBot,
    bring: Any,
    stand: Callable[..., RealStation],
    open_window: Callable[..., MainWindow],
) -> None:
    parts = (SOURCE_METER, OVEN.parts[0])
    both = Kind("warm-iv", parts, title="Warm I–V", hint="Both at once.")
    bring(both=both)
    window = open_window(stand())
    window.header.pages.setCurrentIndex(2)
    page = window.instruments
    qtbot.waitUntil(lambda: bool(page.table.rows.rows))

    texts = [page.tabs.tabText(k) for k in range(page.tabs.count())]
    assert texts == ["Channels", "I–V by hand", "Hall by hand", "Warm I–V"]
    assert not page.tabs.isTabEnabled(3)
    assert page.why_not == "Warm I–V: this bench has no oven"


def test_the_display_of_a_package_follows_the_latest_row(qtbot: QtBot) -> None:
    shown = panels.PackageDisplay()
    qtbot.addWidget(shown)
    shown.show_kind(Kind("oven-by-hand", OVEN.parts, display=Digits))
    shown.show_values({"ambient_temperature_celsius": 25.04})

    (digits,) = shown.findChildren(Digits)
    assert digits.text() == "25.0 °C"
    assert not shown.wrong.text()


@pytest.mark.parametrize(
    ("display", "row"),
    [
        # it cannot even be made
        (lambda: 1 / 0, {}),
        # it has not what is asked of it
        (lambda: QLabel("hello"), {}),
        # it cannot show what came
        (Digits, {"ambient_temperature_celsius": None}),
    ],
)
def test_a_display_that_raises_becomes_a_line_that_says_so(
    qtbot: QtBot, display: Any, row: dict[str, Any]
) -> None:
    shown = panels.PackageDisplay()
    qtbot.addWidget(shown)
    shown.show_kind(Kind("oven-by-hand", OVEN.parts, display=display))
    shown.show_values(row)

    assert "The display of oven-by-hand has a defect" in shown.wrong.text()
    assert shown.findChildren(Digits) == []
    shown.show_values({"ambient_temperature_celsius": 20.0})  # and nothing follows


def test_the_widgets_of_another_panel_are_gone(qtbot: QtBot) -> None:
    shown = panels.PackageDisplay()
    qtbot.addWidget(shown)
    shown.show_kind(Kind("oven-by-hand", OVEN.parts, display=Digits))
    shown.show_kind(SimpleNamespace(display=None, protocol="other"))  # type: ignore[arg-type]

    assert shown.isHidden()


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        (("SourceMeter",), "source meter"),
        (("MagnetSupply", "Gaussmeter"), "magnet supply, gaussmeter"),
        # a package's
        (("Chamber",), "chamber"),
        (("WaterBath",), "water bath"),
    ],
)
def test_what_a_channel_plays_is_said_as_people_do(
    kinds: tuple[str, ...], said: str
) -> None:
    one = InstrumentOut(
        name="oven",
        driver="kb53",
        address="TCPIP::10.0.0.8::5025::SOCKET",
        open=True,
        identity={},
        error="",
        channels=[],
    )

    assert ChannelRow(one, "oven", kinds).plays == said
