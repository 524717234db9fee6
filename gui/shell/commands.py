"""The command line over the window: gathers what can be done, does what is chosen."""

from collections.abc import Callable, Mapping

from PyQt6.QtCore import QObject
from PyQt6.QtWidgets import QTabWidget, QWidget

from gui.link.link import Link
from gui.run.states import tiles_of
from gui.shell.command_line import CommandLine
from gui.shell.keys import Keys
from gui.shell.offers import Catalogue, Offer, OfferKind, offers_of
from labctl.api.client import StationClient

Does = Mapping[OfferKind, Callable[[str], object]]


class Commands(QObject):
    """Opens the line with what is possible at this moment."""

    def __init__(
        self, window: QWidget, link: Link, keys: Keys, views: QTabWidget, does: Does
    ) -> None:
        super().__init__(window)
        self._link = link
        self._keys = keys
        self._views = views
        self._does = does
        self._catalogue = Catalogue()
        self.line = CommandLine(window)
        self.line.chosen.connect(self._do)

    def open(self) -> None:
        """Open the line; protocols and samples are asked for anew."""
        self._offer()
        self.line.open()
        self._link.ask(self, _catalogue, self._take, lambda _why: None, key="catalogue")

    def _take(self, found: Catalogue) -> None:
        self._catalogue = found
        if self.line.isVisible():
            self._offer()

    def _offer(self) -> None:
        state = self._link.state
        views = [self._views.tabText(k) for k in range(self._views.count())]
        tiles = tiles_of(state) if state is not None else []
        self.line.offer(offers_of(self._keys.now, state, tiles, views, self._catalogue))

    def _do(self, offer: Offer) -> None:
        self._does[offer.kind](offer.word)


def _catalogue(station: StationClient) -> Catalogue:
    return Catalogue(station.protocols(), station.samples())
