"""How results look to a tired person, and to a program."""

import contextlib
import json
import math
import sys
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labctl.data import Result  # numpy comes with it: start-up time

SCHEMA_VERSION = 1


def print_json(value: Mapping[str, Any]) -> None:
    """Write one JSON object to stdout."""
    text = json.dumps({"schema_version": SCHEMA_VERSION, **value}, ensure_ascii=False)
    _write(sys.stdout, text)


def say(text: str) -> None:
    """Tell the person something, on stderr, if anybody is left to read it."""
    _write(sys.stderr, text)


def say_out(text: str) -> None:
    """Write a line of the result, on stdout, if anybody is left to read it."""
    _write(sys.stdout, text)


def _write(stream: typing.TextIO, text: str) -> None:
    """Write a line; a terminal or pipe that is gone stops nothing and fails nothing."""
    with contextlib.suppress(OSError, ValueError):
        stream.write(text + "\n")
        stream.flush()


def results_table(results: Mapping[str, "Result"]) -> str:
    """Return the results as aligned text, one a line."""
    width = max((len(_words(name)) for name in results), default=0)
    lines = []
    for name, result in results.items():
        line = f"  {_words(name):<{width}}  {value_text(result)}"
        if result.quality == "suspect":
            line += f"   SUSPECT: {result.reason}"
        lines.append(line)
    return "\n".join(lines)


def value_text(result: "Result") -> str:
    """Return ``3350.2 ± 1.4 mAh/g``; two digits of the uncertainty."""
    value, unit = result.value, result.unit
    if value is None:
        return f"absent: {result.reason}"
    if isinstance(value, str):
        return f"{value} {unit}".rstrip()
    spread = result.uncertainty
    if not spread or not math.isfinite(spread):
        return f"{value:.5g} {unit}".rstrip().replace("-", "−")
    digits = 1 - math.floor(math.log10(spread))
    if -3 < digits < 7 and abs(value) < 1e6:  # noqa: PLR2004  (plain, not 1e5)
        places = max(digits, 0)
        text = f"{value:.{places}f} ± {spread:.{places}f}"
    else:
        scale = 10.0 ** math.floor(math.log10(max(abs(value), spread)))
        places = max(digits + math.floor(math.log10(scale)), 0)
        power = math.floor(math.log10(scale))
        text = f"({value / scale:.{places}f} ± {spread / scale:.{places}f})e{power}"
    return f"{text} {unit}".rstrip().replace("-", "−")


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
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


def _words(name: str) -> str:
    return name.replace("_", " ")
