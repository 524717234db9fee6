"""Ask pynxtools whether run files meet their definition; one JSON line each.

``validate_run_files.py NXDL FOLDER FILE…``: the definition is put among a copy of those
that pynxtools brings, in FOLDER, which it is told to use.
"""

import json
import logging
import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

nxdl, folder = Path(sys.argv[1]), Path(sys.argv[2])
package = find_spec("pynxtools")
assert package is not None
theirs = Path(str(package.origin)).parent / "definitions"
shutil.copytree(theirs, folder, ignore=shutil.ignore_patterns("*.py", "manual"))
shutil.copy(nxdl, folder / "contributed_definitions")
os.environ["NEXUS_DEF_PATH"] = str(folder)

from pynxtools.dataconverter.validate_file import validate  # noqa: E402

said: list[str] = []


class Kept(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        said.append(record.getMessage())


logger = logging.getLogger("pynxtools")
logger.handlers = [Kept()]
logger.setLevel(logging.INFO)
logger.propagate = False
for file in sys.argv[3:]:
    said.clear()
    validate(file)
    sys.stdout.write(json.dumps({"file": Path(file).name, "said": said}) + "\n")
