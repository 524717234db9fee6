"""The same rows by PyMeasure's Results and Recorder: CSV through logging, not durable.

``record_pymeasure.py 1 POINTS``.
"""

from queue import Queue

from pymeasure.experiment import Procedure, Results
from pymeasure.experiment.listeners import Recorder
from rows_to_record import NAMES, asked, batches
from spent import spent, tell


class Recording(Procedure):  # type: ignore[misc]
    """What names the columns."""

    DATA_COLUMNS = list(NAMES)  # noqa: RUF012


def main() -> None:
    """Record and tell."""
    size, points = asked()
    rows = [
        {name: column.item() for name, column in columns.items()}
        for columns in batches(size, points)
    ]
    queue: Queue[object] = Queue()
    recorder = Recorder(Results(Recording(), "rows.csv"), queue)
    recorder.start()
    with spent() as of:
        for row in rows:
            queue.put(row)
        recorder.stop()  # waits until everything is written
    tell(us=1e6 * of.wall / points, cpu_us=1e6 * of.cpu / points)


if __name__ == "__main__":
    main()
