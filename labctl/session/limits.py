"""What no reading of a run may leave: the bench's, the label's, the protocol's bounds.

A bound on what nobody measures is none: it is refused before the start, rather than
announced and never looked at.
"""

import logging
import math
from collections.abc import Iterable, Iterator, Mapping

from labctl.columns import AMBIENT_TEMPERATURE, CURRENT, VOLTAGE
from labctl.config.models import Config
from labctl.data import Stream
from labctl.errors import Complaint, QuantityError, RefusedError
from labctl.limits import Envelope, exceeds, name_of
from labctl.protocol import Protocol
from labctl.quantities import format_si
from labctl.roles.safing_order import Stage, stage_of_kind
from labctl.sample import Sample, SampleKind
from labctl.techniques import TEMPERATURE

log = logging.getLogger(__name__)

CELLS = frozenset({SampleKind.HALF_CELL, SampleKind.FULL_CELL})
"""Kinds of sample that ``safety:`` of the configuration is about."""
ELECTRICAL = frozenset({VOLTAGE.name, CURRENT.name})
"""Columns whose bounds concern who drives a current or a voltage."""
OVER_READING = 1.02
"""What an instrument may read above a current that it holds: 2 %."""


def limits_of(
    config: Config,
    protocol: Protocol,
    *,
    beside: Iterable[Stream] = (),
    begun: bool = False,
    channel: str = "",
) -> Envelope:
    """Return the bounds that hold for a run of ``protocol``.

    ``beside`` are the streams that are recorded beside the protocol's own;
    ``channel`` is where the sample is, as far as that is known.

    RefusedError: they exclude each other, or bound what the run does not measure. A
    run that has ``begun`` goes on without the latter, as it did. Voltage and current
    of a sample that nothing of the run drives (a chamber by hand) are not its concern.
    """
    named = {
        **stated_limits(config, protocol),
        "protocol": protocol.envelope(),
    }
    streams = (*protocol.streams, *beside)
    measured = {c.name for stream in streams for c in stream.columns}
    if not _drives(protocol):  # the voltage of a cell that it only warms is its own
        known = measured | {c for e in named.values() for c in e.columns} - ELECTRICAL
        named = {where: _within(found, known) for where, found in named.items()}
    complaints = list(_unmeasured(named, measured, protocol, channel))
    if not begun:
        complaints += _beyond_the_bench(config, protocol)
    if complaints and begun:
        for complaint in complaints:
            log.warning("not enforced: %s", complaint)
        named = {where: _within(found, measured) for where, found in named.items()}
    elif complaints:
        raise RefusedError(complaints)
    limits = Envelope({})
    try:
        for found in named.values():
            limits = limits.intersect(found)
        if config.safety.soft_voltage_margin is not None:
            limits = limits.with_soft(VOLTAGE.name, config.safety.soft_voltage_margin)
    except ValueError as error:
        cure = "Widen the sample's or bench's limits."
        raise RefusedError([Complaint(("limits",), str(error), cure)]) from error
    return limits


def stated_limits(config: Config, protocol: Protocol) -> dict[str, Envelope]:
    """Return the bounds that hold whatever a protocol asks for, by who states them."""
    sample = protocol.sample
    return {
        "safety": bench_envelope(config, sample),
        "sample": label_envelope(sample),
    }


def bench_envelope(config: Config, sample: Sample) -> Envelope:
    """Return the bounds that hold on this bench for every run on a cell.

    Pellets, particles and films are guarded by their protocols' compliance.
    """
    if sample.kind not in CELLS:
        return Envelope({})
    safety = config.safety
    bounds: dict[str, tuple[float, float]] = {}
    if safety.lower_voltage is not None or safety.upper_voltage is not None:
        low, high = safety.lower_voltage, safety.upper_voltage
        bounds[VOLTAGE.name] = _span("safety", VOLTAGE.name, low, high)
    if safety.maximum_current is not None:
        bounds[CURRENT.name] = (-safety.maximum_current, safety.maximum_current)
    coldest, warmest = safety.minimum_temperature, safety.maximum_temperature
    if (coldest, warmest) != (None, None):
        bounds[TEMPERATURE] = _span("safety", TEMPERATURE, coldest, warmest)
    return Envelope(bounds)


def label_envelope(sample: Sample) -> Envelope:
    """Return the bounds of a sample's label that no protocol has to interpret.

    A cell's voltages are not among them: a fresh one stands outside. RefusedError: a
    current is a rate, and the label does not say what 1C is.
    """
    bounds: dict[str, tuple[float, float]] = {}
    file = f"sample {sample.name}"
    low, high = sample.lower_voltage, sample.upper_voltage
    if sample.kind not in CELLS and (low, high) != (None, None):
        bounds[VOLTAGE.name] = _span("sample", VOLTAGE.name, low, high, file)
    coldest, warmest = sample.minimum_temperature, sample.maximum_temperature
    if (coldest, warmest) != (None, None):
        bounds[TEMPERATURE] = _span("sample", TEMPERATURE, coldest, warmest, file)
    if sample.maximum_current is not None:
        try:
            one_c = None
            if sample.one_c is not None and sample.maximum_current.needs_one_c:
                one_c = sample.one_c.ampere(sample.active_mass, sample.area)
            most = sample.maximum_current.resolve(
                one_c, sample.active_mass, sample.area
            )
        except QuantityError as error:
            path = ("sample", "maximum_current")
            raise RefusedError([Complaint(path, str(error), file=file)]) from error
        bounds[CURRENT.name] = (-OVER_READING * abs(most), OVER_READING * abs(most))
    return Envelope(bounds)


_KEYS = {
    VOLTAGE.name: ("lower_voltage", "upper_voltage"),
    CURRENT.name: ("maximum_current", "maximum_current"),
    TEMPERATURE: ("minimum_temperature", "maximum_temperature"),
}
"""Column -> what a person wrote to bound it from below and from above."""


def _unmeasured(
    named: Mapping[str, Envelope], measured: set[str], protocol: Protocol, at: str
) -> Iterator[Complaint]:
    for top, found in named.items():
        for column in sorted(found.columns - measured):
            low, high = found.bounds.get(column, (-math.inf, math.inf))
            bound = high if math.isfinite(high) else low
            quantity, unit = name_of(column)
            key = _KEYS.get(column, (column, column))[math.isfinite(high)]
            yield Complaint(
                (top,) if top == "protocol" else (top, key),
                f"{bound:g} {unit} is a limit on what nobody measures: {protocol.name} "
                f"records no {quantity} from any instrument of this bench.",
                _cure(column, AMBIENT_TEMPERATURE.name in measured, at),
                file=f"sample {protocol.sample.name}" if top == "sample" else "",
                role=next(iter(protocol.roles()), "") if column == TEMPERATURE else "",
            )


def _cure(column: str, around: bool, at: str) -> str:
    """Say what helps where nobody measures.

    ``around``: the air's warmth is known; ``at``: the channel; empty: nobody knows it.
    """
    if column != TEMPERATURE:
        return (
            "Leave it out, and let something else watch over it; or give a channel a "
            "role that measures it."
        )
    known = "What is around the sample says nothing of the sample. " if around else ""
    at = at or "vsp300/1"
    return (
        f"{known}Say under `temperature:` of the configuration which thermometer is "
        f"on the sample: `{at}: {{surface: logger/1}}`. Or leave it out, and let "
        "something else watch over it."
    )


def _drives(protocol: Protocol) -> bool:
    """Return whether the protocol has what may put a current through the sample."""
    kinds = protocol.roles().values()
    return any(stage_of_kind(kind) is Stage.SOURCES for kind in kinds)


def _beyond_the_bench(config: Config, protocol: Protocol) -> Iterator[Complaint]:
    """Say which parameter asks for a current at which the run would be stopped."""
    most = config.safety.maximum_current
    if most is None or protocol.sample.kind not in CELLS:
        return
    try:
        currents = protocol.currents()
    except QuantityError:
        return  # `check` has complained about the rate
    for path, ampere in currents.items():
        if exceeds(ampere, most):
            yield Complaint(
                ("parameters", *path),
                f"{format_si(ampere, 'A', 3)} is beyond the {format_si(most, 'A', 3)} "
                "that this bench allows.",
                "Lower it, or raise the maximum current of `safety:`.",
                value=ampere,
                limit=most,
                unit="A",
            )


def _within(envelope: Envelope, measured: set[str]) -> Envelope:
    return Envelope(
        *(
            {k: v for k, v in bounds.items() if k in measured}
            for bounds in (envelope.bounds, envelope.eased, envelope.soft)
        )
    )


def _span(
    place: str, column: str, low: float | None, high: float | None, file: str = ""
) -> tuple[float, float]:
    """Return both bounds. RefusedError: nothing lies between them."""
    ends = (-math.inf if low is None else low, math.inf if high is None else high)
    if not ends[0] < ends[1]:
        least, most = _KEYS[column]
        _, unit = name_of(column)
        what = f"{ends[1]:g} {unit} is not above the {ends[0]:g} {unit} of {least}."
        raise RefusedError([Complaint((place, most), what, file=file)])
    return ends
