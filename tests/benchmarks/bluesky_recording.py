"""Record points with bluesky's RunEngine into a JSON-lines file; print seconds.

For `journal_ingest.py`, which runs it with the Python of an environment of its own:
``python -m venv BS && BS/bin/pip install bluesky``, then
``python tests/benchmarks/journal_ingest.py --bluesky BS/bin/python``.
Usage: ``bluesky_recording.py FILE POINTS COLUMNS``.
"""

import importlib
import json
import sys
import time
from pathlib import Path


def main() -> None:
    # not a dependency of labctl, so that mypy cannot know it
    run_engine = importlib.import_module("bluesky").RunEngine
    count = importlib.import_module("bluesky.plans").count
    path, points, columns = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])

    class Detector:
        """Readings without any instrument behind them."""

        name = "cell"
        parent = None
        hints: dict[str, list[str]] = {"fields": []}  # noqa: RUF012

        def __init__(self) -> None:
            self.number = 0

        def read(self) -> dict[str, dict[str, float]]:
            self.number += 1
            return {
                f"c{i}": {"value": self.number * 0.1 + i, "timestamp": 0.0}
                for i in range(columns)
            }

        def describe(self) -> dict[str, dict[str, object]]:
            one: dict[str, object] = {"source": "sim", "dtype": "number", "shape": []}
            return {f"c{i}": dict(one) for i in range(columns)}

        def read_configuration(self) -> dict[str, object]:
            return {}

        def describe_configuration(self) -> dict[str, object]:
            return {}

    with path.open("w", encoding="utf-8") as file:

        def record(name: str, document: dict[str, object]) -> None:
            file.write(json.dumps([name, document]) + "\n")
            file.flush()

        engine = run_engine({})
        engine.subscribe(record)
        wall, cpu = time.perf_counter(), time.process_time()
        engine(count([Detector()], num=points))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(json.dumps([wall, cpu]))


if __name__ == "__main__":
    main()
