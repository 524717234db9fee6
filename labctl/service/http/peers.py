"""Whose connection it is, as far as this machine can tell.

On loopback every peer has one address, but Linux lists the user of each end of a
connection in ``/proc/net/tcp``. Elsewhere the peer's address has to do.
"""

import ipaddress
from collections.abc import Iterator
from pathlib import Path

TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_FIELDS = 8
"""Columns of a line that are needed: number, local, remote, state, …, user."""


def peer_of(host: str, port: int, users: dict[int, int]) -> str:
    """Return one name for all connections of one peer.

    ``users`` maps the peers' ports on this machine to user ids, as `users_of` does.
    """
    try:
        local = ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        local = False
    if not local:
        return host
    user = users.get(port)
    return "somebody here" if user is None else f"user {user}"


def users_of(port: int) -> dict[int, int]:
    """Return who connects to ``port`` of this machine from it: port -> user id.

    Empty where the system does not say.
    """
    found: dict[int, int] = {}
    for table in TABLES:
        try:
            text = table.read_text("ascii")
        except (OSError, ValueError):
            continue
        found.update(
            (local, user) for local, remote, user in _rows(text) if remote == port
        )
    return found


def _rows(text: str) -> Iterator[tuple[int, int, int]]:
    """Yield local port, remote port and user of each line."""
    for line in text.splitlines()[1:]:
        words = line.split()
        if len(words) < _FIELDS:
            continue
        try:
            local, remote = (int(w.rpartition(":")[2], 16) for w in words[1:3])
            yield local, remote, int(words[7])
        except ValueError:
            continue
