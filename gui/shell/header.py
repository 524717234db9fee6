"""The line that is always there: which bench, how it is, and STOP ALL."""

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QTabBar, QWidget

from gui.link.link_state import Answering, LinkStatus
from gui.look.actions import PAGES, action_of, shown_key
from gui.look.palette import theme
from gui.look.si_text import bytes_text, lasting
from gui.parts.inputs import Elided
from gui.run.states import Counts
from labctl.api.models import State

_STOP = action_of("stop all")
STOP_TIP = (
    f"{_STOP.does} {shown_key(_STOP.key)}. It is a stop by software: the emergency "
    "stop of the bench is another one."
)


class Header(QFrame):
    """Name, mark of simulation, pages, counts, link, stop."""

    page_chosen = pyqtSignal(int)
    stop_all = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self._name = QLabel("labctl")
        self._name.setObjectName("name")
        self._chip = QLabel("SIMULATED")
        self._chip.setObjectName("chip")
        self._chip.setAccessibleName("Simulated bench")
        self._chip.hide()
        self._counts = Elided()
        self._link = Elided()
        self._link.setObjectName("muted")
        self.pages = QTabBar()
        self.pages.setDrawBase(False)
        self.pages.setExpanding(False)
        self.pages.setUsesScrollButtons(False)
        self.pages.setElideMode(Qt.TextElideMode.ElideNone)
        self.pages.setAccessibleName("Pages")
        for k, page in enumerate(PAGES, 1):
            self.pages.addTab(page)
            self.pages.setTabToolTip(k - 1, f"{page} (Ctrl+{k})")
        self.pages.currentChanged.connect(self.page_chosen)
        self._stop = QPushButton("■  STOP ALL")
        self._stop.setObjectName("stop")
        self._stop.setAccessibleName("Stop all runs")
        self._stop.setToolTip(STOP_TIP)
        self._stop.clicked.connect(self.stop_all)
        box = QHBoxLayout(self)
        box.setContentsMargins(12, 5, 8, 5)
        box.setSpacing(10)
        box.addWidget(self._name)
        box.addWidget(self._chip)
        box.addWidget(self.pages)
        box.addWidget(self._counts, 3)
        box.addWidget(self._link, 3)
        box.addWidget(self._stop)

    def show_state(self, state: State, counts: Counts) -> None:
        """Show which bench it is and how it is."""
        station = state.station
        self._name.setText(station.name)
        self._chip.setVisible(station.simulated)
        speed = f" ×{station.speed:g}" if station.speed != 1 else ""
        self._chip.setText(f"SIMULATED{speed}")
        self._counts.setText(str(counts))
        up = lasting(max(state.unix - station.started_unix, 0.0))
        wrong = next((f for f in state.health.findings if not f.ok), None)
        said = f"up {up} · disk {bytes_text(state.health.disk_free)} free"
        self._link.setText(
            f"{wrong.what.rstrip('.')}. {wrong.cure}".strip() if wrong else said
        )
        self._link.setToolTip(
            "\n".join(f"{f.name}: {f.what}" for f in state.health.findings)
        )
        colour = theme().alarm if wrong else theme().muted
        self._link.setStyleSheet(f"color: {colour};")

    def show_link(self, status: LinkStatus) -> None:
        """Grey what is old."""
        self._counts.setEnabled(status.is_there)
        self._stop.setEnabled(status.answering is not Answering.SEARCHING)
        self.pages.setEnabled(status.answering is not Answering.SEARCHING)
        if not status.is_there:
            self._link.setText(
                f"last seen {lasting(status.silent)} ago" if status.silent else "…"
            )
