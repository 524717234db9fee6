"""Files that another program is to read: written, and read back."""

from pathlib import Path

from labctl.errors import InstrumentError


def write_back(path: Path, text: bytes, place: str) -> None:
    """Write a file, its folder included. InstrumentError: it is not there then."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
        held = path.read_bytes()
    except OSError as error:
        raise InstrumentError(
            f"{place}: a file cannot be written: {error}. Check folder in the options"
        ) from error
    if held != text:
        raise InstrumentError(f"{place}: {path} does not hold what was written")
