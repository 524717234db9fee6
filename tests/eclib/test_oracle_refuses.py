"""The oracle itself: it refuses what a library must refuse, and fills what it may."""

import ctypes as c
import threading
from collections.abc import Callable, Sequence

import pytest
from oracle_library import ADDRESS, Oracle

from drivers.biologic.eclib import abi
from drivers.biologic.eclib.codec import Setting
from drivers.biologic.eclib.faults import EClibError
from drivers.biologic.eclib.library import EClib
from drivers.biologic.upload.loading import defined

Place = Callable[..., Oracle]

FIRST = 0
STILL = "speed = 0\n"
REST = [Setting("Rest_time_T", 10.0), Setting("Record_every_dT", 1.0)]
PULSE = [
    Setting("Current_step", 1e-3),
    Setting("vs_initial", False),
    Setting("Duration_step", 10.0),
    Setting("Step_number", 0),
    Setting("Record_every_dT", 1.0),
    Setting("N_Cycles", 0),
    Setting("I_Range", 8),
]


def without(settings: Sequence[Setting], label: str) -> list[Setting]:
    """Return all settings but those of a label."""
    return [setting for setting in settings if setting.label != label]


def load(
    oracle: Oracle, file: str, settings: Sequence[Setting]
) -> tuple[int, list[str]]:
    """Load one technique; return the code and what the firmware said."""

    def act(lib: EClib) -> tuple[int, list[str]]:
        link, _ = lib.connect(ADDRESS, 5)
        code = 0
        try:
            lib.load_technique(
                link, FIRST, file, defined(lib, settings), first=True, last=True
            )
        except EClibError as error:
            code = error.code
        return code, lib.messages(link, FIRST)

    return oracle.table().exchange(act)


@pytest.mark.parametrize(
    ("file", "settings", "code", "said"),
    [
        # what is as it should be
        ("cp4.ecc", PULSE, 0, ""),
        (r"C:\EC-Lab Development Package\lib\cp4.ecc", PULSE, 0, ""),
        # another board's file; one that no release has for this board; nonsense
        ("cp.ecc", PULSE, -401, "incompatible"),
        ("cp5.ecc", PULSE, -401, "incompatible"),
        ("pow4.ecc", PULSE, -400, "not found"),
        ("CP4.ecc", PULSE, -400, "not found"),
        # a file of another board alone
        ("pow.ecc", PULSE, -401, "incompatible"),
        # a float where an int belongs, and the other way round
        ("cp4.ecc", [*PULSE, Setting("E_Range", 2.0)], -4, "E_Range is of type 0"),
        ("ocv4.ecc", [Setting("Rest_time_T", 10)], -4, "Rest_time_T is of type 2"),
        # more steps than the arrays hold; a step that never came; a second scalar
        ("cp4.ecc", [*PULSE, Setting("Current_step", 0.0, 100)], -4, "beyond 100"),
        (
            "cplimit4.ecc",
            [*PULSE, Setting("Test1_Config", 1, 20)],
            -4,
            "Test1_Config[20] is beyond 20",
        ),
        (
            "cp4.ecc",
            [*without(PULSE, "Step_number"), Setting("Step_number", 1)],
            -4,
            "Step_number is 1, but 1 values of Current_step came",
        ),
        ("cp4.ecc", [*PULSE, Setting("N_Cycles", 0, 1)], -4, "N_Cycles[1]"),
        # a current on auto range, or on one that the board does not have
        ("cp4.ecc", without(PULSE, "I_Range"), -4, "auto is not allowed"),
        (
            "cp4.ecc",
            [*without(PULSE, "I_Range"), Setting("I_Range", 0)],
            -4,
            "I_Range 0 is not on this board",
        ),
        # a loop to what is not loaded
        ("loop4.ecc", [Setting("protocol_number", 3)], -4, "no technique 3"),
        # a misspelt label is ignored, and only the firmware says so
        ("cp4.ecc", [*PULSE, Setting("Step_nuber", 0)], 0, "unknown parameter Step_n"),
        # what it knows but cannot run
        ("TI4.ecc", [Setting("Trigger_Logic", 1)], -403, "cannot run"),
    ],
)
def test_a_technique_is_taken_or_refused_with_a_reason(
    placed: Place, file: str, settings: Sequence[Setting], code: int, said: str
) -> None:
    found, heard = load(placed(STILL), file, settings)

    assert found == code
    assert said in "; ".join(heard)
    assert bool(heard) is bool(said)


def test_what_was_ignored_does_not_show_in_the_read_back(placed: Place) -> None:
    def act(lib: EClib) -> set[str]:
        link, _ = lib.connect(ADDRESS, 5)
        sent = defined(lib, [*REST, Setting("Rest_tme", 1.0)])
        lib.load_technique(link, FIRST, "ocv4.ecc", sent, first=True, last=True)
        held = lib.loaded(link, FIRST, 0)
        assert held is not None
        return {label for label, _ in held.parameters}

    held = placed(STILL).table().exchange(act)

    assert held == {"Rest_time_T", "Record_every_dT"}


@pytest.mark.parametrize(("firmware", "code"), [(1, -9), (0, -308), (5, 0)])
def test_only_the_kernel_takes_techniques(
    placed: Place, firmware: int, code: int
) -> None:
    oracle = placed(f"{STILL}[channels]\nfirmware = {firmware}\n")

    assert load(oracle, "ocv4.ecc", REST)[0] == code


@pytest.mark.parametrize(
    ("name", "converters", "refused"),
    [
        ("BL_GetErrorMsg", 1, True),
        ("BL_ConvertNumericIntoSingle", 1, True),
        ("BL_ConvertNumericIntoSingle", 0, False),  # if converters are no calls
    ],
)
def test_a_call_that_overlaps_another_is_refused_from_any_thread(
    placed: Place, name: str, converters: int, refused: bool
) -> None:
    ini = f"{STILL}call_seconds = 0.2\nconverters_count = {converters}\n"
    oracle = placed(ini)
    library, text, size = oracle.own, c.create_string_buffer(64), c.c_uint32(64)
    out, codes = c.c_float(), set()

    def ask() -> int:
        if "Convert" in name:
            return int(library[name](c.c_uint32(0), c.byref(out)))
        return int(library[name](c.c_int32(-1), text, c.byref(c.c_uint32(64))))

    def hold() -> None:  # whoever comes second is refused
        version = c.create_string_buffer(64)
        codes.add(int(library.BL_GetLibVersion(version, c.byref(size))))

    other = threading.Thread(target=hold)
    other.start()
    while other.is_alive() and -12 not in codes:
        codes.add(ask())
    other.join()

    assert (-12 in codes) is refused
    assert bool(oracle.overlaps) is refused


@pytest.mark.parametrize(("release", "written"), [(611, 84), (601, 76)])
def test_structs_are_filled_to_their_length_and_no_further(
    placed: Place, release: int, written: int
) -> None:
    library = placed(STILL, release=release).own
    link, infos = c.c_int32(), abi.DeviceInfos()
    memory = (c.c_uint8 * 128)(*[0xA5] * 128)
    connect = library.BL_Connect
    connect(ADDRESS.encode(), c.c_uint8(5), c.byref(link), c.byref(infos))

    assert library.BL_GetChannelInfos(link, c.c_uint8(0), memory) == 0

    untouched = [place for place in range(128) if memory[place] != 0xA5]
    assert max(untouched) < written
    assert bytes(memory[written:]) == bytes([0xA5]) * (128 - written)


def test_a_block_brings_rows_of_one_technique_and_a_thousand_words(
    placed: Place,
) -> None:
    oracle = placed(STILL)

    def begin(lib: EClib) -> int:
        link, _ = lib.connect(ADDRESS, 5)
        quick = [*without(PULSE, "Record_every_dT"), Setting("Record_every_dT", 0.02)]
        sent = [("ocv4.ecc", REST), ("cp4.ecc", quick)]
        for number, (file, settings) in enumerate(sent):
            lib.load_technique(
                link, FIRST, file, defined(lib, settings), first=not number, last=False
            )
        lib.start(link, FIRST)
        return link

    def fetch(lib: EClib) -> tuple[int, int, int]:
        _, infos, _ = lib.data(link, FIRST)
        return infos.TechniqueID, infos.NbRows, infos.NbCols

    table = oracle.table()
    link = table.exchange(begin)
    oracle.advance(30.0)
    blocks = [table.exchange(fetch) for _ in range(5)]

    assert blocks == [
        (100, 11, 3),
        (102, 200, 5),
        (102, 200, 5),
        (102, 101, 5),
        (0,) * 3,
    ]


def test_a_file_that_says_nonsense_lets_nobody_connect(placed: Place) -> None:
    with pytest.raises(EClibError) as refused:
        load(placed("boards = 2\n"), "ocv4.ecc", REST)

    assert refused.value.words.endswith("oracle.ini line 1: boards = 2")
