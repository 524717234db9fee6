"""Serve twins from a process of their own, and write down what they really do.

``python twins_with_truth.py BENCH LOG``: prints ``{"source": PORT, …}``, then appends a
JSON line to LOG for every message (``i``, ``m``) and every change of an output
(``i``, ``on``), with the time at which it was carried out (``t``, UTC seconds).
"""

import json
import sys
import threading
from pathlib import Path
from typing import Any

from drivers.twins.labsim.benches import build_bench
from drivers.twins.labsim.front import serve
from labctl.clock import SystemClock


def is_on(twin: Any) -> bool | None:
    """Return whether a twin's output is on; None if it has none."""
    channels = getattr(twin, "channels", None)
    if isinstance(channels, dict):
        return any(bool(channel.front.source.on) for channel in channels.values())
    output = getattr(twin, "output", None)
    return None if output is None else bool(output)


def main(name: str, log: Path) -> None:
    clock = SystemClock()
    bench = build_bench(name, clock)
    writes = threading.Lock()

    with log.open("a", buffering=1, encoding="utf-8") as lines:

        def tell(**said: object) -> None:
            with writes:
                lines.write(json.dumps({"t": clock.unix(), **said}) + "\n")

        for each, twin in bench.instruments.items():
            overhear(each, twin, tell)
        with serve(bench, "127.0.0.1", 0) as served:
            print(json.dumps(served.ports), flush=True)  # noqa: T201
            sys.stdin.read()


def overhear(name: str, twin: Any, tell: Any) -> None:
    execute, was = twin.execute, [is_on(twin)]

    def heard(message: str) -> Any:
        tell(i=name, m=message[:120])
        try:
            return execute(message)
        finally:
            if (now := is_on(twin)) != was[0]:
                was[0] = now
                tell(i=name, on=now)

    twin.execute = heard


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
