"""The example package of the documentation, found as if pip had installed it."""

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import labctl
from gui.by_hand.panels import brought
from labctl.service.http.catalogue import protocols

EXAMPLE = Path(str(labctl.__file__)).parents[1] / "docs/examples/labctl-climate"
SOURCE = EXAMPLE / "src"


def groups() -> dict[str, dict[str, str]]:
    """Return what it registers: group -> name -> what it names."""
    written: dict[str, Any] = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())
    found: dict[str, dict[str, str]] = written["project"]["entry-points"]
    return found


@contextmanager
def example_installed(folder: Path) -> Iterator[None]:
    """Let its entry points be found, and forget them again."""
    installed = folder / "labctl_climate-0.1.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Name: labctl-climate\nVersion: 0.1\n")
    lines = [
        line
        for group, points in groups().items()
        for line in (f"[{group}]", *(f"{k} = {v}" for k, v in points.items()))
    ]
    (installed / "entry_points.txt").write_text("\n".join(lines))
    caches = (protocols, brought)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        patch.syspath_prepend(SOURCE)
        for cache in caches:
            cache.cache_clear()
        try:
            yield
        finally:
            patch.undo()
            for cache in caches:
                cache.cache_clear()
