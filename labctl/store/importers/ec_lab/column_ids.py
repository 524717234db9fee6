"""The numbers by which EC-Lab's binary files name their columns.

Ids as published by three readers, which found them in files; none is documented. In
files whose ids are one byte wide, the byte is the id without its 256: there one byte
may mean two columns, and both readings are tried. Where the readers disagree on what
a column is, its width is known and its meaning is not: its title says both, so that
none of labctl's columns takes it.
"""

from collections.abc import Mapping, Sequence

FLAGS: Mapping[int, tuple[str, int]] = {
    1: ("mode", 0x03),
    2: ("ox/red", 0x04),
    3: ("error", 0x08),
    21: ("control changes", 0x10),
    31: ("Ns changes", 0x20),
    65: ("counter inc.", 0x80),
}
"""Id -> title and bits. All share one byte, where the first of them stands."""
_F4, _F8, _U1, _U2, _U4 = "<f4", "<f8", "<u1", "<u2", "<u4"
_HARMONICS = range(2, 8)


def _floats(first: int, titles: Sequence[str]) -> dict[int, tuple[str, str]]:
    return {first + k: (title, _F4) for k, title in enumerate(titles)}


_VOLTAGE_HARMONICS = [f"|Ewe h{k}|/V" for k in _HARMONICS]
_CURRENT_HARMONICS = [f"|I h{k}|/A" for k in _HARMONICS]
_QUALITY = [
    f"{kind} {of}/%" for kind in ("THD", "NSD", "NSR") for of in ("Ewe", "I", "Ece")
]

COLUMNS: Mapping[int, tuple[str, str]] = {
    4: ("time/s", _F8),
    5: ("control/V/mA", _F4),
    6: ("Ewe/V", _F4),
    7: ("dq/mA.h", _F8),
    8: ("I/mA", _F4),
    9: ("Ece/V", _F4),
    11: ("<I>/mA", _F8),
    13: ("(Q-Qo)/mA.h", _F8),
    15: ("Phase(Z1)/deg", _F4),
    16: ("Analog IN 1/V", _F4),
    17: ("Analog IN 2/V", _F4),
    19: ("control/V", _F4),
    20: ("control/mA", _F4),
    23: ("dQ/mA.h", _F8),
    24: ("cycle number", _F8),
    26: ("Rapp/Ohm", _F4),
    27: ("Ewe-Ece/V", _F4),
    **_floats(32, ["freq/Hz", "|Ewe|/V", "|I|/A", "Phase(Z)/deg"]),
    **_floats(36, ["|Z|/Ohm", "Re(Z)/Ohm", "-Im(Z)/Ohm"]),
    39: ("I Range", _U2),
    45: ("|Z1|/Ohm", _F4),
    46: ("|Z2|/Ohm", _F4),
    69: ("R/Ohm", _F4),
    70: ("P/W", _F4),
    74: ("|Energy|/W.h", _F8),
    75: ("Analog OUT/V or Re(Z1)/Ohm", _F4),
    76: ("<I>/mA", _F4),
    77: ("<Ewe>/V", _F4),
    78: ("Cs-2/µF-2", _F4),
    96: ("|Ece|/V", _F4),
    **_floats(98, ["Phase(Zce)/deg", "|Zce|/Ohm", "Re(Zce)/Ohm", "-Im(Zce)/Ohm"]),
    105: ("-Im(Z1)/Ohm", _F4),
    106: ("-Im(Z2)/Ohm", _F4),
    110: ("Energy ce/W.h", _F8),
    112: ("Energy we/W.h", _F8),
    115: ("Energy ce charge/W.h", _F8),
    116: ("Energy ce discharge/W.h", _F8),
    123: ("Energy charge/W.h", _F8),
    124: ("Energy discharge/W.h", _F8),
    125: ("Capacitance charge/µF", _F8),
    126: ("Capacitance discharge/µF", _F8),
    131: ("Ns", _U2),
    135: ("<E1>/V", _F4),
    136: ("<E2>/V", _F4),
    163: ("|Estack|/V", _F4),
    166: ("Phase(Zstack)/deg", _F4),
    167: ("|Zstack|/Ohm", _F4),
    168: ("Rcmp/Ohm or Re(Zstack)/Ohm", _F4),
    169: ("Cs/µF or -Im(Zstack)/Ohm", _F4),
    172: ("Cp/µF", _F4),
    173: ("Cp-2/µF-2", _F4),
    174: ("<Ewe>/V", _F4),
    **_floats(175, ["|Zwe-ce|/Ohm", "Re(Zwe-ce)/Ohm", "-Im(Zwe-ce)/Ohm"]),
    178: ("(Q-Qo)/C", _F4),
    179: ("dQ/C", _F4),
    182: ("step time/s", _F8),
    185: ("<Ecv>/V or <Ece>/V", _F4),
    206: ("Temperature/°C", _F4),
    211: ("Q charge/discharge/mA.h", _F8),
    212: ("half cycle", _U4),
    213: ("z cycle", _U4),
    215: ("<Ece>/V", _F4),
    **_floats(217, _QUALITY),
    **_floats(230, _VOLTAGE_HARMONICS),
    **_floats(236, _CURRENT_HARMONICS),
    242: ("|E2|/V or |Ece h2|/V", _F4),
    **_floats(243, [f"|Ece h{k}|/V" for k in range(3, 8)]),
    248: ("Rac/Ohm", _F4),
    249: ("Rdc/Ohm", _F4),
    253: ("Acir/Dcir Control", _U1),
    271: ("Phase(Z1)/deg", _F4),
    272: ("Phase(Z2)/deg", _F4),
    301: ("|Z1|/Ohm", _F4),
    302: ("|Z2|/Ohm", _F4),
    331: ("Re(Z1)/Ohm", _F4),
    332: ("Re(Z2)/Ohm", _F4),
    361: ("-Im(Z1)/Ohm", _F4),
    362: ("-Im(Z2)/Ohm", _F4),
    391: ("<E1>/V", _F4),
    392: ("<E2>/V", _F4),
    **_floats(422, ["Phase(Zstack)/deg", "|Zstack|/Ohm", "Re(Zstack)/Ohm"]),
    **_floats(425, ["-Im(Zstack)/Ohm", "<Estack>/V"]),
    **_floats(430, ["Phase(Zwe-ce)/deg", "|Zwe-ce|/Ohm", "Re(Zwe-ce)/Ohm"]),
    433: ("-Im(Zwe-ce)/Ohm", _F4),
    434: ("(Q-Qo)/C", _F4),
    435: ("dQ/C", _F4),
    438: ("step time/s", _F8),
    441: ("<Ecv>/V or <Ece>/V", _F4),
    462: ("Temperature/°C", _F4),
    467: ("Q charge/discharge/mA.h", _F8),
    468: ("half cycle", _U4),
    469: ("z cycle", _U4),
    471: ("<Ece>/V", _F4),
    **_floats(473, _QUALITY),
    **_floats(486, _VOLTAGE_HARMONICS),
    **_floats(492, _CURRENT_HARMONICS),
    498: ("Q charge/mA.h", _F8),
    499: ("Q discharge/mA.h", _F8),
    500: ("step time/s", _F8),
    501: ("Efficiency/%", _F8),
    502: ("Capacity/mA.h", _F8),
    504: ("Rac/Ohm", _F4),
    505: ("Rdc/Ohm", _F4),
    509: ("Acir/Dcir Control", _U1),
}
"""Id -> title as in the text files, and how it is stored."""
PAGE = 256
"""What a one-byte id may lack."""
_OTHER_IF: Mapping[int, tuple[frozenset[int], str]] = {
    174: (frozenset({6, 77}), "Phase(Zwe-ce)/deg")
}
"""Id -> the ids beside which it is another column, and that column's title."""


def layout(ids: Sequence[int]) -> list[tuple[str, str]] | None:
    """Return title and type of each field of a row; None: an id is not known.

    The byte of flags is called ``flags``; a title that is there already gets its id.
    """
    fields: list[tuple[str, str]] = []
    taken: set[str] = set()
    for one in ids:
        if one in FLAGS:
            title, kind = "flags", _U1
            if title in taken:
                continue
        elif one in COLUMNS:
            title, kind = COLUMNS[one]
            beside, other = _OTHER_IF.get(one, (frozenset(), ""))
            title = other if beside & set(ids) else title
        else:
            return None
        name = title if title not in taken else f"{title} #{one}"
        if name in taken:
            return None
        taken.add(name)
        fields.append((name, kind))
    return fields


def paged(ids: Sequence[int]) -> list[int]:
    """Return one-byte ids with their 256, where only that one stores a double.

    That is the charges, the efficiency and the capacity of newer programs, which
    share a byte with harmonics.
    """
    return [
        one + PAGE
        if COLUMNS.get(one, ("", ""))[1] == _F4
        and COLUMNS.get(one + PAGE, ("", ""))[1] == _F8
        else one
        for one in ids
    ]
