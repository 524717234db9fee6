"""The run by hand of a panel: found in the station's state, begun by the first request.

It belongs to the station: another window finds the same run, and this one may close.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal

from gui.link.link import Link
from labctl.api.client import StationClient
from labctl.api.models import RunSummary
from labctl.api.requests import OrderIn
from labctl.api.states import LIVE
from labctl.errors import LabctlError, RefusedError
from labctl.sample import UNNAMED


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request."""

    run: str = ""
    refused: Mapping[str, str] = field(default_factory=dict)
    """Field of the request, or nothing -> why it cannot be done; empty: accepted."""


class HandRun(QObject):
    """What a panel asks of its run."""

    answered = pyqtSignal(object)
    """An `Answer`."""

    def __init__(self, link: Link, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self._order: OrderIn | None = None
        self._turn = threading.Lock()
        """Held for one request: none overtakes another."""

    def aim(
        self,
        protocol: str,
        channels: Mapping[str, str],
        parameters: Mapping[str, Any],
        sample: str,
    ) -> None:
        """Say which run the first request begins; none while a channel is missing."""
        self._order = None
        if all(channels.values()):
            self._order = OrderIn(
                protocol=protocol,
                channels=dict(channels),
                parameters=dict(parameters),
                sample=sample or UNNAMED,
            )

    @property
    def summary(self) -> RunSummary | None:
        """The run that goes on, whoever began it; None if there is none."""
        state, order = self._link.state, self._order
        if state is None or order is None:
            return None
        wanted = set(order.channels.values())
        return next(
            (
                run
                for run in state.runs
                if run.state in LIVE
                and run.protocol == order.protocol
                and wanted & set(run.channels.values())
            ),
            None,
        )

    def ask(self, request: str, values: Mapping[str, Any] | None = None) -> None:
        """Ask for something; begin the run if it does not go on."""
        order, found = self._order, self.summary
        if order is None:
            return
        run = "" if found is None else found.run
        self._link.ask(
            self,
            lambda station: self._asked(station, order, run, request, values or {}),
            self.answered.emit,
            self._failed,
        )

    def here(self) -> None:
        """Say that somebody is there, if anything is on."""
        found = self.summary
        if found is None or found.by_hand is None or not found.by_hand.holds:
            return
        run, key = found.run, f"here {id(self)}"
        if not self._link.is_asking(key):
            self._link.ask(
                self,
                lambda station: station.request(run, "here"),
                lambda _done: None,
                lambda _why: None,
                key=key,
            )

    def skip(self) -> None:
        """End what it does, a sweep or a field on its way; everything goes off."""
        found = self.summary
        if found is not None:
            run = found.run
            self._link.ask(
                self,
                lambda station: station.skip(run, "by hand"),
                lambda _done: None,
                self._failed,
            )

    def _asked(
        self,
        station: StationClient,
        order: OrderIn,
        run: str,
        request: str,
        values: Mapping[str, Any],
    ) -> Answer:
        """Ask, in a worker thread."""
        with self._turn:
            try:
                run = run or station.start(order).run
                station.request(run, request, values)
            except RefusedError as error:
                fields = {
                    str(one.path[0]) if one.path else "": one.what
                    for one in reversed(error.complaints)
                }
                return Answer(run, fields)
            except LabctlError as error:
                return Answer(run, {"": str(error)})
        return Answer(run)

    def _failed(self, why: str) -> None:
        self.answered.emit(Answer(refused={"": why}))
