"""A bench on real wires: twins in a process of their own, faults in between, labctl.

`Rig` starts the twins, puts a `FaultyWire` before each instrument that is asked for,
and writes a configuration that any labctl process takes. Whatever it started ends with
it, whole process groups included.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil
from faulty_wire import FaultyWire
from truth import Truth, monotonic

from labctl.clock import SystemClock

HERE = Path(__file__).parent
OWN = HERE.parents[1]
PRODUCT = Path(os.environ.get("CAMPAIGN_TREE", OWN))
"""The tree whose labctl is put to the test: this one, or an older one to compare."""
LABCTL = [sys.executable, "-m", "labctl"]
PATIENCE = 60.0
"""s for anything that should happen."""
DRIVERS = {
    "k6221": "keithley-6221",
    "k2182a": "keithley-2182a",
    "k2000": "keithley-2000",
    "k7001": "keithley-7001",
    "k6487": "keithley-6487",
    "ls475": "lakeshore-475",
    "ls643": "lakeshore-643",
    "k2400": "keithley-2400",
    "k2450": "keithley-2450",
    "k2636b": "keithley-2636b",
    "k6430": "keithley-6430",
    "b2901a": "keysight-b2901a",
    "k6517b": "keithley-6517b",
    "k6487smu": "keithley-6487",
    "vsp": "eclib-remote",
    **{f"meter-{number}": "keithley-2460" for number in range(1, 9)},
}
CHANNELS = {
    "cell": [
        *(f"vsp/{number}" for number in range(1, 9)),
        *(f"meter-{number}/cell" for number in range(1, 9)),
    ],
    "source_meter": ["k2450", "k2400", "k2636b/a", "k2636b/b", "k6430", "b2901a"],
    "electrometer": ["k6517b", "k6487smu"],
    "current_source": ["k6221"],
    "delta_meter": ["k6221"],
    "voltmeter": ["k2182a", "k2000"],
    "switch": ["k7001"],
    "gaussmeter": ["ls475"],
    "magnet": ["ls643"],
}


SAMPLES: dict[str, dict[str, Any]] = {
    "particle": {"kind": "particle"},
    "film": {"kind": "film", "thickness": "200 nm"},
    "cell": {
        "kind": "half_cell",
        "active_mass": "1.19 mg",
        "area": "1.131 cm²",
        "particle_radius": "1 µm",
        "first_step": "lithiation",
        "preset": "half-cell",
        "one_c": "1.9 mA/cm²",
        "lower_voltage": "0 V",
        "upper_voltage": "1.6 V",
    },
}
"""Labels of what stands before the twins."""


def wait_until(
    happens: Callable[[], object], patience: float = PATIENCE, every: float = 0.02
) -> bool:
    """Wait for something; tell whether it happened within ``patience`` s."""
    clock = SystemClock()
    while not happens():
        if clock.now() >= patience:
            return False
        clock.sleep(every)
    return True


def plug_in(folder: Path) -> Path:
    """Register the stand-in for EClib as any package would; return the folder."""
    info = folder / "eclib_remote-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: eclib-remote\nVersion: 1\n"
    )
    (info / "entry_points.txt").write_text(
        "[labctl.drivers]\neclib-remote = remote_eclib:driver\n"
    )
    return folder


class Rig:
    """Twins, wires, a configuration, and everybody who was started on them."""

    def __init__(
        self,
        folder: Path,
        *what: str,
        wires: Sequence[str] = (),
        safety: Mapping[str, Any] | None = None,
        options: Mapping[str, Mapping[str, Any]] | None = None,
        seed: int = 0,
    ) -> None:
        """Start ``twin_process`` with the words ``what``.

        ``wires`` names the instruments that stand behind a faulty line.
        """
        self.folder = folder.resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.plugins = plug_in(self.folder / "plugins")
        self._children: list[subprocess.Popen[bytes]] = []
        log = self.folder / "truth.jsonl"
        log.touch()
        self.truth = Truth(log)
        words = [sys.executable, str(HERE / "twin_process.py"), str(log), *what]
        self._twins = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(OWN), str(HERE)])},
            start_new_session=True,
        )
        assert self._twins.stdout is not None
        self.ports: dict[str, int] = json.loads(self._twins.stdout.readline())
        self.wires = {
            name: FaultyWire(self.ports[name], seed + number)
            for number, name in enumerate(wires)
        }
        self.config = self.folder / "config.yaml"
        self._write(safety or {}, options or {})
        self.samples = {
            name: write_sample(self.folder / f"{name}.yaml", label)
            for name, label in SAMPLES.items()
        }

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment in which this tree's labctl and plug-in are found."""
        path = os.pathsep.join([str(PRODUCT), str(HERE), str(self.plugins)])
        return {**os.environ, "PYTHONPATH": path, "LABCTL_CONFIG": ""} | {
            "HOME": str(self.folder),
            "LABCTL_LOCKS": str(self.folder / "locks"),
        }

    def port(self, instrument: str) -> int:
        """Return where a client of labctl's kind connects."""
        wire = self.wires.get(instrument)
        return self.ports[instrument] if wire is None else wire.port

    def address(self, instrument: str) -> str:
        """Return an instrument's address as a configuration has it."""
        port = self.port(instrument)
        if DRIVERS[instrument] == "eclib-remote":
            return f"127.0.0.1:{port}"
        return f"TCPIP::127.0.0.1::{port}::SOCKET"

    def _write(
        self, safety: Mapping[str, Any], options: Mapping[str, Mapping[str, Any]]
    ) -> None:
        instruments = {}
        for name in self.ports:
            own: dict[str, Any] = dict(options.get(name, {}))
            if DRIVERS[name] != "eclib-remote":
                own = {"visa_library": "@py", **own}
            instruments[name] = {
                "driver": DRIVERS[name],
                "address": self.address(name),
                "options": own,
            }
        channels = {
            role: [s for s in names if s.partition("/")[0] in self.ports]
            for role, names in CHANNELS.items()
        }
        config = {
            "station": {"name": "campaign", "data": str(self.folder / "runs")},
            "instruments": instruments,
            "channels": {role: names for role, names in channels.items() if names},
            "safety": dict(safety),
        }
        self.config.write_text(json.dumps(config, indent=1))

    # ---- people

    def start(
        self, words: Sequence[str], name: str = "labctl"
    ) -> "subprocess.Popen[bytes]":
        """Start a labctl command in a session of its own; its words go to a file."""
        with (self.folder / f"{name}.out").open("ab") as said:
            process = subprocess.Popen(
                [*LABCTL, *words],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                env=self.environment,
                start_new_session=True,
            )
        self._children.append(process)
        return process

    def adopt(self, process: "subprocess.Popen[bytes]") -> None:
        """End a process that somebody else started when this ends."""
        self._children.append(process)

    def run(
        self, protocol: str, *words: str, out: str = "runs", name: str = "labctl"
    ) -> "subprocess.Popen[bytes]":
        """Start ``labctl run`` on the real wires."""
        place = ["--config", str(self.config), "--out", str(self.folder / out)]
        return self.start(["run", protocol, *place, "--json", *words], name)

    def said(self, name: str = "labctl") -> str:
        """Return what a command wrote."""
        path = self.folder / f"{name}.out"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def forget(self, name: str = "labctl") -> None:
        """Begin a new page for what a command says."""
        (self.folder / f"{name}.out").unlink(missing_ok=True)

    def guards(self) -> list[int]:
        """Return the processes that guard runs of this rig."""
        return _processes_of("labctl.service.guard", self.folder)

    def end_children(self) -> None:
        """Kill whoever was started, and whatever they started."""
        for process in self._children:
            _kill_group(process)
        self._children.clear()
        for pid in _processes_of("labctl", self.folder):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)

    def close(self) -> None:
        """End everything."""
        self.end_children()
        for wire in self.wires.values():
            wire.close()
        assert self._twins.stdin is not None
        assert self._twins.stdout is not None
        self._twins.stdin.close()
        try:
            self._twins.wait(5.0)
        except subprocess.TimeoutExpired:
            _kill_group(self._twins)
        self._twins.stdout.close()

    def __enter__(self) -> typing.Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextlib.contextmanager
def registered(rig: Rig) -> Iterator[None]:
    """Let this process find the rig's driver plug-in too."""
    sys.path.insert(0, str(rig.plugins))
    try:
        yield
    finally:
        sys.path.remove(str(rig.plugins))


def write_sample(path: Path, label: Mapping[str, Any]) -> Path:
    """Write a sample's label as a person would; return where."""
    path.write_text(
        json.dumps({"name": path.stem, **label}, ensure_ascii=False), "utf-8"
    )
    return path


def guards_of(pid: int) -> list[psutil.Process]:
    """Return the guard processes that a process started."""
    try:
        family = psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    return [each for each in family if _is_guard(each)]


def _is_guard(process: psutil.Process) -> bool:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return any("service.guard" in word for word in process.cmdline())
    except psutil.Error:
        return False


def _processes_of(module: str, folder: Path) -> list[int]:
    """Return processes of this rig by what their command line says."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        words = process.info["cmdline"] or []
        mine = any(str(folder) in word for word in words)
        if mine and module in words and process.info["status"] != "zombie":
            found.append(process.pid)
    return found


def _kill_group(process: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(10.0)


def since(begun: float) -> float:
    """Return s passed since a moment of the shared clock."""
    return monotonic() - begun
