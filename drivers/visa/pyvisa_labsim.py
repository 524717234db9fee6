"""The top-level module that PyVISA imports for ``@labsim``; see drivers/visa/labsim."""

from drivers.visa.labsim import WRAPPER_CLASS

__all__ = ["WRAPPER_CLASS"]
