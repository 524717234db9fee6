"""Runs the test command that the README gives every newcomer, in this environment.

``readme_tests.py [WORD …]`` hands words on to pytest. The environment is there
already: making it is pip's time.
"""

import re
import subprocess
import sys
from pathlib import Path

import labctl

ROOT = Path(str(labctl.__file__)).parents[1]
COMMAND = re.compile(r"<!-- test -->\s+```\s*(?P<command>.+?)\s*```", re.DOTALL)
PYTEST = ".venv/bin/pytest "


def main() -> int:
    """Run it; return its exit code."""
    found = COMMAND.search((ROOT / "README.md").read_text("utf-8"))
    if found is None or PYTEST not in found["command"]:
        raise SystemExit("the README has no test command")
    words = found["command"].partition(PYTEST)[2]
    given = " ".join(sys.argv[1:])
    command = f"exec {sys.executable} -m pytest {words} {given}"
    return subprocess.run(command, shell=True, cwd=ROOT, check=False).returncode  # noqa: S602


if __name__ == "__main__":
    sys.exit(main())
