"""The chosen step's own form: its kind, its fields, what is wrong with it."""

from collections.abc import Mapping, Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QLabel, QVBoxLayout, QWidget

from gui.compose.blocks.blocks import Block
from gui.compose.blocks.complaint_places import BlockComplaints
from gui.compose.blocks.shapes import Language
from gui.compose.parameter_form import ParameterForm
from gui.parts.form import Referred, resolve
from gui.parts.inputs import Choice, Refusal
from labctl.errors import Place

LEAST = 230
"""px."""


class BlockForm(QWidget):
    """A block at a time; made anew for another place or kind, else only filled."""

    turned = pyqtSignal(str)
    """The person wants another kind."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: tuple[Place, str] | None = None
        self.kind = Choice("Kind of the chosen one")
        self.kind.currentIndexChanged.connect(self._tell)
        self._help = QLabel()
        self._help.setObjectName("muted")
        self._help.setWordWrap(True)
        self._wrong = Refusal()
        self.form = ParameterForm(captions=False)
        self.setMinimumWidth(LEAST)
        box = QVBoxLayout(self)
        box.setContentsMargins(8, 0, 0, 0)
        box.setSpacing(4)
        box.addWidget(self.kind)
        box.addWidget(self._help)
        box.addWidget(self._wrong)
        box.addWidget(self.form, 1)

    @property
    def help(self) -> str:
        """What it says about the block."""
        return self._help.text()

    def show_nothing(self, why: str) -> None:
        """Show no block, and what to do."""
        self._shown = None
        self.form.show_fields([], {})
        self.kind.hide()
        self._wrong.hide()
        self._help.setText(why)

    def show_block(
        self, language: Language, kinds: Sequence[str], place: Place, block: Block
    ) -> None:
        """Show a block; ``kinds`` are those it may become where it stands."""
        if self._shown == (place, block.kind):
            for name, row in self.form.rows.items():
                row.set_text(block.texts.get(name, ""))
            return
        self._shown = (place, block.kind)
        shape = language.shapes[block.kind]
        self.form.show_fields(shape.fields, block.texts)
        self._help.setText(shape.help)
        offer(self.kind, language, kinds, block.kind)
        self.kind.setVisible(len(kinds) > 1)

    def show_complaints(
        self,
        language: Language,
        place: Place,
        block: Block,
        said: BlockComplaints,
        texts: Mapping[str, str],
        refer: Referred,
    ) -> None:
        """Say what each field comes to; ``texts`` are those of the form around."""
        found = {
            f.name: resolve(f, block.texts.get(f.name, ""), texts, refer)
            for f in language.shapes[block.kind].fields
        }
        wrong = {n: w for (at, n), w in said.fields.items() if at == place}
        readable = {name for name, one in found.items() if one.ok}
        self.form.show_resolved(
            found, {n: w for n, w in wrong.items() if n in readable}
        )
        whole = said.rows.get(place, "")
        shown = "" if whole in wrong.values() else whole
        self._wrong.say(shown)

    def warn(self, text: str) -> None:
        """Say something about what was just done."""
        self._help.setText(text)

    def _tell(self) -> None:
        self.turned.emit(str(self.kind.currentData() or ""))


def offer(box: Choice, language: Language, kinds: Sequence[str], chosen: str) -> None:
    """Put kinds into a choice, silently."""
    box.blockSignals(True)
    if [box.itemData(k) for k in range(box.count())] != list(kinds):
        box.clear()
        for kind in kinds:
            shape = language.shapes[kind]
            box.addItem(shape.word, kind)
            role = Qt.ItemDataRole.ToolTipRole
            box.setItemData(box.count() - 1, shape.help, role)
    box.setCurrentIndex(max(box.findData(chosen), 0))
    box.blockSignals(False)
