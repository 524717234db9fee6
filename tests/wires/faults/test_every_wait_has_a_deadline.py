"""No wait without a deadline: what blocks for ever keeps an output on for ever."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FOLDERS = ("labctl", "drivers")
WAITS = ("acquire", "communicate", "get", "join", "result", "wait", "wait_for")
"""Methods that wait for ever when they are given nothing."""
READS = ("recv", "recvfrom", "select")
"""Methods that wait for ever unless something else has a timeout."""
ALLOWED = {
    (
        "drivers/twins/labsim/front.py",
        "recv",
    ): "a server's thread for one client of a twin",
    (
        "drivers/biologic/eclib/worker.py",
        "get",
    ): "the worker's thread waits for work; those "
    "who want something of it wait with a deadline",
    (
        "drivers/twins/keithley/keithley_2400.py",
        "acquire",
    ): "no lock: the twin takes its readings, in its own time",
    (
        "drivers/neware/client.py",
        "recv",
    ): "its socket's timeout is what is left until the deadline",
    (
        "drivers/twins/neware/server.py",
        "recv",
    ): "a server's thread for one client of a twin",
    ("drivers/visa/door.py", "recv"): "only when `select` has said that it can be read",
    (
        "labctl/store/journal/writer.py",
        "get",
    ): "the journal's thread waits for something to "
    "write; those who want something of it wait with a deadline",
    (
        "labctl/service/records/worker_process.py",
        "recv",
    ): "the helper process waits for a question and "
    "ends with its pipe; who asks has polled with a deadline before",
    (
        "labctl/service/guard/child.py",
        "get",
    ): "the thread that hands answers on; its reader ends it",
    (
        "labctl/service/bench/forecasts.py",
        "get",
    ): "the thread that foresees waits for orders",
    (
        "labctl/session/importing/workers.py",
        "result",
    ): "a person waits for an import, drives nothing, and ends it with Ctrl-C",
    (
        "labctl/session/importing/workers.py",
        "join",
    ): "the thread of an import's worker that ends it with its parent",
    (
        "labctl/work_told.py",
        "get",
    ): "no wait: a variable of the context",
    (
        "labctl/registered.py",
        "select",
    ): "no wait: what packages register, by group",
    (
        "labctl/service/http/state.py",
        "wait",
    ): "awaited inside asyncio.timeout and wait_for",
}
"""(file, method) -> why it may wait: a thread that has nothing else to do."""


def sources() -> Iterator[Path]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if not path.stem.endswith("_twin") and "twin" not in path.stem:
                yield path


def endless(path: Path) -> Iterator[tuple[int, str]]:
    """Return line and method of every call that may wait for ever."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        name = node.func.attr
        bare = not node.args and not node.keywords
        no_timeout = all(word.arg != "timeout" for word in node.keywords)
        if (name in WAITS and bare and not _is_of_text(node.func)) or (
            name in READS and no_timeout and not _has_timeout(node)
        ):
            yield node.lineno, name


def _is_of_text(function: ast.Attribute) -> bool:
    """Tell ``", ".join`` from a thread's."""
    return isinstance(function.value, ast.Constant)


def _has_timeout(call: ast.Call) -> bool:
    """Tell whether a `select` is given how long."""
    assert isinstance(call.func, ast.Attribute)
    return call.func.attr == "select" and len(call.args) in {1, 4}


def test_no_call_waits_without_a_deadline() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: .{name}() may wait for ever"
        for path in sources()
        for line, name in endless(path)
        if (str(path.relative_to(ROOT)), name) not in ALLOWED
    ]

    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        # a queue that nobody may ever fill
        ("queue.get()", 1),
        ("queue.get(timeout=1.0)", 0),
        # text is joined, threads are waited for
        ("', '.join(names)", 0),
        ("thread.join()", 1),
        ("thread.join(2.0)", 0),
        ("line.recv(100)", 1),
        ("selector.select(0.1)", 0),
    ],
)
def test_the_check_knows_a_wait_from_what_looks_like_one(
    text: str, count: int, tmp_path: Path
) -> None:
    path = tmp_path / "waits.py"
    path.write_text(text)

    assert len(list(endless(path))) == count
