"""What a channel cannot do is explained, and the channels that can are offered."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from plans_to_compare import BENCH, OPEN, bench_with, checked, complaints, ordered

from labctl.clock import VirtualClock
from labctl.config.models import Config
from labctl.config.reading import kept_config
from labctl.errors import Complaint, RefusedError
from labctl.session.order import Equipment, prepare, refuse_beyond, station_of

CURRENT = {"do": "current", "rate": "0.45 A", "duration": "1 h"}
HALF_AN_AMPERE: dict[str, Any] = {"formation_cycles": 0, "steps": [CURRENT]}
SPECTRUM: dict[str, Any] = {
    "formation_cycles": 0,
    "steps": [{"do": "peis", "amplitude": "10 mV"}],
}
ALL_VSP = tuple(f"vsp300/{n}" for n in range(1, 7))
ALL_VMP = tuple(f"vmp3/{n}" for n in range(1, 9))


def bench_of(config: Config = OPEN, /, **channels: list[str]) -> Config:
    text = config.model_dump(mode="json")
    text["channels"] |= {"cell": [*ALL_VSP, *ALL_VMP], **channels}
    for role in [role for role, given in channels.items() if not given]:
        del text["channels"][role]
    return kept_config(text)


TWO_CYCLERS = bench_of()


def only(found: tuple[Complaint, ...]) -> Complaint:
    assert len(found) == 1, [str(each) for each in found]
    return found[0]


def test_channels_that_can_do_all_of_it_are_offered() -> None:
    order = ordered("sequence", channels={"cell": "vmp3/1"}, **HALF_AN_AMPERE)

    found = only(complaints(order, TWO_CYCLERS))

    assert (found.role, found.offers, found.perhaps) == ("cell", ALL_VSP, ())
    assert "vmp3/1 drives at most 400 mA" in found.what
    assert "450 mA" in found.what


def test_one_that_would_refuse_something_else_of_the_plan_is_not_offered() -> None:
    bench = bench_of(bench_with(simulated={"without_impedance": [1, 2, 3]}))

    found = only(complaints(ordered("sequence", **SPECTRUM), bench))

    assert "vsp300/4" in found.offers
    assert not {"vsp300/2", "vsp300/3"} & set(found.offers)


def test_where_none_can_it_is_said_what_is_missing() -> None:
    steps = [{**CURRENT, "rate": "3 A"}]
    order = ordered("sequence", formation_cycles=0, steps=steps)

    found = only(complaints(order, TWO_CYCLERS))

    assert found.offers == ()
    assert "missing is a potentiostat channel that drives 3.00 A" in found.cure


def test_nothing_is_recast() -> None:
    order = ordered("sequence", channels={"cell": "vmp3/3"}, **SPECTRUM)

    assert checked(order, TWO_CYCLERS).cast == {"cell": "vmp3/3"}


def test_a_role_without_a_channel_is_explained_with_what_could_play_it() -> None:
    order = ordered("hall-effect", "film-si")

    found = only(complaints(order, bench_of(magnet=[])))

    assert (found.path, found.offers) == (("channels", "magnet"), ("ls643",))


def test_a_bench_without_the_instrument_says_what_is_missing() -> None:
    text = bench_of(magnet=[]).model_dump(mode="json")
    del text["instruments"]["ls643"]

    found = only(complaints(ordered("hall-effect", "film-si"), kept_config(text)))

    assert found.offers == ()
    assert "missing is a magnet supply that drives 20.0 A" in found.cure


def test_a_second_channel_has_to_have_company_where_it_is_offered() -> None:
    bench = bench_of(monitor=["vmp3/2", "vmp3/4"])
    order = ordered("insitu-eis", channels={"cell": "vsp300/1"})

    found = only(complaints(order, bench))

    assert found.path == ("channels", "monitor")
    assert found.role == "cell"
    assert set(found.offers) == set(ALL_VMP)


def test_a_chamber_is_told_what_it_lacks_not_the_cell() -> None:
    order = ordered("peis", temperatures="-60 °C; 25 °C")

    found = only(complaints(order, OPEN))

    assert (found.role, found.offers) == ("chamber", ())
    assert "a chamber that heats to 25 °C, cools to -60 °C" in found.cure


def test_a_ramp_that_no_chamber_goes_is_not_told_as_a_temperature() -> None:
    told: dict[str, Any] = {"temperatures": "20 °C; 25 °C"}
    order = ordered("peis", **told, temperature_ramp="1 K/min")

    found = complaints(order, OPEN)

    assert found
    assert all("takes no ramp" in each.what for each in found)
    assert not [each.cure for each in found if "heats to" in each.cure]


WARM = {"do": "rest", "duration": "1 h", "until": ["temperature >= 30 °C"]}


def warmed(**thermometers: dict[str, str]) -> Config:
    """Return the bench whose channels have these thermometers, and a limit on them."""
    text = bench_of(bench_with(maximum_temperature="50 °C")).model_dump(mode="json")
    told = {name.replace("_", "/"): each for name, each in thermometers.items()}
    text["temperature"] = told
    text["safety"] = {"maximum_temperature": "50 °C"}
    return kept_config(text)


def test_a_limit_on_temperature_offers_channels_with_a_thermometer() -> None:
    bench = warmed(vmp3_2={"surface": "logger/1"}, vmp3_3={"ambient": "oven"})

    found = only(complaints(ordered("formation-cycling"), bench))

    assert found.path == ("safety", "maximum_temperature")
    assert (found.role, found.offers) == ("cell", ("vmp3/2",))


def test_a_bench_without_a_thermometer_says_that_it_is_missing() -> None:
    found = only(complaints(ordered("formation-cycling"), warmed()))

    assert found.offers == ()
    assert "has a thermometer at the sample" in found.cure


def test_an_end_condition_on_temperature_offers_them_too() -> None:
    text = warmed(vmp3_2={"surface": "logger/1"}).model_dump(mode="json")
    text["safety"] = {}
    order = ordered("sequence", formation_cycles=0, steps=[WARM])

    found = only(complaints(order, kept_config(text)))

    assert (found.role, found.offers) == ("cell", ("vmp3/2",))


def test_a_channel_that_does_not_say_what_it_drives_is_not_known_to_be_able() -> None:
    bench = bench_of(cell=["vmp3/1", "neware/1-1-1"])
    order = ordered("sequence", channels={"cell": "vmp3/1"}, **HALF_AN_AMPERE)

    found = only(complaints(order, bench))

    assert (found.offers, found.perhaps) == ((), ("neware/1-1-1",))


def with_a_station(config: Config, opened: tuple[str, ...]) -> Equipment:
    order = ordered("sequence", **HALF_AN_AMPERE)
    station, world = station_of(config, VirtualClock(0.0), order)
    for name in opened:
        station.players(name)
    return Equipment(station, world)


def refused_by(order: Any, equipment: Equipment) -> tuple[Complaint, ...]:
    with pytest.raises(RefusedError) as caught:
        prepare(order, TWO_CYCLERS, equipment, inquire=True)
    return caught.value.complaints


def test_a_station_connects_to_nothing_in_order_to_offer_it() -> None:
    equipment = with_a_station(TWO_CYCLERS, opened=())
    order = ordered("sequence", channels={"cell": "vmp3/1"}, **HALF_AN_AMPERE)

    found = only(refused_by(replace(order, simulate=False), equipment))

    assert (found.offers, found.perhaps) == ((), ALL_VSP)
    assert "vsp300" not in equipment.station.opened


def test_channels_that_are_lent_stand_last() -> None:
    equipment = with_a_station(TWO_CYCLERS, opened=("vsp300",))
    equipment.station.reserve("another-run", {"cell": "vsp300/1"})
    order = ordered("sequence", channels={"cell": "vmp3/1"}, **HALF_AN_AMPERE)

    found = only(refused_by(order, equipment))

    assert found.offers == (*ALL_VSP[1:], "vsp300/1")


def test_a_channel_that_may_still_be_on_is_not_offered() -> None:
    equipment = with_a_station(TWO_CYCLERS, opened=("vsp300",))
    equipment.station.doubt("vsp300/2", "the guard: no answer")
    order = ordered("sequence", channels={"cell": "vmp3/1"}, **HALF_AN_AMPERE)

    found = only(refused_by(order, equipment))

    assert "vsp300/2" not in found.offers
    assert "vsp300/3" in found.offers


# In words, the protocol, its parameters, and words of what is needed of the cell.
NEEDS: list[tuple[str, str, Mapping[str, Any], tuple[str, ...]]] = [
    ("formation", "formation-cycling", {}, ("holds a current", "drives 1.07 mA")),
    ("spectra", "peis", {}, ("sine of voltage", "up to", "down to")),
    ("spectra on a current", "insitu-eis", {}, ("sine of current", "drives 6.5")),
    ("scans", "cyclic-voltammetry", {}, ("scans a voltage",)),
]


@pytest.mark.parametrize(
    ("case", "name", "given", "words"), NEEDS, ids=[n[0] for n in NEEDS]
)
def test_needs_follow_from_the_plan(
    case: str, name: str, given: Mapping[str, Any], words: tuple[str, ...]
) -> None:
    found = checked(ordered(name, **given), BENCH).compared
    assert found is not None

    said = ", ".join(map(str, found.needs["cell"]))

    assert all(word in said for word in words), (case, said)


def test_a_run_is_refused_with_the_same_offers(tmp_path: Path) -> None:
    order = ordered(
        "sequence", channels={"cell": "vmp3/1"}, out=tmp_path, **HALF_AN_AMPERE
    )

    prepared = prepare(order, TWO_CYCLERS)

    with pytest.raises(RefusedError) as caught:
        refuse_beyond(prepared, TWO_CYCLERS)
    prepared.station.close()
    assert only(caught.value.complaints).offers == ALL_VSP
