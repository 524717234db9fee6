"""Cut EC-Lab's binary files into their modules, checking every size on the way.

A magic of 52 bytes, then modules: ``MODULE``, short name (10 bytes), long name (25),
length, version, date; EC-Lab 11.50 and later write 0xFFFFFFFF and a further number
before. Nothing else stands between modules.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from labctl.errors import StoreError

MAGIC = b"BIO-LOGIC MODULAR FILE\x1a".ljust(48) + b"\x00" * 4
MODULE = b"MODULE"
_NAMES = 10 + 25
_NEWER = 0xFFFFFFFF
CURE = "copy it again from the PC that recorded it, or export it as .mpt in EC-Lab"


@dataclass(frozen=True, slots=True)
class Module:
    """One module, with its place in the file for complaints."""

    name: str
    at: int
    """Offset of its payload in the file."""
    payload: bytes
    version: int
    """One of the two numbers of a newer head is 0."""
    date: str
    """As it stands: ``01/15/24``."""


def modules(path: Path, data: bytes) -> Iterator[Module]:
    """Go through the modules of a file. StoreError: one is cut off or damaged."""
    if not data.startswith(MAGIC[:23]):
        raise StoreError(f"{path}: does not begin with BIO-LOGIC MODULAR FILE")
    at = data.find(MODULE)
    if at < 0:
        raise StoreError(f"{path}: holds no module behind its first words; {CURE}")
    while at < len(data):
        if not data.startswith(MODULE, at):
            if not data[at:].strip(b"\x00"):
                return
            raise StoreError(f"{path}: no module begins at byte {at}; damaged: {CURE}")
        module = _module(path, data, at)
        yield module
        at = module.at + len(module.payload)


def _module(path: Path, data: bytes, begin: int) -> Module:
    at = begin + len(MODULE)
    name = data[at : at + 10].decode("latin-1").strip("\x00 ")
    at += _NAMES
    try:
        (length,) = struct.unpack_from("<I", data, at)
        if length == _NEWER:
            _, length, older, newer = struct.unpack_from("<4I", data, at)
            version = older + newer
            at += 16
        else:
            length, version = struct.unpack_from("<II", data, at)
            at += 8
    except struct.error as e:
        raise StoreError(
            f"{path}: the head of module {name!r} at byte {begin} is cut off; {CURE}"
        ) from e
    date = data[at : at + 8].decode("latin-1").strip("\x00 ")
    at += 8
    if at + length > len(data):
        raise StoreError(
            f"{path}: module {name!r} at byte {begin} is cut off: it says {length} "
            f"bytes, {max(len(data) - at, 0)} are there; {CURE}"
        )
    return Module(name, at, data[at : at + length], version, date)
