"""Runs in a process of its own: calls programs by name, one line of JSON for each.

``run_case.py '{"k2400": 5025}' module:function …``
"""

import importlib
import json
import sys
import traceback
from typing import Any


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    listed = getattr(value, "tolist", None)
    if listed is not None:
        return listed()
    return value


def _run(program: str, ports: dict[str, int]) -> dict[str, Any]:
    module, _, function = program.partition(":")
    try:
        given = getattr(importlib.import_module(module), function)(ports)
    except BaseException as error:  # noqa: BLE001  whatever it is, it is the outcome
        said = traceback.format_exception_only(error)[-1].strip()
        return {"program": program, "error": said, "trace": traceback.format_exc()}
    return {"program": program, "gives": _plain(given)}


def main() -> None:
    """Run all that is asked for."""
    ports = json.loads(sys.argv[1])
    answers, sys.stdout = sys.stdout, sys.stderr  # clients print as they like
    for program in sys.argv[2:]:
        answers.write(json.dumps(_run(program, ports)) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
