"""Bring a run to its end whose process died: results from what there is, or none."""

from pathlib import Path

from labctl import plugins
from labctl.clock import SystemClock
from labctl.data import Event, Level, Result
from labctl.engine.states import TABLE, Wish, require, stored_state
from labctl.quantities import SI
from labctl.sample import Sample
from labctl.session.run import seal
from labctl.session.view import JournalView
from labctl.session.worlds import forget
from labctl.store.folder import RunFolder
from labctl.store.journal.journal import Journal
from labctl.store.journal.reader import JournalReader


def finish(place: Path, reason: str) -> None:
    """Work the results out of what was recorded, end the run as stopped, seal it.

    OperatorError: it has ended already. StoreError: another process writes it.
    """
    folder = RunFolder.of(place)
    _close(folder, Wish.FINISH, reason, _results(folder))
    forget(folder.path)
    seal(folder)


def discard(place: Path, reason: str) -> None:
    """End the run as discarded; its rows stay, it just never asks again.

    OperatorError: it has ended already. StoreError: another process writes it.
    """
    folder = RunFolder.of(place)
    _close(folder, Wish.DISCARD, reason, {})
    forget(folder.path)


def _results(folder: RunFolder) -> dict[str, Result]:
    with JournalReader(folder.journal) as reader:
        header = reader.header
        kind = plugins.protocol(header.protocol, header.parameters_given)
        sample = Sample.model_validate(header.sample, context=SI)
        parameters = kind.parameters_model.model_validate(
            header.parameters_given, strict=False
        )
        try:
            return dict(kind(parameters, sample).results(JournalView(sample, reader)))
        except Exception as error:  # noqa: BLE001  (a plug-in may raise anything)
            reason = f"{type(error).__name__}: {error}"
            return {"results": Result.absent("", reason)}


def _close(
    folder: RunFolder, wish: Wish, reason: str, results: dict[str, Result]
) -> None:
    with Journal.open(folder.journal) as journal:
        status = journal.status
        now = stored_state(status.state, finished=status.finished, is_written=False)
        require(folder.run_id, now, wish)
        unix = max(SystemClock().unix(), status.unix)
        state = str(TABLE[now].wishes[wish])
        event = Event(Level.WARNING, state, reason)
        journal.event(event, status.test_time, unix)
        journal.finish(state, results, unix, reason)
