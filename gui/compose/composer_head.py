"""What is measured how: protocol, sample, preset; and plans from and to files."""

from collections.abc import Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gui.look.si_text import protocol_words
from gui.parts.inputs import Choice, label_of
from labctl.api.answers import ProtocolOut, SampleOut

FIRST = "formation-cycling"


class ComposerHead(QWidget):
    """Three choices; a person's click changes one, a call changes it silently."""

    protocol_chosen = pyqtSignal()
    sample_chosen = pyqtSignal()
    preset_chosen = pyqtSignal()
    open_wanted = pyqtSignal()
    save_wanted = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._protocol = Choice("Protocol")
        self._sample = Choice("Sample")
        self._preset = Choice("Preset")
        self._about = QLabel()
        self._about.setObjectName("muted")
        self._about.setWordWrap(True)
        self._protocol.currentIndexChanged.connect(
            lambda _k: self.protocol_chosen.emit()
        )
        self._sample.currentIndexChanged.connect(lambda _k: self.sample_chosen.emit())
        self._preset.currentIndexChanged.connect(lambda _k: self.preset_chosen.emit())
        self._open = _link("Open plan …", "Fill the form from a plan file (Ctrl+O)")
        self._save = _link("Save plan …", "Write a file for `labctl run` (Ctrl+S)")
        self._open.clicked.connect(lambda _on: self.open_wanted.emit())
        self._save.clicked.connect(lambda _on: self.save_wanted.emit())
        plans = QHBoxLayout()
        plans.addWidget(self._open)
        plans.addWidget(self._save)
        plans.addStretch(1)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.addRow(label_of("Protocol"), self._protocol)
        form.addRow(self._about)
        form.addRow(label_of("Sample"), self._sample)
        form.addRow(label_of("Preset"), self._preset)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addLayout(plans)
        box.addLayout(form)

    @property
    def protocol(self) -> str:
        """Name of the chosen protocol; empty while there is none."""
        return str(self._protocol.currentData() or "")

    @property
    def sample(self) -> str:
        """Name of the chosen sample."""
        return str(self._sample.currentData() or "")

    @property
    def preset(self) -> str:
        """The chosen preset; empty for the defaults."""
        return str(self._preset.currentData() or "")

    def offer_protocols(self, found: Sequence[ProtocolOut]) -> None:
        """Offer protocols; the chosen one stays."""
        chosen = self.protocol or FIRST
        texts = [(protocol_words(p.name), p.name, p.title) for p in found]
        _fill(self._protocol, texts, chosen)

    def offer_samples(self, protocol: ProtocolOut, found: Sequence[SampleOut]) -> None:
        """Offer what a protocol can measure, and its presets; the sample stays."""
        self._about.setText(protocol.title)
        texts = [(f"{s.name}  {s.title}".strip(), s.name, s.title) for s in found]
        _fill(self._sample, texts, self.sample)
        presets = [(name or "defaults", name, "") for name in ("", *protocol.presets)]
        _fill(self._preset, presets, self.preset)

    def choose(
        self, *, protocol: str = "", sample: str = "", preset: str | None = None
    ) -> None:
        """Choose by name, silently; what is not there is not chosen."""
        for box, wanted in (
            (self._protocol, protocol or None),
            (self._sample, sample or None),
            (self._preset, preset),
        ):
            at = box.findData(wanted) if wanted is not None else -1
            if at >= 0:
                box.blockSignals(True)
                box.setCurrentIndex(at)
                box.blockSignals(False)

    def enable_save(self, *, on: bool) -> None:
        """Allow a plan to be saved."""
        self._save.setEnabled(on)


def _fill(box: Choice, texts: Sequence[tuple[str, str, str]], chosen: str) -> None:
    box.blockSignals(True)
    box.clear()
    for shown, name, tip in texts:
        box.addItem(shown, name)
        box.setItemData(box.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
    box.setCurrentIndex(max(box.findData(chosen), 0))
    box.blockSignals(False)


def _link(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName("link")
    button.setToolTip(tip)
    return button
