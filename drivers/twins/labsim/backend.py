"""PyVISA's ``@labsim``: a simulated bench for any PyVISA program.

PyVISA looks for a top-level module ``pyvisa_labsim`` with a ``WRAPPER_CLASS``. The
wheel puts ``drivers/twins/labsim/pyvisa_labsim.py`` there (see force-include in
pyproject.toml); importing this module does the same for a bare source tree.

``pyvisa.ResourceManager("@labsim")`` is the Hall bench, ``"probe@labsim"`` the probe
station, ``"NAME@labsim"`` what a package registers as ``NAME`` in ``labctl.benches``,
in real time; ``"hall-virtual@labsim"`` lets time pass only as instruments need it.
"""

import sys

from pyvisa.util import LibraryPath

from drivers.twins.labsim.benches import build_bench
from drivers.twins.visa.library import LabsimLibrary
from labctl.clock import Clock, SystemClock, VirtualClock

VIRTUAL = "-virtual"


class BenchLibrary(LabsimLibrary):
    """A library whose path is the name of a bench."""

    def _fill(self) -> None:
        name = str(self.library_path.path)
        clock: Clock = VirtualClock() if name.endswith(VIRTUAL) else SystemClock()
        bench = build_bench(name.removesuffix(VIRTUAL), clock)
        for own, twin in bench.instruments.items():
            self.add(bench.addresses[own], twin)

    @staticmethod
    def get_library_paths() -> tuple[LibraryPath, ...]:
        """Return the bench that ``@labsim`` alone means."""
        return (LibraryPath("hall", "labctl"),)


WRAPPER_CLASS = BenchLibrary

sys.modules.setdefault("pyvisa_labsim", sys.modules[__name__])
