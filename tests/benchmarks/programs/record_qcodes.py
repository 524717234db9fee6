"""The same rows in a QCoDeS dataset: ``record_qcodes.py SIZE POINTS``."""

from qcodes_rows import recorder
from rows_to_record import asked, batches
from spent import spent, tell


def main() -> None:
    """Record and tell."""
    size, points = asked()
    data = list(batches(size, points))
    with recorder() as add, spent() as of:
        for columns in data:
            add(columns)
    tell(us=1e6 * of.wall / points, cpu_us=1e6 * of.cpu / points)


if __name__ == "__main__":
    main()
