"""BTS Server as `drivers.submitted` sees it: one channel of it.

The barcode of a test is our name for it.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from drivers.margins import Margins
from drivers.neware.answers import PROTECTED, Address, AnswerError, Row
from drivers.neware.answers import Seen as Told
from drivers.neware.client import BtsClient
from drivers.neware.link import Link
from drivers.neware.options import Options
from drivers.neware.rows import RowReader, index_of
from drivers.neware.step_file import compile_steps
from drivers.submitted.files import write_back
from drivers.submitted.program import PREFIX, Compiled, Seen, Submitted
from labctl.data import Batch
from labctl.errors import InstrumentError, NotOursError
from labctl.techniques import Technique

DRIVER = "neware-bts"
START_GRACE = 10.0
"""s in which a started channel may still show the test before."""


MOST_ROWS = 10_000
"""That one poll brings of a test that goes on: after a long absence there are many, and
somebody may want to stop it."""


class NewareProgram:
    """A `drivers.submitted.program.Program`."""

    def __init__(
        self, link: Link, address: Address, name: str, options: Options
    ) -> None:
        self._link, self._address, self._options = link, address, options
        self.place = f"{name}/{address}"
        self.start_grace, self.hold_link_for = START_GRACE, options.hold_link_for

    @property
    def identity(self) -> Mapping[str, Any]:  # noqa: D102
        return {
            "driver": DRIVER,
            "channel": str(self._address),
            "devtype": self._address.devtype,
        }

    def compiled(self, techniques: Sequence[Technique], margins: Margins) -> Compiled:  # noqa: D102
        return compile_steps(techniques, self.place, self._options, margins)

    def write(self, name: str, compiled: Compiled) -> str:
        """Write the step file; the server reads it when it is started."""
        path = self._options.local / f"{name}.xml"
        write_back(path, compiled.text, self.place)
        return self._options.at_server(path)

    def look(self, patience: float = 0.0, *, passing: bool = False) -> Seen:  # noqa: ARG002, D102
        def ask(client: BtsClient) -> tuple[Told, bool]:
            told = client.seen(self._address)
            ours = told.barcode.startswith(PREFIX)
            return told, ours and not told.runs and not client.is_written(self._address)

        told, writes = self._link.exchange(ask, patience)
        return Seen(
            told.runs,
            not told.runs,
            (told.barcode,),
            told.voltage,
            told.current,
            told.total_time,
            _said(told),
            (told.step,) if told.step else (),
            writes,
            tripped="protection" if told.status == PROTECTED else "",
        )

    def start(self, name: str, file: str) -> None:  # noqa: D102
        def act(client: BtsClient) -> None:
            told = client.seen(self._address)
            if told.barcode == name:  # an answer was lost; it has started
                return
            if told.runs:
                raise NotOursError(
                    f"{self.place}: was not started; something else runs there "
                    f"({_said(told)}) and is left alone"
                )
            backup = self._options.backup_folder
            if not client.start(self._address, name, file, backup):
                raise InstrumentError(
                    f"{self.place}: BTS Server does not start {file}. Can its PC read "
                    "that file (options folder and server_folder), and is the channel "
                    "free in BTS Client?"
                )

        self._link.exchange(act)

    def stop(self, patience: float) -> None:  # noqa: D102
        self._link.exchange(lambda client: client.stop(self._address), patience)

    def reader(self, token: Mapping[str, Any]) -> RowReader:  # noqa: D102
        return RowReader(
            str(token["name"]), int(token["skipped"]), float(token["zero"])
        )

    def rows(self, reader: RowReader, seen: Seen) -> list[Batch]:
        """Return the rows that were not read yet; of a test that goes on not all.

        AnswerError: they are another's.
        """
        first = reader.fetched + 1
        most = math.inf if seen.is_open else MOST_ROWS

        def fetch(client: BtsClient) -> list[Row]:
            _, count = client.rows_of(self._address)
            rows: list[Row] = []
            while first + len(rows) <= count and len(rows) < most:
                got = client.download(self._address, first + len(rows))
                if client.seen(self._address).barcode != reader.name:
                    raise AnswerError("another test was begun while rows were read")
                rows += got.rows
                if not got.rows:  # counted, not written yet: the next poll has them
                    break
            return rows

        fetched = self._link.exchange(fetch)
        return [reader.take(fetched)] if fetched else []

    def index_of(self, token: Mapping[str, Any], seen: Seen) -> int | None:  # noqa: D102
        return index_of(seen.place[0], int(token["skipped"])) if seen.place else None

    def doubt(self, it: Submitted, brought: Sequence[Batch]) -> str:  # noqa: ARG002, D102
        return ""


def _said(told: Told) -> str:
    return f"{told.status}: barcode {told.barcode or 'none'}, step {told.step}"
