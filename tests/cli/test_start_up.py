"""The command line starts quickly: what is slow to load is loaded when needed."""

import subprocess
import sys

SLOW = ("numpy", "scipy", "h5py", "pydantic", "pint", "rich", "pyvisa", "fastapi")


def test_help_loads_nothing_slow() -> None:
    program = (
        "import sys; sys.argv = ['labctl', '--help'];"
        "from labctl.cli.app import run_app; code = run_app();"
        f"sys.stderr.write(' '.join(m for m in {SLOW!r} if m in sys.modules));"
        "sys.exit(code)"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 0
    assert done.stderr == ""
