"""Lets the tests of the loop share their small parts."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
