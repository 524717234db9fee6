"""What the window remembers: one JSON file, replaced whole, of this user only."""

import json
import logging
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

log = logging.getLogger(__name__)

THEMES = ("system", "light", "dark")


@dataclass(slots=True)
class Settings:
    """One person's choices."""

    theme: str = "system"
    width: int = 1440
    height: int = 860
    maximised: bool = False
    left: int = 0
    """Width of the station tiles in pixels; 0 takes one or two columns of them."""
    right: int = 340
    """Width of the composer in pixels."""
    events: int = 170
    """Height of the events in pixels."""
    operator: str = ""
    """Name that acknowledgements carry; empty takes the station's."""
    reports: str = ""
    """Folder that reports are written into; empty takes a temporary one."""
    exports: str = ""
    """Folder of the last export; empty is the home folder."""
    sound: bool = False
    """A sound for events that need a person."""


def place() -> Path:
    """Return where the file is, by the custom of the operating system."""
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA", home)) / "labctl" / "window.json"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "labctl" / "window.json"
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else home / ".config") / "labctl" / "window.json"


def load(path: Path) -> Settings:
    """Return what was remembered; what cannot be read is forgotten."""
    settings = Settings()
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return settings
    if isinstance(found, dict):
        for name, default in asdict(settings).items():
            if isinstance(found.get(name), type(default)):
                setattr(settings, name, found[name])
    if settings.theme not in THEMES:
        settings.theme = THEMES[0]
    return settings


def save(path: Path, settings: Settings) -> None:
    """Remember; a full disk is no reason for the window to fall over."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".tmp")
        temporary.write_text(json.dumps(asdict(settings), indent=1), "utf-8")
        temporary.replace(path)
    except OSError as error:
        log.warning("settings could not be kept: %s", error)
