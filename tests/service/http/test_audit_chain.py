"""The audit log: every change of a line shows."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labctl.errors import StoreError
from labctl.service.http.audit import Audit, verify


def written(path: Path, count: int) -> list[str]:
    audit = Audit(path)
    for k in range(count):
        audit.note("anna", "operate", "gui", f"POST /runs/{k}/hold", {"k": k}, "200")
    audit.close()
    return path.read_text().splitlines(keepends=True)


def test_an_untouched_log_is_unbroken(tmp_path: Path) -> None:
    written(tmp_path / "audit.jsonl", 5)

    assert verify(tmp_path / "audit.jsonl") == 5


def test_the_chain_goes_on_after_a_restart(tmp_path: Path) -> None:
    written(tmp_path / "audit.jsonl", 3)
    written(tmp_path / "audit.jsonl", 2)

    assert verify(tmp_path / "audit.jsonl") == 5


@given(data=st.data())
def test_any_changed_line_is_found(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("audit") / "audit.jsonl"
    lines = written(path, 6)
    at = data.draw(st.integers(0, 5))
    how = data.draw(st.sampled_from(["change", "drop", "double", "swap"]))
    changed = list(lines)
    if how == "change":
        changed[at] = changed[at].replace("anna", "otto")
    elif how == "drop":
        at = min(at, 4)  # the end cannot be told from a shorter log
        del changed[at]
    elif how == "double":
        changed.insert(at, changed[at])
    else:
        at = min(at, 4)
        changed[at], changed[at + 1] = changed[at + 1], changed[at]
    path.write_text("".join(changed))

    with pytest.raises(StoreError):
        verify(path)


def test_a_line_cut_by_a_power_loss_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    lines = written(path, 3)
    path.write_text("".join(lines[:2]) + lines[2][:40])

    assert verify(path) == 2
