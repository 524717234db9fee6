"""The keyboard as a person uses it."""

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QKeySequence
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QWidget


def press(
    widget: QWidget,
    key: Qt.Key,
    how: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    """Press a key."""
    QTest.keyClick(widget, key, how)  # type: ignore[call-overload]


def strike(widget: QWidget, key: str) -> None:
    """Press a key that is written as Qt writes it: ``Ctrl+K``."""
    combination = QKeySequence(key)[0]
    press(widget, combination.key(), combination.keyboardModifiers())


def write(widget: QWidget, text: str) -> None:
    """Type a text."""
    QTest.keyClicks(widget, text)  # type: ignore[arg-type,call-arg]
