"""Watch one record, or every record of a folder that grows: each is one run.

What a person says is the same for all of them; the label beside a record, of its name,
wins over the common one. A run that read of a record before goes on.
"""

import json
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labctl import plugins
from labctl.clock import SystemClock
from labctl.config.models import Config, InstrumentConfig
from labctl.config.reading import read_config
from labctl.documents.document import Document
from labctl.engine.control import Control
from labctl.errors import InstrumentError, LabctlError, OperatorError
from labctl.roles.playing import plays
from labctl.roles.record_source import RecordSource
from labctl.session.order import Equipment, Order, prepare
from labctl.session.resume import resume
from labctl.session.run import Finished, Observers, start
from labctl.session.watched import (
    PROTOCOL,
    RECORD,
    EarlierRun,
    earlier_run,
    folder_told,
)
from labctl.station import RealWires, Station

log = logging.getLogger(__name__)

ROLE = "source"
MOST_AT_ONCE = 32
"""Records of a folder that are read at the same time: the channels of a cycler."""
LABELS = (".yaml", ".yml")
LOOK_EVERY = 2.0
"""s of wall time between two looks into a folder."""
LAST_WORD = 60.0
"""s of wall time that a run may take to end once it was asked to."""


@dataclass(frozen=True, slots=True)
class WatchOrder:
    """What a person says of what they watch."""

    folder: Path
    """Absolute."""
    sample: str
    out: Path
    record: str = ""
    """Name of one record; empty: every one of the folder."""
    zone: str = ""
    operator: str = ""
    once: bool = False
    afresh: bool = False
    """Begin a new run even where one could go on."""
    planned_as: str = ""
    planned: tuple[Mapping[str, Any], ...] = ()
    """Lines of the schedule that should run, as JSON types."""
    simulate: bool = False
    speed: float | None = 1.0
    seed: int = 0

    def of(self, record: str, channel: str) -> Order:
        """Return the order of the run that reads ``record``."""
        parameters: dict[str, str | bool] = {
            RECORD: record,
            "once": self.once,
            "planned_as": self.planned_as,
            "planned": json.dumps(self.planned) if self.planned else "",
        }
        return Order(
            protocol=PROTOCOL,
            parameters=Document.without_lines("", {**parameters}),
            sample=self.label_of(record),
            channels={ROLE: channel},
            out=self.out,
            simulate=self.simulate,
            speed=self.speed,
            seed=self.seed,
            operator=self.operator,
        )

    def label_of(self, record: str) -> str:
        """Return the label beside a record, of its name; else the common one."""
        own = [(self.folder / record).with_suffix(each) for each in LABELS]
        found = next((str(each) for each in own if each.is_file()), self.sample)
        if not found:
            raise OperatorError(
                f"{record}: no sample: name a label file with --sample FILE.yaml, or "
                f"write {own[0].name} beside it"
            )
        return found


def cycler_of(config: Config) -> tuple[str, InstrumentConfig]:
    """Return the cycler that is only watched: that of the configuration, or the usual.

    OperatorError: the configuration's cannot be found.
    """
    for told in (config, read_config(plugins.world().configuration())):
        for channel in told.channels.get(ROLE, ()):
            name = channel.partition("/")[0]
            return name, told.instruments[name]
    raise OperatorError(
        f"no instrument plays {ROLE}: add a cycler, and `{ROLE}: [NAME]` to `channels:`"
    )


def configured(config: Config, order: WatchOrder) -> tuple[Config, str]:
    """Return the configuration with the cycler where it is to be read, and its name."""
    name, before = cycler_of(config)
    options = dict(before.options)
    if order.zone:
        options["zone"] = order.zone
    options["channels"] = max(int(options.get("channels", 0)), MOST_AT_ONCE)
    simulated = dict(before.simulated)
    if order.simulate:
        simulated |= {"folder": str(order.folder), "file": order.record}
        if order.planned:
            simulated["schedule"] = [dict(each) for each in order.planned]
    address = str(order.folder / order.record if order.record else order.folder)
    told = {"address": address, "options": options, "simulated": simulated}
    cycler = before.model_copy(update=told)
    changed = {
        "instruments": {**config.instruments, name: cycler},
        "channels": {**config.channels, ROLE: [name, *_channels(name)]},
    }
    return config.model_copy(update=changed), name


def _channels(name: str) -> list[str]:
    return [f"{name}/{k}" for k in range(1, MOST_AT_ONCE + 1)]


def watch_record(order: WatchOrder, config: Config, observers: Observers) -> Finished:
    """Watch one record until it is over, in the run that read of it before.

    OperatorError: another process watches it, or it was read to its end.
    """
    own, name = configured(config, order)
    place = folder_told(own.instruments[name].address, own.instruments[name].simulated)
    before = None if order.afresh else earlier_run(order.out, place, order.record)
    if before is None:
        return start(prepare(order.of(order.record, name), own), own, observers)
    if before.is_written:
        raise OperatorError(
            f"{order.record} is watched already, by another process: "
            f"{before.folder.path}"
        )
    if before.is_over:
        raise OperatorError(
            f"{order.record} was read to its end in {before.folder.path}; --afresh "
            "makes another run of it"
        )
    changes = {"once": order.once}
    return resume(before.folder.path, observers, changes)


Told = Callable[[str, Path | None, Finished | LabctlError | None], None]
"""Record; folder of its run, None unless it began; how it ended, None: it began."""


@dataclass(slots=True)
class FolderWatch:
    """Watches the records of one folder, each in a thread of its own."""

    order: WatchOrder
    config: Config
    told: Told
    control: Control = field(default_factory=Control)
    """Stopped by whoever wants all to end."""
    live_view: bool = True
    """Whether each run has an HDF5 file that grows."""
    has_looked: bool = False
    """Whether it knows what lay there before."""
    _threads: dict[str, threading.Thread] = field(default_factory=dict)
    _controls: dict[str, Control] = field(default_factory=dict)
    _taken: dict[str, str] = field(default_factory=dict)
    """Record -> the channel of its thread."""
    _sizes: dict[str, int] = field(default_factory=dict)
    _due: dict[str, bool] = field(default_factory=dict)
    """Records to begin -> whether also without a run that read of them before."""
    _done: set[str] = field(default_factory=set)
    _unreachable: bool = False

    def run(self) -> None:
        """Go on until asked to stop; with ``once``, until each was read.

        InstrumentError: the folder cannot be looked into at the beginning.
        """
        own, name = configured(self.config, self.order)
        clock = SystemClock()
        station = Station(own.setups(), own.channels, clock, RealWires())
        equipment = Equipment(station)
        try:
            while not self.control.asked.is_set():
                self._look(station, own, equipment, name)
                if self.order.once and not (self._due or self._alive()):
                    return
                clock.sleep(LOOK_EVERY, self.control.asked)
        finally:
            for control in self._controls.values():
                control.stop(self.control.reason)
            for thread in self._threads.values():
                thread.join(LAST_WORD)
            station.close()

    def _look(
        self, station: Station, own: Config, equipment: Equipment, name: str
    ) -> None:
        """Begin to watch what grew, or appeared, since the last look."""
        source = station.players(name)[""]
        assert plays(source, RecordSource)  # noqa: S101  (`configured` chose it)
        for record in self._there(source):  # type: ignore[arg-type]
            self._note(record)
        self.has_looked = True
        earlier: dict[str, EarlierRun | None] = {}
        for record in sorted(self._due.keys() - self._alive()):
            before = earlier_run(self.order.out, self.order.folder, record)
            if before is not None and (before.is_over or before.is_written):
                self._done.add(record)
                del self._due[record]
            elif before is None and not self._due[record]:
                del self._due[record]  # it lay there before anybody watched
            else:
                earlier[record] = before
        # Who goes on needs the channel that it had.
        for record in sorted(earlier, key=lambda each: earlier[each] is None):
            self._begin(record, earlier[record], own, equipment, name)

    def _there(self, source: RecordSource) -> tuple[str, ...]:
        """Return the records; none while the folder cannot be reached."""
        try:
            found = source.records()
        except InstrumentError as error:
            if not self.has_looked:
                raise
            if not self._unreachable:
                log.warning("%s; it is looked into again and again", error)
            self._unreachable = True
            return ()
        self._unreachable = False
        return found

    def _note(self, record: str) -> None:
        """See whether a record has to be read: it grew, or the watch begins."""
        try:
            size = (self.order.folder / record).stat().st_size
        except OSError:  # renamed or taken away since: at the next look
            return
        grew = self.has_looked and self._sizes.get(record) != size
        self._sizes[record] = size
        if record in self._done or record in self._alive():
            return
        if grew or self.order.once or not self.has_looked:
            self._due[record] = grew or self.order.once

    def _begin(
        self,
        record: str,
        before: EarlierRun | None,
        own: Config,
        equipment: Equipment,
        name: str,
    ) -> None:
        taken = {*equipment.station.lent(), *map(self._taken.get, self._alive())}
        wanted = _channels(name) if before is None else (before.channel,)
        channel = next((each for each in wanted if each not in taken), "")
        if not channel:
            return  # at the next look
        control = self._controls[record] = Control()
        observers = Observers(
            control,
            started=lambda place: self.told(record, place, None),
            live_view=self.live_view,
        )
        del self._due[record]
        self._done.add(record)
        self._taken[record] = channel

        def act() -> None:
            try:
                if before is not None:
                    changes = {"once": self.order.once}
                    ended = resume(before.folder.path, observers, changes, equipment)
                else:
                    order = self.order.of(record, channel)
                    prepared = prepare(order, own, equipment)
                    ended = start(prepared, own, observers)
                self.told(record, ended.folder, ended)
            except LabctlError as error:
                self.told(record, None, error)
            finally:
                run = [r for c, r in equipment.station.lent().items() if c == channel]
                for each in run:
                    equipment.station.give_back(each)

        thread = threading.Thread(target=act, name=f"watch {record}", daemon=True)
        self._threads[record] = thread
        thread.start()

    def _alive(self) -> set[str]:
        return {name for name, thread in self._threads.items() if thread.is_alive()}
