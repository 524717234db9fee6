"""Runs a client's own tests in a foreign process, on a twin or against its answers.

All properties of a class are read one by one. A hardware suite talks to the twin
itself. A suite of command pairs says what a program sends and what an instrument
answered: each pair is sent to a twin that was just made, and works if no error is
queued and what comes back has the form that was written down (numbers, or words).
The same tests also run on the instruments that our roles have.
"""

import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fetch_peers import source_of
from peer_case import Suite
from peer_run import PROGRAMS, Result, ask_programs, foreign, served

from drivers.twins.labsim.benches import build_bench
from drivers.twins.scpi.exchange import Exchange
from drivers.twins.scpi.ieee488 import Ieee488Twin
from labctl.clock import VirtualClock


def run_suite(suite: Suite) -> Mapping[str, Result]:
    """Run one suite; return what came of each test, or of each pair."""
    if suite.properties:
        found = ask_programs(suite.bench, [suite.properties])[suite.properties]
        given: dict[str, str] = found["gives"]
        return {name: Result(not said, said) for name, said in given.items()}
    if suite.pairs:
        return dict(_send(suite, _run(suite, "")))
    if suite.on_our_link:
        return _outcomes(_run(suite, "", "on_our_link"))
    with served(suite.bench) as ports:
        address = f"TCPIP::127.0.0.1::{ports[suite.instrument]}::SOCKET"
        return _outcomes(_run(suite, address))


def _outcomes(found: Mapping[str, Any]) -> Mapping[str, Result]:
    return {name: Result(said == "", said) for name, said in found["tests"].items()}


def _run(suite: Suite, address: str, *plugins: str) -> dict[str, Any]:
    source = source_of(suite.package)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        where = ("--device-address", address) if address else ()
        done = foreign(
            *("-m", "pytest", "-q", "-p", "watch_tests", "-p", "no:cacheprovider"),
            *(word for plugin in plugins for word in ("-p", plugin)),
            "--import-mode=importlib",
            *("-c", str(PROGRAMS / "foreign.ini"), "--rootdir", str(source)),
            *("--confcutdir", str(source), *where, str(source / suite.tests)),
            WATCHED_TESTS=str(report),
            PYTEST_DISABLE_PLUGIN_AUTOLOAD="1",
        )
        if not report.exists():
            raise RuntimeError(f"{suite.capability}: {done.stdout}{done.stderr}")
        found: dict[str, Any] = json.loads(report.read_text())
        return found


def _send(suite: Suite, found: Mapping[str, Any]) -> Iterator[tuple[str, Result]]:
    for exchange in found["exchanges"]:
        if exchange["class"] != suite.pairs:
            continue
        twin = build_bench(suite.bench, VirtualClock(0.0)).instruments[suite.instrument]
        for k, (sent, answered) in enumerate(exchange["pairs"]):
            if sent is not None:
                name = f"{exchange['test']} {k + 1}: {sent}"
                yield name, _compare(twin, sent, answered)


def _compare(twin: Exchange, sent: str, answered: str | None) -> Result:
    twin.status.clear()
    twin.receive(sent.encode("latin-1"), end=True)
    answer = twin.drain().decode("latin-1").strip()
    errors = list(twin.status.errors)
    refused = twin.status.event_status & 0b111100
    if refused and "ERR" not in sent.upper() and isinstance(twin, Ieee488Twin):
        return Result(False, f"refused: {errors}")
    wanted = "" if answered is None else answered.strip()
    if _form(answer) != _form(wanted):
        return Result(False, f"answers {answer!r}, written down is {wanted!r}")
    return Result(True)


def _form(answer: str) -> str | int:
    """Return how many numbers an answer holds; "text" for anything else."""
    if not answer:
        return 0
    parts = answer.replace(";", ",").split(",")
    try:
        return len([float(part) for part in parts])
    except ValueError:
        return "text"
