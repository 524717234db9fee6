"""Functions that run as machine code once that is worth while, else as plain Python."""

from labctl.compiled.kernels import Kernels
from labctl.compiled.marks import compiled

__all__ = ["Kernels", "compiled"]
