"""One channel of a BioLogic instrument as a `PotentiostatChannel`.

Rules: it has ended only when it was seen running, then stopped, and its memory is
drained. Rows fetched before a call failed are kept. What it does not own (EC-Lab's
experiment, another program's) it neither loads over nor stops.
"""

import logging
import typing
from collections.abc import Sequence

from drivers.biologic import abi
from drivers.biologic.codec import FloatDecoder, proven_decoder
from drivers.biologic.codes import OPTION_ERRORS, Firmware, State
from drivers.biologic.compiler import Program, compile_program
from drivers.biologic.faults import EClibError
from drivers.biologic.library import EClib
from drivers.biologic.loading import send, shortening
from drivers.biologic.options import Options
from drivers.biologic.ranges import ChannelFacts
from drivers.biologic.reading import Fetched, Reader
from labctl.clock import Clock
from labctl.data import Batch, Event, Level
from labctl.errors import InstrumentError, LinkError, OperatorError, OwnershipError
from labctl.roles.potentiostat import Loaded, Poll
from labctl.techniques import Loop, Technique

log = logging.getLogger(__name__)

T = typing.TypeVar("T")

START_GRACE = 5.0
"""s in which a started channel may still say STOP."""
STATUS_ATTEMPTS = 5
"""Reads of an all-zero status before it counts."""
STATUS_PAUSE = 0.05
"""s between two of them."""
MOST_FETCHES = 10_000
"""Blocks in one poll; more means that the instrument writes faster than we read."""
MESSAGES_EVERY = 50
"""Polls between two looks at the firmware's messages."""
ABORTING_OPTION_ERRORS = 100
"""Option errors from here on (and 2) are a fault of the amplifier."""


class Device(typing.Protocol):
    """What a channel needs of its instrument."""

    name: str
    link: int
    library: EClib
    options: Options
    clock: Clock
    plugged: list[int]

    def exchange(self, action: typing.Callable[[], T], place: str) -> T:
        """Run calls on the library's thread, with retries."""
        ...

    def board(self, number: int) -> int:
        """Return the board type of a channel."""
        ...

    def ensure_firmware(
        self, channel: "BiologicChannel", infos: abi.ChannelInfos
    ) -> bool:
        """See that the library's kernel runs."""
        ...


class BiologicChannel:
    """A channel; ``number`` counts from 0, the front panel from 1."""

    def __init__(self, device: Device, number: int) -> None:
        self._device = device
        self.number = number
        self.place = f"{device.name}/{number + 1}"
        self.attached = False
        """It was running when we connected: poll it, or make it safe."""
        self._board = 0
        self._decoder: FloatDecoder | None = None
        self._reader: Reader | None = None
        self._infos: abi.ChannelInfos | None = None
        self._techniques: tuple[Technique, ...] = ()
        self._skipped = 0
        """Techniques of the upload that were left out by a restart."""
        self._program: Program | None = None
        self._ours = False
        self._seen = False
        self._stopped = False
        self._started = 0.0
        self._zero = 0.0
        self._technique = 0
        self._polls = 0
        self._told: set[int] = set()
        self._said: list[str] = []
        self._pending: list[Fetched] = []
        self._kept: tuple[Batch, ...] = ()
        """Batches read before a restart, for the next poll."""

    # ---- what it is

    def look(self) -> None:
        """Read what the channel is and whether it is running (then attach to it)."""
        infos = self._status()
        self.attached = (
            infos.State == State.RUN and infos.FirmwareCode == Firmware.KERNEL
        )
        if self.attached:
            log.warning("%s: is running; attached to it", self.place)
            self._ours = self._seen = True
            self._started = self._zero = self._device.clock.now()

    @property
    def serial(self) -> str:
        """Serial of the channel's board."""
        return "0" if self._infos is None else str(self._infos.BoardSerialNumber)

    @property
    def max_current(self) -> float:
        """Largest |current| in A."""
        return self._facts(0.0).largest_current

    @property
    def measures_impedance(self) -> bool:
        """Whether the channel has an impedance board."""
        return self._infos is not None and bool(self._infos.Zboard)

    # ---- PotentiostatChannel

    def load(self, techniques: Sequence[Technique]) -> Loaded:
        """See `labctl.roles.potentiostat.PotentiostatChannel.load`."""
        self._must_be_plugged()
        infos = self._status()
        if self._device.ensure_firmware(self, infos):
            infos = self._status()
        if infos.State != State.STOP:
            raise OwnershipError(
                f"{self.place}: the channel is running; wait for its end, attach to it "
                "or stop it before something new is loaded"
            )
        values = self._exchange(lambda lib, link: lib.current_values(link, self.number))
        self._techniques, self._skipped = tuple(techniques), 0
        program = compile_program(self._techniques, self._facts(values.Ewe))
        self._send(program)
        return Loaded(program.host_conditions, program.summary)

    def start(self) -> None:
        """See `PotentiostatChannel.start`."""
        if self._program is None:
            raise OperatorError(f"{self.place}: nothing is loaded")
        self._begin()
        self._zero = 0.0

    def poll(self) -> Poll:
        """See `PotentiostatChannel.poll`."""
        if self._reader is None:
            self._prepare_reader()
        state, filled, live = self._exchange(self._drain)
        fetched, self._pending = self._pending, []
        events = self._events(fetched)
        batches = self._read(fetched)
        if fetched:
            self._technique = fetched[-1].technique
        if fetched or state in {State.RUN, State.SYNC, State.PAUSE}:
            self._seen = True
        running = self._is_running(state, filled)
        self._polls += 1
        if not running or self._polls % MESSAGES_EVERY == 0:
            self._hear()
        return Poll(batches, running, self._index_of(self._technique), events, live)

    def skip(self) -> None:
        """See `PotentiostatChannel.skip`.

        Ends the technique that the last poll reported; if it has ended by itself in
        the meantime, nothing happens.
        """
        program, before = self._program, self._technique
        if program is None:
            raise OperatorError(f"{self.place}: nothing is loaded, nothing to skip")
        state, _, _ = self._exchange(self._drain)
        now = self._pending[-1].technique if self._pending else before
        if state == State.STOP or now != before:
            return
        upload = program.uploads[now]
        if upload.table.shortened_by:
            self._exchange(
                lambda lib, link: shortening(
                    lib, link, self.number, now, upload, self._board
                )
            )
        else:
            self._restart_behind(upload.source)

    def make_safe(self) -> None:
        """See `PotentiostatChannel.make_safe`."""
        if not self._ours:
            return
        self._exchange(lambda lib, link: lib.stop(link, self.number))
        self._stopped = True

    # ---- loading and starting

    def _facts(self, voltage: float) -> ChannelFacts:
        infos, options = self._infos, self._device.options
        if infos is None:
            raise OperatorError(f"{self.place}: no channel is plugged in here")
        return ChannelFacts(
            name=self.place,
            board=self._board,
            min_range=infos.MinIRange,
            max_range=infos.MaxIRange,
            max_bandwidth=infos.MaxBandwidth,
            impedance=bool(infos.Zboard),
            voltage=voltage,
            bandwidth=options.bandwidth,
            current_range=options.current_range,
            voltage_range=options.voltage_range,
            max_current=options.max_current,
            xctr=options.xctr,
        )

    def _send(self, program: Program) -> None:
        self._configure()
        heard = self._exchange(
            lambda lib, link: send(
                lib, link, self.number, program.uploads, self._board, self.place
            )
        )
        for text in heard:
            log.warning("%s: firmware says: %s", self.place, text)
        self._program = program
        self._prepare_reader()

    def _configure(self) -> None:
        """Set electrode connection and ground where the configuration asks."""
        options = self._device.options
        if options.connection is None and options.floating is None:
            return

        def act(lib: EClib, link: int) -> tuple[int, int]:
            connection, ground = lib.hardware(link, self.number)
            if options.connection is not None:
                connection = options.connection
            if options.floating is not None:
                ground = int(options.floating)
            lib.set_hardware(link, self.number, connection, ground)
            read_back = lib.hardware(link, self.number)
            if read_back != (connection, ground):
                raise InstrumentError(
                    f"{self.place}: electrode connection and ground read back as "
                    f"{read_back}, not {(connection, ground)}"
                )
            return read_back

        self._exchange(act)

    def _begin(self) -> None:
        tried = False

        def act(lib: EClib, link: int) -> None:
            nonlocal tried
            try:
                lib.start(link, self.number)
            except EClibError as error:
                # A start whose answer was lost has started all the same.
                if not (tried and error.code == -13):  # noqa: PLR2004
                    tried = True
                    raise

        self._ours = True
        self._exchange(act)
        self._said.clear()
        self._hear()
        self._seen = self._stopped = self.attached = False
        self._technique = 0
        self._told.clear()
        self._started = self._device.clock.now()

    def _restart_behind(self, source: int) -> None:
        """Stop, and go on with what stands behind a technique that cannot be cut."""
        rest = self._techniques[source + 1 :]
        if any(isinstance(t, Loop) and t.back_to <= source for t in rest):
            raise OperatorError(
                f"{self.place}: a {self._techniques[source].kind} inside a loop cannot "
                "be skipped; stop the run instead"
            )
        self._exchange(lambda lib, link: lib.stop(link, self.number))
        self._exchange(self._drain)
        if not rest:
            self._stopped = True
            return
        infos = self._status()
        shifted = tuple(
            Loop(t.back_to - source - 1, t.passes) if isinstance(t, Loop) else t
            for t in rest
        )
        values = self._exchange(lambda lib, link: lib.current_values(link, self.number))
        if infos.State != State.STOP:
            raise InstrumentError(f"{self.place}: does not stop")
        program = compile_program(shifted, self._facts(values.Ewe))
        early = self._read(self._pending)
        begun = self._started
        self._send(program)
        self._skipped += source + 1
        self._pending = []
        self._begin()
        self._zero += self._started - begun
        self._kept = early

    # ---- reading

    def _drain(self, lib: EClib, link: int) -> tuple[int, int, dict[str, float]]:
        """Fetch blocks until there are none; return state, bytes left, what is now."""
        for _ in range(MOST_FETCHES):
            words, infos, values = lib.data(link, self.number)
            if infos.IRQskipped or len(words):
                self._pending.append(Fetched.of(words, infos, values))
            if not len(words):
                live = {
                    "voltage_volt": float(values.Ewe),
                    "current_ampere": float(values.I),
                    "instrument_time_second": float(values.ElapsedTime) + self._zero,
                }
                self._check_option(values)
                return values.State, values.MemFilled, live
        raise LinkError(
            f"{self.place}: rows come faster than they can be read; record less often"
        )

    def _read(self, fetched: Sequence[Fetched]) -> tuple[Batch, ...]:
        kept, self._kept = self._kept, ()
        if self._reader is None or not fetched:
            return kept
        return (*kept, *self._reader.batches(fetched, self._index_of, self._zero))

    def _index_of(self, technique: int) -> int:
        """Return labctl's index of an EClib technique; its own if we attached."""
        if self._program is None or technique >= len(self._program.uploads):
            return technique
        return self._program.uploads[technique].source + self._skipped

    def _is_running(self, state: int, filled: int) -> bool:
        if state != State.STOP or filled > 0:
            return True
        if self._seen or self._stopped:
            return False
        waited = self._device.clock.now() - self._started
        if waited < START_GRACE:
            return True
        self._hear()
        said = "; ".join(self._said) or "the firmware gives no reason"
        raise InstrumentError(
            f"{self.place}: was started {waited:.1f} s ago and never ran ({said})"
        )

    def _events(self, fetched: Sequence[Fetched]) -> tuple[Event, ...]:
        lost = sum(block.skipped for block in fetched)
        if not lost:
            return ()
        text = (
            f"{self.place}: {lost} rows were lost because the channel's memory was "
            "full; record less often or poll faster"
        )
        log.warning("%s", text)
        return (Event(Level.WARNING, "gap", text),)

    def _check_option(self, values: abi.CurrentValues) -> None:
        code = values.OptErr
        if not code or code in self._told:
            return
        self._told.add(code)
        what = OPTION_ERRORS.get(code, f"option error {code}")
        if code == 2 or code >= ABORTING_OPTION_ERRORS:  # noqa: PLR2004
            self._device.library.stop(self._device.link, self.number)
            raise InstrumentError(f"{self.place}: {what}; the channel was stopped")
        log.warning("%s: %s", self.place, what)

    def _hear(self) -> None:
        heard = self._exchange(lambda lib, link: lib.messages(link, self.number))
        for text in heard:
            log.info("%s: firmware says: %s", self.place, text)
        self._said += heard

    # ---- exchanges

    def _exchange(self, action: typing.Callable[[EClib, int], T]) -> T:
        device = self._device
        return device.exchange(lambda: action(device.library, device.link), self.place)

    def _must_be_plugged(self) -> None:
        if self.number not in self._device.plugged:
            there = ", ".join(str(n + 1) for n in self._device.plugged) or "none"
            raise OperatorError(
                f"{self.place}: no channel is plugged in here (EClib -3); plugged: "
                f"{there}"
            )

    def _status(self) -> abi.ChannelInfos:
        """Read the channel's description; an all-zero one is read again."""
        for _ in range(STATUS_ATTEMPTS):
            infos = self._exchange(
                lambda lib, link: lib.channel_infos(link, self.number)
            )
            if infos.FirmwareVersion != 0:
                self._infos = infos
                self._board = self._board or self._exchange(self._ask_board)
                return infos
            self._device.clock.sleep(STATUS_PAUSE)
        raise LinkError(
            f"{self.place}: the status reads as all zeros; power-cycle the instrument"
        )

    def _ask_board(self, _library: EClib, _link: int) -> int:
        return self._device.board(self.number)

    def _prepare_reader(self) -> None:
        if self._decoder is None:
            self._decoder = self._exchange(
                lambda lib, _: proven_decoder(lambda w: lib.single(w, self._board))
            )
        self._reader = Reader(
            self.place, self._board, self._decoder, self._device.options.xctr
        )
