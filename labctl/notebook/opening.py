"""What a path means: a run's folder, a file of it, a folder of runs, a station."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from labctl.errors import OperatorError
from labctl.notebook.collection import Runs, collected
from labctl.notebook.run import Run
from labctl.store.folder import JOURNAL, RunFolder, list_runs

HERE = Path("runs")
"""Where `labctl run` puts runs, unless told."""
TOKEN = "LABCTL_TOKEN"  # noqa: S105  a name, not the secret
"""Environment variable with the token of a station that is asked by its address."""
FILES = {".h5", ".hdf5", ".nxs", ".sqlite"}
"""Endings of a run's own files."""

Place = str | os.PathLike[str]


def open_place(place: Place, *, token: str | None = None) -> Run | Runs:
    """Open a run, or all runs of a folder or of a station; see `labctl.open`."""
    if _is_address(place):
        return _of_station(str(place), token)
    path = _found(Path(place))
    if path.is_dir() and not _is_run(path):
        return _all_in(path)
    return open_run(path)


def open_run(place: Place) -> Run:
    """Open one run: its folder, a file of it, or its name in ``runs/``.

    OperatorError: no run lies there. StoreError: damaged, or of a later labctl.
    """
    path = _found(Path(place))
    if not path.exists():
        raise OperatorError(
            f"{path}: there is nothing; give a run's folder, its .h5 file or journal, "
            "or a folder of runs"
        )
    if path.is_dir() and not _is_run(path):
        raise OperatorError(f"{path}: is no run's folder; labctl.runs lists its runs")
    if path.is_file() and path.suffix.lower() not in FILES:
        raise OperatorError(
            f"{path}: is no file of a run (.h5, {JOURNAL}); what other programs wrote "
            "becomes one with `labctl runs import FILE`"
        )
    return Run(path)


def list_place(place: Place = HERE, *, token: str | None = None) -> Runs:
    """Return the runs of a folder or a station as a table; see `labctl.runs`."""
    if _is_address(place):
        return _of_station(str(place), token)
    path = _found(Path(place))
    if path.is_dir() and not _is_run(path):
        return _all_in(path)
    if not path.exists():
        raise OperatorError(f"{path}: there is no such folder; give a folder of runs")
    return collected([path])


def _all_in(path: Path) -> Runs:
    found = [folder.path for folder in list_runs(path)]
    files = [each for each in sorted(path.iterdir()) if each.suffix.lower() == ".h5"]
    if not found and not files:
        raise OperatorError(
            f"{path}: no run lies there; give a run's folder, one of its files, or the "
            "folder that holds the runs"
        )
    return collected([*found, *files])


def _found(path: Path) -> Path:
    """Return the path that is meant: a name as `labctl runs list` prints it will do."""
    among = HERE / path
    return among if not path.exists() and among.is_dir() else path.expanduser()


def _is_run(path: Path) -> bool:
    folder = RunFolder(path.absolute())
    return folder.journal.exists() or folder.sealed.exists()


def _is_address(place: Place) -> bool:
    return isinstance(place, str) and place.startswith(("http://", "https://"))


def _of_station(address: str, token: str | None) -> Runs:
    """Return the runs of the station that answers at ``address``, from its files."""
    secret = token or os.environ.get(TOKEN, "")
    if not secret:
        raise OperatorError(
            f"{address}: a station tells only who shows its token: give token=…, set "
            f"{TOKEN}, or give the station's data folder instead, which needs none"
        )
    from labctl.api.reader import StationReader  # noqa: PLC0415  (start-up time)
    from labctl.api.transport import connection  # noqa: PLC0415

    parts = urlsplit(address)
    verify = os.environ.get("LABCTL_CA") or True
    base = f"{parts.scheme}://{parts.netloc}"
    http = connection(base, secret, client="notebook", user="", verify=verify)
    with StationReader(http) as station:
        newest = station.runs(limit=1).runs
        if not newest:
            raise OperatorError(f"{address}: the station has no runs yet")
        data = Path(station.run(newest[0].run).folder).parent
    if not data.is_dir():
        raise OperatorError(
            f"{address}: its runs lie in {data}, which is not on this machine; share "
            "that folder, and give the path under which it is seen here"
        )
    return _all_in(data)
