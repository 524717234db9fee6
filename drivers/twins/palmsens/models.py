"""What each simulated model is and has: ranges, limits, commands it lacks.

A table of its own, transcribed for the twin; see `tests/drivers/palmsens` for the test
that compares the two.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class TwinModel:
    """One kind of instrument."""

    version: tuple[str, str]
    """The two lines of its answer to ``t``, without the letter."""
    script: str
    """Its answer to ``v``: version of MethodSCRIPT."""
    spans: Mapping[float, int]
    """Full scale of a current range in A -> its code."""
    reach: float
    """How far beyond its name a range can be used."""
    current: float
    """Largest |I|, A."""
    control: tuple[float, float]
    """V against the reference."""
    compliance: float
    """V."""
    frequencies: tuple[float, float]
    """Hz."""
    lacks: frozenset[str] = frozenset()
    """Commands that it does not have."""
    script_bytes: int = 64_000
    """Of one script."""


GALVANIC = frozenset(
    {"set_i", "meas_loop_cp", "meas_loop_geis", "set_acquisition_frac_autoadjust"}
)

MODELS: Mapping[str, TwinModel] = MappingProxyType(
    {
        "EmStat Pico": TwinModel(
            ("espico1306", "Mar 14 2023 10:02:11*"),
            "0003",
            {
                1e-7: 128,
                1e-6: 129,
                6e-6: 130,
                1.3e-5: 131,
                2.5e-5: 132,
                5e-5: 133,
                1e-4: 134,
                2e-4: 135,
                1e-3: 136,
                5e-3: 137,
            },
            1.0,
            3e-3,
            (-1.7, 2.0),
            2.3,
            (0.016, 2e5),
            GALVANIC,
            16_000,
        ),
        "EmStat4 LR": TwinModel(
            ("es4_lr1305", "Jun 02 2024 08:31:40*"),
            "0008",
            {
                1e-9: 3,
                1e-8: 6,
                1e-7: 9,
                1e-6: 12,
                1e-5: 15,
                1e-4: 18,
                1e-3: 21,
                1e-2: 24,
            },
            3.0,
            0.03,
            (-3.0, 3.0),
            5.0,
            (1e-3, 2e5),
        ),
        "EmStat4 HR": TwinModel(
            ("es4_hr1305", "Jun 02 2024 08:31:40*"),
            "0008",
            {1e-7: 9, 1e-6: 12, 1e-5: 15, 1e-4: 18, 1e-3: 21, 1e-2: 24, 0.1: 27},
            2.0,
            0.2,
            (-6.0, 6.0),
            8.0,
            (1e-3, 2e5),
        ),
        "Nexus": TwinModel(
            ("nexus_1101", "Feb 20 2025 16:45:03*"),
            "0008",
            {
                1e-10: 16,
                1e-9: 0,
                1e-8: 1,
                1e-7: 2,
                1e-6: 3,
                1e-5: 4,
                1e-4: 5,
                1e-3: 8,
                1e-2: 9,
                0.1: 10,
                1.0: 11,
            },
            1.0,
            1.0,
            (-10.0, 10.0),
            12.0,
            (1e-5, 1e6),
        ),
    }
)
"""Name -> what it is."""
