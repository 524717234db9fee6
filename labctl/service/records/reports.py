"""Pages of runs, made for clients in the worker process for what takes long."""

from collections import OrderedDict
from collections.abc import Collection, Sequence
from pathlib import Path

from labctl.figures.grouping import Grouped, Grouping
from labctl.report.html import Report, page
from labctl.report.of_run import about_run, compare_reports, read_report
from labctl.service.records.archive import stamp
from labctl.store.folder import RunFolder

MOST = 40
"""Runs compared at once, and kept while they are read one by one."""
_reports: OrderedDict[tuple[str, int], tuple[Grouped, Report]] = OrderedDict()


def report(folder: Path) -> str:
    """Return the self-contained page of a run."""
    return page(read_report(folder))


def read_ahead(folder: Path) -> None:
    """Read a run for `comparison`, so that no single question takes long."""
    _compared(folder)


def comparison(
    folders: Sequence[Path],
    by: Grouping,
    words: Sequence[str],
    without: Collection[str],
) -> str:
    """Return the page of several runs and forget what was read ahead of them."""
    read = dict(map(_compared, folders))
    for key in [key for key in _reports if Path(key[0]) in folders]:
        del _reports[key]
    return page(compare_reports(read, by, words, without))


def _compared(folder: Path) -> tuple[Grouped, Report]:
    key = (str(folder), stamp(RunFolder(folder)))
    if key not in _reports:
        _reports[key] = (about_run(folder), read_report(folder))
        while len(_reports) > MOST:
            _reports.popitem(last=False)
    return _reports[key]
