"""What each model is: modes, ranges, what it drives.

Codes of ranges are the maker's (reference manual of MethodSCRIPT, by way of public
programs). Largest currents, potentials and frequencies are brochures as this file's
writer recalls them, unverified: each is a default that an option replaces
(``max_current``, ``control``, ``compliance``, ``highest_frequency``) and is called
assumed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from drivers.palmsens.options import Options
from labctl.roles.capability import Capability

POTENTIOSTAT_LOW, POTENTIOSTAT_HIGH, GALVANOSTAT = 2, 3, 6
"""Arguments of ``set_pgstat_mode``: low speed, high speed, galvanostat."""


@dataclass(frozen=True, slots=True)
class Model:
    """One kind of instrument."""

    name: str
    firmware: str
    """What its answer to ``t`` begins with; empty: not known, the option says it."""
    ranges: Mapping[int, float]
    """Code of a current range -> full scale in A, where it holds a potential."""
    galvanostat_ranges: Mapping[int, float]
    """The same where it holds a current; empty: it cannot."""
    current: float
    """Largest |I|, A."""
    control: tuple[float, float]
    """Lowest and highest potential against the reference, V."""
    compliance: float
    """V."""
    frequencies: tuple[float, float] | None
    """Hz of a spectrum."""
    step: float
    """Smallest step of a potential, V."""
    baud: int

    @property
    def galvanostat(self) -> bool:
        """Whether it holds a current."""
        return bool(self.galvanostat_ranges)

    def smallest_range(self, current: float) -> tuple[int, float]:
        """Return code and full scale in A of the smallest range for |I| in A.

        The largest, where none is called so much.
        """
        fits = [item for item in self.ranges.items() if item[1] >= abs(current)]
        return min(fits or [max(self.ranges.items(), key=_span)], key=_span)


def _span(item: tuple[int, float]) -> float:
    return item[1]


_NANO, _MICRO, _MILLI = 1e-9, 1e-6, 1e-3
_EMSTAT4 = {
    3: 1 * _NANO,
    6: 10 * _NANO,
    9: 100 * _NANO,
    12: 1 * _MICRO,
    15: 10 * _MICRO,
    18: 100 * _MICRO,
    21: 1 * _MILLI,
    24: 10 * _MILLI,
    27: 100 * _MILLI,
}
_LOW = {code: span for code, span in _EMSTAT4.items() if code <= 24}  # noqa: PLR2004
_HIGH = {code: span for code, span in _EMSTAT4.items() if code >= 9}  # noqa: PLR2004
_NEXUS = {
    16: 0.1 * _NANO,
    0: 1 * _NANO,
    1: 10 * _NANO,
    2: 100 * _NANO,
    3: 1 * _MICRO,
    4: 10 * _MICRO,
    5: 100 * _MICRO,
    8: 1 * _MILLI,
    9: 10 * _MILLI,
    10: 100 * _MILLI,
    11: 1.0,
}
_NEXUS_GALVANOSTAT = {
    32 + place: 1e-9 * 10.0**place
    for place in range(10)  # 1 nA to 1 A
}
_PICO = {
    128: 100 * _NANO,
    129: 1 * _MICRO,
    130: 6 * _MICRO,
    131: 13 * _MICRO,
    132: 25 * _MICRO,
    133: 50 * _MICRO,
    134: 100 * _MICRO,
    135: 200 * _MICRO,
    136: 1 * _MILLI,
    137: 5 * _MILLI,
}
"""Of the high speed mode, which is used throughout: impedance needs it."""

MODELS: Mapping[str, Model] = MappingProxyType(
    {
        model.name: model
        for model in (
            Model(
                "EmStat Pico",
                "espico",
                _PICO,
                {},
                3e-3,
                (-1.7, 2.0),
                2.0,
                (0.016, 2e5),
                0.4e-3,
                230_400,
            ),
            Model(
                "EmStat4 LR",
                "es4_lr",
                _LOW,
                _LOW,
                0.03,
                (-3.0, 3.0),
                5.0,
                (1e-3, 2e5),
                0.1e-3,
                921_600,
            ),
            Model(
                "EmStat4 HR",
                "es4_hr",
                _HIGH,
                _HIGH,
                0.1,
                (-6.0, 6.0),
                8.0,
                (1e-3, 2e5),
                0.2e-3,
                921_600,
            ),
            Model(
                "Nexus",
                "nexus",
                _NEXUS,
                _NEXUS_GALVANOSTAT,
                1.0,
                (-10.0, 10.0),
                12.0,
                (1e-5, 1e6),
                0.1e-3,
                921_600,
            ),
        )
    }
)
"""Name -> model."""


def model_of_firmware(text: str) -> Model | None:
    """Return the model whose firmware answers ``t`` like this; None: not known."""
    text = text.strip().lower()
    return next((m for m in MODELS.values() if text.startswith(m.firmware)), None)


@dataclass(frozen=True, slots=True)
class Facts:
    """What one instrument does: its model, as the configuration corrects it."""

    name: str
    """The instrument's name on the bench."""
    model: Model
    current: float
    """A."""
    control: tuple[float, float]
    """V."""
    compliance: float
    """V."""
    frequencies: tuple[float, float] | None
    """Hz."""
    assumed: frozenset[str]
    """Which of them are the model's defaults."""
    options: Options
    voltage: float = float("nan")
    """V; at the cell when it was looked at last."""

    def capability(self) -> Capability:
        """Return the same for `labctl.roles.capability`."""
        model = self.model
        galvanic = model.galvanostat_ranges or model.ranges
        return Capability(
            current=self.current,
            least_current=1e-3 * min(galvanic.values()),
            galvanostat=model.galvanostat,
            potentiostat=True,
            sweeps=True,
            compliance=self.compliance,
            control=max(map(abs, self.control)),
            potentiostatic_impedance=self.frequencies is not None,
            galvanostatic_impedance=self.frequencies is not None and model.galvanostat,
            frequencies=self.frequencies,
            three_electrodes=True,
            constant_power=False,
            board=model.name,
            assumed=tuple(sorted(self.assumed)),
        )


def facts_of(name: str, model: Model, options: Options) -> Facts:
    """Return what an instrument does, with what its configuration says."""
    frequencies, assumed = model.frequencies, {"least_current"}
    if options.highest_frequency is None:
        assumed.add("frequencies")
    elif frequencies is not None:
        frequencies = frequencies[0], options.highest_frequency
    for key in ("current", "compliance", "control"):
        option = "max_current" if key == "current" else key
        if getattr(options, option) is None:
            assumed.add(key)
    control = model.control
    if options.control is not None:
        control = -options.control, options.control
    return Facts(
        name,
        model,
        options.max_current or model.current,
        control,
        options.compliance or model.compliance,
        frequencies,
        frozenset(assumed),
        options,
    )
