"""Parts of a page that a measurement writes, between two comments each."""

from pathlib import Path

from labctl.errors import OperatorError

PAGE = Path(__file__).parents[3] / "docs" / "explanations" / "performance.md"


def filled(page: str, name: str, text: str) -> str:
    """Return a page with one part written anew. OperatorError: it has no such part."""
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    before, found, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise OperatorError(f"the page has no part between {begin} and {end}")
    return f"{before}{begin}\n\n{text.strip()}\n\n{end}{after}"
