"""Data that another program recorded: no plan, the analysis of what the rows are."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from labctl.analysis.cells.recognition import (
    Called,
    Measurement,
    Recognised,
    recognise,
)
from labctl.analysis.cells.technique_names import measurement_called
from labctl.columns import EIS, TIMESERIES
from labctl.data import RECOGNISED_AS, Result, Stream
from labctl.errors import Complaint
from labctl.figures.figure import Figure, Plot
from labctl.protocol import Parameters, Plan, Protocol, RecordedRun
from labctl.sample import Sample, SampleKind
from protocols.cells.cell_protocol import CURRENT_TIME, VOLTAGE_TIME
from protocols.compose.imported_analyses import (
    FIGURES,
    RESULTS,
    spectra_at_rest,
    spectra_driven,
)
from protocols.compose.imported_parts import one_c_of
from protocols.compose.imported_rows import ImportedRows
from protocols.spectra.peis import NYQUIST


class ImportedParameters(Parameters):
    """Where the data came from, and what they are."""

    source: str
    """Name of the file."""
    technique: str = ""
    """What the other program called it."""
    technique_told: Measurement | None = None
    """What was measured, where a person says so; none: what the rows look like."""
    imported: bool = False
    """True once the data are in; nobody sets it by hand."""


class Imported(Protocol):
    """See the module."""

    name = "imported"
    title = "Data that another program recorded"
    parameters_model = ImportedParameters
    streams: ClassVar[tuple[Stream, ...]] = (TIMESERIES, EIS)
    plots: ClassVar[tuple[Plot, ...]] = (VOLTAGE_TIME, CURRENT_TIME, NYQUIST)
    sample_kinds = frozenset({SampleKind.HALF_CELL, SampleKind.FULL_CELL})
    can_be_run: ClassVar[bool] = False

    def __init__(self, parameters: Parameters, sample: Sample) -> None:
        super().__init__(parameters, sample)
        assert isinstance(parameters, ImportedParameters)  # noqa: S101
        self.parameters = parameters

    def roles(self) -> Mapping[str, type]:
        """Nobody plays."""
        return {}

    def check(self) -> list[Complaint]:
        """Refuse to be run: there is nothing to do."""
        if self.parameters.imported:
            return []
        cure = f"Use `labctl runs import {self.parameters.source} --sample …`."
        return [Complaint(("protocol",), "imported is no measurement.", cure)]

    def plan(self) -> Plan:
        """Yield nothing."""
        yield from ()

    def recognised(self, run: RecordedRun) -> Recognised:
        """Return what was measured: as told, or as the rows look."""
        return self._recognised(ImportedRows(run))

    def _recognised(self, rows: ImportedRows) -> Recognised:
        at_rest, driven = spectra_at_rest(rows), spectra_driven(rows)
        told = self.parameters.technique_told
        if told is None:
            return recognise(
                rows.segments,
                rows.levels,
                one_c=one_c_of(rows.sample),
                at_rest=len(at_rest),
                driven=len(driven),
                called=self._called(),
            )
        others = {Measurement.PEIS: at_rest, Measurement.INSITU_EIS: driven}
        more = [kind for kind, own in others.items() if own and kind is not told]
        return Recognised((told, *more), "told so by who imported it", told=True)

    def _called(self) -> Called | None:
        name = self.parameters.technique
        kind = measurement_called(name)
        return None if kind is None else Called(name, kind)

    def results(self, run: RecordedRun) -> Mapping[str, Result]:
        """Return what the analyses of what was measured say, and what that was."""
        rows = ImportedRows(run)
        found = self._recognised(rows)
        out: dict[str, Result] = {}
        for kind in found.kinds:
            out |= {k: v for k, v in RESULTS[kind](rows).items() if k not in out}
        names = ", ".join(found.kinds)
        out[RECOGNISED_AS] = (
            Result(names, "", reason=found.because)
            if names
            else Result.absent("", found.because)
        )
        return out

    def figures(self, run: RecordedRun) -> Sequence[Figure]:
        """Return the figures of what was measured; of cells, what cycling shows."""
        rows = ImportedRows(run)
        if not len(rows.table("timeseries")["test_time_second"]) and not len(
            np.asarray(rows.table("eis")["spectrum_id"])
        ):
            return ()
        drawn: dict[str, Figure] = {}
        for kind in self._recognised(rows).kinds:
            for figure in FIGURES[kind](rows):
                drawn.setdefault(figure.name, figure)
        if rows.levels:  # whatever else was measured, there are cycles too
            for figure in FIGURES[Measurement.CYCLING](rows):
                drawn.setdefault(figure.name, figure)
        return tuple(drawn.values())
