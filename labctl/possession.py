"""One owner for each physical instrument, whatever process, user or configuration.

An instrument is kept by two locks: its address, taken before anything is opened, and
who it says it is, taken once it was asked, because one instrument may have several
addresses (a name and a number, GPIB and Ethernet). Both are gone with the process.
"""

import contextlib
import getpass
import ipaddress
import os
import socket
import sys
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labctl.clock import SystemClock, local
from labctl.errors import BusyError, OwnershipError, StoreError
from labctl.roles.identity import Identity
from labctl.store.machine_lock import MachineLock, MachineLockedError

LOOPBACK = "127.0.0.1"
HOSTS = Path("/etc/hosts")
LONGEST_WORDS = 80
"""Characters shown of what a holder says of itself."""
NO_SERIAL = frozenset({"", "N/A", "NA", "NONE", "UNKNOWN"})


class Held(typing.Protocol):
    """What a process has of one instrument."""

    def recognise(self, identity: Identity) -> None:
        """Keep the instrument by what it says it is. BusyError: somebody has it."""
        ...

    def release(self) -> None:
        """Let the next owner in; harmless the second time."""
        ...


class Possession:
    """The only owner of the instrument at an address.

    BusyError names who has it. OwnershipError: nobody can tell whether it is free.
    """

    def __init__(self, name: str, address: str) -> None:
        self._name, self._address = name, address
        self._locks: list[MachineLock] = []
        self._take(f"address {canonical(address)}", "nothing was sent to it")

    def recognise(self, identity: Identity) -> None:
        """See `Held`; the same identity twice is taken once."""
        key = identity_key(identity)
        if key and len(self._locks) == 1:
            self._take(f"identity {key}", "it was asked who it is, nothing else")

    def release(self) -> None:
        """See `Held`."""
        while self._locks:
            self._locks.pop().release()

    def _take(self, key: str, told: str) -> None:
        note = {**_about_us(), "name": self._name, "address": self._address}
        try:
            self._locks.append(MachineLock(key, note))
        except MachineLockedError as held:
            who, where = _who(held.note), _shown(held.note.get("address"))
            same = not where or canonical(where) == canonical(self._address)
            other = "" if same else f", which reaches it at {where}"
            raise BusyError(
                f"{self._name} ({self._address}): in use by {who}{other}; {told}",
                {self._name: who},
            ) from None
        except StoreError as error:
            raise OwnershipError(f"{self._name}: {error}") from error


class NobodyElse:
    """A twin: it lives in this process, and nobody else reaches it."""

    def recognise(self, identity: Identity) -> None:
        """See `Held`."""

    def release(self) -> None:
        """See `Held`."""


def identity_key(identity: Identity) -> str:
    """Return what tells an instrument from all others; empty if nothing does."""
    serial = identity.serial.strip().upper()
    if serial in NO_SERIAL or not serial.strip("0"):
        return ""
    return "|".join(
        (identity.maker.strip().upper(), identity.model.strip().upper(), serial)
    )


def canonical(address: str) -> str:
    """Return one text for all ways to write an address, as far as no network is asked.

    ``gpib::24`` is ``GPIB0::24::0::INSTR``; ``tcpip::localhost::5025::socket`` is
    ``TCPIP::127.0.0.1::5025::SOCKET``: TCP/IP needs no board. An address without
    ``::`` is a host, or a port such as ``USB0`` or ``COM3``.
    """
    parts = [part.strip() for part in address.split("::")]
    if len(parts) == 1:
        return _port(parts[0]) or _host(parts[0])
    bus = parts[0].upper()
    kind = bus.rstrip("0123456789")
    board = bus[len(kind) :].lstrip("0") or "0"
    rest, cls = parts[1:], "INSTR"
    if rest[-1].upper() in {"INSTR", "SOCKET", "RAW", "INTFC", "SERVANT", "BACKPLANE"}:
        cls = rest.pop().upper()
    if kind == "TCPIP" and rest:
        rest = [_host(rest[0]), *(part.lower() for part in rest[1:])]
        if cls == "INSTR" and len(rest) == 1:
            rest.append("inst0")
        return "::".join((kind, *rest, cls))
    if kind == "GPIB" and cls == "INSTR":
        pad, sad = (*rest, "0")[:2]
        return "::".join((kind + board, _number(pad), _number(sad), cls))
    if kind == "USB":  # makers and models are written in hexadecimal or not
        rest = [*map(_number, rest[:2]), *(part.upper() for part in rest[2:3])]
        return "::".join((kind, *rest, cls))
    port = _port(parts[0])
    if port.startswith("ASRL"):
        return port
    return "::".join((kind + board, *(part.upper() for part in rest), cls))


def _port(text: str) -> str:
    """Return a serial or USB port of this machine; empty if it is none."""
    upper = text.upper()
    place = text[4:] if upper.startswith("ASRL") else text
    if place.startswith("/"):
        return f"ASRL {Path(place).resolve()}"  # /dev/serial/by-id/… is a link
    kind = upper.rstrip("0123456789")
    number = upper[len(kind) :].lstrip("0") or "0"
    if kind in {"COM", "ASRL"}:
        return f"ASRL {number}"
    return f"{kind}{number}" if kind == "USB" else ""


def _host(text: str) -> str:
    """Return a host in one way of writing; names from the machine's own table only."""
    name = text.strip("[]").lower().rstrip(".")
    if name == "localhost":
        return LOOPBACK
    name = _named_here().get(name, name)
    with contextlib.suppress(ValueError):
        found = ipaddress.ip_address(name)
        return LOOPBACK if found == ipaddress.ip_address("::1") else str(found)
    if name.replace(".", "").isdigit():
        with contextlib.suppress(OSError):
            return socket.inet_ntoa(socket.inet_aton(name))  # 127.1
    return name


def _named_here() -> Mapping[str, str]:
    """Return what ``/etc/hosts`` says: name -> number."""
    names: dict[str, str] = {}
    with contextlib.suppress(OSError, UnicodeDecodeError):
        for line in HOSTS.read_text("utf-8").splitlines():
            number, *rest = line.partition("#")[0].split() or [""]
            for name in rest:
                names.setdefault(name.lower(), number)
    return names


def _number(text: str) -> str:
    with contextlib.suppress(ValueError):
        return str(int(text, 0))
    return text.lstrip("0") or "0" if text.isdigit() else text.upper()


def _about_us() -> dict[str, Any]:
    try:
        user = getpass.getuser()
    except (KeyError, OSError, ImportError):  # an account without a name
        user = str(os.getuid()) if hasattr(os, "getuid") else ""
    called = Path(sys.argv[0] if sys.argv else "")
    name = called.parent.name if called.name == "__main__.py" else called.stem
    command = " ".join([name if name != "-c" else "python", *sys.argv[1:]])
    return {
        "user": user,
        "since": SystemClock().unix(),
        "command": command[:300],
    }


def _who(note: Mapping[str, Any]) -> str:
    """Return the holder in words; the note may be anybody's, so only text is shown."""
    pid, since = note.get("pid"), note.get("since")
    if not isinstance(pid, int):
        return "another program, which does not say who it is"
    command, user = _shown(note.get("command")), _shown(note.get("user"))
    words = f"`{command}` pid {pid}" if command else f"pid {pid}"
    if pid == os.getpid():
        words = f"this very process (pid {pid})"
    if user:
        words += f" of {user}"
    with contextlib.suppress(ValueError, OverflowError, OSError):
        if isinstance(since, int | float):
            words += f" since {local(since)}"
    return words


def _shown(text: object) -> str:
    clean = "".join(c for c in text if c.isprintable()) if isinstance(text, str) else ""
    short = clean[:LONGEST_WORDS]
    return short if len(short) == len(clean) else short + "…"
