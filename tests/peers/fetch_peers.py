"""Fetches other people's programs into ``.venv/peers``, beside this environment.

``python tests/peers/fetch_peers.py``. What the extras ``peers…`` in ``pyproject.toml``
pin and this environment lacks goes into folders that only foreign processes see, so
that nothing here changes its version; each extra has its own, for they contradict each
other. Some are under the GPL: they run as processes of their own, in tests only.
``python tests/peers/fetch_peers.py speed`` fetches those that benchmarks are compared
with, 2 GB, into an environment of their own; no test needs them.
PyMeasure's own tests and navani's sample files are in their source archives only (MIT);
these are fetched and unpacked, never committed.
"""

import json
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOME = ROOT / ".venv" / "peers"
SITES: Mapping[str, Path] = {
    "peers": HOME / "site",
    "peers-files": HOME / "files",
    "peers-files-pandas-2": HOME / "files-pandas-2",
    "peers-validators": HOME / "validators",
}
"""Extra -> what goes before everything else on its foreign processes' path."""
SPEED = HOME / "speed"
"""The environment of ``peers-speed``: nothing of ours, or a start-up would not be
theirs."""
STAMP = HOME / "pins.json"
"""What was fetched; written last."""
SOURCES: Mapping[str, str] = {"pymeasure": "peers", "navani": "peers-samples"}
"""Whose source archive is wanted, and the extra that pins it: PyMeasure's for its
tests, navani's for its files of other programs (MIT)."""


def pins(group: str = "peers") -> dict[str, str]:
    """Return the version of each peer of an extra."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extra = project["optional-dependencies"][group]
    return dict(pin.split("==") for pin in extra)


def all_pins() -> dict[str, dict[str, str]]:
    """Return what every extra pins."""
    return {group: pins(group) for group in (*SITES, *SOURCES.values())}


def source_of(name: str) -> Path:
    """Return the unpacked source archive of a peer."""
    return HOME / "source" / f"{name}-{pins(SOURCES[name])[name]}"


def fetched() -> dict[str, dict[str, str]]:
    """Return what was fetched, extra by extra."""
    found: dict[str, dict[str, str]] = (
        json.loads(STAMP.read_text()) if STAMP.exists() else {}
    )
    return found


def are_here() -> bool:
    """Tell whether what is pinned is what was fetched."""
    return fetched() == all_pins()


def _pip(*arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments],
        check=True,
    )


def fetch() -> None:
    """Fetch the extras that changed, at once: most of it is waiting for the index."""
    before = fetched()
    wanted = [group for group in SITES if before.get(group) != pins(group)]
    STAMP.unlink(missing_ok=True)
    with ThreadPoolExecutor(len(SITES) + 1) as pool:
        filled = [pool.submit(_fill, group) for group in wanted]
        for done in (*filled, pool.submit(_unpack)):
            done.result()
    STAMP.write_text(json.dumps(all_pins()))


def _fill(group: str) -> None:
    """Resolve against this environment, and put what is missing into a folder."""
    wanted = [f"{name}=={version}" for name, version in pins(group).items()]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        _pip("install", "-q", "--dry-run", "--report", str(report), *wanted)
        found = json.loads(report.read_text())["install"]
    missing = [
        f"{one['metadata']['name']}=={one['metadata']['version']}" for one in found
    ]
    if missing:
        target = ("--upgrade", "--target", str(SITES[group]))
        _pip("install", "-q", "--no-deps", "--no-compile", *target, *missing)


def _unpack() -> None:
    """Fetch the source archives that are wanted."""
    with tempfile.TemporaryDirectory() as folder:
        for name, group in SOURCES.items():
            exact = f"{name}=={pins(group)[name]}"
            _pip(
                *("download", "-q", "--no-deps", "--no-binary", ":all:"),
                *("--dest", folder, exact),
            )
            (archive,) = Path(folder).glob(f"{name}-*.tar.gz")
            with tarfile.open(archive) as packed:
                packed.extractall(HOME / "source", filter="data")


def fetch_speed() -> None:
    """Make the environment of the peers of benchmarks; at once where it is there."""
    stamp = SPEED / "pins.json"
    wanted = json.dumps(pins("peers-speed"))
    if stamp.exists() and stamp.read_text() == wanted:
        return
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(SPEED)], check=True)
    exact = [f"{name}=={version}" for name, version in pins("peers-speed").items()]
    _pip("--python", str(SPEED), "install", "-q", *exact)
    stamp.write_text(wanted)


if __name__ == "__main__":
    if sys.argv[1:] == ["speed"]:
        fetch_speed()
    elif not are_here():
        try:
            fetch()
        except subprocess.CalledProcessError as error:  # pip has said why
            sys.exit(
                f"peers: NOT FETCHED: pip ended with {error.returncode}; without "
                "them tests/peers does not run"
            )
