"""A TCP wire that spoils what an instrument answers, by script or by chance.

Between a client and an instrument's port on loopback::

    with FaultyWire(port, seed=1) as wire:
        wire.next(Fault.LATE)      # the next answer is kept until `release`
        wire.at(7, Fault.CUT)      # the seventh from now on
        wire.mix(0.02, READABLE)   # two in a hundred, one of these
        wire.cut()                 # now

An answer is a line; faults of one answer are pure functions of it (`spoil`), so that
the same faults can be put between a driver and a twin in one process.
"""

import contextlib
import random
import select
import socket
import threading
import typing
from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

LINE = b"\n"
CHUNK = 65536
SENTINELS = (
    b"9.9E37",
    b"-9.9E37",
    b"+9.91E37",
    b"nan",
    b"inf",
    b"199.999E99",
    b"OVLD",
    b"1_0.5",
)
"""What instruments answer instead of a number, and what only Python takes for one."""


class Fault(StrEnum):
    """What becomes of one answer."""

    CUT = "cut"
    """The connection ends instead of it; the next one works."""
    CUT_INSIDE = "cut inside"
    """Half of it comes, then the connection ends."""
    DROP = "drop"
    """It never comes."""
    LATE = "late"
    """It comes when `FaultyWire.release` is called, or never."""
    REPEAT = "repeat"
    """It comes twice."""
    STALE = "stale"
    """The answer before comes in its place."""
    TRUNCATE = "truncate"
    """Its end is missing, its line feed is there."""
    UNENDED = "unended"
    """Its end is missing, the line feed too."""
    CORRUPT = "corrupt"
    """One character in ten is another printable one."""
    FLIP = "flip"
    """One bit of it is the other way round."""
    GARBAGE = "garbage"
    """Twenty random bytes come in its place."""
    EMPTY = "empty"
    """Only the line feed comes."""
    SENTINEL = "sentinel"
    """One of `SENTINELS` comes in its place."""


READABLE = (
    Fault.REPEAT,
    Fault.STALE,
    Fault.TRUNCATE,
    Fault.CORRUPT,
    Fault.FLIP,
    Fault.GARBAGE,
    Fault.EMPTY,
    Fault.SENTINEL,
)
"""Faults after which something comes that ends with a line feed."""


def spoil(fault: Fault, answer: bytes, before: bytes, rng: random.Random) -> bytes:
    """Return what comes instead of ``answer``; empty where nothing comes.

    Both end with their terminator; ``before`` is the answer that came before it.
    """
    body = answer.rstrip(b"\r\n")
    end = answer[len(body) :]
    match fault:
        case Fault.REPEAT:
            out = answer + answer
        case Fault.STALE:
            out = before or answer
        case Fault.TRUNCATE:
            out = body[: rng.randrange(len(body) + 1)] + end
        case Fault.UNENDED | Fault.CUT_INSIDE:
            out = body[: rng.randrange(len(body) + 1)]
        case Fault.CORRUPT:
            out = _corrupted(body, rng) + end
        case Fault.FLIP:
            out = _flipped(body, rng) + end
        case Fault.GARBAGE:
            out = bytes(rng.choice(_NOT_LINE) for _ in range(20)) + end
        case Fault.EMPTY:
            out = end
        case Fault.SENTINEL:
            out = rng.choice(SENTINELS) + end
        case _:
            out = b""
    return out


_NOT_LINE = tuple(byte for byte in range(256) if byte != LINE[0])


def _corrupted(body: bytes, rng: random.Random) -> bytes:
    out = bytearray(body)
    for _ in range(max(1, len(out) // 10)):
        if out:
            out[rng.randrange(len(out))] = rng.randrange(32, 127)
    return bytes(out)


def _flipped(body: bytes, rng: random.Random) -> bytes:
    out = bytearray(body)
    if out:
        out[rng.randrange(len(out))] ^= 1 << rng.randrange(7)
    return bytes(out).replace(LINE, b"J")


class _Pair:
    """One client's connection and the one made for it."""

    def __init__(self, client: socket.socket, target: socket.socket) -> None:
        self.client = client
        self.target = target
        self.before = b""
        for side in (client, target):
            side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def end(self) -> None:
        for side in (self.client, self.target):
            with contextlib.suppress(OSError):  # the other end was faster
                side.shutdown(socket.SHUT_RDWR)
            side.close()

    def send(self, data: bytes) -> None:
        with contextlib.suppress(OSError):  # it dies with its connection
            self.client.sendall(data)


class FaultyWire:
    """A port that passes everything on to ``target`` except what it is to spoil."""

    def __init__(self, target: int, seed: int = 0, port: int = 0) -> None:
        self.target = target
        self.rng = random.Random(seed)  # noqa: S311  (it is to repeat itself)
        self.answers = 0
        """So many came from the instrument."""
        self.done: Counter[Fault] = Counter()
        """How often each fault was done."""
        self.connections = 0
        self.deaf = False
        """Whether what the client sends is lost."""
        self.refusing = False
        """Whether new connections end at once."""
        self._script: dict[int, Fault] = {}
        self._share = 0.0
        self._kinds: tuple[Fault, ...] = ()
        self._kept: list[tuple[_Pair, bytes]] = []
        self._pairs: list[_Pair] = []
        self._lock = threading.RLock()
        self._server = socket.create_server(("127.0.0.1", port))
        self.port: int = self._server.getsockname()[1]
        self._open = True
        threading.Thread(target=self._accept, daemon=True).start()

    def next(self, *faults: Fault) -> None:
        """Let the next answers, one after the other, be spoiled so."""
        for k, fault in enumerate(faults, 1):
            self.at(k, fault)

    def at(self, number: int, fault: Fault) -> None:
        """Let the ``number``-th answer from now on (1 is the next) be spoiled so."""
        with self._lock:
            self._script[self.answers + number] = fault

    def mix(self, share: float, kinds: Iterable[Fault] = READABLE) -> None:
        """Let a share of all answers be spoiled by chance; 0 ends it."""
        with self._lock:
            self._share, self._kinds = share, tuple(kinds)

    def cut(self, *, refuse: bool = False) -> None:
        """End every connection now; ``refuse`` new ones until told otherwise."""
        with self._lock:
            self.refusing = refuse
            pairs, self._pairs = self._pairs, []
            self.done[Fault.CUT] += 1
        for pair in pairs:
            pair.end()

    def release(self) -> int:
        """Deliver every answer that was kept back; return how many there were."""
        with self._lock:
            kept, self._kept = self._kept, []
        for pair, answer in kept:
            pair.send(answer)
        return len(kept)

    def heal(self) -> None:
        """Do no more faults."""
        with self._lock:
            self._script.clear()
            self._share = 0.0
            self.deaf = self.refusing = False

    def close(self) -> None:
        """End every connection and listen no more."""
        self._open = False
        with contextlib.suppress(OSError):  # nobody is being accepted
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self.cut()

    def __enter__(self) -> typing.Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        while self._open:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            if self.refusing:
                client.close()
                continue
            try:
                target = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                client.close()
                continue
            pair = _Pair(client, target)
            with self._lock:
                self._pairs.append(pair)
            threading.Thread(target=self._carry, args=(pair,), daemon=True).start()

    def _carry(self, pair: _Pair) -> None:
        waiting = b""
        try:
            while True:
                ready, _, _ = select.select([pair.client, pair.target], [], [])
                if pair.client in ready:
                    data = pair.client.recv(CHUNK)
                    if not data:
                        break
                    if not self.deaf:
                        pair.target.sendall(data)
                if pair.target in ready:
                    data = pair.target.recv(CHUNK)
                    if not data:
                        break
                    *lines, waiting = (waiting + data).split(LINE)
                    for line in lines:
                        self._deliver(pair, line + LINE)
        except (OSError, ValueError):
            pass  # one side is closed; so is the other one now
        pair.end()

    def _deliver(self, pair: _Pair, answer: bytes) -> None:
        with self._lock:
            self.answers += 1
            fault = self._script.pop(self.answers, None)
            if fault is None and self._kinds and self.rng.random() < self._share:
                fault = self.rng.choice(self._kinds)
            if fault is not None:
                self.done[fault] += 1
            before, pair.before = pair.before, answer
            if fault is Fault.LATE:
                self._kept.append((pair, answer))
            out = answer if fault is None else spoil(fault, answer, before, self.rng)
        if out:
            pair.send(out)
        if fault in {Fault.CUT, Fault.CUT_INSIDE}:
            raise OSError("cut")
