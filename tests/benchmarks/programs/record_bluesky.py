"""The same rows by bluesky's RunEngine, as JSON lines: ``record_bluesky.py 1 POINTS``.

An event a row, whatever SIZE is: a detector is read once a point. Flushed, not durable.
"""

import importlib
import json
from pathlib import Path
from typing import Any

from rows_to_record import NAMES, asked
from spent import spent, tell


class Detector:
    """Readings without any instrument behind them."""

    name = "cell"
    parent = None
    hints: dict[str, list[str]] = {"fields": []}  # noqa: RUF012

    def __init__(self) -> None:
        self.number = 0

    def read(self) -> dict[str, dict[str, float]]:
        """Return one row."""
        self.number += 1
        return {name: {"value": self.number * 0.1, "timestamp": 0.0} for name in NAMES}

    def describe(self) -> dict[str, dict[str, object]]:
        """Return what the row's columns are."""
        one: dict[str, object] = {"source": "sim", "dtype": "number", "shape": []}
        return {name: dict(one) for name in NAMES}

    def read_configuration(self) -> dict[str, object]:
        """Return nothing: there is no instrument."""
        return {}

    describe_configuration = read_configuration


def main() -> None:
    """Record and tell."""
    # not a dependency of labctl, so that mypy cannot know it
    run_engine: Any = importlib.import_module("bluesky").RunEngine
    count: Any = importlib.import_module("bluesky.plans").count
    _, points = asked()
    with Path("rows.jsonl").open("w", encoding="utf-8") as file:

        def record(name: str, document: dict[str, object]) -> None:
            file.write(json.dumps([name, document]) + "\n")
            file.flush()

        engine = run_engine({})
        engine.subscribe(record)
        with spent() as of:
            engine(count([Detector()], num=points))
    tell(us=1e6 * of.wall / points, cpu_us=1e6 * of.cpu / points)


if __name__ == "__main__":
    main()
