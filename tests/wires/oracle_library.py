"""The oracle for EClib: compiled once, loaded by the driver's own loader.

>>> oracle = Oracle.placed(build(cache), folder, "device = 5")
>>> table = oracle.table()  # drivers.biologic.eclib.dll.load_dll
>>> oracle.advance(60.0)

The sources in tests/eclib are a second transcription of what is public about EClib.
Nothing in them comes from `drivers`; keep it so. On Windows' compiler the same files
make `EClib64.dll`: ``x86_64-w64-mingw32-gcc -std=c11 -O1 -shared *.c -o EClib64.dll``.
"""

import ctypes as c
import fcntl
import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drivers.biologic.device import BiologicDevice
from drivers.biologic.eclib.dll import SHARED_OBJECT
from drivers.biologic.eclib.library import FunctionTable
from drivers.biologic.entry import driver
from labctl.clock import Clock, VirtualClock
from labctl.roles.driver import Setup

SOURCES = Path(__file__).parents[1] / "eclib"
RELEASES = (535, 601, 604, 608, 611)
NAME, ADDRESS = "vsp300", "192.168.0.10"
OPTIONS = ("-std=c11", "-O1", "-fPIC", "-shared", "-fvisibility=hidden")
WARNINGS = ("-Wall", "-Wextra", "-Werror")
PATIENCE = 120.0
"""s; a compiler on a busy machine."""
TABLE_BYTES = 1 << 16


def compiler() -> str | None:
    """Return the C compiler of this machine, if it has one."""
    return shutil.which("cc") or shutil.which("gcc")


def build(cache: Path, release: int = 611) -> Path:
    """Return the library of a release; compiled only if ``cache`` has none like it."""
    found = compiler()
    if found is None:
        raise FileNotFoundError("no C compiler: apt-get install gcc libc6-dev")
    command = [found, *OPTIONS, *WARNINGS, f"-DORACLE_RELEASE={release}"]
    sources = sorted(SOURCES.glob("*.c"))
    digest = hashlib.sha256(repr(command).encode())
    for file in (*sources, *sorted(SOURCES.glob("*.h"))):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    made = cache / f"oracle-{digest.hexdigest()[:16]}.so"
    with _alone(cache / "lock"):
        if not made.exists():
            fresh = made.with_suffix(".part")
            names = [str(source) for source in sources]
            subprocess.run(
                [*command, "-o", str(fresh), *names, "-lm"],
                check=True,
                timeout=PATIENCE,
            )
            fresh.replace(made)
    return made


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Let other test processes wait: they want the same library."""
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


@dataclass(frozen=True, slots=True)
class Oracle:
    """One instrument behind one copy of the library; copies share nothing."""

    folder: Path
    """Holds the library and its oracle.ini: the driver's ``sdk_path``."""

    @classmethod
    def placed(cls, library: Path, folder: Path, ini: str = "") -> "Oracle":
        """Put a copy of the library into ``folder``, configured by ``ini``."""
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(library, folder / SHARED_OBJECT)
        (folder / "oracle.ini").write_text(ini, encoding="ascii")
        return cls(folder)

    @property
    def own(self) -> c.CDLL:
        """The library, for its functions beside EClib."""
        return c.CDLL(str((self.folder / SHARED_OBJECT).resolve()))

    def setup(self, **options: Any) -> Setup:
        """Return what the station would say about this instrument."""
        return Setup(
            NAME, "biologic", ADDRESS, {"sdk_path": str(self.folder), **options}
        )

    def opened(self, clock: Clock, **options: Any) -> BiologicDevice:
        """Open it as the station does."""
        setup = self.setup(**options)
        return driver.open(driver.wire(setup), setup, clock)

    def table(self) -> FunctionTable:
        """Return the functions as the driver loads them."""
        return driver.wire(self.setup())

    def clock(self) -> "InstrumentClock":
        """Return a clock whose time is this instrument's, too (``speed = 0``)."""
        return InstrumentClock(self)

    # ---- what it says beside EClib

    def advance(self, seconds: float) -> None:
        """Let the instrument's clock go on."""
        self.own.Oracle_Advance(c.c_double(seconds))

    def calls(self, name: str) -> int:
        """Return how often a function was called."""
        return int(self.own.Oracle_Calls(name.encode()))

    @property
    def overlaps(self) -> int:
        """Calls refused because another one was in progress."""
        return int(self.own.Oracle_Overlaps())

    def log(self) -> list[str]:
        """Return the names of the last calls, the oldest first."""
        text = c.create_string_buffer(TABLE_BYTES * 4)
        self.own.Oracle_Log(text, c.c_uint32(len(text)))
        return text.value.decode("ascii").split()

    def fail(self, name: str, code: int, times: int = 1) -> None:
        """Let the next calls of a function fail; negative ``times``: for ever."""
        self.own.Oracle_Fail(name.encode(), c.c_int32(code), c.c_int32(times))

    def truth(self, channel: int) -> tuple[float, ...]:
        """Return V, A, C in the cell, V on its RC, state, index of the technique."""
        out = (c.c_double * 6)()
        code = self.own.Oracle_Truth(c.c_uint8(channel), out)
        assert code == 0, code
        return tuple(out)

    def power_cut(self) -> None:
        """Switch the instrument off and on."""
        self.own.Oracle_PowerCut()

    def facts(self) -> list[list[str]]:
        """Return all tables of the library, words of a fact in a list."""
        text = c.create_string_buffer(TABLE_BYTES)
        used = self.own.Oracle_Table(text, c.c_uint32(len(text)))
        assert used < len(text), used
        return [line.split() for line in text.value.decode("ascii").splitlines()]


class InstrumentClock(VirtualClock):
    """Virtual time that host and instrument share."""

    def __init__(self, oracle: Oracle) -> None:
        super().__init__(0.0)
        self._oracle = oracle

    def sleep(self, seconds: float, until: Any = None) -> None:
        """Let both clocks pass."""
        before = self.now()
        super().sleep(seconds, until)
        self._oracle.advance(self.now() - before)
