"""Lets tests of faulty wires share the wire itself."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
