"""The top-level module PyVISA imports for ``@labsim``; see `drivers.labsim.backend`."""

from drivers.labsim.backend import WRAPPER_CLASS

__all__ = ["WRAPPER_CLASS"]
