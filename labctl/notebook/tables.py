"""The streams of a run by name, each a table that is read by columns."""

from collections.abc import Iterator, Mapping

from labctl.data import Array
from labctl.notebook.table import Table
from labctl.notebook.unknown import UnknownNameError
from labctl.store.run_file.reader import RunFile


class Tables(Mapping[str, Table]):
    """Stream -> its rows that are there now."""

    def __init__(self, file: RunFile) -> None:
        self._file = file

    def __getitem__(self, stream: str) -> Table:
        known = {each.name: each for each in self._file.header.streams}
        if stream not in known:
            raise UnknownNameError("table", stream, known)
        stored = self._file.table(stream)
        declared = known[stream]

        def read(column: str, begin: int, end: int) -> Array:
            return stored.part(column, begin, end)

        columns = [column for column in declared.columns if column.name in stored]
        return Table(stream, columns, read, stored.rows, title=declared.title)

    def __iter__(self) -> Iterator[str]:
        return (stream.name for stream in self._file.header.streams)

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)

    def __len__(self) -> int:
        return len(self._file.header.streams)

    def __repr__(self) -> str:
        rows = self._file.rows
        return ", ".join(f"{name}: {rows[name]} rows" for name in self)
