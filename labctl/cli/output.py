"""How results look to a tired person, and to a program."""

import contextlib
import json
import shutil
import sys
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from labctl.cli.code_page import SUBSTITUTE, is_text, is_utf_8

SCHEMA_VERSION = 1


def print_json(value: Mapping[str, Any]) -> None:
    """Write one JSON object to stdout."""
    whole = {"schema_version": SCHEMA_VERSION, **value}
    text = json.dumps(whole, ensure_ascii=False)
    if not is_utf_8(sys.stdout) or not is_text(text):
        text = json.dumps(whole)  # escaped, so that it is JSON, and whole, anywhere
    _write(sys.stdout, text)


def say(text: str) -> None:
    """Tell the person something, on stderr, if anybody is left to read it."""
    _write(sys.stderr, text)


def say_out(text: str) -> None:
    """Write a line of the result, on stdout, if anybody is left to read it."""
    _write(sys.stdout, text)


def say_file(text: str) -> None:
    """Write what becomes a file that labctl reads, and reads as UTF-8, on stdout."""
    if not is_utf_8(sys.stdout):
        text = text.encode("ascii", SUBSTITUTE).decode("ascii")
    _write(sys.stdout, text)


def _write(stream: typing.TextIO, text: str) -> None:
    """Write a line; a terminal or pipe that is gone stops nothing and fails nothing."""
    with contextlib.suppress(OSError, ValueError):
        stream.write(text + "\n")
        stream.flush()


def terminal_width() -> int | None:
    """Return the columns of the terminal on stdout; None: it is a pipe or a file."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Return text columns, left-aligned, under a head."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [head, *rows]
    return "\n".join(
        "  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def alarm_lines(unsafe: Mapping[str, str], data: str = "") -> list[str]:
    """Return what a person must read first, a line a channel.

    ``unsafe``: channel -> why; ``data``: see `labctl.service.bench.doubts.cure`.
    """
    from labctl.service.bench.doubts import cure  # noqa: PLC0415  (start-up time)

    return [
        f"{channel} MAY STILL BE ON: {why.rstrip('.')}. {cure([channel], data)}."
        for channel, why in unsafe.items()
    ]


def shown_path(path: Path) -> str:
    """Return a path as short as it can be typed from here."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
