"""In which formats a run can be handed on: one line a format."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from labctl.errors import OperatorError
from labctl.store.exporters.bdf.export import export_bdf
from labctl.store.exporters.cellpy_rows import write_for_cellpy
from labctl.store.exporters.csv_files import export_csv
from labctl.store.exporters.delivery import delivery, word_of
from labctl.store.exporters.ec_lab.series import write_series
from labctl.store.exporters.ec_lab.spectra import write_spectrum
from labctl.store.exporters.parquet import export_parquet
from labctl.store.exporters.spectra import spectra
from labctl.store.exporters.zview import write_zview
from labctl.store.run_file.reader import RunFile


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a person wants a run handed on."""

    directory: Path
    institution: str = ""
    """First word of a Battery Data Format file's name; empty: as the run says."""
    replace: bool = False
    """Replace files that have other content."""


@dataclass(frozen=True, slots=True)
class Format:
    """One way to hand a run on."""

    says: str
    """Which programs read it."""
    write: Callable[[RunFile, Wanted], list[Path]]
    needs: frozenset[str] = frozenset()
    """The streams that it holds, one of which must have rows; empty: all, any."""


def export(run: RunFile, name: str, wanted: Wanted) -> list[Path]:
    """Hand a run on; return where the files lie.

    OperatorError: no such format, the run has nothing for it, or files with other
    content are in the way. StoreError: the folder cannot be written.
    """
    if name not in FORMATS:
        raise OperatorError(f"--format {name}: there are {', '.join(FORMATS)}")
    fitting = formats_of(run)
    if name not in fitting:
        rows = ", ".join(f"{n} {stream}" for stream, n in run.rows.items() if n)
        raise OperatorError(
            f"run {run.header.run_id} has {rows or 'no'} rows, nothing for {name}: "
            f"export it as {' or '.join(fitting)}"
            if fitting
            else f"run {run.header.run_id} has no rows yet"
        )
    return FORMATS[name].write(run, wanted)


def formats_of(run: RunFile) -> list[str]:
    """Return the formats for which a run has rows."""
    there = {stream for stream, rows in run.rows.items() if rows}
    return [
        name
        for name, each in FORMATS.items()
        if there and (not each.needs or each.needs & there)
    ]


def left_out(run: RunFile, name: str) -> dict[str, int]:
    """Return the streams with rows that a format does not hold, and their rows."""
    needs = FORMATS[name].needs
    return {s: n for s, n in run.rows.items() if n and needs and s not in needs}


def _csv(run: RunFile, wanted: Wanted) -> list[Path]:
    return export_csv(run, wanted.directory, replace=wanted.replace)


def _parquet(run: RunFile, wanted: Wanted) -> list[Path]:
    return export_parquet(run, wanted.directory, replace=wanted.replace)


def _bdf(run: RunFile, wanted: Wanted) -> list[Path]:
    return export_bdf(run, wanted.directory, institution=wanted.institution)


def _bdf_parquet(run: RunFile, wanted: Wanted) -> list[Path]:
    return export_bdf(
        run, wanted.directory, institution=wanted.institution, parquet=True
    )


def export_mpt(run: RunFile, wanted: Wanted) -> list[Path]:
    """Write the time series and each spectrum as EC-Lab style text."""
    stem = word_of(run.header.run_id)
    with delivery(wanted.directory, replace=wanted.replace) as goods:
        if run.rows.get("timeseries"):
            write_series(run, goods.file(f"{stem}_timeseries.mpt"))
        if run.rows.get("eis"):
            for one in spectra(run):
                path = goods.file(f"{stem}_spectrum_{one.number:03d}.mpt")
                write_spectrum(run, one, path)
    return goods.paths


def export_zview(run: RunFile, wanted: Wanted) -> list[Path]:
    """Write each spectrum as ZView text."""
    stem = word_of(run.header.run_id)
    with delivery(wanted.directory, replace=wanted.replace) as goods:
        for one in spectra(run):
            write_zview(run, one, goods.file(f"{stem}_spectrum_{one.number:03d}.z"))
    return goods.paths


def _cellpy(run: RunFile, wanted: Wanted) -> list[Path]:
    with delivery(wanted.directory, replace=wanted.replace) as goods:
        path = goods.file(f"{word_of(run.header.run_id)}_cellpy.csv")
        write_for_cellpy(run, path)
    return goods.paths


CELL = frozenset({"timeseries", "eis"})
FORMATS: Mapping[str, Format] = {
    "csv": Format("anything; one file a stream, with steps and events", _csv),
    "parquet": Format("pandas, polars, DuckDB; one file a stream", _parquet),
    "bdf": Format("the Battery Data Format as CSV", _bdf, CELL),
    "bdf-parquet": Format("the Battery Data Format as Parquet", _bdf_parquet, CELL),
    "mpt": Format("what reads EC-Lab's text files", export_mpt, CELL),
    "cellpy": Format("cellpy's BatMo loader", _cellpy, frozenset({"timeseries"})),
    "zview": Format("ZView and what reads its files", export_zview, frozenset({"eis"})),
}
