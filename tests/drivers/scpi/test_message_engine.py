"""The message engine obeys IEEE 488.2 and SCPI-99 (obligations from the standards)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.twins.scpi.commands import command, number, query, setting, switch
from drivers.twins.scpi.engine import ScpiTwin
from drivers.twins.scpi.exchange import NotReadyError
from drivers.twins.scpi.faults import ScpiError
from drivers.twins.scpi.header import header
from drivers.twins.scpi.parameters import (
    Choice,
    block,
    boolean,
    channel_list,
    parse_number,
    split,
    string,
)
from labctl.clock import VirtualClock


class Toy(ScpiTwin):
    identification = "LABCTL,TOY,0,1.0"
    level = number(
        "[:SOURce]:VOLTage[:LEVel][:IMMediate][:AMPLitude]", default=1, low=-2, high=2
    )
    span = number("[:SOURce]:VOLTage:RANGe", default=2.0, low=0.1, high=200.0)
    on = switch(":OUTPut[:STATe]")
    shape = setting(":FUNCtion", default="SIN", kind=Choice("SINusoid|SQUare"))
    text = setting(":DISPlay:TEXT", default="", kind=string, shown='"{}"'.format)
    triggered = 0

    @query(":ROUTe<1:2>:GAIN?")
    def gain(self, channel: int) -> str:
        return str(10 * channel)

    @command(":INITiate[:IMMediate]")
    def start(self) -> None:
        self.pending_until = self.time + 3.0

    @query(":DATA?")
    def data(self) -> bytes:
        return block(b"\n\x00;,#")

    @query(":SLOW?")
    def slow(self) -> str:
        self.spend(4.0)
        return "1"

    @command(":FAIL")
    def fail(self) -> None:
        raise ScpiError(-240)

    def trigger(self) -> None:
        self.triggered += 1


def toy() -> Toy:
    twin = Toy(VirtualClock(0.0), latency=0.0)
    twin.status.event_status = 0
    return twin


def ask(twin: Toy, message: str) -> str:
    twin.receive(message.encode(), end=True)
    return twin.read(10000, 10.0)[0].decode().strip()


def errors(twin: Toy) -> list[int]:
    found = []
    while twin.status.errors:
        found.append(twin.status.next_error()[0])
    return found


SAME_QUESTION = [
    # The long form, the short form, any case, optional nodes there or not.
    ":SOURCE:VOLTAGE:LEVEL:IMMEDIATE:AMPLITUDE?",
    ":SOUR:VOLT:LEV:IMM:AMPL?",
    "sour:volt?",
    "VOLT?",
    ":voltage:ampl?",
    "SOUR1:VOLT?",
    "  VOLT?  ",
]


@pytest.mark.parametrize("question", SAME_QUESTION)
def test_all_spellings_of_one_header_ask_the_same(question: str) -> None:
    assert ask(toy(), question) == "+1.000000E+00"


WRONG = [
    # Something between short and long form is undefined.
    ("VOLTA?", -113),
    ("SOURC:VOLT?", -113),
    ("NONSENSE", -113),
    # A number behind the word that the instrument has not.
    ("SOUR2:VOLT 1", -114),
    ("ROUT3:GAIN?", -114),
    # Out of range, not a number, an unknown unit.
    ("VOLT 3", -222),
    ("VOLT ABC", -104),
    ("VOLT 1FURLONG", -131),
    # Missing and surplus parameters.
    ("VOLT", -109),
    ("VOLT 1,2", -108),
    # A word that is none of the choices; a string that does not end.
    ("FUNC TRIANGLE", -224),
    ('DISP:TEXT "abc', -151),
    ("FAIL", -240),
]


@pytest.mark.parametrize(("message", "code"), WRONG)
def test_a_wrong_message_is_an_error_and_never_an_answer(
    message: str, code: int
) -> None:
    twin = toy()

    twin.receive(message.encode(), end=True)

    assert errors(twin) == [code]
    assert not twin.message_available
    assert twin.level == 1


EVENTS = [("NONSENSE", 32), ("VOLT 3", 16), ("FAIL", 16)]


@pytest.mark.parametrize(("message", "bit"), EVENTS)
def test_the_class_of_an_error_sets_its_bit_of_the_event_register(
    message: str, bit: int
) -> None:
    twin = toy()

    twin.receive(message.encode(), end=True)

    assert int(ask(twin, "*ESR?")) == bit
    assert ask(twin, "*ESR?") == "0"


NUMBERS = [
    ("1.5", 1.5),
    ("100MV", 0.1),
    ("1 UA", 1e-6),
    ("2MA", 2e-3),
    ("1MAHZ", 1e6),
    ("5MOHM", 5e6),
    ("INF", 9.9e37),
    ("NINF", -9.9e37),
    ("NAN", 9.91e37),
    ("1e-12", 1e-12),
]


@pytest.mark.parametrize(("text", "value"), NUMBERS)
def test_numbers_come_with_units_and_words(text: str, value: float) -> None:
    assert parse_number(text) == pytest.approx(value)


def test_a_semicolon_keeps_the_path_and_a_colon_leaves_it() -> None:
    twin = toy()

    answer = ask(twin, ":SOUR:VOLT:RANG 20;LEV 1.5;*CLS;RANG?;:OUTP 1;:OUTP?;:VOLT?")

    assert answer == "+2.000000E+01;1;+1.500000E+00"


def test_a_command_error_ends_its_message_an_execution_error_does_not() -> None:
    twin = toy()

    assert ask(twin, "VOLT 9;VOLT?;NONSENSE;OUTP 1") == "+1.000000E+00"
    assert twin.on is False


def test_minimum_maximum_and_default_can_be_set_and_asked() -> None:
    twin = toy()

    assert ask(twin, "VOLT MAX;VOLT?") == "+2.000000E+00"
    assert ask(twin, "VOLT? MIN") == "-2.000000E+00"
    assert ask(twin, "VOLT DEF;VOLT?") == "+1.000000E+00"


def test_a_full_queue_replaces_its_last_entry() -> None:
    twin = toy()

    for _ in range(15):
        twin.receive(b"VOLT 9", end=True)

    assert errors(twin) == [-222] * 9 + [-350]


def test_reset_leaves_status_and_clear_leaves_enables() -> None:
    twin = toy()
    twin.receive(b"*ESE 60;*SRE 32;VOLT 2;NONSENSE", end=True)

    assert ask(twin, "*RST;VOLT?") == "+1.000000E+00"
    assert ask(twin, "SYST:ERR?").startswith("-113")
    assert ask(twin, "*CLS;*ESE?;*SRE?;SYST:ERR?") == '60;32;0,"No error"'


def test_operation_complete_waits_for_what_was_started() -> None:
    twin = toy()

    assert ask(twin, "INIT;*OPC?") == "1"
    assert twin.clock.now() == pytest.approx(3.0)


def test_operation_complete_sets_its_bit_when_it_is_and_not_before() -> None:
    twin = toy()
    twin.receive(b"*CLS;INIT;*OPC", end=True)

    assert ask(twin, "*ESR?") == "0"
    twin.clock.sleep(3.0)
    assert ask(twin, "*ESR?") == "1"


def test_an_answer_nobody_read_is_thrown_away_with_minus_410() -> None:
    twin = toy()
    twin.receive(b"*IDN?", end=True)

    assert ask(twin, "VOLT?") == "+1.000000E+00"
    assert errors(twin) == [-410]


def test_reading_what_was_not_asked_times_out_with_minus_420() -> None:
    twin = toy()

    with pytest.raises(NotReadyError):
        twin.read(10, 1.0)
    assert twin.clock.now() == 1.0
    assert errors(twin) == [-420]


def test_a_timeout_shorter_than_the_operation_fails_and_keeps_the_answer() -> None:
    twin = toy()
    twin.receive(b"SLOW?", end=True)

    with pytest.raises(NotReadyError):
        twin.read(10, 3.0)
    assert twin.read(10, 2.0) == (b"1\n", True)
    assert twin.clock.now() == pytest.approx(4.0)


def test_a_block_keeps_line_feeds_and_semicolons() -> None:
    twin = toy()
    twin.receive(b"DATA?", end=True)

    assert twin.read(100, 1.0) == (b"#15\n\x00;,#\n", True)


def test_a_service_request_comes_once_and_a_poll_takes_it_back() -> None:
    twin = toy()
    twin.receive(b"*SRE 4;NONSENSE", end=True)

    assert twin.requests_service()
    assert twin.serial_poll() & 64
    assert not twin.serial_poll() & 64
    assert int(ask(twin, "*STB?")) & 64


def test_a_stream_ends_its_messages_at_line_feeds() -> None:
    twin = toy()

    twin.receive(b"VOLT 2;VOL", end=False)
    twin.receive(b"T?\r\n*IDN?\n", end=False)

    assert twin.drain() == b"+2.000000E+00\nLABCTL,TOY,0,1.0\n"


def test_a_trigger_goes_to_the_instrument() -> None:
    twin = toy()

    twin.receive(b"*TRG", end=True)

    assert twin.triggered == 1


def test_channel_lists_spell_out_ranges() -> None:
    assert channel_list("(@1!1,1!3:1!5)") == ("1!1", "1!3", "1!4", "1!5")
    assert channel_list("(@1!1!1:1!2!2)") == ("1!1!1", "1!1!2", "1!2!1", "1!2!2")
    assert channel_list("(@)") == ()


def test_quotes_and_parentheses_keep_separators() -> None:
    assert split('A "x;y";B (@1,2);C', ";") == ['A "x;y"', "B (@1,2)", "C"]
    assert split("#15\n;,;#", ";") == ["#15\n;,;#"]
    assert string("'it''s'") == "it's"


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_every_finite_number_survives_its_text(value: float) -> None:
    assert parse_number(repr(value)) == value


@given(st.binary(max_size=200))
def test_no_bytes_make_the_engine_fall(data: bytes) -> None:
    twin = toy()

    twin.receive(data, end=True)

    assert twin.status.next_error() is not None


def test_a_pattern_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="not a SCPI pattern"):
        header("SOUR:VOLT")


@pytest.mark.parametrize("word", ["INF", "-1e999", "NAN", "1V"])
def test_a_switch_that_is_neither_on_nor_off_is_refused(word: str) -> None:
    with pytest.raises(ScpiError, match="-224"):
        boolean(word)


@pytest.mark.parametrize("far", ["1!1:1!99999999", "1!1!1:1!9999!9999", "1!1!1!1!1"])
def test_a_list_of_channels_that_no_card_has_is_not_written_out(far: str) -> None:
    with pytest.raises(ScpiError, match="-222"):
        channel_list(f"(@{far})")

    assert channel_list("(@1!1!1:1!2!2)") == ("1!1!1", "1!1!2", "1!2!1", "1!2!2")
