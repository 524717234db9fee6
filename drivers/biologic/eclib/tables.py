"""What a technique is to EClib: file, number, parameters, and words in a row.

Pure data and the classes that hold it; `drivers.biologic.techniques` has one file for
each family. A row layout is written as text: words in order, integers marked with #.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from drivers.biologic.eclib.codes import SUFFIX, Board
from labctl.errors import InstrumentError


class Kind(IntEnum):
    """Type of a parameter, as TEccParam numbers it."""

    INT = 0
    BOOL = 1
    SINGLE = 2


@dataclass(frozen=True, slots=True)
class Parameter:
    """One label that a technique knows."""

    label: str
    kind: Kind
    array: bool = False
    """One value a step rather than one in all."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Words of a row, in order."""

    columns: tuple[str, ...]
    integers: frozenset[str]

    @classmethod
    def parse(cls, text: str) -> "Layout":
        """Return the layout that ``t_high# t_low# Ewe I cycle#`` describes."""
        words = text.split()
        return cls(
            tuple(word.rstrip("#") for word in words),
            frozenset(word[:-1] for word in words if word.endswith("#")),
        )

    def with_extras(self, xctr: int) -> "Layout":
        """Return the layout with the columns that the ``xctr`` bits append."""
        extra = [name for bit, name in EXTRAS if xctr & bit]
        integers = self.integers | (frozenset(extra) & {"i_range"})
        return Layout((*self.columns, *extra), integers)


EXTRAS = (
    (0x01, "Ece"),
    (0x02, "analog_in_1"),
    (0x04, "analog_in_2"),
    (0x08, "external_control"),
    (0x10, "reserved"),
    (0x20, "control"),
    (0x40, "charge"),
    (0x80, "i_range"),
)
"""xctr bits in ascending order; each appends one column, premium boards only."""


@dataclass(frozen=True, slots=True)
class TechniqueTable:
    """One technique."""

    name: str
    file: str
    """Base name of the .ecc file."""
    id: int
    """TDataInfos.TechniqueID."""
    parameters: Mapping[str, Parameter]
    layouts: Mapping[tuple[Board, int], Layout]
    """(board, process) → words of a row; empty for what records nothing."""
    shortened_by: str = ""
    """Label of the duration that `UpdateParameters` may cut; empty if none."""
    auto_range: bool = True
    """Whether I_Range may be auto."""
    xctr: bool = True
    """Whether a premium board takes ``xctr`` here."""
    boards: frozenset[Board] = frozenset(Board)
    """Boards for which releases of EClib hold the file."""

    def file_for(self, board: int) -> str:
        """Return such as ``cplimit4.ecc``."""
        return f"{self.file}{_suffix(board)}.ecc"

    def layout(self, board: int, process: int, xctr: int = 0) -> Layout:
        """Return the words of a row. InstrumentError: no such layout is known."""
        known = Board(board) if board in SUFFIX else None
        # One public source says that a DIGICORE's rows are a premium board's.
        like = Board.PREMIUM if known is Board.DIGICORE else known
        plain = None if like is None else self.layouts.get((like, process))
        if plain is None:
            raise InstrumentError(
                f"EClib: the rows of {self.name} (process {process}) on board type "
                f"{board} are not known to this driver"
            )
        appended = xctr if board == Board.PREMIUM and self.xctr and process == 0 else 0
        return plain.with_extras(appended) if appended else plain


def _suffix(board: int) -> str:
    return SUFFIX[Board(board)] if board in SUFFIX else ""


def labels(text: str, kind: Kind, *, array: bool = False) -> dict[str, Parameter]:
    """Return parameters of one kind from their labels, separated by blanks."""
    return {label: Parameter(label, kind, array) for label in text.split()}


COMMON = {
    **labels("I_Range E_Range Bandwidth xctr", Kind.INT),
    **labels("tb", Kind.SINGLE),
}
"""Optional parameters of every technique that measures."""
TESTS = {
    **labels("Test1_Config Test2_Config Test3_Config Exit_Cond", Kind.INT, array=True),
    **labels("Test1_Value Test2_Value Test3_Value", Kind.SINGLE, array=True),
}
"""Parameters of the LIMIT variants."""
MOST_STEPS = 20
"""Steps in one technique: the LIMIT variants take 20; CA and CP may take 100, but one
transcription of the manual says 20 for them too."""
MOST_TESTS = 3
