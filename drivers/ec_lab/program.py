"""EC-Lab as `drivers.submitted` sees it: one channel of one instrument.

The names of a run's data files begin with our name for it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from drivers.ec_lab.answers import (
    SAFETY,
    AnswerError,
    Experiment,
    State,
    Status,
    name_in,
)
from drivers.ec_lab.client import EcLabClient
from drivers.ec_lab.compiler import compile_program
from drivers.ec_lab.options import Options
from drivers.ec_lab.points import PointReader, Rows
from drivers.margins import Margins
from drivers.submitted.files import write_back
from drivers.submitted.program import Compiled, Seen, Submitted
from labctl import columns
from labctl.data import Batch
from labctl.errors import InstrumentError, LinkError
from labctl.techniques import ConstantCurrent, Technique

DRIVER = "ec-lab"
START_GRACE = 15.0
"""s in which a started channel may still say that it stands still."""
UNITS = {"A": 1.0, "mA": 1e-3}
OTHER_UNIT = 30.0
"""A constant current that is read off by more than this is in another unit …"""
POINTS_OFF = 2
"""… if so many points in a row are: the first may stand before the current does."""
OPEN = frozenset({State.STOP, State.STOP_REC_1, State.STOP_REC_2})
"""States in which the circuit is open; in some of them points still come."""


class EcLabProgram:
    """A `drivers.submitted.program.Program`; ``number`` counts from 0."""

    def __init__(
        self, client: EcLabClient, number: int, serial: int, options: Options
    ) -> None:
        self._client, self._number, self._serial = client, number, serial
        self._options = options
        self.place = f"{client.name}/{number + 1}"
        self.start_grace, self.hold_link_for = START_GRACE, options.hold_link_for
        self._off = 0
        """Points in a row at which a constant current was another one."""

    @property
    def identity(self) -> Mapping[str, Any]:  # noqa: D102
        return {"driver": DRIVER, "serial": self._serial, "channel": self._number + 1}

    def compiled(self, techniques: Sequence[Technique], margins: Margins) -> Compiled:  # noqa: D102
        return compile_program(techniques, self.place, self._options, margins)

    def write(self, name: str, compiled: Compiled) -> str:
        """Write the settings file and let EC-Lab read it."""
        path = self._options.local / f"{name}.mps"
        write_back(path, compiled.text, self.place)
        settings = str(path.resolve())
        try:
            self._client.load(self._number, settings)
        except AnswerError as error:
            raise InstrumentError(
                f"{self.place}: EC-Lab does not take the settings ({error}). Open "
                f"{settings} in EC-Lab to see what this instrument cannot"
            ) from error
        return settings

    def look(self, patience: float = 0.0, *, passing: bool = False) -> Seen:
        """See `Program.look`; only in passing EC-Lab's window stays as it is."""
        status = self._client.status(self._number, patience)
        first = self._client.file(self._number, 0) if passing else ""
        if first:
            experiment = Experiment("", (name_in(first),))
        else:
            experiment = self._client.experiment(self._number, patience)
        tripped = ""
        if status.state == State.PAUSE_REC:
            tripped = SAFETY.get(status.safety, f"safety limit {status.safety}")
        return Seen(
            status.runs,
            status.state in OPEN,
            experiment.files,
            status.voltage,
            status.current if status.runs else 0.0,  # else an old figure
            status.time if status.runs else 0.0,
            _said(status, experiment),
            (status.technique, status.sequence),
            status.buffer > 0,
            tripped,
        )

    def start(self, name: str, file: str) -> None:  # noqa: D102
        data = file.removesuffix(".mps") + ".mpr"
        try:
            self._client.run(self._number, file, data)
        except (AnswerError, LinkError) as error:
            seen = self.look()
            if seen.runs and seen.is_of({"name": name}):
                return  # an answer was lost; it has started all the same
            raise InstrumentError(
                f"{self.place}: EC-Lab does not start it ({error}). Open {file} in "
                f"EC-Lab to see why, and whether it may write {data}"
            ) from error

    def stop(self, patience: float) -> None:  # noqa: D102
        self._client.stop(self._number, patience)

    def reader(self, token: Mapping[str, Any]) -> PointReader:  # noqa: D102
        return PointReader(
            token["places"],
            token["spectra"],
            int(token["skipped"]),
            float(token["zero"]),
        )

    def rows(self, reader: PointReader, seen: Seen) -> list[Batch]:
        """Return the points that were not read yet; of a run that goes on not all.

        A file is left for the next one when EC-Lab is beyond it and it is read out.
        """
        brought: list[Batch] = []
        while True:
            file = self._client.file(self._number, reader.linked)
            count = self._client.points(file) if file else 0
            points = self._read(reader, file, count) if count > reader.read else []
            brought += reader.batches(points, self._options.extra_columns)
            if seen.is_open and points and reader.read < count:
                continue
            beyond = seen.is_open or seen.place[0] > reader.linked
            last = reader.linked == len(reader.places) - 1
            if reader.read < count or last or not beyond:
                return brought
            reader.linked, reader.read = reader.linked + 1, 0

    def index_of(self, token: Mapping[str, Any], seen: Seen) -> int | None:  # noqa: D102
        return self.reader(token).index_of(*seen.place) if seen.place else None

    def doubt(self, it: Submitted, brought: Sequence[Batch]) -> str:
        """Compare constant currents with what was asked for: is it another unit."""
        for batch in brought:
            if batch.stream != columns.TIMESERIES.name or not it.techniques:
                continue
            places = batch.columns[columns.TECHNIQUE_INDEX.name]
            currents = batch.columns[columns.CURRENT.name]
            for place, current in zip(places, currents, strict=True):
                technique = it.techniques[int(place) - it.skipped]
                if not isinstance(technique, ConstantCurrent) or not technique.current:
                    self._off = 0
                    continue
                read, asked = abs(float(current)), abs(technique.current)
                is_near = asked / OTHER_UNIT <= read <= asked * OTHER_UNIT
                self._off = 0 if is_near else self._off + 1
                if self._off >= POINTS_OFF:
                    self._off = 0
                    return (
                        f"{asked:g} A was asked for and {read:g} A is read; the run "
                        "was stopped. Either no current flows (look at the cell's "
                        "leads), or EC-Lab gives currents in another unit: set the "
                        "option current_unit"
                    )
        return ""

    def _read(self, reader: PointReader, file: str, count: int) -> Rows:
        unit, extra = UNITS[self._options.current_unit], self._options.extra_columns
        if reader.is_spectrum:
            return self._client.ask(lambda com: reader.sines(com, file, count, unit))
        return self._client.ask(
            lambda com: reader.direct(com, file, count, unit, extra)
        )


def _said(status: Status, experiment: Experiment) -> str:
    files = ", ".join(experiment.files) or "no file"
    since = f", since {experiment.start}" if experiment.start else ""
    return f"{status.state_name}: {files}{since}"
