"""The simulated bench: which sample sits where, and everything that must outlive it.

One lock guards the whole bench, because several instruments, each with its own
thread, may hold on to one cell.
"""

import threading
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from drivers.twins.world import catalogue
from drivers.twins.world.circuit import Circuit
from drivers.twins.world.socket import CellModel, OpenLeads, Socket, Warmed
from drivers.twins.world.specimen_samples import build_specimen
from drivers.twins.world.surroundings import CELL_LAG, PROBES, ROOM, Surroundings
from labctl.clock import Clock


@typing.runtime_checkable
class Part(typing.Protocol):
    """A twin's own state: noise generators, batteries of relays."""

    def snapshot(self) -> dict[str, Any]:
        """Return the state as JSON types."""
        ...

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put back what `snapshot` returned."""
        ...


@typing.runtime_checkable
class Plugged(typing.Protocol):
    """A twin with leads: it looks again at what sits at its channels."""

    def replug(self) -> None:
        """Connect every channel to the socket that is at its channel now."""
        ...


class BenchWorld:
    """What is on the bench when nothing is."""

    def __init__(self, clock: Clock, seed: int = 0) -> None:
        self.clock = clock
        self.seed = seed
        self.lock = threading.RLock()
        self.specimen: str = ""
        """Name of the placed sample that is no cell; empty if there is none."""
        self._places: list[tuple[str, tuple[str, ...], Socket]] = []
        self._empty: dict[str, Socket] = {}
        self._parts: dict[str, Part] = {}
        self._waiting: dict[str, Mapping[str, Any]] = {}
        self.surroundings = Surroundings()
        """How warm samples are; a chamber's twin encloses them there."""
        self.circuit = Circuit(seed=seed, surroundings=self.surroundings)
        """The electrical half of the bench, for pellets, particles and films."""
        self.circuit.sockets = self.plugged

    @staticmethod
    def configuration() -> Path:
        """Return the configuration of the built-in bench."""
        return Path(__file__).with_name("bench.yaml")

    def names(self) -> tuple[str, ...]:
        """Return the names of the samples that can be placed."""
        return catalogue.names()

    def label(self, name: str) -> dict[str, Any]:
        """Return what is written on a sample: mass, area, capacity."""
        return catalogue.label(name)

    def place(self, sample_name: str, channels: Sequence[str]) -> None:
        """Put one sample at one or several channels, such as ``vsp300/1``."""
        if catalogue.label(sample_name)["kind"] in catalogue.CELL_KINDS:
            self.put(
                catalogue.build_cell(sample_name, self.seed), channels, sample_name
            )
        else:
            kind, truth = (
                catalogue.label(sample_name)["kind"],
                catalogue.truth(sample_name, self.seed),
            )
            self.circuit.mount(build_specimen(sample_name, kind, truth))
            self.specimen = sample_name

    def put(self, cell: CellModel, channels: Sequence[str], name: str = "") -> Socket:
        """Plug ``cell`` in at each of ``channels``; what was there is taken out."""
        with self.lock:
            taken = set(channels)
            self._places = [p for p in self._places if not taken & set(p[1])]
            now = self.clock.now()
            lag = cell.lag if isinstance(cell, Warmed) else CELL_LAG
            warmth = self.surroundings.put(channels, lag)
            warmth.be(warmth.air(now), now)
            socket = Socket(cell, now, warmth)
            self._places.append((name, tuple(channels), socket))
            for part in self._parts.values():
                if isinstance(part, Plugged):
                    part.replug()
            return socket

    def socket(self, channel: str) -> Socket:
        """Return the socket at a channel; an empty one reads as open leads."""
        for _, channels, socket in self._places:
            if channel in channels:
                return socket
        if channel not in self._empty:
            self._empty[channel] = Socket(OpenLeads(), self.clock.now())
        return self._empty[channel]

    def ambient(self, place: str) -> float:
        """Return how warm it is around the sample at a place now, °C.

        A place is a channel (``vsp300/1``), or empty for the specimen at the probes.
        """
        with self.lock:
            return self.surroundings.ambient(place, self.clock.now())

    def surface(self, place: str) -> float:
        """Return how warm the sample at a place is now, °C; it lags behind its air."""
        with self.lock:
            return self.surroundings.surface(place, self.clock.now())

    def is_taken(self, channel: str) -> bool:
        """Tell whether a cell was put at a channel."""
        return any(channel in channels for _, channels, _ in self._places)

    def plugged(self, channel: str) -> Socket | None:
        """Return the socket at a channel; None if nothing was put there."""
        at = (socket for _, places, socket in self._places if channel in places)
        return next(at, None)

    def join(self, name: str, part: Part) -> None:
        """Keep a twin's own state with the bench; restored state is handed over."""
        with self.lock:
            self._parts[name] = part
            waiting = self._waiting.pop(name, None)
            if waiting is not None:
                part.restore(waiting)
                self._feel()

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state as JSON types; a resumed run restores it."""
        with self.lock:
            now = self.clock.now()
            return {
                "specimen": self.specimen,
                "circuit": self.circuit.snapshot(),
                "specimen_kelvin": self.surroundings.warmth(PROBES).kelvin(now),
                "cells": [
                    {
                        "sample": name,
                        "seats": list(channels),
                        "state": s.cell.snapshot(),
                        "kelvin": s.warmth.kelvin(now) if s.warmth else ROOM,
                    }
                    for name, channels, s in self._places
                ],
                "parts": {
                    **{name: dict(state) for name, state in self._waiting.items()},
                    **{name: part.snapshot() for name, part in self._parts.items()},
                },
            }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put back what `snapshot` returned; no time has passed in between.

        Cells that are plugged in already take over the state of their channels.
        """
        with self.lock:
            if state.get("specimen"):
                self.place(state["specimen"], ())
            now = self.clock.now()
            if "circuit" in state:
                self.circuit.restore(state["circuit"])
            if "specimen_kelvin" in state:
                self.surroundings.warmth(PROBES).be(state["specimen_kelvin"], now)
            for kept in state["cells"]:
                channels = tuple(kept["seats"])
                if not any(p[1] == channels for p in self._places):
                    self.place(kept["sample"], channels)
                socket = self.socket(channels[0])
                socket.cell.restore(kept["state"])
                if socket.warmth is not None:  # an older state knows no temperature
                    socket.warmth.be(kept.get("kelvin", ROOM), now)
                socket.restart(now)
            for name, part_state in state["parts"].items():
                part = self._parts.get(name)
                if part is None:
                    self._waiting[name] = part_state
                else:
                    part.restore(part_state)
            self._feel()

    def _feel(self) -> None:
        """Let every cell look at a chamber whose state was put back after its own."""
        for _, _, socket in self._places:
            socket.feel()
