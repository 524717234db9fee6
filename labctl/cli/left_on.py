"""What a run in the foreground leaves on: said at once, and kept from the next one."""

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path

import typer

from labctl.api.run_summary import unsafe_channels
from labctl.api.station_files import StationFiles
from labctl.cli.output import alarm_lines, say
from labctl.cli.station.remote import named
from labctl.engine.situation import Ended
from labctl.errors import LabctlError
from labctl.service.bench.doubts import refuse_doubtful, remember
from labctl.session.run import EXIT_UNSAFE, Finished, Observers


class LeftOn:
    """Watches one run; knows which of its channels may still be on."""

    def __init__(self, out: Path, cast: Mapping[str, str], *, real: bool) -> None:
        """Look before anything is opened; twins die with the run and leave nothing.

        DoubtfulError: a channel of the cast is not known to be off.
        """
        self._files, self._cast, self._real = StationFiles(out), cast, real
        self._data = named(out)
        self._drives = False
        self.channels: dict[str, str] = {}
        """Channel -> why it may still be on."""
        if real:
            refuse_doubtful(self._files, list(cast.values()), self._data)

    def observe(self, observers: Observers) -> Observers:
        """Return observers that also tell this."""

        def started(folder: Path) -> None:
            if observers.started is not None:
                observers.started(folder)
            self._drives = True

        def ended(how: Ended) -> None:
            self._drives = False
            self._take(how.unsafe)
            if observers.ended is not None:
                observers.ended(how)

        return dataclasses.replace(observers, started=started, ended=ended)

    def finish(self, act: Callable[[], Finished]) -> Finished:
        """Do the run; whatever fails after an output was left on, that is what counts.

        typer.Exit with `EXIT_UNSAFE`: it failed, and an output may still be on.
        """
        try:
            return act()
        except BaseException as error:
            if self._drives:
                why = f"the run ended without a word about it ({error})"
                self._take(dict.fromkeys(self._cast, why))
            if self.channels and isinstance(error, LabctlError):
                say(f"{error.fault}: {error}")
                raise typer.Exit(EXIT_UNSAFE) from error
            raise

    def _take(self, unsafe: Mapping[str, str]) -> None:
        self.channels = unsafe_channels(unsafe, self._cast)
        if not self.channels:
            return
        lines = alarm_lines(self.channels, self._data)
        for line in lines if self._real else [f"SIMULATED: {line}" for line in lines]:
            say(line)
        if self._real:
            try:
                remember(self._files, self.channels)
            except (OSError, ValueError) as error:  # said it is; the run goes on ending
                say(f"store: this cannot be kept for the next run: {error}")
