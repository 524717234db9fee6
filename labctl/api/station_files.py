"""Where the station's process keeps what others find it by, beside its runs.

``DATA/.station/``: ``station.json`` (who answers where), ``tokens.json`` (readable by
nobody else), ``station.lock``, ``audit.jsonl``, ``events.jsonl``, ``queue.json``,
``doubts.json`` and the log. ``DATA/STOP`` is a file that anybody may create: it stops
everything.
"""

import contextlib
import hashlib
import json
import os
import secrets
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pydantic import TypeAdapter

from labctl.clock import SystemClock
from labctl.errors import OperatorError, StoreError
from labctl.store.lock import WriterLock, is_written

LOCK_PATIENCE = 0.5
"""s."""
ROLES = ("view", "operate", "configure")
"""What a token allows, each one everything before it too."""


@dataclass(frozen=True, slots=True)
class Address:
    """Who answers where: ``station.json``."""

    pid: int
    started_unix: float
    host: str
    port: int
    scheme: str
    """``http``, or ``https`` where it is open to other machines."""
    boot: str
    api_version: int
    version: str
    simulated: bool
    config: str
    """Configuration file; empty for the built-in bench."""

    @property
    def url(self) -> str:
        """Where the API begins."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Tokens:
    """One secret a role, new with every start of the process."""

    view: str
    operate: str
    configure: str

    @classmethod
    def new(cls) -> "Tokens":
        """Return three tokens of 256 bits."""
        return cls(*(secrets.token_urlsafe(32) for _ in ROLES))


@dataclass(frozen=True, slots=True)
class StationFiles:
    """The folder of a station's process."""

    data: Path
    """Folder of the runs."""
    folder: Path = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "folder", self.data / ".station")

    @property
    def address_file(self) -> Path:
        """Who answers where; gone while nobody does."""
        return self.folder / "station.json"

    @property
    def token_file(self) -> Path:
        """The tokens; mode 0600."""
        return self.folder / "tokens.json"

    @property
    def lock_file(self) -> Path:
        """Held by the station's process."""
        return self.folder / "station.lock"

    @property
    def audit_file(self) -> Path:
        """Who did what."""
        return self.folder / "audit.jsonl"

    @property
    def events_file(self) -> Path:
        """What happened, and who has seen it."""
        return self.folder / "events.jsonl"

    @property
    def queue_file(self) -> Path:
        """What waits."""
        return self.folder / "queue.json"

    @property
    def doubts_file(self) -> Path:
        """Channels that are not known to be off."""
        return self.folder / "doubts.json"

    @property
    def log_file(self) -> Path:
        """What the process says when nobody looks."""
        return self.folder / "station.log"

    @property
    def samples(self) -> Path:
        """Labels of the samples on this bench."""
        return self.data / "samples"

    @property
    def stop_file(self) -> Path:
        """Stops everything as soon as it exists."""
        return self.data / "STOP"

    def make(self) -> None:
        """Create the folders, closed to other users."""
        self.data.mkdir(parents=True, exist_ok=True)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self.samples.mkdir(exist_ok=True)

    def write_address(self, address: Address) -> None:
        """Say who answers where, all at once."""
        replace_text(self.address_file, json.dumps(asdict(address), indent=1))

    def read_address(self) -> Address | None:
        """Return who says he answers; None if nobody does."""
        try:
            return TypeAdapter(Address).validate_json(self.address_file.read_bytes())
        except (OSError, ValueError):
            return None

    def write_tokens(self, tokens: Tokens) -> None:
        """Write the tokens into a file that only this user can read, from birth."""
        self.token_file.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        handle = os.open(self.token_file, flags, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(tokens), file)

    def read_tokens(self) -> Tokens | None:
        """Return the tokens; None if there are none, or they are not for this user."""
        try:
            return TypeAdapter(Tokens).validate_json(self.token_file.read_bytes())
        except (OSError, ValueError):
            return None

    def leave(self) -> None:
        """Take address and tokens away: nobody answers any more."""
        for path in (self.address_file, self.token_file):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


class Occupied:
    """Holds the data folder and, for real instruments, their configuration.

    OperatorError: another process has one of them.
    """

    def __init__(self, files: StationFiles, config: Path | None) -> None:
        paths = [files.lock_file]
        if config is not None:
            paths.append(_lock_of(config))
        self._locks: list[WriterLock] = []
        for path in paths:
            try:
                self._locks.append(_lock(path))
            except StoreError as error:
                self.release()
                raise OperatorError(
                    f"a station process for {config or files.data} runs already; "
                    "`labctl status` shows it, `labctl gui` attaches to it"
                ) from error

    def release(self) -> None:
        """Let another process in."""
        for lock in self._locks:
            lock.release()
        self._locks.clear()


def is_occupied(config: Path) -> bool:
    """Tell whether a station's process owns the instruments of a configuration."""
    return is_written(_lock_of(config))


def replace_text(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old one or the new one, never half."""
    temporary = path.with_suffix(".tmp")
    temporary.write_text(text, "utf-8")
    os.replace(temporary, path)  # noqa: PTH105  (atomic, and over what is there)


def _lock(path: Path) -> WriterLock:
    """Take a lock; whoever only looks at it holds it for a moment."""
    clock = SystemClock()
    while True:
        try:
            return WriterLock(path)
        except StoreError:
            if clock.now() > LOCK_PATIENCE:
                raise
            clock.sleep(0.05)


def _lock_of(config: Path) -> Path:
    """Two stations with one configuration collide, whatever their data folders."""
    digest = hashlib.sha256(str(config.resolve()).encode()).hexdigest()[:16]
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "me")
    folder = Path(tempfile.gettempdir()) / f"labctl-{user}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / f"{digest}.lock"
