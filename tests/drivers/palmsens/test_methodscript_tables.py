"""Driver and twin transcribed the models each for itself; here they are compared."""

import pytest

from drivers.palmsens.models import MODELS, model_of_firmware
from drivers.palmsens.wire.literals import value_of
from drivers.palmsens.wire.packages import POWERS, Variable, parse_package
from drivers.palmsens.wire.vocabulary import ERRORS
from drivers.twins.palmsens import grammar, running
from drivers.twins.palmsens.models import MODELS as TWINS
from drivers.twins.palmsens.numerals import POWER, literal_value, written_value


def test_both_know_the_same_models() -> None:
    assert MODELS.keys() == TWINS.keys()


@pytest.mark.parametrize("name", MODELS)
def test_ranges_and_limits_agree(name: str) -> None:
    model, twin = MODELS[name], TWINS[name]
    ranges = {span: code for code, span in model.ranges.items()}

    assert {f"{s:.3g}": c for s, c in ranges.items()} == {
        f"{s:.3g}": c for s, c in twin.spans.items()
    }
    assert model.control == twin.control
    assert model.frequencies == twin.frequencies
    assert model.galvanostat == ("set_i" not in twin.lacks)
    assert model.current <= twin.current  # the driver states no more than there is
    assert model_of_firmware(twin.version[0]) is model


def test_prefixes_agree() -> None:
    assert {k.strip(): 10.0**v for k, v in POWERS.items()} == pytest.approx(POWER)


@pytest.mark.parametrize("text", ["4300m", "-250u", "100k", "0", "10i", "7071068n"])
def test_both_read_the_same_literal(text: str) -> None:
    assert literal_value(text) == value_of(text)


@pytest.mark.parametrize("value", [1.234e-9, -4.2, 0.0, 86400.25, -1e-4])
def test_what_the_twin_writes_the_driver_reads(value: float) -> None:
    (found,) = parse_package("Pba" + written_value(value, whole=False))

    assert found.value == pytest.approx(value, rel=1e-7)


def test_an_integer_comes_back_as_one() -> None:
    (found,) = parse_package("Pja" + written_value(123456, whole=True))

    assert found == Variable("ja", 123456.0, whole=True)


def test_every_error_of_the_twin_has_a_name() -> None:
    said = {
        value
        for module in (grammar, running)
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, int) and 0 < value < 0x8000
    } - {grammar.MOST_BYTES, running.GALVANOSTAT}

    assert said <= ERRORS.keys() | {running.MOST_COMMANDS}
