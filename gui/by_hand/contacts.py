"""Contacts of a square sample, 1-2-3-4 counter-clockwise seen with +B toward you."""

from dataclasses import dataclass

from PyQt6.QtWidgets import QVBoxLayout, QWidget

from gui.by_hand.request_form import RequestForm, named
from gui.by_hand.sample_sketch import SampleSketch
from gui.parts.inputs import Choice

FIELD = "contacts"
LEADS = ("I+", "I−", "V+", "V−")


@dataclass(frozen=True, slots=True)
class Configuration:
    """Which contacts drive and which are read."""

    name: str
    contacts: tuple[int, int, int, int]
    """I+, I−, V+, V−."""

    @property
    def text(self) -> str:
        """As the form's field takes it."""
        return "; ".join(map(str, self.contacts))


CONFIGURATIONS = tuple(
    Configuration(f"I{a}{b}, V{c}{d}  {kind}", (a, b, c, d))
    for kind, contacts in (
        ("van der Pauw", ((2, 1, 3, 4), (3, 2, 4, 1), (4, 3, 1, 2), (1, 4, 2, 3))),
        ("Hall", ((1, 3, 2, 4), (4, 2, 1, 3))),
    )
    for a, b, c, d in contacts
)
"""The four that give the sheet resistance, then the two that give the Hall voltage."""


class ContactsChoice(QWidget):
    """Fills a request's contacts, and draws whatever stands there."""

    def __init__(self, form: RequestForm, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._form = form
        self.choice = Choice("Contacts")
        self.choice.addItems([one.name for one in CONFIGURATIONS])
        self.choice.activated.connect(lambda _k: self._fill())
        self.sketch = SampleSketch()
        form.edited.connect(self._draw)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addLayout(named("Contacts", self.choice))
        box.addWidget(self.sketch)
        self._draw()

    @property
    def chosen(self) -> Configuration:
        """What a person chose from the list."""
        return CONFIGURATIONS[self.choice.currentIndex()]

    def choose(self, index: int) -> None:
        """Choose from the list, as a person would."""
        self.choice.setCurrentIndex(index)
        self._fill()

    def restyle(self) -> None:
        """Take the theme's colours."""
        self.sketch.update()

    def _fill(self) -> None:
        if FIELD in self._form.rows:
            self._form.type(FIELD, self.chosen.text)

    def _draw(self) -> None:
        row = self._form.rows.get(FIELD)
        if row is not None and not row.text.strip():
            row.set_text(self.chosen.text)
        typed = row.text if row is not None else self.chosen.text
        self.sketch.show_contacts(leads_of(typed))


def leads_of(text: str) -> dict[int, str]:
    """Return contact -> lead of a text such as ``1; 3; 2; 4``; empty if it is none."""
    words = [word.strip() for word in text.split(";")]
    if len(words) != len(LEADS) or not all(word.isdecimal() for word in words):
        return {}
    return {int(word): lead for word, lead in zip(words, LEADS, strict=True)}
