"""What the configuration may say about an instrument that runs MethodSCRIPT, SI units.

What nobody has verified on hardware is an option here, with the likelier reading as
its default: the kind of a sine's amplitude, and how currents beyond a range's name are
taken.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from drivers.overload import OverloadRule
from labctl.errors import Complaint, RefusedError

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
ModelName = Literal["EmStat Pico", "EmStat4 LR", "EmStat4 HR", "Nexus"]


class Options(BaseModel):
    """Options of one instrument."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: ModelName | Literal[""] = ""
    """Expected model; empty takes what the instrument says."""
    serial: str = ""
    """Expected serial; the station compares it."""
    baud_rate: int | None = Field(None, ge=9600, le=4_000_000)
    """None: that of ``model``; without one 921,600, which an EmStat Pico has not."""
    timeout: float = Field(3.0, gt=0, le=60)
    """s for an answer that needs no measuring."""
    visa_library: str = "@py"
    """PyVISA's backend."""
    mains: Literal[50, 60] | None = None
    """Hz that averaging suppresses; None: the station's power line."""
    max_current: Positive | None = None
    """Largest |current| in A, instead of the model's."""
    control: Positive | None = None
    """Largest |V| against the reference electrode, instead of the model's."""
    compliance: Positive | None = None
    """Largest |V| between counter and working electrode, instead of the model's."""
    highest_frequency: Positive | None = None
    """Hz; of a spectrum, instead of the model's."""
    sample_every: float = Field(5.0, ge=0.05, le=60)
    """s between two looks of the script at its limits, at most; rows are those that
    the recording rules want."""
    script_bytes: int | None = Field(None, ge=1000, le=10_000_000)
    """Longest script that the instrument holds, instead of what the model is taken to
    hold: 16,000 on an EmStat Pico, 64,000 on the others; nobody has verified it."""
    sent_amplitude: Literal["rms", "peak"] = "rms"
    """What the instrument takes the amplitude of a sine for."""
    imaginary_sign: Literal[1, -1] = 1
    """What imaginary parts of impedances are multiplied by, so that a capacitor's are
    negative."""
    overload: Literal["stop", "warn"] = "stop"
    """Readings beyond their range for longer than ``overload_for``: end the run as a
    limit, or are told only."""
    overload_for: float = Field(2.0, ge=0, le=3600)
    """s."""
    on_link_loss: Literal["hold", "make_safe"] = "hold"
    """While the cable is out: ``hold`` tries again for ``hold_link_for``;
    ``make_safe`` ends the run at once."""
    hold_link_for: float = Field(60.0, ge=0, le=86400)
    """s."""
    zero_current: Positive | None = None
    """A; largest |current| that proves an open cell. None: 2 % of the model's smallest
    range that is 1 µA or more."""

    @property
    def overload_rule(self) -> OverloadRule:
        """Return what becomes of an overload."""
        return OverloadRule(self.overload, self.overload_for)


def read_options(name: str, options: Mapping[str, Any]) -> Options:
    """Return the checked options. RefusedError lists every complaint."""
    try:
        return Options.model_validate(dict(options))
    except ValidationError as error:
        raise RefusedError(
            Complaint(
                ("instruments", name, "options", *item["loc"]),
                f"{item['input']!r}: {item['msg']}.",
            )
            for item in error.errors()
        ) from error
