"""What holds for every test.

Temporary folders lie in memory where the machine has room for them: a journal syncs at
every commit, and only tests that ask for `disk` are about that. On other machines, and
with `--basetemp` or `PYTEST_DEBUG_TEMPROOT` given, pytest's own rule holds.
"""

import gc
import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from shared_runs import SharedRuns

from labctl.compiled.cache import FOLDER
from labctl.store.machine_lock import ELSEWHERE

pytest_plugins = ["cpu_seconds", "slow_tests"]

# No test fails because the machine was busy for a moment; benchmarks measure time.
# LABCTL_EXAMPLES=1000 looks further than a change can wait for.
settings.register_profile(
    "labctl", deadline=None, max_examples=int(os.environ.get("LABCTL_EXAMPLES", "100"))
)
settings.load_profile("labctl")

# Twins of one model all state one serial number: two test processes with a twin each
# must not take them for one instrument.
os.environ[ELSEWHERE] = tempfile.mkdtemp(prefix="labctl-locks-")

# Simulated cells run as machine code once it is made; one folder serves all sessions.
os.environ.setdefault(FOLDER, str(Path(__file__).parents[1] / ".pytest_cache/kernels"))

MEMORY = Path("/dev/shm")  # noqa: S108  (pytest makes a private folder in it)
ROOM = 2e9
"""Bytes that must be free: a whole session leaves a tenth of it."""
ROOT = "PYTEST_DEBUG_TEMPROOT"

if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
    os.environ.setdefault(ROOT, str(MEMORY))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Search for no garbage among imports, and leave them out of every later search."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session")
def shared_runs(tmp_path_factory: pytest.TempPathFactory) -> SharedRuns:
    """Return what makes each simulated run once, for tests that only look."""
    return SharedRuns(tmp_path_factory.mktemp("shared-runs"))


@pytest.fixture
def disk() -> Iterator[Path]:
    """Return a folder on a real disk, for tests whose subject is the disk."""
    with tempfile.TemporaryDirectory(prefix="labctl-disk-") as folder:
        yield Path(folder)
