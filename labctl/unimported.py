"""What labctl's own modules register, read from their source instead of imported.

Lists and checks of everything that is installed would import everything otherwise. A
package of other people is never read like this: only its import shows whether it works.
"""

import ast
import re
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from pathlib import Path

from labctl.registered import OWN


def stated_text(point: EntryPoint, attribute: str) -> str | None:
    """Return a text that a class gives an attribute in its own body.

    None: the class inherits it or works it out, its source is not at hand or broken, or
    it is not labctl's own. Then only its import can tell.
    """
    source = _source(point)
    if source is None:
        return None
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError):  # the latter: null bytes, before Python 3.12
        return None
    for top in body:
        if isinstance(top, ast.ClassDef) and top.name == point.attr:
            return _text_in(top, attribute)
    return None


def is_stated(point: EntryPoint) -> bool:
    """Tell whether labctl's own module is there and binds the name that is registered.

    False: it does not, or it is not labctl's own.
    """
    source = _source(point)
    if source is None or not point.attr:
        return False
    bound = rf"^(?:class |def )?{re.escape(point.attr)}\b"
    return re.search(bound, source, re.MULTILINE) is not None


def _source(point: EntryPoint) -> str | None:
    if point.module.partition(".")[0] not in OWN:
        return None
    try:
        spec = find_spec(point.module)  # imports the packages above it, which are empty
    except Exception:  # noqa: BLE001  (they are imported: anything may be wrong)
        return None
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return None
    try:
        return Path(spec.origin).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _text_in(body: ast.ClassDef, attribute: str) -> str | None:
    for line in body.body:
        if isinstance(line, ast.Assign):
            targets, value = line.targets, line.value
        elif isinstance(line, ast.AnnAssign) and line.value is not None:
            targets, value = [line.target], line.value
        else:
            continue
        named = any(isinstance(t, ast.Name) and t.id == attribute for t in targets)
        if named and isinstance(value, ast.Constant) and isinstance(value.value, str):
            return value.value
    return None
