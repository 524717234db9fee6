"""What is done with one client on one twin, and what must come of it."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field


class Culprit(enum.Enum):
    """Who has to change before something works."""

    TWIN = "twin"
    """The real instrument can do it."""
    CLIENT = "client"
    """It sends what no instrument understands, or cannot read a right answer."""
    INSTRUMENT = "not supported by that instrument"
    BENCH = "nothing of that kind is connected"
    """The twin refuses as the real one does not: the bench has no physics for it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that does not work, known and named."""

    who: Culprit | None
    """None: nobody has looked yet."""
    why: str


@dataclass(frozen=True, slots=True)
class Case:
    """One capability of one client."""

    client: str
    """As the page names it."""
    package: str
    """Of the extra ``peers``."""
    bench: str
    """Of ``drivers.twins.labsim.benches``."""
    capability: str
    program: str
    """``module:function`` in ``tests/peers/programs``; its docstring says what is done.

    It is called with the ports of the bench's instruments, and returns numbers, texts,
    booleans or lists of them, by name.
    """
    gives: Mapping[str, object] = field(default_factory=dict)
    """What the program must return; numbers agree within `rel` and `zero`."""
    rel: float = 1e-2
    """The twins have gain errors within their data sheets, and noise."""
    zero: float = 1e-9
    fault: Fault | None = None
    """Why it does not work; then the program must fail."""


@dataclass(frozen=True, slots=True)
class Suite:
    """Much of the same kind on one twin: a client's own tests, or its properties."""

    client: str
    package: str
    bench: str
    instrument: str
    """Name on the bench."""
    capability: str
    count: int
    """So many tests, pairs or properties there must be."""
    tests: str = ""
    """File in the client's source archive."""
    pairs: str = ""
    """Name of the exchanges' class, if what the tests expect is sent to the twin."""
    on_our_link: bool = False
    """Whether the tests run on the instrument that our role has; there is no twin."""
    properties: str = ""
    """``module:function`` that reads all properties, instead of `tests`."""
    faults: Mapping[str, Fault] = field(default_factory=dict)
    """Tests (or messages) that do not work, by name."""
