"""The process that keeps the HDF5 view beside a run, so that viewers can follow it.

``python -m labctl.store.run_file.live FOLDER`` follows the journal until the run is
finished or whoever started it is gone (its standard input ends). Nothing that happens
here can touch the run: after any error of HDF5 the file is dropped and, once it can be,
built anew from the journal.
"""

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
import traceback
from pathlib import Path

from labctl.clock import SystemClock
from labctl.store.folder import RunFolder
from labctl.store.journal.reader import JournalReader
from labctl.store.run_file.seal import child_environment

LOG = "live.log"
"""Why the view was dropped last; there only if it was."""
PERIOD = 0.5
"""Between two looks at the journal, s."""
PAUSE = 30.0
"""Before the view is built anew after an error (mostly a full disk), s."""

STDIN = 0
KILL_PATIENCE = 5.0
"""s for a killed process to be gone."""
log = logging.getLogger(__name__)


class LiveView:
    """The view's process, as its parent holds it."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the view still follows; it ends by itself after the run."""
        return self._process.poll() is None

    def wait(self, seconds: float) -> bool:
        """Wait for its end at most ``seconds``; return whether it came."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self, patience: float = 5.0) -> None:
        """Tell it to write what is there and end; end it by force after a while."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        if not self.wait(patience):
            self.kill()

    def kill(self) -> None:
        """End it by force; the file then opens with ``swmr=True`` only."""
        self._process.kill()
        if not self.wait(KILL_PATIENCE):  # it hangs in a dead disk; it harms nobody
            log.warning("the live view %d does not end", self.pid)


def start(folder: RunFolder) -> LiveView:
    """Start the view of a run that has a journal; return at once."""
    return LiveView(
        subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", __name__, str(folder.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=child_environment(),
        )
    )


def follow(folder: RunFolder, gone: threading.Event) -> None:
    """Keep ``live.h5`` until the run is finished or ``gone`` is set."""
    from labctl.store.run_file.hdf5 import write_view  # noqa: PLC0415  h5py loads slowly

    clock = SystemClock()
    ending = False

    def go_on() -> bool:
        nonlocal ending
        if ending:
            return False
        waited = 0.0
        while waited < PERIOD and not gone.is_set():
            clock.sleep(PERIOD / 10)
            waited += PERIOD / 10
        ending = gone.is_set()  # one more look: what was committed last
        return True

    with JournalReader(folder.journal) as reader:
        folder.live.unlink(missing_ok=True)
        write_view(reader, folder.live, live=True, go_on=go_on)


def main(arguments: list[str]) -> int:
    """Follow the folder given until the run or the parent ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the run
    folder = RunFolder(Path(arguments[0]))
    gone = threading.Event()
    threading.Thread(target=_watch_parent, args=(gone,), daemon=True).start()
    try:
        follow(folder, gone)
    except Exception:  # noqa: BLE001  noted, and built anew: the run goes on
        _note(folder, traceback.format_exc())
        _start_over(folder, gone)
    return 0


def _note(folder: RunFolder, text: str) -> None:
    with contextlib.suppress(OSError):
        (folder.path / LOG).write_text(text, "utf-8")


def _start_over(folder: RunFolder, gone: threading.Event) -> None:
    folder.live.unlink(missing_ok=True)
    if gone.wait(PAUSE) or os.name == "nt":
        os._exit(1)
    # a handle that failed must not be closed (HDF5 may segfault): leave it behind
    os.execv(sys.executable, [sys.executable, "-m", __spec__.name, str(folder.path)])  # noqa: S606


def _watch_parent(gone: threading.Event) -> None:
    # Not by sys.stdin: Python aborts at its end if a thread is reading it then.
    with contextlib.suppress(OSError):
        while os.read(STDIN, 4096):
            pass
    gone.set()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
