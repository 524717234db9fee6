"""Who did what: an append-only file in which each line carries the hash of the last.

Changing, dropping or inserting a line breaks the chain, which `verify` shows. Cutting
lines off the end does not: compare with the number of lines noted elsewhere.
"""

import hashlib
import json
import os
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from labctl.api.answers import AuditLine
from labctl.clock import SystemClock
from labctl.errors import StoreError

GENESIS = "0" * 64
KEPT = 500
"""Lines in memory for whoever looks at them."""


class Audit:
    """Appends lines; each is on the disk before the act is answered."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._clock = SystemClock()
        self._last: deque[AuditLine] = deque(maxlen=KEPT)
        self._number, self._digest = 0, GENESIS
        if path.exists():
            for line in read(path):
                self._number, self._digest = line.number, line.digest
                self._last.append(line)
        self._file = path.open("a", encoding="utf-8")

    def note(
        self,
        who: str,
        role: str,
        client: str,
        command: str,
        given: Mapping[str, Any],
        result: str,
    ) -> AuditLine:
        """Write one act down."""
        with self._lock:
            fields: dict[str, Any] = {
                "number": self._number + 1,
                "unix": self._clock.unix(),
                "who": who,
                "role": role,
                "client": client,
                "command": command,
                "given": dict(given),
                "result": result,
                "previous": self._digest,
            }
            line = AuditLine(**fields, digest=_digest(fields))
            self._file.write(json.dumps(line.model_dump(), sort_keys=True) + "\n")
            self._file.flush()
            os.fsync(self._file.fileno())
            self._number, self._digest = line.number, line.digest
            self._last.append(line)
            return line

    def after(self, number: int) -> list[AuditLine]:
        """Return the lines after the one with this number, of the last ones."""
        with self._lock:
            return [line for line in self._last if line.number > number]

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def read(path: Path) -> Iterator[AuditLine]:
    """Yield the lines as they stand, unverified; a half-written last one is left out.

    StoreError: a line in the middle cannot be read.
    """
    with path.open(encoding="utf-8") as file:
        for at, text in enumerate(file, 1):
            try:
                yield AuditLine.model_validate_json(text)
            except ValueError as error:
                if not text.endswith("\n"):
                    return
                raise StoreError(f"{path}:{at}: is no line of an audit log") from error


def verify(path: Path) -> int:
    """Return the number of lines. StoreError names the first one that was changed."""
    digest, count = GENESIS, 0
    for line in read(path):
        fields = line.model_dump(exclude={"digest"})
        if line.previous != digest or line.number != count + 1:
            raise StoreError(
                f"{path}: line {count + 1} does not follow the one before; a line was "
                "taken out, put in or moved"
            )
        if _digest(fields) != line.digest:
            raise StoreError(f"{path}: line {line.number} was changed")
        digest, count = line.digest, line.number
    return count


def _digest(fields: Mapping[str, Any]) -> str:
    text = json.dumps(fields, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
