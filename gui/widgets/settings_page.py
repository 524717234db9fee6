"""Settings: the theme, the name for acknowledgements, and which station this is."""

from pathlib import Path

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gui.settings import THEMES, Settings
from gui.si_text import date_text
from gui.widgets.inputs import Choice, Line, caption
from labctl.service.models import State

KEYS = (
    ("Ctrl+Shift+F12", "STOP ALL, without a question"),
    ("Ctrl+N", "new run on the chosen channel"),
    ("Ctrl+Enter", "start it, when the checks have passed"),
    ("F3", "hold or resume the run"),
    ("F2", "skip the step"),
    ("Shift+F1", "end the run in good order"),
    ("Ctrl+1 … 5", "pages"),
    ("Alt+1 … 9", "views of the run"),
    ("F, A, P", "follow the newest, show all, hold the view"),
    ("Ctrl+E, Space", "events; acknowledge"),
    ("Ctrl+F", "search runs"),
    ("Space, X, Enter", "in the list of runs: tick, exclude, open; Ctrl+A ticks all"),
    ("Ctrl+← → ↑ ↓", "in the list of runs: sort by another column, turn round"),
    ("Ctrl+R", "report of the run, or of the ticked ones"),
    ("Ctrl+L", "light, dark, as the system"),
    ("Ctrl+Shift+S", "picture of this window"),
)


class SettingsPage(QWidget):
    """A short form; every change takes effect at once."""

    theme_chosen = pyqtSignal(str)

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.theme = Choice("Theme")
        self.theme.addItems(list(THEMES))
        self.theme.setCurrentText(settings.theme)
        self.theme.currentTextChanged.connect(self.theme_chosen)
        self._operator = Line("Your name")
        self._operator.setText(settings.operator)
        self._operator.setPlaceholderText("as the station says")
        self._operator.textChanged.connect(self._name)
        self._reports = Line("Folder for reports")
        self._reports.setText(settings.reports)
        self._reports.setPlaceholderText("a temporary folder")
        self._reports.textChanged.connect(self._keep_reports)
        choose = QPushButton("Choose …")
        choose.setAccessibleName("Choose the folder for reports")
        choose.clicked.connect(lambda _on: self._choose_reports())
        self._no_folder = QLabel()
        self._no_folder.setObjectName("wrong")
        self._no_folder.hide()
        reports = QHBoxLayout()
        reports.addWidget(self._reports, 1)
        reports.addWidget(choose)
        self._about = QLabel("No station yet.")
        self._about.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
        )
        self._about.setWordWrap(True)
        form = QFormLayout()
        form.addRow("Theme", self.theme)
        form.addRow("Your name", self._operator)
        form.addRow("Reports go to", reports)
        form.addRow("", self._no_folder)
        keys = QFormLayout()
        for key, does in KEYS:
            label = QLabel(key)
            label.setObjectName("muted")
            keys.addRow(label, QLabel(does))
        box = QVBoxLayout(self)
        box.setContentsMargins(24, 18, 24, 18)
        box.setSpacing(10)
        for part in (caption("Window"), form, caption("Station"), self._about):
            if isinstance(part, QFormLayout):
                box.addLayout(part)
            else:
                box.addWidget(part)
        box.addWidget(caption("Keys"))
        box.addLayout(keys)
        box.addStretch(1)
        self.setMaximumWidth(760)

    def show_state(self, state: State) -> None:
        """Say which station this is."""
        s = state.station
        kind = "simulated" if s.simulated else "real"
        if s.speed != 1:
            kind += f" ({s.speed:g} times as fast)"
        since = date_text(s.started_unix)
        lines = [
            f"{s.name}: {kind} bench, process {s.pid}, since {since}",
            f"Runs are kept in {s.data}",
            f"labctl {s.version}, API {s.api_version}",
            *(f"{f.name}: {f.what}. {f.cure}".strip() for f in state.health.findings),
        ]
        self._about.setText("\n".join(lines))

    def _choose_reports(self) -> None:
        folder = QFileDialog.getExistingDirectory(
            self, "Folder for reports", self._settings.reports
        )
        if folder:
            self._reports.setText(folder)

    def _keep_reports(self, text: str) -> None:
        """Remember the folder once it is one."""
        folder = text.strip()
        is_one = not folder or Path(folder).is_dir()
        self._reports.mark(wrong=not is_one)
        self._no_folder.setText(f"{folder} is no folder on this machine; choose one")
        self._no_folder.setVisible(not is_one)
        if is_one:
            self._settings.reports = folder

    def _name(self, text: str) -> None:
        self._settings.operator = text.strip()
