"""From run files to the report: facts, deviations, results and figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from labctl import plugins
from labctl.clock import iso
from labctl.data import Array, Level
from labctl.errors import LabctlError
from labctl.figure import Figure
from labctl.protocol import Protocol, StepRecord
from labctl.quantities import SI, format_duration
from labctl.report.figures_csv import write_csv
from labctl.report.from_plot import from_plot
from labctl.report.html import Report, page
from labctl.sample import Sample
from labctl.store.folder import RunFolder
from labctl.store.reader import RunFile


@dataclass(frozen=True, slots=True)
class _View:
    """See `labctl.protocol.Run`."""

    sample: Sample
    file: RunFile

    @property
    def steps(self) -> Sequence[StepRecord]:
        return self.file.steps

    def table(self, stream: str) -> Mapping[str, Array]:
        return self.file.table(stream)


def write_report(
    runs: Sequence[Path], out: Path | None, csv: Path | None
) -> list[Path]:
    """Write the report of each run and the figures' numbers; return the paths."""
    written = []
    for run in runs:
        folder = RunFolder.of(run)
        report = read_report(folder.path)
        path = out or folder.path / "report.html"
        path.write_text(page(report), encoding="utf-8")
        written.append(path)
        if csv is not None:
            csv.mkdir(parents=True, exist_ok=True)
            written += [
                write_csv(figure, csv / f"{folder.run_id}-{figure.name}.csv")
                for figure in report.figures
            ]
    return written


def read_report(run: Path) -> Report:
    """Return the report of one run, finished or not."""
    with RunFile(run) as file:
        header, status = file.header, file.status
        label = Sample.model_validate(header.sample, context=SI)
        last = max((r.ended or r.began for r in file.steps), default=0.0)
        facts = [
            ("Sample", f"{label.name} {label.title}".strip()),
            ("Protocol", header.protocol),
            ("Started", iso(header.started_unix)),
            ("Lasted", format_duration(last)),
            *((role, seat) for role, seat in header.roles.items()),
            *(
                (name, " ".join(str(about.get(k, "")) for k in _IDENTITY))
                for name, about in header.instruments.items()
            ),
            ("Operator", header.operator or "–"),
            ("labctl", header.versions.get("labctl-bench", "")),
        ]
        return Report(
            title=header.title,
            subtitle=header.run_id,
            facts=facts,
            ended=f"{status.state} {status.reason}".strip(),
            ok=status.state == "completed",
            deviations=[
                f"{record.test_time:.0f} s: {record.event.text}"
                for record in file.events
                if record.event.level is not Level.INFO
            ],
            results=file.results,
            figures=_figures(file, label),
            simulated=header.simulated,
            raw={"parameters": header.parameters, "sample": header.sample},
        )


_IDENTITY = ("vendor", "model", "serial", "firmware")


def _figures(file: RunFile, label: Sample) -> list[Figure]:
    header = file.header
    names = {c.name: c.long_name for s in header.streams for c in s.columns}
    figures = [
        from_plot(plot, file.table(plot.stream), names)
        for plot in header.plots
        if file.rows.get(plot.stream)
    ]
    try:
        kind = plugins.protocol(header.protocol)
        figures += _protocol(kind, header.parameters, label).figures(_View(label, file))
    except LabctlError:
        return figures
    return figures


def _protocol(
    kind: type[Protocol], parameters: Mapping[str, object], label: Sample
) -> Protocol:
    return kind(kind.parameters_model.model_validate(parameters, context=SI), label)
