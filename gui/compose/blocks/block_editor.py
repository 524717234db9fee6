"""Edit a list of steps: the list, the chosen step's own form, the same as text.

What may stand where comes from the schema. Each change is a new value: it goes to the
draft, and can be undone.
"""

from collections.abc import Callable

from PyQt6.QtCore import QEvent, QObject, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from gui.compose.blocks import blocks as change
from gui.compose.blocks.block_form import BlockForm, offer
from gui.compose.blocks.block_list import BlockList
from gui.compose.blocks.block_text import BlockText
from gui.compose.blocks.block_words import rows_of
from gui.compose.blocks.blocks import Blocks, Way, block_at, new_block
from gui.compose.blocks.complaint_places import BlockComplaints
from gui.compose.blocks.history import History
from gui.compose.blocks.shapes import Language
from gui.look.si_text import sentence, words
from gui.parts.form import Referred
from gui.parts.inputs import Choice
from labctl.errors import Place

LIST, TEXT = 0, 1
LIST_SHARE, FORM_SHARE = 380, 260
"""px; the whole is some 640 in a window of 1280."""


class BlockEditor(QWidget):
    """See the module; shows one parameter of a draft at a time."""

    edited = pyqtSignal(str, object)
    """Name of the parameter and its blocks."""
    refused = pyqtSignal(str, str)
    """Name of the parameter and why its text cannot be taken over; empty: it can."""
    done = pyqtSignal()
    """The person wants to go back."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._language = Language(change.EMPTY)
        self._history: History[Blocks] = History(())
        self._said = BlockComplaints()
        self._texts: dict[str, str] = {}
        self._refer = Referred()
        self.list = BlockList()
        self.one = BlockForm()
        self.form = self.one.form
        self.text = BlockText()
        self._build()
        self._wire()

    @property
    def blocks(self) -> Blocks:
        """What is edited."""
        return self._history.now

    @property
    def name(self) -> str:
        """The parameter that is edited; empty if none is."""
        return self._language.top.name

    def open(self, language: Language, blocks: Blocks, about: str) -> None:
        """Begin with a parameter; ``about`` says of what run."""
        again = language == self._language and blocks == self.blocks
        if not again:
            self._language = language
            self._history = History(blocks)
        named = language.shapes[language.top.kinds[0]].word
        self._title.setText(sentence(words(language.top.name)))
        self._about.setText(f"{about} · {language.top.help}")
        self.list.setAccessibleName(sentence(words(language.top.name)))
        self._kind.setVisible(len(language.top.kinds) > 1)
        self._add.setToolTip(f"Add a {language.called or named} below (Insert)")
        self._show()
        if not (again and self.text.is_refused):
            self.text.show_blocks(language, blocks)
        self.list.setFocus()

    def show_complaints(
        self, said: BlockComplaints, texts: dict[str, str], refer: Referred
    ) -> None:
        """Take what is wrong where, and what rates refer to."""
        self._said, self._texts, self._refer = said, texts, refer
        self.list.rows.show_rows(rows_of(self._language, self.blocks, said.rows))
        self._show_resolved()

    def follow(self, blocks: Blocks) -> None:
        """Take blocks that changed elsewhere (a plan was opened)."""
        if blocks != self.blocks:
            self._history.edit(blocks)
            self._show()
            self.text.show_blocks(self._language, blocks)

    # ---- what one does

    def add(self) -> None:
        """Put a new block below the chosen one, or into the chosen slot."""
        kind = str(self._kind.currentData() or "")
        place = self._spot()
        allowed = change.slot_at(self._language, self.blocks, place).kinds
        if kind not in allowed:
            kind = allowed[0]
        made = new_block(self._language, kind)
        self._edit(change.inserted(self.blocks, place, made), place)
        self.form.focus_first()

    def duplicate(self) -> None:
        """Put a copy below the chosen block."""
        place = self._place()
        if place:
            self._edit(change.duplicated(self.blocks, place), change.after(place))

    def remove(self) -> None:
        """Take the chosen block out; it can be undone."""
        place = self._place()
        if place:
            self._edit(change.removed(self.blocks, place), place)

    def move_block(self, way: Way) -> None:
        """Move the chosen block, if it may go there."""
        place = self._place()
        found = change.moved(self._language, self.blocks, place, way) if place else None
        if found is not None:
            self._edit(*found)

    def undo(self) -> None:
        """Go back by one edit."""
        if self._history.undo():
            self._changed()

    def redo(self) -> None:
        """Go forward again."""
        if self._history.redo():
            self._changed()

    def type(self, name: str, text: str) -> None:
        """Type into a field of the chosen block, as a person would."""
        self.form.type(name, text)

    def choose(self, place: Place) -> None:
        """Choose a block."""
        self.list.select(place)
        self._show_block()

    # ---- from the widgets

    def _typed(self, name: str, text: str) -> None:
        place = self._place()
        if place:
            new = change.written(self.blocks, place, name, text)
            self._edit(new, place, about=(place, name))

    def _turn(self, kind: str) -> None:
        place = self._place()
        if not place or not kind or kind == block_at(self.blocks, place).kind:
            return
        before = block_at(self.blocks, place)
        lost = change.lost_by_turning(self._language, before, kind)
        new = change.turned(self._language, self.blocks, place, kind)
        self._edit(new, place)
        if lost:
            what = f"{lost} inside cannot stand here and went; Ctrl+Z brings them back."
            self.one.warn(what)

    def _pasted(self, blocks: object) -> None:
        if isinstance(blocks, tuple):
            self.refused.emit(self.name, "")
            self._history.edit(blocks, about="text")
            self._show()
            self.edited.emit(self.name, self.blocks)

    def _tab(self, index: int) -> None:
        if index == TEXT:
            if not self.text.is_refused:
                self.text.show_blocks(self._language, self.blocks)
            self.text.field.setFocus()
        else:
            self.text.settle()
            self.list.setFocus()

    def _edit(self, new: Blocks, place: Place, about: object = None) -> None:
        self._history.edit(new, about)
        self._changed(place)

    def _changed(self, place: Place | None = None) -> None:
        self._show(place)
        self.text.show_blocks(self._language, self.blocks)
        self.refused.emit(self.name, "")
        self.edited.emit(self.name, self.blocks)

    # ---- showing

    def _place(self) -> Place:
        """Return the place of the chosen block; empty if a slot or nothing is."""
        row = self.list.current
        return row.place if row is not None and not row.heading else ()

    def _spot(self) -> Place:
        """Return where a new block goes."""
        row = self.list.current
        if row is None:
            return (len(self.blocks),)
        return (*row.place, 0) if row.heading else change.after(row.place)

    def _show(self, place: Place | None = None) -> None:
        row = self.list.current
        wanted = place or (row.place if row is not None else (0,))
        self.list.rows.show_rows(rows_of(self._language, self.blocks, self._said.rows))
        self.list.select(wanted)
        self._show_block()

    def _show_block(self) -> None:
        """Show the chosen block's form; what it allows decides the buttons."""
        place, row = self._place(), self.list.current
        self._enable(place)
        slot = change.slot_at(self._language, self.blocks, self._spot())
        chosen = str(self._kind.currentData() or "")
        offer(self._kind, self._language, slot.kinds, chosen)
        if not place:
            self.one.show_nothing(
                "Add a first one: choose its kind, then Add; or paste a list as Text."
                if row is None
                else f"What is added now stands in “{words(str(row.place[-1]))}”."
            )
            return
        kinds = change.slot_at(self._language, self.blocks, place).kinds
        block = block_at(self.blocks, place)
        self.one.show_block(self._language, kinds, place, block)
        self._show_resolved()

    def _show_resolved(self) -> None:
        place = self._place()
        if place:
            block = block_at(self.blocks, place)
            self.one.show_complaints(
                self._language, place, block, self._said, self._texts, self._refer
            )

    def _enable(self, place: Place) -> None:
        self._duplicate.setEnabled(bool(place))
        self._remove.setEnabled(bool(place))
        for way, button in self._moves.items():
            may = (
                bool(place)
                and change.moved(self._language, self.blocks, place, way) is not None
            )
            button.setEnabled(may)
        self._undo.setEnabled(bool(self._history.past))
        self._redo.setEnabled(bool(self._history.future))

    # ---- looks

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Let undo and redo mean the whole list also while a line has the focus."""
        if isinstance(event, QKeyEvent) and event.type() in _KEYS:
            for standard, act in (
                (QKeySequence.StandardKey.Undo, self.undo),
                (QKeySequence.StandardKey.Redo, self.redo),
            ):
                if event.matches(standard):
                    if event.type() == QEvent.Type.KeyPress:
                        act()
                    event.accept()
                    return True
        return super().eventFilter(watched, event)

    def _wire(self) -> None:
        self.list.chosen.connect(self._show_block)
        self.form.edited.connect(self._typed)
        self.form.made.connect(self._watch)
        self.text.understood.connect(self._pasted)
        self.text.refused.connect(lambda why: self.refused.emit(self.name, why))
        self.tabs.currentChanged.connect(self._tab)
        self.one.turned.connect(self._turn)
        keys: dict[str, Callable[[], None]] = {
            "Insert": self.add,
            "Delete": self.remove,
            "Ctrl+Shift+D": self.duplicate,
            "Return": self.form.focus_first,
        }
        for way, key in _WAYS.items():
            keys[key] = _moving(self.move_block, way)
        for key, act in keys.items():
            shortcut = QShortcut(QKeySequence(key), self.list)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(act)
        for key, act in (
            ("Ctrl+Z", self.undo),
            ("Ctrl+Shift+Z", self.redo),
            ("Escape", self.done.emit),
        ):
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(act)

    def _watch(self) -> None:
        """Watch the inputs of a form that was just made."""
        for row in self.form.rows.values():
            row.input.installEventFilter(self)

    def _build(self) -> None:
        self._title = QLabel()
        self._title.setObjectName("name")
        self._about = QLabel()
        self._about.setObjectName("muted")
        self._about.setWordWrap(True)
        self._undo = self._button("Undo", self.undo, "Ctrl+Z")
        self._redo = self._button("Redo", self.redo, "Ctrl+Shift+Z")
        done = self._button("Done", self.done.emit, "Esc")
        done.setObjectName("primary")
        head = QHBoxLayout()
        head.addWidget(self._title)
        head.addWidget(self._about, 1)
        for button in (self._undo, self._redo, done):
            head.addWidget(button)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName("List or text")
        self.tabs.addTab(self._build_list(), "List")
        self.tabs.addTab(self.text, "Text")
        box = QVBoxLayout(self)
        box.setContentsMargins(10, 8, 10, 8)
        box.setSpacing(4)
        box.addLayout(head)
        box.addWidget(self.tabs, 1)

    def _build_list(self) -> QWidget:
        self._kind = Choice("Kind of what is added")
        self._add = self._button("Add", self.add, "Insert")
        self._duplicate = self._button("Duplicate", self.duplicate, "Ctrl+Shift+D")
        self._remove = self._button("Remove", self.remove, "Delete")
        self._moves = {
            way: self._button(sentence(way.value), _moving(self.move_block, way), key)
            for way, key in _WAYS.items()
        }
        bar = QHBoxLayout()
        bar.setSpacing(4)
        bar.addWidget(self._kind, 1)
        bar.addWidget(self._add)
        changes = QHBoxLayout()
        changes.setSpacing(4)
        for button in (*self._moves.values(), self._duplicate, self._remove):
            changes.addWidget(button, 1)
        self._split = QSplitter(Qt.Orientation.Horizontal)
        self._split.setChildrenCollapsible(False)
        self._split.addWidget(self.list)
        self._split.addWidget(self.one)
        self._split.setSizes([LIST_SHARE, FORM_SHARE])
        self._split.setStretchFactor(0, 1)
        page = QWidget()
        box = QVBoxLayout(page)
        box.setContentsMargins(0, 4, 0, 0)
        box.setSpacing(4)
        box.addLayout(bar)
        box.addLayout(changes)
        box.addWidget(self._split, 1)
        return page

    @staticmethod
    def _button(text: str, act: Callable[[], None], key: str) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(f"{text} ({key})")
        button.clicked.connect(lambda _on: act())
        return button


_WAYS = {
    Way.UP: "Alt+Up",
    Way.DOWN: "Alt+Down",
    Way.OUT: "Alt+Left",
    Way.IN: "Alt+Right",
}
_KEYS = frozenset({QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride})


def _moving(move: Callable[[Way], None], way: Way) -> Callable[[], None]:
    return lambda: move(way)
