"""Record what a station answers, one file a model: ``record_api.py RUNS OUT``.

RUNS is the data folder of a station that simulates (``labctl serve --simulate --speed
3000 --data RUNS --no-live-view``). Run it once for every version of the API, with the
code of that version; what a version answered is never recorded again. Long lists are
cut, paths and secrets of the machine are taken out.
"""

import json
import sys
from pathlib import Path
from typing import Any

import httpx

from labctl.clock import SystemClock

MOST = 12
"""Items of a list that are kept."""
CYCLING = {
    "protocol": "formation-cycling",
    "preset": "half-cell",
    "sample": "qms-0.7",
    "operator": "record",
    "parameters": {"cycles": 1, "record_every": "60 s"},
}
LONG = {**CYCLING, "parameters": {"cycles": 200, "record_every": "60 s"}}
HALL = {"protocol": "hall-effect", "sample": "film-qms-0.7", "operator": "record"}
BY_HAND = {"protocol": "source-meter-by-hand", "sample": "particle-si"}
ENDED = {"completed", "stopped", "failed", "limit", "discarded"}


class Recorder:
    """Asks a station and writes down what it says."""

    def __init__(self, data: Path, out: Path) -> None:
        address = json.loads((data / ".station" / "station.json").read_text())
        tokens = json.loads((data / ".station" / "tokens.json").read_text())
        self.channel = "seat" if address["api_version"] == 1 else "channel"
        """What this version calls a channel."""
        self._data, self._out = str(data.resolve()), out
        self._clock = SystemClock()
        self._http = httpx.Client(
            base_url=f"http://127.0.0.1:{address['port']}",
            headers={"authorization": f"Bearer {tokens['configure']}"},
            trust_env=False,
            timeout=120.0,
        )

    def __call__(
        self, name: str, path: str, body: Any = None, method: str = "", **asked: Any
    ) -> Any:
        """Return an answer, and keep it as ``name``.json."""
        method = method or ("GET" if body is None else "POST")
        answer = self._http.request(method, path, params=asked, json=body)
        given = answer.json()
        if name:
            self.keep(name, given)
        return given

    def keep(self, name: str, given: Any) -> None:
        """Write an answer down, as far as it is worth keeping."""
        text = json.dumps(shorter(given), indent=1, ensure_ascii=False)
        text = text.replace(self._data, "/data/runs")
        (self._out / f"{name}.json").write_text(text + "\n", "utf-8")

    def wait(self, run: str, *states: str) -> None:
        """Wait until a run has come to one of some states."""
        while True:
            runs = {r["run"]: r for r in self("", "/state")["runs"]}
            if runs[run]["state"] in states:
                return
            self._clock.sleep(0.1)


def shorter(value: Any) -> Any:
    """Return the same with short lists, and no process's number."""
    if isinstance(value, list):
        return [shorter(x) for x in value[:MOST]]
    if isinstance(value, dict):
        return {
            key: 4711 if key == "pid" else shorter(below)
            for key, below in value.items()
        }
    return value


def main(data: Path, out: Path) -> None:
    """Have everything answered once."""
    out.mkdir(parents=True, exist_ok=True)
    ask = Recorder(data, out)
    detail = runs_that_end(ask)
    the_bench(ask, detail)


def runs_that_end(ask: Recorder) -> Any:
    """Have runs checked, forecast and done; return what the first one is."""
    ask("ping", "/ping")
    few = {"bias-hold", "formation-cycling"}
    ask.keep("protocols", [p for p in ask("", "/protocols") if p["name"] in few])
    ask("samples", "/samples")
    ask("checked", "/check", CYCLING)
    ask("checked-wrong", "/check", {**CYCLING, "parameters": {"cycles": "many"}})
    ask("forecast", "/forecast", CYCLING)

    one = ask("started", "/runs", CYCLING)["run"]
    ask.wait(one, *ENDED)
    detail = ask("run", f"/runs/{one}")
    ask("steps", f"/runs/{one}/steps")
    ask("run-events", f"/runs/{one}/events")
    ask("results", f"/runs/{one}/results")
    ask("figures", f"/runs/{one}/figures")
    hall = ask("", "/runs", HALL)
    ask.wait(hall["run"], *ENDED)
    ask("run-hall", f"/runs/{hall['run']}")
    ask("results-hall", f"/runs/{hall['run']}/results")
    ask("figures-hall", f"/runs/{hall['run']}/figures")
    ask("runs", "/runs")

    return detail


def the_bench(ask: Recorder, detail: Any) -> None:
    """Have a run, the queue, instruments and samples answered, then stop all."""
    two = ask("", "/runs", LONG)["run"]
    ask.wait(two, "running")
    channel = next(iter(detail["summary"][f"{ask.channel}s"].values()))
    later = {**CYCLING, f"{ask.channel}s": {"cell": channel}}
    ask("problem-busy", "/runs", later)
    ask("problem-refused", "/runs", {**CYCLING, "parameters": {"cycles": "many"}})
    ask("problem-unknown", "/runs/none")
    ask("problem-no-forecast", f"/runs/{two}/forecast")
    change = {"parameters": {"cycles": 300}, "dry_run": True}
    ask("amended", f"/runs/{two}/amend", change)
    queued = ask("queued", "/queue", {"order": LONG, "ready": False})
    ask("", f"/queue/{queued['entry']}", {"hold": True}, "PATCH")
    ask("queue", "/queue")
    ask("instruments-closed", "/instruments")
    ask("accepted", "/instruments/k2450/open", {})
    by_hand = ask("", "/runs", BY_HAND)["run"]
    level = {"voltage": "100 mV", "compliance": "1 mA"}
    hold = {"request": "hold-voltage", "values": level}
    ask("", f"/runs/{by_hand}/requests", hold)
    ask("instruments", "/instruments")
    label = {"kind": "film", "name": "si-c", "thickness": "120 nm"}
    ask("sample", "/samples/si-c", {"label": label}, "PUT")
    ask("", "/stop", {"reason": "enough"})
    ask.wait(two, *ENDED)
    state = ask("state", "/state")
    ask("events", "/events")
    event = state["attention"][0]["number"] if state["attention"] else 1
    ask("event", f"/events/{event}/acknowledge", {"by": "record"})
    ask("audit", "/audit")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
