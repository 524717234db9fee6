"""Whether stated uncertainties hold: ``python tests/benchmarks/coverage.py [--quick]``.

Only the name by which it is called: tests import `interval_coverage`, because whoever
imports the package ``coverage`` must not find this file.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "coverages"))

from interval_coverage import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
