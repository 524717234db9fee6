"""What the configuration may say about an instrument in EC-Lab, SI units."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import gettempdir
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from labctl.errors import Complaint, RefusedError

HostLoss = Literal["off", "finish_technique"]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
OWN_FOLDER = "labctl-ec-lab"
"""In this PC's folder for temporary files, where the configuration names no other."""
USUAL_RANGES = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)
"""A; those that every standard board has."""


class Options(BaseModel):
    """Options of one instrument in EC-Lab's list."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: str = ""
    """Where settings are written and EC-Lab writes its .mpr files. Empty: a folder for
    temporary files."""
    prog_id: str = "EClabCOM.EClabExe"
    """Name under which EC-Lab is registered (``EClab /regserver``)."""
    serial: str = ""
    """Expected serial; the station compares it."""
    max_current: Positive = 0.4
    """Largest |current| in A; 400 mA of a VMP3's board, which EC-Lab does not tell."""
    current_ranges: tuple[Positive, ...] = USUAL_RANGES
    """Full scales in A among which the smallest that fits is chosen."""
    impedance: bool = True
    """Whether the channels have impedance boards; EC-Lab does not tell."""
    frequencies: tuple[Positive, Positive] = (1e-5, 1e6)
    """Hz; lowest and highest of a spectrum."""
    bandwidth: Annotated[int, Field(ge=1, le=9)] = 5
    """1 slowest; 8 and 9 on premium boards only."""
    decimal: Literal[".", ","] = "."
    """Decimal sign of settings files, as Windows' regional settings say."""
    current_unit: Literal["A", "mA"] = "A"
    """Of the currents that MeasureDcValue gives: the manual says A, a public program
    found mA. A constant current that is read wrong by more than thirty is stopped."""
    extra_columns: tuple[Literal["charge", "half_cycle"], ...] = ()
    """What else is read of each row, a call each."""
    protection_confirmed: bool = False
    """Whether somebody has seen that the safety limits in a settings file of ours trip
    on this instrument. They cannot be read back: without this word a run counts as not
    limited."""
    timeout: Annotated[float, Field(ge=1, le=300)] = 30.0
    """s of real time that a call may take."""
    hold_link_for: Annotated[float, Field(ge=0, le=86400)] = 300.0
    """s for which EC-Lab is asked again while a protected run goes on by itself."""
    on_host_loss: HostLoss | Mapping[str, HostLoss] = "off"
    """When this program dies: ``off``, or ``finish_technique`` where the safety limits
    are confirmed; for all channels, or channel -> one of them."""

    @property
    def local(self) -> Path:
        """Return the folder of settings and data."""
        return Path(self.folder) if self.folder else Path(gettempdir()) / OWN_FOLDER


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
