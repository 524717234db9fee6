"""The twin's on-board memory: rows wait here until BL_GetData fetches them."""

from collections import deque
from dataclasses import dataclass, field

from drivers.biologic.eclib.abi import BUFFER_WORDS
from drivers.twins.biologic.front_end import FrontEnd
from drivers.twins.biologic.tables import Row as WordsOfARow

BYTES_PER_WORD = 4

Row = tuple[float, ...]

DIRECT = ("t", "E", "I", "cycle", "charge", "control")
"""What the rows of process 0 hold, SI, t from the technique's start."""
SINE = ("freq", "abs_Ewe", "abs_I", "phase", "Ewe", "I", "t")
"""What the rows of a spectrum hold."""


@dataclass(slots=True)
class Block:
    """Rows of one technique, process and loop pass."""

    technique: int
    technique_id: int
    process: int
    loop: int
    start: float
    """Of the technique, s since the experiment's start."""
    row: WordsOfARow
    front: FrontEnd
    time_base: float
    noise: int = 0
    """Place of the noise of the next row that is handed out: each has its own from the
    moment of its recording, whenever it is fetched."""
    rows: list[Row] = field(default_factory=list)
    skipped: int = 0
    """Rows lost because the memory was full."""


class Memory:
    """Blocks in the order of time, limited in bytes."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.filled = 0
        """Bytes not yet read."""
        self._blocks: deque[Block] = deque()

    def clear(self) -> None:
        """Forget everything."""
        self._blocks.clear()
        self.filled = 0

    def open(self, block: Block) -> None:
        """Let the next rows go into ``block``."""
        self._blocks.append(block)

    def add(self, row: Row) -> bool:
        """Keep a row, or count it as lost if there is no room; return whether."""
        block = self._blocks[-1]
        need = BYTES_PER_WORD * len(block.row.columns)
        if self.filled + need > self.size:
            block.skipped += 1
            return False
        self.filled += need
        block.rows.append(row)
        return True

    def add_all(self, rows: list[Row]) -> int:
        """Keep the rows there is room for, count the others as lost; return how many.

        All are as long; so those that find no room are the last ones.
        """
        block = self._blocks[-1]
        need = BYTES_PER_WORD * len(block.row.columns)
        kept = min(len(rows), max((self.size - self.filled) // need, 0))
        self.filled += need * kept
        block.rows += rows[:kept]
        block.skipped += len(rows) - kept
        return kept

    def take(self) -> tuple[Block, list[Row], int] | None:
        """Hand out the oldest rows of one block (and how many were lost with them)."""
        blocks = self._blocks
        while len(blocks) > 1 and not (blocks[0].rows or blocks[0].skipped):
            blocks.popleft()
        if not blocks or not (blocks[0].rows or blocks[0].skipped):
            return None
        block = blocks[0]
        width = len(block.row.columns)
        most = BUFFER_WORDS // width
        rows, block.rows = block.rows[:most], block.rows[most:]
        self.filled -= BYTES_PER_WORD * width * len(rows)
        lost, block.skipped = block.skipped, 0
        return block, rows, lost
