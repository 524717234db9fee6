"""What holds for every test."""

import os
import tempfile

from hypothesis import settings

from labctl.store.machine_lock import ELSEWHERE

# No test fails because the machine was busy for a moment; benchmarks measure time.
settings.register_profile("labctl", deadline=None)
settings.load_profile("labctl")

# Twins of one model all state one serial number: two test processes with a twin each
# must not take them for one instrument.
os.environ[ELSEWHERE] = tempfile.mkdtemp(prefix="labctl-locks-")
