"""The table of keys, for people to read: one block a heading, in columns."""

from PyQt6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gui.look.actions import table_of_keys

COLUMNS = 2


class KeysTable(QWidget):
    """Made from the list of actions."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        columns = [QVBoxLayout() for _ in range(COLUMNS)]
        for column in columns:
            column.setSpacing(12)
        heights = [0] * COLUMNS
        for heading, rows in table_of_keys().items():
            shortest = heights.index(min(heights))
            heights[shortest] += len(rows) + 2
            columns[shortest].addLayout(_block(heading, rows))
        box = QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(28)
        for column in columns:
            column.addStretch(1)
            box.addLayout(column, 1)


def _block(heading: str, rows: list[tuple[str, str]]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(14)
    grid.setVerticalSpacing(3)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setColumnMinimumWidth(0, 112)
    grid.setColumnStretch(1, 1)
    title = QLabel(heading)
    title.setStyleSheet("font-weight: 600;")
    grid.addWidget(title, 0, 0, 1, 2)
    for k, (key, does) in enumerate(rows, 1):
        shown, told = QLabel(key), QLabel(does)
        shown.setObjectName("muted")
        grid.addWidget(shown, k, 0)
        grid.addWidget(told, k, 1)
    return grid
