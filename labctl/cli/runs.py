"""``labctl runs list|show|verify|export|seal``."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from labctl.cli import importing
from labctl.cli.export import register as register_export
from labctl.cli.output import print_json, say_out, shown_path, table, terminal_width
from labctl.cli.run_argument import HERE, RunArgument

app = typer.Typer(help="Runs that were done, or that go on.")
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


@app.command("list", epilog="Example: labctl runs list runs")
def list_all(
    folder: Annotated[Path, typer.Argument(help="Folder of runs.")] = HERE,
    as_json: JsonOption = False,
) -> None:
    """List the runs in a folder, how they stand, and what they found."""
    from labctl.api.run_summary import headline, measured  # noqa: PLC0415  (start-up time)
    from labctl.engine.states import stored_state  # noqa: PLC0415
    from labctl.store.folder import list_runs  # noqa: PLC0415
    from labctl.store.run_file.reader import RunFile  # noqa: PLC0415

    rows: list[tuple[str, ...]] = []
    answer: list[dict[str, Any]] = []
    for found in list_runs(folder):
        with RunFile(found.path) as run:
            header, status = run.header, run.status
            first = headline(run.results)
            what = measured(header.protocol, run.results)
        file = header.imported.file if header.imported else ""
        state = stored_state(
            status.state, finished=status.finished, is_written=found.is_written
        )
        sample = str(header.sample.get("name", ""))
        rows.append((header.run_id, what, sample, state, first, file))
        answer.append(
            {
                "run": header.run_id,
                "uuid": header.uuid,
                "protocol": header.protocol,
                "measured": what,
                "imported_from": file,
                "sample": sample,
                "state": state,
                "folder": str(found.path),
            }
        )
    if as_json:
        print_json({"runs": answer})
    elif rows:
        say_out(listing(rows, terminal_width()))
    else:
        say_out(f"no runs in {folder}; labctl run … makes one")


def listing(rows: Sequence[tuple[str, ...]], width: int | None) -> str:
    """Return runs as a table, or two lines a run where a table is too wide to read.

    A run's id tells protocol and sample, so that the second line has state and result;
    of imported runs it has what was measured, and a third the file.
    """
    heads = ("run", "measured", "sample", "state", "result", "imported from")
    shown = len(heads) - (not any(row[-1] for row in rows))
    wide = table(heads[:shown], [row[:shown] for row in rows])
    if width is None or max(map(len, wide.splitlines())) <= width:
        return wide
    return "\n".join(_lines_of(*row) for row in rows)


def _lines_of(
    run: str, what: str, _sample: str, state: str, said: str, file: str
) -> str:
    if not file:
        return f"{run}\n  {state}  {said}"
    return f"{run}\n  {state}  {what}: {said}\n  from {file}"


@app.command("show", epilog="Example: labctl runs show runs/20261123-…-si-3f9a")
def show(run: RunArgument, as_json: JsonOption = False) -> None:
    """Show how a run stands: results, rows, steps, events."""
    from labctl.api.run_summary import unsafe_channels  # noqa: PLC0415  (start-up time)
    from labctl.cli.imported_text import imported_lines  # noqa: PLC0415
    from labctl.clock import local  # noqa: PLC0415
    from labctl.drawing.result_text import results_text  # noqa: PLC0415
    from labctl.drawing.unmet import unmet_text  # noqa: PLC0415
    from labctl.engine.states import stored_state  # noqa: PLC0415
    from labctl.service.guard.safed_file import reports  # noqa: PLC0415
    from labctl.store.folder import RunFolder  # noqa: PLC0415
    from labctl.store.run_file.reader import RunFile  # noqa: PLC0415

    folder = RunFolder.of(run)
    with RunFile(run) as file:
        header, status, results = file.header, file.status, file.results
        rows, steps, events = file.rows, file.steps, file.events
        unsafe = unsafe_channels(status.unsafe, header.roles)
        latest = _half_cycles(steps, header.sample.get("active_mass"))
    state = stored_state(
        status.state, finished=status.finished, is_written=folder.is_written
    )
    if as_json:
        print_json(
            {
                "run": header.run_id,
                "uuid": header.uuid,
                "protocol": header.protocol,
                "sample": header.sample,
                "parameters": header.parameters,
                "state": state,
                "reason": status.reason,
                "unsafe": unsafe,
                "simulated": header.simulated,
                "imported": header.imported and header.imported.to_json(),
                "rows": rows,
                "steps": len(steps),
                "results": {n: r.to_json() for n, r in results.items()},
            }
        )
        return
    simulated = "  SIMULATED" if header.simulated else ""
    say_out(f"{header.run_id}{simulated}")
    say_out(f"  {header.title}")
    if header.uuid:
        say_out(f"  uuid: {header.uuid}")
    if header.operator:
        say_out(f"  operator: {header.operator} {header.orcid}".rstrip())
    for channel, why in unsafe.items():
        say_out(f"  LEFT ON: {channel} could not be made safe when it ended: {why}")
    for report in reports([folder.path]):
        when = local(report.unix)
        for channel, end in report.channels.items():
            say_out(f"  the guard, {when}: {channel} {end.state} {end.why}".rstrip())
    say_out(": ".join(filter(None, ("  state", state, status.reason))))
    say_out("  rows: " + ", ".join(f"{n} {k}" for k, n in rows.items()))
    if header.imported is not None:
        say_out("\n".join(f"  {line}" for line in imported_lines(header.imported)))
    say_out(f"  steps: {len(steps)}, the last: {steps[-1].label if steps else '–'}")
    if results:
        say_out(results_text(results))
        if missed := unmet_text(results):
            say_out(f"not met, and what to do:\n{missed}")
    else:
        say_out("\n".join(latest))
    for record in events:
        say_out(
            f"  {record.test_time:10.1f} s  {record.event.code}: {record.event.text}"
        )


@app.command("verify", epilog="Example: labctl runs verify runs/20261123-…-si-3f9a")
def verify(run: RunArgument, as_json: JsonOption = False) -> None:
    """Compare a run's sealed file with its journal, and both with the manifest.

    Exit code 7: they differ. 1: nothing could be compared, because a file is missing
    or another program holds it (it is waited for, ten seconds).
    """
    from labctl.store.folder import RunFolder  # noqa: PLC0415
    from labctl.store.run_file.verify import verify as compare  # noqa: PLC0415

    report = compare(RunFolder.of(run).path)
    if as_json:
        print_json(
            {
                "ok": report.ok,
                "rows": dict(report.rows),
                "files": {each.name: each.kept for each in report.listed},
                "summary": report.summary(),
            }
        )
    else:
        say_out(report.summary())
    if not report.ok:
        raise typer.Exit(7)


@app.command("seal", epilog="Example: labctl runs seal runs/20261123-…-si-3f9a")
def seal(run: RunArgument) -> None:
    """Write a run's HDF5 file afresh from its journal."""
    from labctl.store.folder import RunFolder  # noqa: PLC0415
    from labctl.store.run_file.seal import seal_apart  # noqa: PLC0415

    say_out(shown_path(seal_apart(RunFolder.of(run))))


register_export(app)


app.command("import", epilog="Example: labctl runs import old --sample cells/A17.yaml")(
    importing.import_
)


def _half_cycles(steps: Any, active_mass: float | None) -> list[str]:
    """Return what the last half cycles moved; for a run that has no results yet."""
    from labctl.cli.progress import half_cycle_text  # noqa: PLC0415

    charges: dict[int, float] = {}
    labels: dict[int, str] = {}
    for record in steps:
        half = int(record.payload.get("half_cycle", -1))
        if half >= 0 and record.outcome is not None and record.outcome.charge:
            charges[half] = charges.get(half, 0.0) + record.outcome.charge
            labels[half] = record.label
    return [
        f"  cycle {half // 2 + 1}  {labels[half]}: "
        + half_cycle_text(half, charges, active_mass)
        for half in sorted(charges)[-6:]
    ]
