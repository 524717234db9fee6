"""The themes as Qt sees them: Fusion, an explicit palette, one style sheet.

`setColorScheme` does nothing on several platforms (measured on offscreen and plain
xcb with Qt 6.11), so both palettes are spelled out, their disabled group included.
"""

from pathlib import Path

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PyQt6.QtWidgets import QApplication, QWidget

from gui.look.colours import DARK, LIGHT, Theme

Role = QPalette.ColorRole
Group = QPalette.ColorGroup
_current: list[Theme] = [LIGHT]


def theme() -> Theme:
    """Return the theme that is shown."""
    return _current[0]


def wanted(choice: str, app: QApplication) -> Theme:
    """Return the theme for a choice: ``light``, ``dark``, else what the system has."""
    if choice == "light":
        return LIGHT
    if choice == "dark":
        return DARK
    hints = app.styleHints()
    scheme = hints.colorScheme() if hints else Qt.ColorScheme.Unknown
    return DARK if scheme == Qt.ColorScheme.Dark else LIGHT


def apply_theme(app: QApplication, new: Theme) -> None:
    """Dress the application; plots are told by `PaletteChange`."""
    _current[0] = new
    app.setStyle("Fusion")
    app.setPalette(make_palette(new))
    app.setStyleSheet(style_sheet(new))


def repolish(widget: QWidget) -> None:
    """Apply the style sheet again: the widget's name or a property is another one."""
    style = widget.style()
    if style is not None:
        style.unpolish(widget)
        style.polish(widget)


def make_palette(t: Theme) -> QPalette:
    """Return every role in every group."""
    palette = QPalette()
    colours = {
        Role.Window: t.window,
        Role.WindowText: t.text,
        Role.Base: t.field,
        Role.AlternateBase: t.raised,
        Role.Text: t.text,
        Role.PlaceholderText: t.muted,
        Role.Button: t.raised,
        Role.ButtonText: t.text,
        Role.BrightText: t.on_danger,
        Role.ToolTipBase: t.panel,
        Role.ToolTipText: t.text,
        Role.Highlight: t.accent,
        Role.HighlightedText: t.on_accent,
        Role.Link: t.accent,
        Role.LinkVisited: t.accent,
        Role.Light: t.panel,
        Role.Midlight: t.raised,
        Role.Mid: t.border,
        Role.Dark: t.border,
        Role.Shadow: t.border,
        Role.Accent: t.accent,
    }
    for role, colour in colours.items():
        palette.setColor(role, QColor(colour))
    for role in (Role.WindowText, Role.Text, Role.ButtonText, Role.HighlightedText):
        palette.setColor(Group.Disabled, role, QColor(t.disabled))
    for role in (Role.Base, Role.Button, Role.Highlight):
        palette.setColor(Group.Disabled, role, QColor(t.window))
    return palette


def digits_font(points: float, *, bold: bool = False) -> QFont:
    """Return a font whose digits are equally wide."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPointSizeF(points)
    font.setBold(bold)
    return font


def style_sheet(t: Theme) -> str:
    """Return what a palette cannot say: corners, spacing, roles of buttons."""
    return f"""
QToolTip {{ background: {t.panel}; color: {t.text}; border: 1px solid {t.border};
  padding: 4px; }}
QFrame#panel {{ background: {t.panel}; border: 1px solid {t.border};
  border-radius: 6px; }}
QFrame#overlay {{ background: {t.panel}; border: 1px solid {t.grid};
  border-radius: 8px; }}
QFrame#alarm {{ background: {t.alarm_panel}; border: 1px solid {t.alarm};
  border-radius: 6px; }}
QFrame#unsafe {{ background: {t.danger}; border: 2px solid {t.danger};
  border-radius: 6px; }}
QFrame#unsafe QLabel {{ color: {t.on_danger}; font-weight: 600; }}
QFrame#unsafe QFrame#panel QLabel {{ color: {t.text}; }}
QLabel#caption {{ color: {t.muted}; font-weight: 600; font-size: 8pt; }}
QLabel#muted, QLabel#unit {{ color: {t.muted}; }}
QLabel#resolved {{ color: {t.good}; font-size: 8.5pt; }}
QLabel#wrong {{ color: {t.alarm}; font-size: 8.5pt; }}
QLabel#title {{ font-size: 13pt; font-weight: 600; }}
QLabel#name {{ font-size: 11pt; font-weight: 600; }}
QLabel#chip {{ background: {t.simulated}; color: {t.on_simulated}; font-weight: 700;
  border-radius: 4px; padding: 2px 8px; font-size: 8pt; }}
QPushButton {{ background: {t.raised}; border: 1px solid {t.border};
  border-radius: 5px; padding: 4px 12px; min-height: 18px; }}
QPushButton:hover {{ border-color: {t.accent}; }}
QPushButton:focus, QToolButton:focus {{ border: 2px solid {t.accent};
  padding: 3px 11px; }}
QPushButton:pressed {{ background: {t.selected}; }}
QPushButton:checked {{ background: {t.selected}; border-color: {t.accent}; }}
QPushButton:disabled {{ color: {t.disabled}; background: {t.window}; }}
QPushButton#primary {{ background: {t.accent}; color: {t.on_accent};
  border-color: {t.accent}; font-weight: 600; }}
QPushButton#primary:disabled {{ background: {t.window}; color: {t.disabled};
  border-color: {t.border}; }}
QPushButton#primary:focus {{ border: 2px solid {t.text}; }}
QPushButton#stop {{ background: {t.danger}; color: {t.on_danger}; font-weight: 700;
  border: 1px solid {t.danger}; padding: 5px 16px; }}
QPushButton#stop:focus {{ border: 2px solid {t.text}; padding: 4px 15px; }}
QPushButton#begin {{ text-align: left; }}
QPushButton#link {{ background: transparent; border: none; color: {t.accent};
  padding: 2px 4px; text-align: left; font-weight: 600; }}
QPushButton#link:checked {{ background: transparent; color: {t.text}; }}
QPushButton#link:focus {{ border: 1px solid {t.accent}; }}
QLineEdit, QComboBox, QSpinBox, QPlainTextEdit {{ background: {t.field};
  border: 1px solid {t.border}; border-radius: 4px; padding: 3px 6px;
  selection-background-color: {t.accent}; selection-color: {t.on_accent}; }}
QLineEdit:focus, QComboBox:focus, QSpinBox:focus, QPlainTextEdit:focus {{
  border: 1px solid {t.accent}; }}
QLineEdit[wrong="true"], QPlainTextEdit[wrong="true"] {{ border: 1px solid {t.alarm}; }}
QLineEdit:disabled, QComboBox:disabled, QSpinBox:disabled {{ color: {t.disabled};
  background: {t.window}; }}
QComboBox::drop-down {{ border: none; width: 18px; }}
QComboBox QAbstractItemView {{ background: {t.panel}; border: 1px solid {t.border};
  selection-background-color: {t.accent}; selection-color: {t.on_accent}; }}
QTabWidget::pane {{ border: none; border-top: 1px solid {t.border}; }}
QTabBar {{ background: transparent; }}
QTabBar::tab {{ background: transparent; color: {t.muted}; padding: 6px 12px;
  border: none; border-bottom: 2px solid transparent; font-weight: 600; }}
QTabBar::tab:selected {{ color: {t.text}; border-bottom: 2px solid {t.accent}; }}
QTabBar::tab:hover {{ color: {t.text}; }}
QTabBar::tab:focus {{ border: 1px solid {t.accent}; }}
QTabBar::tab:disabled {{ color: {t.disabled}; }}
QTableView, QListView, QTreeView {{ background: {t.panel}; outline: 0;
  border: 1px solid {t.panel};
  gridline-color: {t.border}; alternate-background-color: {t.raised};
  selection-background-color: {t.selected}; selection-color: {t.text}; }}
QTableView::item, QListView::item {{ padding: 2px 6px; }}
QTableView:focus, QListView:focus {{ border: 1px solid {t.accent}; }}
QHeaderView::section {{ background: {t.raised}; color: {t.muted}; border: none;
  border-bottom: 1px solid {t.border}; padding: 5px 6px; font-weight: 600; }}
QScrollArea {{ border: none; background: transparent; }}
QScrollArea > QWidget > QWidget#clear {{ background: transparent; }}
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
QScrollBar::handle:vertical {{ background: {t.border}; border-radius: 5px;
  min-height: 24px; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
QScrollBar::handle:horizontal {{ background: {t.border}; border-radius: 5px;
  min-width: 24px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QSplitter::handle {{ background: transparent; }}
QSplitter::handle:hover {{ background: {t.accent}; }}
QCheckBox::indicator, QTableView::indicator {{ width: 13px; height: 13px;
  border: 1px solid {t.muted}; border-radius: 3px; background: {t.field}; }}
QCheckBox::indicator:disabled {{ border-color: {t.border}; background: {t.window}; }}
QCheckBox::indicator:checked, QTableView::indicator:checked {{
  border-color: {t.accent}; background: {t.accent};
  image: url("{_tick(t)}"); }}
QCheckBox:focus, QRadioButton:focus {{ color: {t.accent}; }}
"""


def _tick(t: Theme) -> str:
    """Return the drawing of a tick that is seen on the accent's colour."""
    return (Path(__file__).parent / f"tick-{t.name}.svg").as_posix()
