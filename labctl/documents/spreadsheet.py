"""Text for a spreadsheet, which would run a cell that looks like a formula."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins with one of these is run."""


def safe_text(text: str) -> str:
    """Return ``text`` so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text
