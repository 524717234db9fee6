"""Whether a QCoDeS dataset gets slower as it grows: ``growth_qcodes.py POINTS``."""

import sys

from growth import tell_growth
from qcodes_rows import recorder

if __name__ == "__main__":
    with recorder() as add:
        tell_growth(add, int(sys.argv[1]))
