"""labctl commands in processes of their own that need not import everything again.

``python tests/wires/warm.py`` imports labctl once and forks a child for each line of
its standard input: ``{"words": ["run", …], "folder": …, "said": …}``. It answers with
``{"pid": …}`` and, when that child has ended, ``{"pid": …, "code": …}``. A child is a
process like any other: it has a session of its own and dies of a signal. Everything
ends with the standard input.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

IMPORTS = (
    "labctl.cli.app",
    "labctl.cli.run",
    "labctl.cli.progress",
    "labctl.cli.signals",
    "labctl.session.run",
    "labctl.session.resume",
    "labctl.service.guarded",
    "drivers.biologic.entry",
    "drivers.keithley.keithley_2400",
    "drivers.twins.labsim.benches",
    "drivers.twins.world.world",
    "scipy.optimize",
    "pyvisa_py",
    "h5py",
)
LOOK_EVERY = 0.02
"""s between two looks for children that have ended."""


class Child:
    """One command in flight."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._ended = threading.Event()
        self._code = 0

    def end(self, code: int) -> None:
        """Hear how it ended."""
        self._code = code
        self._ended.set()

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal; None while it runs."""
        return self._code if self._ended.is_set() else None

    def wait(self, timeout: float) -> int:
        """Return the exit code. TimeoutError: it still runs."""
        if not self._ended.wait(timeout):
            raise TimeoutError(f"process {self.pid} still runs after {timeout:g} s")
        return self._code

    def send_signal(self, number: int) -> None:
        """Send a signal to this process alone."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill_group(self) -> None:
        """Kill it and whatever it started in its own session."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)


class Warm:
    """The process that forks; one for as many commands as you like."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).resolve())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**environment, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            start_new_session=True,
        )
        self._lock = threading.Lock()
        self._born: list[Child] = []
        self._came = threading.Condition()
        self._children: dict[int, Child] = {}
        self._reader = threading.Thread(target=self._hear, daemon=True)
        self._reader.start()

    def start(self, words: Sequence[str], folder: Path, said: Path) -> Child:
        """Start a command; its words go to the file ``said``."""
        line = {"words": list(words), "folder": str(folder), "said": str(said)}
        with self._lock:
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(line).encode() + b"\n")
            self._process.stdin.flush()
            with self._came:
                if not self._came.wait_for(lambda: bool(self._born), 60.0):
                    raise TimeoutError("no child was born")
                return self._born.pop()

    def close(self) -> None:
        """Kill the children and end."""
        for child in list(self._children.values()):
            if child.poll() is None:
                child.kill_group()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(10.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10.0)
        self._reader.join(5.0)
        self._process.stdout.close()

    def __enter__(self) -> typing.Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _hear(self) -> None:
        assert self._process.stdout is not None
        for raw in self._process.stdout:
            told: dict[str, Any] = json.loads(raw)
            pid = told["pid"]
            if "code" in told:
                self._children[pid].end(told["code"])
                continue
            with self._came:
                child = self._children[pid] = Child(pid)
                self._born.append(child)
                self._came.notify()


def _be_child(order: Mapping[str, Any]) -> typing.NoReturn:
    """Be the command: nothing of the process that forked shows."""
    code = 1
    try:
        os.setsid()
        os.chdir(order["folder"])
        said = os.open(order["said"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(said, 1)
        os.dup2(said, 2)
        os.closerange(3, 64)
        sys.argv = ["labctl", *order["words"]]
        from labctl.__main__ import main  # noqa: PLC0415  (the child's own)

        main()
        code = 0
    except SystemExit as leaving:
        code = (
            leaving.code if isinstance(leaving.code, int) else int(bool(leaving.code))
        )
    except BaseException:  # noqa: BLE001  (it must never go on as the parent)
        import traceback  # noqa: PLC0415

        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        _run_exit_handlers()
        os._exit(code)


def _run_exit_handlers() -> None:
    """Do what the interpreter does at its end."""
    import atexit  # noqa: PLC0415

    with contextlib.suppress(Exception):
        atexit._run_exitfuncs()


def main() -> None:
    """Fork for every line until the input ends."""
    import importlib  # noqa: PLC0415

    for name in IMPORTS:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    source: Any = sys.stdin.buffer
    source = source.raw
    rest = b""
    while True:
        ready, _, _ = select.select([source], [], [], LOOK_EVERY)
        _bury()
        if not ready:
            continue
        data = source.read(65536)
        if not data:
            return
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            pid = os.fork()
            if not pid:
                _be_child(json.loads(line))
            _tell({"pid": pid})


def _bury() -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        _tell({"pid": pid, "code": os.waitstatus_to_exitcode(status)})


def _tell(what: Mapping[str, int]) -> None:
    os.write(1, json.dumps(what).encode() + b"\n")


if __name__ == "__main__":
    main()
