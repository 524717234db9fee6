"""The oracle for EClib, built once and placed for each test."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

if sys.platform == "win32":
    collect_ignore_glob = ["*.py"]  # there the same sources are cross-built to a DLL
else:
    from oracle_library import Oracle, build, compiler

    @pytest.fixture(scope="session")
    def cache(
        request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
    ) -> Path:
        """Return where compiled libraries are kept from one test run to the next."""
        if compiler() is None:
            pytest.skip("no C compiler: apt-get install gcc libc6-dev")
        kept: pytest.Cache | None = getattr(request.config, "cache", None)
        return tmp_path_factory.mktemp("eclib") if kept is None else kept.mkdir("eclib")

    @pytest.fixture
    def placed(cache: Path, tmp_path: Path) -> Callable[..., Oracle]:
        """Return what makes one instrument more, configured by the text of its ini."""
        count = iter(range(100))

        def make(ini: str = "", release: int = 611) -> Oracle:
            folder = tmp_path / f"sdk-{next(count)}"
            return Oracle.placed(build(cache, release), folder, ini)

        return make
