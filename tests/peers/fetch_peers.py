"""Fetches other people's programs into ``.venv/peers``, beside this environment.

``python tests/peers/fetch_peers.py``. What the extra ``peers`` in ``pyproject.toml``
pins and this environment lacks goes into a folder that only foreign processes see, so
that nothing here changes its version. PyMeasure's own tests are in its source archive
only (MIT); that is fetched and unpacked, never committed.
"""

import json
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOME = ROOT / ".venv" / "peers"
SITE = HOME / "site"
"""Goes before everything else on a foreign process' path."""
STAMP = HOME / "pins.json"
"""What was fetched; written last."""
SOURCES = ("pymeasure",)
"""Whose tests are wanted."""


def pins() -> dict[str, str]:
    """Return the version of each peer."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extra = project["optional-dependencies"]["peers"]
    return dict(pin.split("==") for pin in extra)


def source_of(name: str) -> Path:
    """Return the unpacked source archive of a peer."""
    return HOME / "source" / f"{name}-{pins()[name]}"


def are_here() -> bool:
    """Tell whether what is pinned is what was fetched."""
    return STAMP.exists() and json.loads(STAMP.read_text()) == pins()


def _pip(*arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments],
        check=True,
    )


def fetch() -> None:
    """Resolve against this environment, and put what is missing into `SITE`."""
    wanted = [f"{name}=={version}" for name, version in pins().items()]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        _pip("install", "-q", "--dry-run", "--report", str(report), *wanted)
        found = json.loads(report.read_text())["install"]
        missing = [
            f"{one['metadata']['name']}=={one['metadata']['version']}" for one in found
        ]
        if missing:
            target = ("--upgrade", "--target", str(SITE))
            _pip("install", "-q", "--no-deps", "--no-compile", *target, *missing)
        for name in SOURCES:
            exact = f"{name}=={pins()[name]}"
            _pip(
                *("download", "-q", "--no-deps", "--no-binary", ":all:"),
                *("--dest", folder, exact),
            )
            (archive,) = Path(folder).glob(f"{name}-*.tar.gz")
            with tarfile.open(archive) as packed:
                packed.extractall(HOME / "source", filter="data")
    STAMP.write_text(json.dumps(pins()))


if __name__ == "__main__":
    if not are_here():
        try:
            fetch()
        except subprocess.CalledProcessError as error:  # pip has said why
            sys.exit(
                f"peers: NOT FETCHED: pip ended with {error.returncode}; without "
                "them tests/peers does not run"
            )
