"""The numbers of what is drawn as CSV."""

import csv
import io
from pathlib import Path

from labctl.api.figures import Figure
from labctl.documents.spreadsheet import figure_rows


def csv_text(figure: Figure, *, simulated: bool) -> str:
    """Return a figure as CSV; lines with ``#`` say SIMULATED, title, note, doubts."""
    out = io.StringIO()
    writer = csv.writer(out)
    if simulated:
        writer.writerow(["# SIMULATED"])
    for text in filter(None, (figure.title, figure.note, *figure.doubts)):
        writer.writerow([f"# {text}"])
    writer.writerows(figure_rows(figure))
    return out.getvalue()


def written(path: Path, text: str, what: str) -> str:
    """Write a CSV; return in words that ``what`` was written, or why it was not."""
    try:
        path.write_text(text, "utf-8", newline="")
    except OSError as error:
        why = error.strerror or str(error)
        return f"{path} could not be written: {why}; choose another folder"
    return f"wrote {path.name}: {what}"
