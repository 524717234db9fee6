"""What the configuration may say about a BioLogic instrument, SI units."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from drivers.biologic.eclib.tables import EXTRAS
from labctl.errors import Complaint, RefusedError

DEFAULT_SDK = r"C:\EC-Lab Development Package\lib"
OnPanel = Annotated[str, StringConstraints(pattern=r"^([1-9]|1[0-6])$")]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
PerChannel = Positive | Mapping[OnPanel, Positive] | None
"""One figure for all channels, or channel on the front panel -> figure."""
HostLoss = Literal["off", "finish_technique"]
_XCTR = {name: bit for bit, name in EXTRAS if name != "reserved"}


class Options(BaseModel):
    """Options of one instrument."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sdk_path: str = DEFAULT_SDK
    """Folder of EClib64.dll, the kernels and the .ecc files."""
    library_version: str = ""
    """Expected beginning of the library's version (``6.11``); empty takes any."""
    model: str = ""
    """Expected model (``VSP-300``); empty takes any."""
    serial: str = ""
    """Expected serial; the station compares it."""
    allow_firmware_load: bool = False
    """Load the library's kernel over another firmware, on stopped channels only."""
    connect_timeout: int = Field(5, ge=1, le=60)
    """s."""
    bandwidth: int = Field(5, ge=1, le=9)
    """1 slowest; 8 and 9 on premium boards only."""
    current_range: Literal["auto", ""] | float = ""
    """Full scale in A, ``auto``, or empty to choose the smallest that fits."""
    voltage_range: Literal[""] | float = ""
    """Full scale in V (2.5, 5, 10), or empty to choose the smallest that fits."""
    max_current: PerChannel = None
    """Largest |current| in A that a channel drives: instead of what its board is
    assumed to drive, and needed for a booster that is not known here."""
    compliance: PerChannel = None
    """Largest |V| in V between counter and working electrode, instead of what board or
    amplifier are assumed to have."""
    highest_frequency: PerChannel = None
    """Hz; of a spectrum, instead of what the board is assumed to reach."""
    extra_columns: tuple[str, ...] = ()
    """Further quantities in each row of premium boards: ``charge``, ``i_range`` …"""
    on_link_loss: Literal["hold", "make_safe"] = "hold"
    """While the link is broken: ``hold`` tries again for ``hold_link_for`` as long as
    limits stand in the firmware of what runs; ``make_safe`` ends the run at once."""
    hold_link_for: float = Field(300.0, ge=0, le=86400)
    """s."""
    on_host_loss: HostLoss | Mapping[OnPanel, HostLoss] = "off"
    """When this program dies: ``off``, or ``finish_technique`` where limits stand in
    the firmware; for all channels, or channel on the front panel -> one of them."""
    connection: int | None = Field(None, ge=0, le=3)
    """Electrode connection of premium boards: 0 standard, 1 CE to ground, 2 WE to
    ground, 3 high voltage; None leaves it as it is."""
    floating: bool | None = None
    """Ground of premium boards; None leaves it as it is."""

    @property
    def xctr(self) -> int:
        """Return the extra columns as EClib's bit field."""
        return sum(_XCTR[name] for name in self.extra_columns)


def of_channel(option: PerChannel, number: int) -> float | None:
    """Return the figure of a channel, counted from 0; None if none is given."""
    if option is None or isinstance(option, float):
        return option
    return option.get(str(number + 1))


def read_options(name: str, options: Mapping[str, Any]) -> Options:
    """Return the checked options. RefusedError lists every complaint."""
    try:
        checked = Options.model_validate(dict(options))
    except ValidationError as error:
        raise RefusedError(
            Complaint(
                ("instruments", name, "options", *item["loc"]),
                f"{item['input']!r}: {item['msg']}.",
            )
            for item in error.errors()
        ) from error
    unknown = [column for column in checked.extra_columns if column not in _XCTR]
    if unknown:
        raise RefusedError(
            Complaint(
                ("instruments", name, "options", "extra_columns"),
                f"{column!r} is none of {', '.join(_XCTR)}.",
            )
            for column in unknown
        )
    return checked
