"""From run files to the report: facts, deviations, results and figures."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from labctl.analysis.averages import averages, differences
from labctl.clock import iso
from labctl.data import Level
from labctl.drawing.accuracy_text import accuracy_text
from labctl.figures.grouping import Grouped, Grouping, groups_of, labels_of, usual
from labctl.figures.merged import combine_all
from labctl.quantities import SI, format_duration
from labctl.report.compare import differences_tables, groups_table, runs_table
from labctl.report.figures_csv import (
    named_by_protocol,
    named_by_run,
    write_figures,
)
from labctl.report.html import Report, page
from labctl.sample import Sample
from labctl.session.run_figures import figures_of
from labctl.store.exporters.delivery import delivery
from labctl.store.folder import RunFolder
from labctl.store.header import RunHeader
from labctl.store.run_file.reader import RunFile


def write_report(
    runs: Sequence[Path],
    out: Path | None,
    csv: Path | None,
    by: Grouping | None = None,
    words: Sequence[str] = (),
    *,
    replace: bool = False,
) -> list[Path]:
    """Write one page, of a run or comparing several, and the figures' numbers.

    Returns the paths. A page of several runs groups them as ``by`` says; None: as
    `labctl.figures.grouping.usual` does.
    OperatorError: a file of numbers is there with other content, and ``replace`` is
    not said. StoreError: a folder cannot be written.
    """
    folders = {folder.run_id: folder for folder in map(RunFolder.of, runs)}
    first = next(iter(folders.values()))
    if len(folders) == 1:
        report = read_report(first.path)
        named = named_by_run(first.run_id, report.figures)
        path = out or first.path / "report.html"
    else:
        read = {
            about_run(folder.path): read_report(folder.path)
            for folder in folders.values()
        }
        report = compare_reports(read, by or usual(list(read)), words)
        protocols = [_protocol(folder.path) for folder in folders.values()]
        figures = [each.figures for each in read.values()]
        named = named_by_protocol(
            report.figures, list(zip(protocols, figures, strict=True))
        )
        path = out or Path("report.html")
    written = []
    if csv is not None:
        written = write_figures(named, csv, replace=replace)
    with delivery(path.parent, replace=True) as goods:
        goods.file(path.name).write_text(page(report), encoding="utf-8")
    return [path, *written]


def compare_reports(
    read: Mapping[Grouped, Report],
    by: Grouping = Grouping.SAMPLE,
    words: Sequence[str] = (),
    without: Collection[str] = (),
) -> Report:
    """Return one report of several runs: means by group, figures laid over.

    Runs whose id is in ``without`` are named and keep their row in the table of every
    run, but are neither drawn nor averaged.
    """
    labels = labels_of(list(read))
    reports = {labels[about.run]: report for about, report in read.items()}
    out = {labels[about.run] for about in read if about.run in without}
    groups = groups_of(list(read), by, words)
    results = {
        f"{run} (excluded)" if run in out else run: report.results
        for run, report in reports.items()
    }
    taken = {run: report for run, report in reports.items() if run not in out}
    own = {run: report.results for run, report in taken.items()}
    apart = differences(own, groups)
    means = groups_table(averages(own, groups))
    return Report(
        title=f"{len(reports)} runs compared",
        subtitle=", ".join(dict.fromkeys(groups.values())),
        facts=[
            ("Grouped by", f"{by}: {'; '.join(words)}" if words else str(by)),
            *((labels[about.run], _origin(about, one)) for about, one in read.items()),
        ],
        ended="all completed"
        if all(r.ok for r in reports.values())
        else "not all done",
        ok=all(report.ok for report in reports.values()),
        unsafe=[f"{run}: {text}" for run, r in reports.items() for text in r.unsafe],
        deviations=[
            *(
                f"{run}: excluded from figures and means"
                for run in reports
                if run in out
            ),
            *(f"{run}: {text}" for run, r in reports.items() for text in r.deviations),
        ],
        figures=combine_all({run: r.figures for run, r in taken.items()}, groups),
        compared=[*differences_tables(apart), means],
        tables=[runs_table(results)],
        simulated=any(report.simulated for report in reports.values()),
    )


def _protocol(run: Path) -> str:
    with RunFile(run) as file:
        return file.header.protocol


def _origin(about: Grouped, report: Report) -> str:
    file = about.imported_from
    return f"{report.subtitle}, from {file}" if file else report.subtitle


def about_run(run: Path) -> Grouped:
    """Return what a run can be grouped by."""
    with RunFile(run) as file:
        header = file.header
        name = str(header.sample.get("name", ""))
        source = header.imported.file if header.imported else ""
        return Grouped(name, header.title, header.run_id, source)


def _whose(header: RunHeader) -> tuple[tuple[str, str], ...]:
    institution = header.lab.get("institution") or {}
    return (
        ("Institution", str(institution.get("name", ""))),
        ("Licence", str(header.lab.get("licence", ""))),
        ("UUID", header.uuid),
    )


def read_report(run: Path) -> Report:
    """Return the report of one run, finished or not."""
    with RunFile(run) as file:
        header, status = file.header, file.status
        label = Sample.model_validate(header.sample, context=SI)
        drawn = figures_of(file)
        last = max((r.ended or r.began for r in file.steps), default=0.0)
        facts = [
            ("Sample", f"{label.name} {label.title}".strip()),
            ("Protocol", header.protocol),
            ("Started", iso(header.started_unix)),
            ("Lasted", format_duration(last)),
            *((role, channel) for role, channel in header.roles.items()),
            *(
                (name, " ".join(str(about.get(k, "")) for k in _IDENTITY))
                for name, about in header.instruments.items()
            ),
            *(
                (f"Accuracy of {header.roles[role]}", text)
                for role in header.roles
                if (text := accuracy_text(header.accuracy(role)))
            ),
            ("Operator", f"{header.operator} {header.orcid}".strip() or "–"),
            *((word, said) for word, said in _whose(header) if said),
            ("labctl", header.versions.get("labctl-bench", "")),
        ]
        return Report(
            title=header.title,
            subtitle=header.run_id,
            facts=facts,
            ended=f"{status.state} {status.reason}".strip(),
            ok=status.state == "completed" and not status.unsafe,
            unsafe=[
                f"When this run ended, {_place(role, header.roles)} could not be made "
                f"safe: {why}"
                for role, why in status.unsafe.items()
            ],
            deviations=[
                f"{record.test_time:.0f} s: {record.event.text}"
                for record in file.events
                if record.event.level is not Level.INFO
            ]
            + ([f"figures are missing: {drawn.why}"] if drawn.why else []),
            results=file.results,
            figures=drawn.figures,
            simulated=header.simulated,
            raw={"parameters": header.parameters, "sample": header.sample},
        )


def _place(role: str, channels: Mapping[str, str]) -> str:
    """Return ``cell on vsp300/1``."""
    return f"{role} on {channels[role]}" if role in channels else role


_IDENTITY = ("vendor", "model", "serial", "firmware")
