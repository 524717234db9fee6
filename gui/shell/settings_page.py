"""Settings: the theme, the name for acknowledgements, and which station this is."""

from pathlib import Path

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gui.look.actions import action_of, with_key
from gui.look.settings import THEMES, Settings
from gui.look.si_text import date_text
from gui.parts.inputs import Choice, Line, caption
from gui.shell.keys_table import KeysTable
from labctl.api.models import State


class SettingsPage(QWidget):
    """A short form; every change takes effect at once."""

    theme_chosen = pyqtSignal(str)
    bundle_wanted = pyqtSignal()
    """A bundle for a bug report is to be made."""

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
        self.sound = QCheckBox("Sound when an event needs a person")
        self.sound.setChecked(settings.sound)
        self.sound.toggled.connect(self._keep_sound)
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
        form.addRow("", self.sound)
        box = QVBoxLayout(self)
        box.setContentsMargins(24, 18, 24, 18)
        box.setSpacing(10)
        box.addWidget(caption("Window"))
        box.addLayout(form)
        box.addWidget(caption("Station"))
        box.addWidget(self._about)
        box.addLayout(self._bug_report())
        box.addWidget(caption("Keys"))
        box.addWidget(KeysTable())
        box.addStretch(1)
        self.setMaximumWidth(900)

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

    def show_bundle(self, path: str) -> None:
        """Say where a bundle for a bug report was written."""
        self._bundle.setText(path)
        self._bundle.setAccessibleName(f"The last bundle: {path}")

    def _bug_report(self) -> QHBoxLayout:
        action = action_of("bug report")
        make = QPushButton("Bug report …")
        make.setAccessibleName(action.title)
        make.setToolTip(with_key(action.does, action.word))
        make.clicked.connect(lambda _on: self.bundle_wanted.emit())
        self._bundle = QLabel(action.does)
        self._bundle.setObjectName("muted")
        self._bundle.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
        )
        row = QHBoxLayout()
        row.addWidget(make)
        row.addWidget(self._bundle, 1)
        return row

    def _keep_sound(self, on: bool) -> None:
        self._settings.sound = on

    def _name(self, text: str) -> None:
        self._settings.operator = text.strip()
