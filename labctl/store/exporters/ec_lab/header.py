"""The header of a ``.mpt`` file: what EC-Lab's readers look for, and who wrote it.

An empty line stands between technique, settings with parameters, and column titles:
yadg cuts there, and takes what follows ``Cycle Definition`` for parameters. Text is
Latin-1, as EC-Lab writes it; what Latin-1 has not becomes ``?``.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from labctl.clock import UNKNOWN_DATE
from labctl.store.header import SIMULATED_MARK
from labctl.store.run_file.reader import RunFile

ENCODING = "latin-1"
END = "\r\n"
CYCLES = "Cycle Definition : as labctl's plan counts them"
"""Last of the settings; the parameters begin in the next line."""


def ec_lab_header(
    run: RunFile,
    technique: str,
    parameters: Sequence[str],
    titles: Sequence[str],
    remarks: Sequence[str] = (),
) -> str:
    """Return all lines up to the first row of data.

    ``titles``: of the columns, which end with a tab each, as EC-Lab's do.
    """
    facts = [
        "",
        technique,
        "",
        *map(one_line, _facts(run)),
        *(f"Comments : {one_line(remark)}" for remark in remarks),
        CYCLES,
        *parameters,
        "",
        "".join(f"{title}\t" for title in titles),
    ]
    lines = ["EC-Lab ASCII FILE", f"Nb header lines : {len(facts) + 2}", *facts]
    return END.join(lines) + END


def one_line(text: str) -> str:
    """Return ``text`` without line ends and tabs, which would end a line or a cell."""
    return " ".join(text.split())


def _facts(run: RunFile) -> list[str]:
    header = run.header
    labctl = header.program_version
    sample: Mapping[str, Any] = header.sample
    facts = [
        f"Run : {header.run_id}",
        f"Protocol : {header.protocol}",
        f"Sample : {sample.get('name', '')}",
        *_start(header.started_unix),
        f"Comments : written by labctl {labctl}, not by EC-Lab",
    ]
    if header.operator:
        facts.append(f"User : {header.operator}")
    for about in header.instruments.values():
        named = " ".join(str(about.get(key, "")) for key in ("vendor", "model"))
        facts.append(f"Device : {named} (SN {about.get('serial', '')})")
    if sample.get("area"):
        facts.append(f"Electrode surface area : {1e4 * float(sample['area']):.6g} cm²")
    if sample.get("active_mass"):
        mass = 1e6 * float(sample["active_mass"])
        facts.append(f"Characteristic mass : {mass:.6g} mg")
    if header.simulated:
        facts.append(f"Comments : {SIMULATED_MARK}")
    if not run.status.finished:
        facts.append("Comments : the run was not over when this was written")
    return facts


def _start(unix: float) -> list[str]:
    """Return the lines that say when it began; none of a run without a date."""
    if math.isnan(unix):
        return [f"Comments : start of the acquisition: {UNKNOWN_DATE}"]
    began = datetime.fromtimestamp(unix, UTC).strftime("%m/%d/%Y %H:%M:%S.%f")
    return [f"Acquisition started on : {began}", "Time zone : UTC"]
