"""When machine code takes over, and that everything goes on where it cannot."""

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy import new_toy, walk

from labctl.clock import SystemClock
from labctl.compiled import cache
from labctl.compiled.kernels import ENOUGH, HOW

ROW = [0.1 * k for k in range(7)]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(cache.FOLDER, str(tmp_path / "kernels"))
    monkeypatch.delenv(HOW, raising=False)
    return tmp_path / "kernels"


def test_machine_code_gives_the_bits_of_plain_python() -> None:
    toy = new_toy()
    toy.load()
    assert toy.fast is not None
    plain, fast = ROW.copy(), np.array(ROW)

    assert toy.fast.walk(fast, 50.0) == walk(plain, 50.0)  # type: ignore[arg-type]
    assert fast.tolist() == plain


def test_a_short_simulation_imports_no_compiler() -> None:
    script = (
        f"import sys; from toy import TOY; TOY.worked({ENOUGH - 1});"
        "assert TOY.fast is None and 'numba' not in sys.modules"
    )

    subprocess.run([sys.executable, "-c", script], check=True, env=_with_toy())


def test_a_process_fills_the_cache_and_gives_the_lock_back() -> None:
    folder = new_toy().folder()
    assert folder is not None

    assert cache.begin(folder)
    assert not cache.begin(folder)
    subprocess.run(
        [sys.executable, "-m", "labctl.compiled", "toy:TOY"],
        check=True,
        env=_with_toy(),
    )
    assert cache.is_complete(folder)
    assert cache.begin(folder)


def test_machine_code_that_nobody_used_for_a_month_is_thrown_away(
    own_cache: Path,
) -> None:
    now = SystemClock().unix()
    ours = (own_cache / f"{letter * 16}-3.11" for letter in "abcde")
    own, recent, old, broken, foreign = ours
    data = own_cache / "run-12"
    for folder, mark in (
        (data, cache.COMPLETE),
        (own, cache.COMPLETE),
        (recent, cache.COMPLETE),
        (old, cache.COMPLETE),
        (broken, cache.LOCK),
        (foreign, "letters"),
    ):
        folder.mkdir(parents=True)
        (folder / mark).touch()
        if folder is not recent:
            os.utime(folder / mark, (now - 2 * cache.UNUSED,) * 2)

    cache.drop_unused(own)

    assert set(own_cache.iterdir()) == {own, recent, foreign, data}


def test_machine_code_counts_as_used_whenever_it_is_loaded() -> None:
    toy = new_toy()
    toy.load()
    folder = toy.folder()
    assert folder is not None
    mark = folder / cache.COMPLETE
    os.utime(mark, (0.0, 0.0))

    new_toy().load()

    assert mark.stat().st_mtime > 0.0


def test_enough_work_has_it_compiled_elsewhere_and_loaded_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONPATH", _with_toy()["PYTHONPATH"])
    toy = new_toy()
    toy.worked(ENOUGH)
    assert toy.warming is not None
    toy.warming.join()

    folder = toy.folder()
    assert folder is not None
    assert cache.is_complete(folder)
    assert toy.fast is not None
    assert toy.fast.walk(np.array(ROW), 3.0) == walk(ROW.copy(), 3.0)  # type: ignore[arg-type]


def test_a_damaged_cache_is_made_anew() -> None:
    new_toy().load()
    folder = new_toy().folder()
    assert folder is not None
    for index in folder.rglob("*.nbi"):
        index.write_bytes(b"")  # as after a power cut

    damaged = new_toy()
    with pytest.raises(EOFError):
        damaged.load()
    assert not cache.is_complete(folder)
    again = new_toy()
    again.load()
    assert again.fast is not None
    assert cache.is_complete(folder)


def test_no_module_of_the_folder_one_works_in_is_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "toy.py").write_text("raise SystemExit(1)\n")
    monkeypatch.chdir(tmp_path)
    toy = new_toy()
    toy.worked(ENOUGH)
    assert toy.warming is not None
    toy.warming.join()

    assert toy.fast is not None


def test_an_edit_of_a_kernel_is_another_folder(tmp_path: Path) -> None:
    names = []
    for factor in ("2.0", "3.0"):
        source = "from labctl.compiled import compiled\n\n"
        source += f"def inner(x):\n    return {factor} * x\n\n"
        source += "compiled(inner)\n\ndef outer(x):\n    return inner(x)\n"
        file = tmp_path / "edited.py"
        file.write_text(source)
        space: dict[str, Any] = {"__name__": "edited"}
        exec(compile(source, str(file), "exec"), space)  # noqa: S102
        names.append(cache.folder([space["outer"]]))

    assert None not in names
    assert names[0] != names[1]


def test_without_numba_plain_python_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    monkeypatch.setenv(HOW, "compiled")
    toy = new_toy()
    toy.worked(1.0)

    assert toy.fast is None


def test_a_cache_that_cannot_be_written_leaves_plain_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(cache.FOLDER, str(tmp_path / "file"))
    monkeypatch.setenv(HOW, "compiled")
    toy = new_toy()
    toy.worked(1.0)

    assert toy.fast is None


def test_who_wants_plain_python_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOW, "plain")
    toy = new_toy()
    toy.worked(10.0 * ENOUGH)

    assert toy.begun
    assert toy.fast is None


def _with_toy() -> dict[str, str]:
    here = str(Path(__file__).parent)
    path = os.pathsep.join([here, os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PYTHONPATH": path}
