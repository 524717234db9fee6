"""A bundle for a bug report: picture, state, settings, log and versions in one zip.

Nothing that opens a door goes along: what is named like a secret is left out of the
state, and what looks like one out of the log. Written in a thread of its own.
"""

import json
import platform
import re
import zipfile
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from io import BytesIO
from pathlib import Path
from typing import Any

from PyQt6 import sip
from PyQt6.QtCore import PYQT_VERSION_STR, QBuffer, QObject, pyqtSignal, qVersion
from PyQt6.QtGui import QImage

from gui.link.workers import Workers
from gui.look.settings import Settings
from labctl.api.models import State
from labctl.api.station_files import StationFiles
from labctl.clock import SystemClock, iso

LINES = 200
"""Of the station's log, the last ones."""
TAIL = 256 * 1024
"""Bytes of the log that are looked at for them."""
PACKAGES = ("labctl-bench", "PyQt6", "pyqtgraph", "numpy", "pydantic", "httpx")
LEFT_OUT = "[left out]"
_SECRET = re.compile(r"token|secret|password|authorization", re.IGNORECASE)
_SPOKEN = re.compile(
    r"(?i)(bearer\s+|(?:token|secret|password)s?[\"']?\s*[=:]\s*[\"']?)[^\s\"',}]+"
)


class BugReports(QObject):
    """Makes bundles, and says where they are."""

    said = pyqtSignal(str)
    wrote = pyqtSignal(str)
    """Path of a bundle."""
    _landed = pyqtSignal(str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workers = Workers("bundle", 1)
        self._landed.connect(self._tell)

    def make(
        self, folder: Path, picture: QImage, state: State | None, settings: Settings
    ) -> None:
        """Write a bundle into a folder; returns at once."""
        kept = asdict(settings)

        def job() -> None:
            try:
                path, why = write(folder, picture, state, kept), ""
            except OSError as error:
                path, why = folder, f"the bundle could not be written: {error}"
            if not sip.isdeleted(self):
                self._landed.emit(str(path), why)

        self._workers.put(job)

    def close(self) -> None:
        """Let the thread end."""
        self._workers.close()

    def _tell(self, path: str, why: str) -> None:
        self.said.emit(why or f"wrote {path}")
        if not why:
            self.wrote.emit(path)


def write(
    folder: Path, picture: QImage, state: State | None, settings: dict[str, Any]
) -> Path:
    """Write a bundle under a name that nothing has yet; return where.

    OSError: the folder cannot be written to.
    """
    parts: dict[str, bytes] = {
        "window.png": _png(picture),
        "settings.json": _json(settings),
        "versions.json": _json(versions()),
    }
    if state is not None:
        parts["state.json"] = _json(without_secrets(state.model_dump(mode="json")))
        parts["station.log"] = log_tail(Path(state.station.data)).encode()
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in parts.items():
            bundle.writestr(name, content)
    stamp = iso(SystemClock().unix()).replace(":", "").partition(".")[0]
    return _new_file(folder, f"labctl-bug-{stamp}", packed.getvalue())


def versions() -> dict[str, str]:
    """Return what this window runs on."""
    found = {
        "system": platform.platform(),
        "python": platform.python_version(),
        "Qt": qVersion() or "",
        "PyQt6 (built)": PYQT_VERSION_STR,
    }
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed as a package"
    return found


def log_tail(data: Path) -> str:
    """Return the last lines of the station's log, or why there are none."""
    path = StationFiles(data).log_file
    try:
        with path.open("rb") as log:
            log.seek(0, 2)
            log.seek(max(log.tell() - TAIL, 0))
            text = log.read().decode("utf-8", "replace")
    except OSError as error:
        return f"{path} could not be read: {error}\n"
    lines = text.splitlines()[-LINES:]
    return _SPOKEN.sub(rf"\1{LEFT_OUT}", "\n".join(lines)) + "\n"


def without_secrets(found: Any) -> Any:
    """Return the same without the values of what is named like a secret."""
    if isinstance(found, dict):
        return {
            name: LEFT_OUT if _SECRET.search(str(name)) else without_secrets(value)
            for name, value in found.items()
        }
    if isinstance(found, list):
        return [without_secrets(value) for value in found]
    return found


def _new_file(folder: Path, stem: str, content: bytes) -> Path:
    number = 1
    while True:
        path = folder / (f"{stem}-{number}.zip" if number > 1 else f"{stem}.zip")
        try:
            with path.open("xb") as file:
                file.write(content)
        except FileExistsError:
            number += 1
            continue
        return path


def _png(picture: QImage) -> bytes:
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    picture.save(buffer, "PNG")
    return bytes(buffer.data().data())


def _json(found: Any) -> bytes:
    return json.dumps(found, indent=1, ensure_ascii=False).encode()
