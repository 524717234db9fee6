"""What the configuration may say about a BioLogic instrument, SI units."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from drivers.biologic.dialect import AmplitudeKind, Dialect, RateUnit
from drivers.biologic.eclib.tables import EXTRAS
from drivers.overload import OverloadRule
from labctl.errors import Complaint, RefusedError
from labctl.roles.accuracy import LAB

DEFAULT_SDK = r"C:\EC-Lab Development Package\lib"
OnPanel = Annotated[str, StringConstraints(pattern=r"^([1-9]|1[0-6])$")]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Limit = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)]
PerChannel = Positive | Mapping[OnPanel, Positive] | None
"""One figure for all channels, or channel on the front panel -> figure."""
HostLoss = Literal["off", "finish_technique"]
_XCTR = {name.lower(): bit for bit, name in EXTRAS if name != "reserved"}


class StatedAccuracy(BaseModel):
    """Limits of error of a channel, from its sheet or its last calibration.

    What is left out stays as the driver knows it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Annotated[str, StringConstraints(min_length=1)]
    """Which sheet and page, or which certificate."""
    current_gain: Limit | None = None
    """Relative, of reading: 1e-3."""
    current_zero: Limit | None = None
    """Of the range in use, relative to its full scale: 2e-4."""
    current_asymmetry: Limit | None = None
    """Relative difference between the gains of the two signs."""
    voltage_gain: Limit | None = None
    """Relative, of reading."""
    voltage_zero: Limit | None = None
    """V."""
    per_kelvin: Limit | None = None
    """Part of the limits of current and voltage that is added for each K of the room
    beyond 23 ± 5 °C; not stated: none is."""
    room: Annotated[float, Field(ge=-20, le=60)] = LAB
    """°C; the temperature of the instrument's room that is farthest from 23 °C."""
    impedance_magnitude: Limit | None = None
    """Relative, of |Z|, wherever the channel measures."""
    impedance_phase: Annotated[float, Field(ge=0, le=90)] | None = None
    """Degrees, as for `impedance_magnitude`; both or neither."""

    @model_validator(mode="after")
    def _both(self) -> Self:
        if (self.impedance_magnitude is None) != (self.impedance_phase is None):
            raise ValueError("impedance_magnitude and impedance_phase go together")
        return self


class Options(BaseModel):
    """Options of one instrument."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sdk_path: str = DEFAULT_SDK
    """Folder of EClib64.dll, the kernels and the .ecc files."""
    library_version: str = ""
    """Expected release, as the maker counts (``6.08``); empty takes any."""
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
    accuracy: Mapping[Literal["all"] | OnPanel, StatedAccuracy] = {}
    """What is known better than the makers' figures this driver recalls: of ``all``
    channels, or channel on the front panel -> its own, which wins."""
    extra_columns: tuple[str, ...] = ()
    """Further quantities in each row of premium boards: ``ece``, ``charge`` …"""
    overload: Literal["stop", "warn"] = "stop"
    """A converter beyond its range or a saturated amplifier for longer than
    ``overload_for``: ends the run as a limit, or is told only."""
    overload_for: float = Field(2.0, ge=0, le=3600)
    """s."""
    read_back: Literal["refuse", "warn", "off"] = "refuse"
    """A channel that holds other parameters than were sent: is not started, or is
    started after a warning and not left alone; ``off`` does not ask it."""
    phase_sign: Literal[1, -1] = 1
    """What phases of impedances are multiplied by."""
    sent_amplitude: AmplitudeKind = "peak"
    """What the library takes the amplitude of a sine for."""
    recorded_amplitude: AmplitudeKind = "peak"
    """What the amplitudes in its rows are; columns are peak values."""
    geis_hold: Literal["dE", "dV"] = "dE"
    """End of the label by which GEIS records its hold: ``Record_every_dE``."""
    cv_rate: RateUnit = "V/s"
    """Unit of Scan_Rate in CV."""
    vscan_rate: RateUnit = "V/s"
    """Unit of Scan_Rate in VSCAN and VSCANLIMIT."""
    digicore: bool = False
    """Use DIGICORE boards as one public source describes them; unverified."""
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
        return sum({_XCTR[name.lower()] for name in self.extra_columns})

    @property
    def overload_rule(self) -> OverloadRule:
        """Return what becomes of an overload."""
        return OverloadRule(self.overload, self.overload_for)

    @property
    def dialect(self) -> Dialect:
        """Return how the library is spoken to."""
        return Dialect(
            self.phase_sign,
            self.sent_amplitude,
            self.recorded_amplitude,
            self.geis_hold,
            self.cv_rate,
            self.vscan_rate,
            self.digicore,
        )


def of_channel(option: PerChannel, number: int) -> float | None:
    """Return the figure of a channel, counted from 0; None if none is given."""
    if option is None or isinstance(option, float):
        return option
    return option.get(str(number + 1))


def accuracy_of_channel(options: Options, number: int) -> StatedAccuracy | None:
    """Return what is stated of a channel, counted from 0; None if nothing is."""
    stated = options.accuracy
    return stated.get(str(number + 1), stated.get("all"))


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
    unknown = [
        column for column in checked.extra_columns if column.lower() not in _XCTR
    ]
    if unknown:
        raise RefusedError(
            Complaint(
                ("instruments", name, "options", "extra_columns"),
                f"{column!r} is none of {', '.join(_XCTR)}.",
            )
            for column in unknown
        )
    return checked
