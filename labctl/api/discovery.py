"""Find the station's process, or start it so that it outlives whoever asked."""

import getpass
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from labctl.api.client import StationClient
from labctl.api.station_files import StationFiles
from labctl.api.transport import connection
from labctl.clock import SystemClock
from labctl.errors import InstrumentError, OperatorError
from labctl.store.lock import is_written

LOG_BYTES = 5_000_000
"""The log is put aside beyond that; three old ones are kept."""
OLD_LOGS = 3
START_PATIENCE = 20.0
"""s that a station may take to answer for the first time."""
LOOK_EVERY = 0.1
_started: "list[subprocess.Popen[bytes]]" = []
"""Processes that outlive this one; kept so that nobody warns of that."""


def find(
    data: Path, *, role: str = "configure", client: str = "script", user: str = ""
) -> StationClient | None:
    """Return a client of the station whose runs lie in ``data``; None if none answers.

    OperatorError: its token is not for this user.
    """
    files = StationFiles(data.absolute())
    address = files.read_address()
    if address is None:
        return None
    if not is_written(files.lock_file):
        files.leave()  # it died; its address says nothing any more
        return None
    tokens = files.read_tokens()
    if tokens is None:
        raise OperatorError(
            f"{files.token_file} is not readable for you; the station belongs to "
            "another user"
        )
    http = connection(
        address.url,
        getattr(tokens, role),
        client=client,
        user=user or _user(),
        verify=os.environ.get("LABCTL_CA") or True,
    )
    return StationClient(http, address)


def find_or_start(
    data: Path, words: Sequence[str], *, client: str = "script", user: str = ""
) -> StationClient:
    """Return a client of the station at ``data``, started with ``words`` if need be.

    ``words`` follow ``labctl serve``: ``("--simulate", "--speed", "100")``. The process
    has a session of its own: closing the window, the terminal or killing the caller
    does not touch it. InstrumentError: it did not come up; its last words are quoted.
    """
    found = find(data, client=client, user=user)
    if found is not None:
        return found
    files = StationFiles(data.absolute())
    files.make()
    process = start_detached(files, words)
    _started.append(process)
    clock = SystemClock()
    while clock.now() < START_PATIENCE:
        found = find(data, client=client, user=user)
        if found is not None:
            return found
        if process.poll() not in (None, 0):
            break
        clock.sleep(LOOK_EVERY)
    raise InstrumentError(
        f"the station did not start; {files.log_file} says: {_last_words(files)}"
    )


def start_detached(
    files: StationFiles, words: Sequence[str]
) -> "subprocess.Popen[bytes]":
    """Start ``labctl serve`` in a session of its own, its words in a rotated log."""
    rotate(files.log_file)
    options: dict[str, Any] = {"start_new_session": True}
    if os.name == "nt":
        options = {
            "creationflags": getattr(subprocess, "DETACHED_PROCESS", 0)
            | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
            | getattr(subprocess, "CREATE_BREAKAWAY_FROM_JOB", 0)
        }
    with files.log_file.open("ab") as log:
        return subprocess.Popen(  # noqa: S603
            [
                sys.executable,
                "-m",
                "labctl",
                "serve",
                "--data",
                str(files.data),
                *words,
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={
                **os.environ,
                "LABCTL_LOG": os.environ.get("LABCTL_LOG", "INFO"),
                "PYTHONIOENCODING": "utf-8",  # so that the log is read anywhere
            },
            **options,
        )


def rotate(log: Path) -> None:
    """Put a long log aside: ``station.log.1`` is the latest old one."""
    if not log.exists() or log.stat().st_size < LOG_BYTES:
        return
    for number in range(OLD_LOGS, 0, -1):
        older = log.with_name(f"{log.name}.{number}")
        newer = log.with_name(f"{log.name}.{number - 1}") if number > 1 else log
        if newer.exists():
            newer.replace(older)


def _last_words(files: StationFiles) -> str:
    try:
        lines = files.log_file.read_text("utf-8", "replace").strip().splitlines()
    except OSError:
        return "nothing"
    return " | ".join(lines[-3:]) or "nothing"


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unnamed"
