"""Who an instrument says it is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """The answer to ``*IDN?`` or its like, and where it was asked."""

    maker: str
    """``KEITHLEY INSTRUMENTS INC.``"""
    model: str
    """``2450``, without the word MODEL."""
    serial: str
    """``04089762``; ``0`` if the instrument has none."""
    firmware: str
    """``1.7.12b``; empty if it does not say."""
    address: str
    """``GPIB0::24::INSTR``, ``192.168.0.11/ch1``; empty if it was not asked."""

    def __str__(self) -> str:
        return f"{self.maker} {self.model}, serial {self.serial}, {self.firmware}"
