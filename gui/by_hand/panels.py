"""Panels by hand that packages bring: entry points of the group ``labctl.panels``.

Behind one stands a `gui.by_hand.kinds.Kind`: which protocol drives which role by hand,
which columns are shown large, and perhaps a widget of the package's own. It is read
when the instruments are first looked at; one that is broken is left out and said.
"""

import logging
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from PyQt6.QtWidgets import QVBoxLayout, QWidget

from gui.by_hand.kinds import (
    CELL,
    CHAMBER,
    HALL_PARTS,
    SOURCE_METER,
    Kind,
    Part,
    Shown,
    kind_of,
)
from gui.parts.inputs import Refusal
from labctl import registered
from labctl.registered import PANELS

log = logging.getLogger(__name__)
OWN = frozenset(part.role for part in (SOURCE_METER, CELL, CHAMBER, *HALL_PARTS))
"""Roles that labctl's own panels drive."""


@cache
def brought() -> tuple[tuple[Kind, ...], tuple[str, ...]]:
    """Return the panels of packages, and why others of them are left out."""
    sound, broken = registered.loaded(PANELS)
    wrong = [each.why for each in broken]
    kinds: list[Kind] = []
    for name, kind in sound.items():
        if not isinstance(kind, Kind):
            wrong.append(f"panel {name!r}: {kind!r} is no gui.by_hand.kinds.Kind")
        elif why := _fault_of(kind):
            wrong.append(f"panel {name!r} {why}")
        else:
            kinds.append(kind)
    for each in wrong:
        log.warning("left out: %s", each)
    return tuple(kinds), tuple(wrong)


def _fault_of(kind: Any) -> str:
    """Say what keeps a panel from being shown; empty: nothing."""
    if not (_are(kind.parts, Part) and kind.parts):
        return f"must name what it drives as a tuple of Part, not {kind.parts!r}"
    if not _are(kind.shown, Shown):
        return f"must name what it shows as a tuple of Shown, not {kind.shown!r}"
    if len(kind.parts) > 1 and not kind.title:
        return "drives several roles and has no title for its tab"
    if len(kind.parts) == 1 and kind.parts[0].role in OWN:
        return f"drives {kind.parts[0].role}, which labctl drives itself"
    return ""


def _are(found: Any, kind: type) -> bool:
    return isinstance(found, tuple) and all(isinstance(one, kind) for one in found)


def benches() -> tuple[Kind, ...]:
    """Return the panels of packages that join several instruments."""
    return tuple(kind for kind in brought()[0] if len(kind.parts) > 1)


def alone(kinds: tuple[str, ...], roles: tuple[str, ...]) -> Kind | None:
    """Return how one channel is driven by hand: labctl's own way, or a package's."""
    own = kind_of(kinds, roles)
    if own is not None:
        return own
    for kind in brought()[0]:
        if len(kind.parts) == 1 and kind.parts[0].fits(kinds, roles):
            return kind
    return None


class PackageDisplay(QWidget):
    """The widget of a package in a panel; one that raises becomes a line that says so.

    The panel goes on without: what is asked and switched off is labctl's own.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._make: Callable[[], QWidget] | None = None
        self._protocol = ""
        self._inner: QWidget | None = None
        self.wrong = Refusal()
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.addWidget(self.wrong)
        self.hide()

    def show_kind(self, kind: Kind | None) -> None:
        """Make the widget of a kind; nothing for one that has none."""
        make = None if kind is None else kind.display
        if make is self._make:
            return
        self._drop()
        self._make, self._protocol = make, "" if kind is None else kind.protocol
        self.wrong.say("")
        self.setVisible(make is not None)
        if make is not None:
            try:
                self._inner = make()
                self._box.addWidget(self._inner)
            except Exception as error:  # noqa: BLE001  (a plug-in may raise anything)
                self._refuse(error)

    def show_values(self, values: Mapping[str, float | None]) -> None:
        """Show the latest row: column -> value."""
        if self._inner is None:
            return
        try:
            self._inner.show_values(dict(values))  # type: ignore[attr-defined]
        except Exception as error:  # noqa: BLE001
            self._refuse(error)

    def _refuse(self, error: Exception) -> None:
        log.error("the panel of %s has a defect", self._protocol, exc_info=error)
        self._drop()
        self.wrong.say(
            f"The display of {self._protocol} has a defect ({type(error).__name__}: "
            f"{error}); everything else works. Tell whoever wrote its package."
        )

    def _drop(self) -> None:
        if self._inner is not None:
            self._box.removeWidget(self._inner)
            self._inner.setParent(None)
            self._inner.deleteLater()
            self._inner = None
