"""Draw the page of runs into PNG files, for people to look at.

Run ``python tests/gui/run_browser_shots.py [FOLDER]``. Nothing is compared.
"""

import sys
from pathlib import Path

import screenshots
from PyQt6.QtWidgets import QApplication
from written_runs import CELLS, MATERIALS, run_id, write_cells

from gui.shell.window import MainWindow

SIZES = ((1280, 720), (1440, 860))
THEMES = ("light", "dark")


def main(folder: Path) -> None:
    """Draw every view in every size and theme, then every recipe once."""
    folder.mkdir(parents=True, exist_ok=True)
    app = QApplication(sys.argv[:1])
    for size in SIZES:
        for theme in THEMES:
            window = page(size, theme)
            mark = f"{size[0]}-{theme}"
            shoot(window, folder / f"runs-cells-{mark}.png")
            window.runs.tools.by.setCurrentText("by words")
            window.runs.tools.words.setText("qms; si")
            window.runs.tools.exclude.setText("1; 17-20")
            window.runs.tools.mean.setChecked(True)
            shoot(window, folder / f"runs-means-{mark}.png")
            window.runs.tools.exclude.setText("1; twenty")
            shoot(window, folder / f"runs-wrong-{mark}.png")
            close(window, app)
    window = page(SIZES[1], THEMES[0])
    for k in range(window.runs.tools.recipe.count()):
        window.runs.tools.recipe.setCurrentIndex(k)
        shoot(window, folder / f"runs-recipe-{k}.png")
    window.runs.tools.recipe.setCurrentIndex(4)
    screenshots.pause(1.0)
    window.runs.export(folder / "export.csv")
    close(window, app)


def page(size: tuple[int, int], theme: str) -> MainWindow:
    """Return a window on the page of runs with all of them ticked."""
    station = screenshots.stand()
    write_cells(station.files.data)
    window = screenshots.open_on(station, size, theme)
    window.header.pages.setCurrentIndex(1)
    screenshots.until(lambda: len(window.runs.shown) == len(MATERIALS) * CELLS)
    window.runs.tools.recipe.setCurrentText("Capacity against cycle")
    for material in MATERIALS:
        for cell in range(1, CELLS + 1):
            window.runs.tick(run_id(material, cell))
    window.runs.list.table.selectRow(5)
    return window


def shoot(window: MainWindow, path: Path) -> None:
    """Let it draw, then take a picture."""
    screenshots.pause(1.0)
    window.grab().save(str(path))


def close(window: MainWindow, app: QApplication) -> None:
    """Let go of it."""
    window.close()
    window.deleteLater()
    app.processEvents()
    screenshots.standing.close()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/screenshots"))
