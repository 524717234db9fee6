"""A script as a tree of commands; what is wrong with it is found before it runs.

Errors have a code, and where they are: line and column of the script, both from 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from drivers.twins.palmsens.numerals import literal_value

SYNTAX, UNKNOWN, BAD_ARGUMENT, TOO_LARGE = 0x4000, 0x4001, 0x4002, 0x4005
UNKNOWN_TYPE, UNDECLARED = 0x4006, 0x4007
UNSUPPORTED = 0x001B
MOST_BYTES = 64_000
"""Of one script; beyond it the instrument has no memory."""

# v a variable that is declared here, w one that is written, n a number or variable,
# t a type, s a sign of comparison
ARGUMENTS: Mapping[str, str] = MappingProxyType(
    {
        "var": "d",
        "store_var": "wnt",
        "copy_var": "vw",
        "add_var": "wn",
        "sub_var": "wn",
        "mul_var": "wn",
        "div_var": "wn",
        "set_pgstat_chan": "n",
        "set_pgstat_mode": "n",
        "set_max_bandwidth": "n",
        "set_acquisition_frac_autoadjust": "n",
        "set_range": "tn",
        "set_range_minmax": "tnn",
        "set_autoranging": "tnn",
        "set_e": "n",
        "set_i": "n",
        "cell_on": "",
        "cell_off": "",
        "meas": "nwt",
        "meas_loop_ocp": "wnn",
        "meas_loop_cp": "wwnnn",
        "meas_loop_ca": "wwnnn",
        "meas_loop_lsv": "wwnnnn",
        "meas_loop_eis": "wwwnnnnn",
        "meas_loop_geis": "wwwnnnnn",
        "timer_start": "",
        "timer_get": "w",
        "pck_start": "",
        "pck_add": "v",
        "pck_end": "",
        "wait": "n",
        "loop": "nsn",
        "if": "nsn",
        "elseif": "nsn",
        "else": "",
        "endif": "",
        "endloop": "",
        "breakloop": "",
        "abort": "",
        "on_finished:": "",
    }
)
SIGNS = frozenset({"<", "<=", ">", ">=", "==", "!="})
Argument = str | float


class ScriptError(Exception):
    """A script is refused."""

    def __init__(self, code: int, line: int, column: int | None = None) -> None:
        self.code, self.line, self.column = code, line, column
        super().__init__(str(self))

    def __str__(self) -> str:
        place = f": Line {self.line}"
        if self.column is not None:
            place += f", Col {self.column}"
        return f"!{self.code:04X}{place}"


@dataclass(slots=True)
class Command:
    """One line, and what stands inside it."""

    name: str
    line: int
    arguments: tuple[Argument, ...] = ()
    """Names of variables, types and signs as text, literals as numbers."""
    body: list["Command"] = field(default_factory=list)
    """Of a loop, or of an ``if`` that holds."""
    branches: list["Command"] = field(default_factory=list)
    """``elseif`` and ``else`` of an ``if``."""
    takes_time: bool = False
    """Whether time passes while it is carried out; `parse_script` finds out."""


@dataclass(slots=True)
class Script:
    """What runs, and what runs at its end whatever happens."""

    body: list[Command] = field(default_factory=list)
    finish: list[Command] = field(default_factory=list)


def parse_script(
    text: str, lacks: frozenset[str] = frozenset(), most: int = MOST_BYTES
) -> Script:
    """Return the tree. ScriptError: what is wrong, and where.

    ``lacks``: commands that this instrument does not have; ``most``: bytes it holds.
    """
    if len(text) > most:
        raise ScriptError(TOO_LARGE, 1, 1)
    script = Script()
    declared: set[str] = set()
    blocks: list[list[Command]] = [script.body]
    opened: list[Command] = []
    number = 0
    for number, raw in enumerate(text.split("\n"), 1):
        words = _words(raw)
        if not words:
            continue
        command = _command(words, number, declared, lacks)
        if command.name == "on_finished:":
            if opened:
                raise ScriptError(SYNTAX, number, 1)
            blocks = [script.finish]
        elif command.name in {"endif", "endloop", "elseif", "else"}:
            _turn(command, words, blocks, opened)
        else:
            blocks[-1].append(command)
            if command.name.startswith(("loop", "meas_loop", "if")):
                blocks.append(command.body)
                opened.append(command)
    if opened:
        raise ScriptError(SYNTAX, number, 1)
    for command in (*script.body, *script.finish):
        _find_time(command)
    return script


def _find_time(command: Command) -> bool:
    """Note whether time passes in a command or in what stands inside it."""
    inside = [_find_time(each) for each in (*command.body, *command.branches)]
    measures = command.name.startswith("meas") or command.name == "wait"
    command.takes_time = measures or any(inside)
    return command.takes_time


def _turn(
    command: Command,
    words: list[tuple[str, int]],
    blocks: list[list[Command]],
    opened: list[Command],
) -> None:
    """Close what is open, or begin its next branch."""
    loop = command.name == "endloop"
    if not opened or (opened[-1].name == "if") == loop:
        raise ScriptError(SYNTAX, command.line, words[0][1])
    blocks.pop()
    if command.name in {"elseif", "else"}:
        opened[-1].branches.append(command)
        blocks.append(command.body)
    else:
        opened.pop()


def _words(raw: str) -> list[tuple[str, int]]:
    """Return the words of a line with their columns, without its comment."""
    words, column = [], 0
    for part in raw.split("#", 1)[0].replace("\t", " ").split(" "):
        if part:
            words.append((part, column + 1))
        column += len(part) + 1
    return words


def _command(
    words: list[tuple[str, int]],
    number: int,
    declared: set[str],
    lacks: frozenset[str],
) -> Command:
    (name, column), *rest = words
    if name not in ARGUMENTS:
        raise ScriptError(UNKNOWN, number, column)
    if name in lacks:
        raise ScriptError(UNSUPPORTED, number, column)
    wanted = ARGUMENTS[name]
    if len(rest) != len(wanted):
        at = rest[len(wanted)][1] if len(rest) > len(wanted) else words[-1][1]
        raise ScriptError(SYNTAX, number, at)
    arguments = tuple(
        _argument(kind, word, declared, number, at)
        for kind, (word, at) in zip(wanted, rest, strict=True)
    )
    return Command(name, number, arguments)


def _argument(
    kind: str, word: str, declared: set[str], number: int, column: int
) -> Argument:
    if kind == "d":
        declared.add(word)
    elif kind in "vw" and word not in declared:
        raise ScriptError(UNDECLARED, number, column)
    elif kind == "t" and not (len(word) == 2 and word.islower()):  # noqa: PLR2004
        raise ScriptError(UNKNOWN_TYPE, number, column)
    elif kind == "s" and word not in SIGNS:
        raise ScriptError(SYNTAX, number, column)
    elif kind == "n" and word not in declared:
        value = literal_value(word)
        if value is None:
            looks_like_number = word[:1].isdigit() or word[:1] == "-"
            code = BAD_ARGUMENT if looks_like_number else UNDECLARED
            raise ScriptError(code, number, column)
        return value
    return word
