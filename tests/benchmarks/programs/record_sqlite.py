"""The same rows in SQLite as one writes it by hand: ``record_sqlite.py SIZE POINTS``.

A column a column, a row a row, WAL and ``synchronous=FULL``: as durable as a journal.
"""

import sqlite3

from rows_to_record import NAMES, asked, batches
from spent import spent, tell


def main() -> None:
    """Record and tell."""
    size, points = asked()
    data = [
        list(zip(*(column.tolist() for column in columns.values()), strict=True))
        for columns in batches(size, points)
    ]
    connection = sqlite3.connect("rows.sqlite", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(f"CREATE TABLE rows ({', '.join(NAMES)})")
    insert = f"INSERT INTO rows VALUES ({', '.join('?' * len(NAMES))})"  # noqa: S608
    with spent() as of:
        for rows in data:
            connection.execute("BEGIN")
            connection.executemany(insert, rows)
            connection.execute("COMMIT")
    connection.close()
    tell(us=1e6 * of.wall / points, cpu_us=1e6 * of.cpu / points)


if __name__ == "__main__":
    main()
