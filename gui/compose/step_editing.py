"""Between a draft and the editor of its steps: which list is open, what is wrong."""

from PyQt6.QtCore import QObject, pyqtSignal

from gui.compose.blocks.block_editor import BlockEditor
from gui.compose.blocks.blocks import Blocks
from gui.compose.blocks.complaint_places import complaints_by_block
from gui.compose.draft import Draft
from labctl.api.answers import Checked


class StepEditing(QObject):
    """Opens the editor on one parameter of the draft and writes back to it."""

    editing = pyqtSignal(bool)
    """Whether the editor is wanted."""
    changed = pyqtSignal()
    """The draft is another one."""
    left = pyqtSignal(str)
    """The person went back from editing this parameter."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.editor = BlockEditor()
        self._draft: Draft | None = None
        self._name = ""
        """The parameter that is open; empty while none is."""
        self.editor.edited.connect(self._edited)
        self.editor.refused.connect(self._refused)
        self.editor.done.connect(self._done)

    def take(self, draft: Draft | None) -> None:
        """Take another draft; the editor stays open if it has such a list too."""
        self._draft = draft
        if draft is not None and self._name in draft.languages:
            self._show()
        else:
            self.close()

    def open(self, name: str) -> None:
        """Open the editor on a parameter."""
        if self._draft is not None and name in self._draft.languages:
            self._name = name
            self._show()
            self.editing.emit(True)

    def close(self) -> None:
        """Go back to what stood where the editor is."""
        if self._name:
            self._name = ""
            self.editing.emit(False)

    def settle(self) -> None:
        """Take over now what was typed as text a moment ago."""
        if self._name:
            self.editor.text.settle()

    def show_check(self, check: Checked | None) -> None:
        """Say what is wrong, each at its step and field."""
        draft, name = self._draft, self._name
        if draft is None or not name:
            return
        language, blocks = draft.languages[name], draft.blocks[name]
        unreadable = draft.block_troubles(name)
        said = complaints_by_block(check, name, language, blocks, unreadable)
        self.editor.show_complaints(said, draft.texts, draft.refer)

    def _show(self) -> None:
        draft, name = self._draft, self._name
        if draft is not None:
            about = f"{draft.protocol.name} on {draft.sample.name}"
            self.editor.open(draft.languages[name], draft.blocks[name], about)

    def _edited(self, name: str, blocks: Blocks) -> None:
        if self._draft is not None:
            self._draft.blocks[name] = blocks
            self.changed.emit()

    def _refused(self, name: str, why: str) -> None:
        """Note why a text cannot be taken over; Start waits until it can."""
        if self._draft is None or self._draft.pasted.get(name, "") == why:
            return
        self._draft.pasted.pop(name, None)
        if why:
            self._draft.pasted[name] = why
        self.changed.emit()

    def _done(self) -> None:
        name = self._name
        self.close()
        self.left.emit(name)
