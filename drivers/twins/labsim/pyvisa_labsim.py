"""The module PyVISA imports for ``@labsim``; see `drivers.twins.labsim.backend`."""

from drivers.twins.labsim.backend import WRAPPER_CLASS

__all__ = ["WRAPPER_CLASS"]
