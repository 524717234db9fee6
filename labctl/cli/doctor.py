"""``labctl doctor``: what stands between this machine and a measurement.

Nothing of labctl's own is imported to see that it is there, nor is a library that it
needs: they are found, as an import would find them. Other people's plug-ins are
imported, since only that shows whether they work.
"""

import importlib
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from labctl.cli import ordering
from labctl.cli.output import say_out
from labctl.errors import LabctlError, RefusedError

if TYPE_CHECKING:
    from labctl.config.models import Config

Finding = tuple[bool, str, str]
"""Whether it is well, what was looked at, and the cure if not."""
FEWEST_BYTES = 5e9
SLOWEST_COMMIT = 1.0
"""s; the run commits once a second and waits for it."""
LARGEST_SKEW = 5.0
"""s; rows of several machines are laid over each other by their stamps."""
PACKAGES = ("labctl", "drivers", "protocols", "gui")
LIBRARIES = {
    "pymeasure": "pymeasure",
    "pyvisa": "pyvisa",
    "pyvisa_py": "pyvisa-py",
    "serial": "pyserial",
    "pymodbus": "pymodbus",
    "defusedxml": "defusedxml",
    "h5py": "h5py",
    "numpy": "numpy",
    "scipy": "scipy",
    "pydantic": "pydantic",
    "yaml": "pyyaml",
    "typer": "typer",
    "rich": "rich",
    "fastapi": "fastapi",
    "uvicorn": "uvicorn",
    "httpx": "httpx",
}
"""What labctl cannot do without: module -> what pip installs it by."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor", epilog="Example: labctl doctor")(doctor)


def doctor(config: ordering.ConfigOption = None) -> None:
    """Check Python, packages, plug-ins, configuration, disk, clock and power.

    Names the cure of each fault; exit code 1 if there is one. Instruments are asked by
    `labctl station show`.
    """
    bad = 0
    for ok, what, cure in _findings(config):
        say_out(f"{'ok ' if ok else 'BAD'}  {what}" + ("" if ok else f"\n     {cure}"))
        bad += not ok
    if bad:
        raise typer.Exit(1)


def _findings(named: Path | None) -> Iterator[Finding]:
    from labctl.cli.installed import plugins  # noqa: PLC0415  (start-up time)

    version = platform.python_version()
    yield sys.version_info >= (3, 11), f"Python {version}", "Install 3.11 or later."
    yield _side_by_side()
    for module, package in LIBRARIES.items():
        there = importlib.util.find_spec(module) is not None
        yield there, f"package {package}", f"pip install {package}"
    qt = importlib.util.find_spec("PyQt6") is not None
    say = "window (PyQt6)" if qt else "window (PyQt6): not installed, headless only"
    yield True, say, ""
    for name, why in plugins():
        yield not why, f"{name}: {why}" if why else name, "Reinstall or remove it."
    folder = yield from _configuration(named)
    yield from _disk(folder)
    yield from _power()
    windows = platform.system() == "Windows"
    say = "EClib can be loaded here" if windows else "EClib: Windows only; twins here"
    yield True, say, ""


def _configuration(named: Path | None) -> Generator[Finding, None, Path]:
    """Say whether the configuration is sound; return where its runs go."""
    try:
        bench = ordering.read_config(named, simulate=named is None)
    except RefusedError as refused:
        yield False, "configuration", "\n     ".join(map(str, refused.complaints))
        return Path.cwd()
    count = len(bench.instruments)
    there = named or os.environ.get("LABCTL_CONFIG") or Path("config.yaml").exists()
    source = "" if there else ", the built-in bench: there is no config.yaml here"
    yield True, f"configuration: {bench.station.name}, {count} instruments{source}", ""
    yield from _named(bench)
    return bench.station.data


def _named(bench: "Config") -> Iterator[Finding]:
    """Say whose thermometers are where, and what is named that no package has."""
    from labctl.cli.installed import not_found  # noqa: PLC0415  (start-up time)

    for place, told in bench.temperature.items():
        named = {"surface": told.surface, "ambient": told.ambient}
        said = ", ".join(f"{key} by {at}" for key, at in named.items() if at)
        yield True, f"temperature of {place}: {said}, every {told.every:g} s", ""
    for place, error in not_found(bench):
        yield False, f"{place}: {error}", "Correct the name, or install its package."


def _disk(folder: Path) -> Iterator[Finding]:
    """Try what a run needs of the disk: room, a durable commit, and a true clock."""
    from labctl.clock import SystemClock, stopwatch  # noqa: PLC0415

    there = folder if folder.is_dir() else Path.cwd()
    free = shutil.disk_usage(there).free
    cure = "Free some, or choose another folder with --out."
    yield free > FEWEST_BYTES, f"disk: {free / 1e9:.0f} GB free for runs", cure
    try:
        with tempfile.TemporaryDirectory(dir=there, prefix=".doctor-") as trial:
            begun = stopwatch()
            stamped = _commit(Path(trial) / "trial.sqlite")
            took = stopwatch() - begun
    except (OSError, LabctlError) as error:
        cure = f"{error}. Choose a folder of your own on a disk of this machine."
        yield False, f"runs can be written in {there}", cure
        return
    cure = "Keep runs on a disk of this machine, not on a network drive."
    say = f"a durable commit in {there} takes {1e3 * took:.0f} ms"
    yield took < SLOWEST_COMMIT, say, cure
    skew = abs(stamped - SystemClock().unix())
    cure = "Let the operating system set its clock from the network."
    yield skew < LARGEST_SKEW, f"clock agrees with the disk's within {skew:.0f} s", cure


def _commit(path: Path) -> float:
    """Write a journal as a run would; return the disk's time stamp, UTC epoch s."""
    from labctl.store.header import RunHeader  # noqa: PLC0415
    from labctl.store.journal.journal import Journal  # noqa: PLC0415

    with Journal.create(path, RunHeader("doctor", "doctor", "doctor", ())) as journal:
        journal.commit()
    return path.stat().st_mtime


def _power() -> Iterator[Finding]:
    """Look whether the machine falls asleep on mains; only Windows can be asked."""
    if platform.system() != "Windows":
        yield True, "sleep: not looked at on this system; a bench PC must not sleep", ""
        return
    words = ["powercfg", "/query", "SCHEME_CURRENT", "SUB_SLEEP", "STANDBYIDLE"]
    try:
        said = subprocess.run(words, capture_output=True, check=False).stdout  # noqa: S603
    except OSError:  # Windows without it: a container, Wine, a locked-down PC
        said = b""
    seconds = sleeps_after(said.decode("ascii", "replace"))
    if seconds is None:
        say = "sleep: unknown, powercfg does not say; a bench PC must not sleep"
        yield True, say, ""
        return
    say = "sleep: never" if not seconds else f"sleep: after {seconds / 60:.0f} min"
    yield not seconds, say, "powercfg /change standby-timeout-ac 0"


def sleeps_after(text: str) -> int | None:
    """Return the s on mains after which ``powercfg /query`` says it sleeps.

    0: never. None: the answer does not say.
    """
    numbers = re.findall(r":\s*0x([0-9a-fA-F]{8})", text)
    return int(numbers[-2], 16) if len(numbers) > 1 else None  # mains, then battery


def _side_by_side() -> Finding:
    """Another distribution may ship a package of the same name and win."""
    places = set()
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            return False, f"package {name} is missing", "Install labctl-bench again."
        places.add(Path(spec.origin).parents[1])
    cure = "Give labctl an environment of its own; another package took a name."
    return len(places) == 1, "labctl, drivers, protocols, gui lie side by side", cure
