"""Data that another program recorded: no plan, the usual results and figures."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from labctl.columns import EIS, TIMESERIES
from labctl.data import Result, Stream
from labctl.errors import Complaint
from labctl.figures.cycling import cycling_figures
from labctl.figures.figure import Figure, Plot
from labctl.protocol import Parameters, Plan, Protocol, RecordedRun
from labctl.sample import Sample, SampleKind
from protocols.cells.cell_protocol import CURRENT_TIME, VOLTAGE_TIME
from protocols.cells.cycling_results import cycles_of, cycling_results, ended_of
from protocols.spectra.peis import NYQUIST
from protocols.spectra.recorded_spectra import RecordedSpectrum, spectra_of
from protocols.spectra.spectra_results import (
    judged_of,
    resistance_result,
    spectra_figures,
)


class ImportedParameters(Parameters):
    """Where the data came from."""

    source: str
    """Name of the file."""
    technique: str = ""
    """What the other program called it."""
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

    def results(self, run: RecordedRun) -> Mapping[str, Result]:
        """Return what cycling and spectra say, where the data are of that kind."""
        out: dict[str, Result] = {}
        if len(run.table("timeseries")["test_time_second"]):
            cycles = cycles_of(run)
            if cycles.complete.any():
                out |= cycling_results(run, formation_cycles=0)
        spectra = self._spectra(run)
        if spectra:
            found = judged_of(run, spectra)
            out["charge_transfer_resistance"] = resistance_result(found)
        if not out:
            reason = "neither a whole cycle nor a spectrum is in the data"
            out["coulombic_efficiency"] = Result.absent("%", reason)
        return out

    def figures(self, run: RecordedRun) -> Sequence[Figure]:
        """Return the figures of cycling and of spectra, where there are any."""
        cycling = cycling_figures(run.table("timeseries"), run.sample, ended_of(run))
        return (*cycling, *spectra_figures(self._spectra(run)))

    def _spectra(self, run: RecordedRun) -> tuple[RecordedSpectrum, ...]:
        if not len(run.table("eis")["spectrum_id"]):
            return ()
        one_c, sample = run.sample.one_c, run.sample
        capacity = 1.0
        if one_c is not None:
            capacity = 3600.0 * one_c.ampere(sample.active_mass, sample.area)
        return spectra_of(run, {}, capacity)
