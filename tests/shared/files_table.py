"""Print the page of files with known values: ``python tests/shared/files_table.py``.

Every case is imported as a run in a folder that is thrown away.
"""

import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import yaml

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))

from known_files import CASES, ZONE, FileCase

from drivers.twins.world import catalogue
from labctl.errors import LabctlError
from labctl.session.importing.one_file import import_file
from labctl.store.importers.foreign import RULES
from labctl.store.importers.readers import format_of
from labctl.store.run_file.reader import RunFile

HEAD = """# Files with known values

<!-- Written by `python tests/shared/files_table.py`; a test compares. -->

What labctl says of files whose right values are known, because they were made from a
formula in the shape in which the other program writes them. Every file is imported as
a run, in the zone Asia/Seoul. What readers of other projects say of real files
stands in [real files](public-files.md); what each reader takes and refuses, in
[files that can be imported](imported-files.md).
"""


@cache
def ours(case: FileCase) -> tuple[str, str]:
    """Return the reader of a case, and what the run made of it says."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        label = folder / "cell.yaml"
        given = {**catalogue.label("si"), "name": "cell"}
        label.write_text(yaml.safe_dump(given, allow_unicode=True), "utf-8")
        path = case.write(folder)
        kind = format_of(path)
        try:
            made = import_file(path, label, folder / "runs", zone=ZONE)
        except LabctlError as refusal:
            return kind.name if kind else "", f"refused: {refusal}"
        with RunFile(made) as run:
            return kind.name if kind else "", case.ours(run)


def page() -> str:
    """Return ``docs/reference/files.md``."""
    return "\n".join([HEAD, *_cases(), "", *_rules(), ""])


def _cases() -> Iterator[str]:
    yield "| file | reader | right value | ours |"
    yield "|---|---|---|---|"
    for case in CASES:
        reader, said = ours(case)
        cells = (case.what, reader, case.right, said)
        yield "| " + " | ".join(each.replace("|", r"\|") for each in cells) + " |"


def _rules() -> Iterator[str]:
    yield "## Rules"
    yield ""
    yield "A column that is not in the file is absent, or derived by one of these."
    yield ""
    yield "| rule | what it says |"
    yield "|---|---|"
    for rule, says in RULES.items():
        yield f"| `{rule}` | {says.replace('|', chr(92) + '|')} |"


if __name__ == "__main__":
    sys.stdout.buffer.write(page().encode())
