"""The process that keeps the HDF5 view beside a run, so that viewers can follow it.

``python -m labctl.store.run_file.live FOLDER AFTER`` follows the journal from ``AFTER``
s on, until the run is finished or whoever started it is gone (its standard input ends).
Nothing that happens here can touch the run: after any error of HDF5 the file is dropped
and, once it can be, built anew from the journal.

With ``seals`` behind it, it waits at the end for the word `SEAL` on its standard input
and writes the file to keep: Python and h5py are loaded already. Where it cannot, its
code says so, and another process tries.
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

from labctl.store.folder import RunFolder
from labctl.store.journal.reader import JournalReader
from labctl.store.run_file.seal import child_environment, seal_undisturbed

LOG = "live.log"
"""Why the view was dropped last; there only if it was."""
PERIOD = 0.5
"""Between two looks at the journal, s."""
PAUSE = 30.0
"""Before the view is built anew after an error (mostly a full disk), s."""
AFTER = 2.0
"""s; a run that is over sooner has its sealed file before anybody opens a view."""
SEALS = "seals"
SEAL = b"seal"
BEGUN = b"b"
"""What it answers as it begins to seal: it lives, and has let go of its view."""
CATCHING_UP = 10.0
"""s until that answer; a view that hangs gives none."""
LAST_WORD = 86_400.0
"""s between the end of a run and the word to seal it: its results are worked out, and
a full disk is waited for."""

STDIN, STDOUT = 0, 1
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
        self._hang_up()
        if not self.wait(patience):
            self.kill()

    def seal(self, patience: float) -> bool:
        """Have it seal the run, which has ended, and end; return whether it did.

        It must have been started to do so. Blocks at most ``patience`` s; where it
        does not begin within `CATCHING_UP`, it hangs and is ended by force.
        """
        pipe = self._process.stdin
        if pipe is None or pipe.closed:
            return False
        try:
            pipe.write(SEAL)
            pipe.close()
        except OSError:  # it died
            self._hang_up()
            return False
        if self._begins(CATCHING_UP) and self.wait(patience):
            return self._process.returncode == 0
        self.kill()
        return False

    def _hang_up(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _begins(self, seconds: float) -> bool:
        """Wait for its answer that it seals; return whether it came."""
        pipe, heard = self._process.stdout, list[bytes]()
        if pipe is None:
            return False

        def listen() -> None:
            with pipe:
                heard.append(pipe.read(len(BEGUN)))

        listener = threading.Thread(target=listen, daemon=True)
        listener.start()
        listener.join(seconds)
        return heard == [BEGUN]

    def kill(self) -> None:
        """End it by force; the file then opens with ``swmr=True`` only."""
        self._process.kill()
        if not self.wait(KILL_PATIENCE):  # it hangs in a dead disk; it harms nobody
            log.warning("the live view %d does not end", self.pid)


class Word(threading.Event):
    """Set once the process is to come to its end."""

    seals = False
    """Whether it is to seal the run before."""

    def hear(self) -> None:
        """Listen at the standard input to its end.

        Not by `sys.stdin`: Python aborts at its end if a thread is reading it then.
        """
        with contextlib.suppress(OSError):
            while heard := os.read(STDIN, 4096):
                if SEAL in heard:
                    self.seals = True
                    self.set()
        self.set()


def start(folder: RunFolder, *, seals: bool = False, after: float = AFTER) -> LiveView:
    """Start the view of a run that has a journal; return at once.

    ``seals``: it stays after the run until `LiveView.seal` or `LiveView.stop`.
    """
    words = [str(folder.path), str(after), *([SEALS] if seals else [])]
    return LiveView(
        subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", __name__, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if seals else subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=child_environment(),
        )
    )


def follow(folder: RunFolder, end: threading.Event, after: float = 0.0) -> None:
    """Keep ``live.h5`` until the run is finished or ``end`` is set.

    It begins ``after`` s from now; where ``end`` is set sooner, none is written.
    """
    from labctl.store.run_file.hdf5 import write_view  # noqa: PLC0415  h5py loads slowly

    ending = False

    def go_on() -> bool:
        nonlocal ending
        if ending:
            return False
        ending = end.wait(PERIOD)  # one more look: what was committed last
        return True

    if after and end.wait(after):
        return
    with JournalReader(folder.journal) as reader:
        folder.live.unlink(missing_ok=True)
        write_view(reader, folder.live, live=True, go_on=go_on)


def main(arguments: list[str]) -> int:
    """Follow the folder given until the run or the parent ends; seal it if asked to."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the run
    folder, after = RunFolder(Path(arguments[0])), float(arguments[1])
    word = Word()
    threading.Thread(target=word.hear, daemon=True).start()
    try:
        follow(folder, word, after)
    except Exception:  # noqa: BLE001  noted, and built anew: the run goes on
        _note(folder, traceback.format_exc())
        _start_over(folder, word, arguments)
    if SEALS in arguments[2:]:
        word.wait(LAST_WORD)
    if not word.seals:
        return 0
    with contextlib.suppress(OSError):  # nobody waits for it any more
        os.write(STDOUT, BEGUN)
    return seal_undisturbed(folder)


def _note(folder: RunFolder, text: str) -> None:
    with contextlib.suppress(OSError):
        (folder.path / LOG).write_text(text, "utf-8")


def _start_over(folder: RunFolder, end: threading.Event, arguments: list[str]) -> None:
    folder.live.unlink(missing_ok=True)
    if end.wait(PAUSE) or os.name == "nt":
        os._exit(1)
    # a handle that failed must not be closed (HDF5 may segfault): leave it behind
    os.execv(sys.executable, [sys.executable, "-m", __spec__.name, *arguments])  # noqa: S606


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
