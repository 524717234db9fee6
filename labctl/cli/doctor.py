"""``labctl doctor``: what stands between this machine and a measurement."""

import importlib
import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import typer

from labctl.cli.output import say_out

FEWEST_BYTES = 5e9
PACKAGES = ("labctl", "drivers", "protocols", "gui")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor", epilog="Example: labctl doctor")(doctor)


def doctor() -> None:
    """Check Python, packages, plug-ins, disk and clock; name the cure of each fault."""
    bad = 0
    for ok, what, cure in _findings():
        say_out(f"{'ok ' if ok else 'BAD'}  {what}" + ("" if ok else f"\n     {cure}"))
        bad += not ok
    if bad:
        raise typer.Exit(1)


def _findings() -> Iterator[tuple[bool, str, str]]:
    version = platform.python_version()
    yield sys.version_info >= (3, 11), f"Python {version}", "Install 3.11 or later."
    yield _side_by_side()
    for module, extra in (("h5py", ""), ("pyvisa", ""), ("pymeasure", "")):
        there = importlib.util.find_spec(module) is not None
        yield there, f"package {module}", f"pip install {module}{extra}"
    qt = importlib.util.find_spec("PyQt6") is not None
    say = "window (PyQt6)" if qt else "window (PyQt6): not installed, headless only"
    yield True, say, ""
    yield from _plugins()
    free = shutil.disk_usage(Path.cwd()).free
    cure = "Free some, or choose another folder with --out."
    yield free > FEWEST_BYTES, f"disk: {free / 1e9:.0f} GB free here", cure
    writable = os.access(Path.cwd(), os.W_OK)
    yield writable, f"folder {Path.cwd()} can be written", "Change to another folder."
    windows = sys.platform == "win32"
    say = "EClib can be loaded here" if windows else "EClib: Windows only; twins here"
    yield True, say, ""


def _side_by_side() -> tuple[bool, str, str]:
    """Another distribution may ship a package of the same name and win."""
    places = set()
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            return False, f"package {name} is missing", "Install labctl-bench again."
        places.add(Path(spec.origin).parents[1])
    cure = "Give labctl an environment of its own; another package took a name."
    return len(places) == 1, "labctl, drivers, protocols, gui lie side by side", cure


def _plugins() -> Iterator[tuple[bool, str, str]]:
    from labctl import plugins  # noqa: PLC0415

    for group in (plugins.DRIVERS, plugins.PROTOCOLS):
        for name in plugins.names(group):
            kind = group.rpartition(".")[2].removesuffix("s")
            try:
                (plugins.driver if kind == "driver" else plugins.protocol)(name)
            except Exception as error:  # noqa: BLE001  (a plug-in may raise anything)
                yield False, f"{kind} {name}: {error}", "Reinstall or remove it."
            else:
                yield True, f"{kind} {name}", ""
