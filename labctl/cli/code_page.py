"""Text can be written anywhere: what a code page lacks becomes a readable substitute.

A pipe or a file on Windows has the code page of the country (cp1252, cp949, cp437), a
`LC_ALL=C` shell has ASCII. ``ohm`` stands for Ω there, ``+/-`` for ±, ``10^-6`` for
10⁻⁶, and ``?`` for a letter that nothing stands for. UTF-8 stays as it is.

Rule for whoever edits: the standard library only; it is loaded before every command.
"""

import codecs
import sys
import typing
import unicodedata

SUBSTITUTE = "labctl.substitute"
"""Name of the error handler."""
ASCII = "labctl_ascii"
"""Another name of ASCII: where Click finds ``ascii`` it writes UTF-8 instead."""
_PAIRS = """
α alpha β beta γ gamma δ delta ε epsilon ζ zeta η eta θ theta κ kappa λ lambda μ u
ν nu ξ xi π pi ρ rho σ sigma τ tau φ phi χ chi ψ psi ω omega
Γ Gamma Δ Delta Θ Theta Λ Lambda Ξ Xi Π Pi Σ Sigma Φ Phi Ψ Psi Ω ohm \u2126 ohm µ u
− - – - — - ‐ - \u2011 - ± +/- × x · * ⋅ * • * √ sqrt ∂ d ∇ grad ∫ int ∞ inf
≥ >= ≤ <= ≪ << ≫ >> ≈ ~ ≠ != ∝ ~ → -> ← <- ↔ <-> ↑ ^ ↓ v … ... ° deg ℃ degC ½ 1/2
¼ 1/4 ¾ 3/4 ⚠ ! ′ ' ″ " ‰ o/oo “ " ” " „ " \u2018 ' \u2019 ' « " » " ⟨ < ⟩ >
⌈ [ ⌉ ] ⌊ [ ⌋ ] † + ‡ ++ ß ss ø o Ø O æ ae Æ AE
"""
LETTERS = dict(zip(_PAIRS.split()[::2], _PAIRS.split()[1::2], strict=True))
"""What stands for a letter where it is not simply one with its marks taken away."""
SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ᵉᵖⁿ", "0123456789+-epn", strict=True))
BOXES = range(0x2500, 0x2580)
BLOCKS = range(0x2580, 0x2600)
UPRIGHT = "│┃║╎╏┆┇┊┋╵╷╹╻"
BYTES = range(0xDC80, 0xDD00)
"""What Python makes of the bytes of an argument or a path that are no text."""


def make_streams_writable() -> None:
    """Let stdout and stderr take every text, in the encoding they have."""
    codecs.register_error(SUBSTITUTE, substitute)
    codecs.register(_ascii)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:  # a window's process has no streams at all
            plain = codecs.lookup(stream.encoding).name == "ascii"
            encoding = ASCII if plain else stream.encoding
            reconfigure(encoding=encoding, errors=SUBSTITUTE)


def is_utf_8(stream: typing.TextIO) -> bool:
    """Whether what is written arrives as UTF-8."""
    return codecs.lookup(stream.encoding or "ascii").name == "utf-8"


def is_text(text: str) -> bool:
    """Whether it holds letters only; bytes of a path may be no text."""
    return not any(0xD800 <= ord(letter) < 0xE000 for letter in text)  # noqa: PLR2004


def substitute(error: UnicodeError) -> tuple[str | bytes, int]:
    """Return what stands for the letters that cannot be encoded; see `codecs`."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text, start, end = error.object, error.start, error.end
    if ord(text[start]) in BYTES and _is_of_paths(error.encoding):
        return bytes([ord(text[start]) - 0xDC00]), start + 1  # as it came in
    before = text[start - 1] if start else ""
    said: list[str] = []
    for letter in text[start:end]:
        if ord(letter) in BYTES and said:
            return "".join(said), start + len(said)
        said.append(_plain(letter, before))
        before = letter
    return "".join(said), end


def _is_of_paths(encoding: str) -> bool:
    """Whether a path's bytes that are no text may be written as they are."""
    found = codecs.lookup(encoding).name
    escaped = sys.getfilesystemencodeerrors() == "surrogateescape"
    return escaped and found in {codecs.lookup(sys.getfilesystemencoding()).name, ASCII}


def _plain(letter: str, before: str) -> str:
    """Return ASCII for a letter; ``?`` if nothing stands for it."""
    if letter in SUPERSCRIPTS:
        return ("" if before in SUPERSCRIPTS else "^") + SUPERSCRIPTS[letter]
    if letter in LETTERS:
        return LETTERS[letter]
    code = ord(letter)
    if code in BOXES:
        across = "-" if letter in "─━═┄┅┈┉╌╍╴╶╸╺╼╾" else "+"
        return "|" if letter in UPRIGHT else across
    if code in BLOCKS:
        return "#"
    if unicodedata.combining(letter):
        return ""
    parts = unicodedata.normalize("NFKD", letter)
    known = [LETTERS.get(p, "" if unicodedata.combining(p) else p) for p in parts]
    plain = "".join(known)
    return plain if plain.isascii() and plain else "?"


def _ascii(name: str) -> codecs.CodecInfo | None:
    if name != ASCII:
        return None
    ascii_ = codecs.lookup("ascii")
    return codecs.CodecInfo(
        ascii_.encode,
        ascii_.decode,
        incrementalencoder=ascii_.incrementalencoder,
        incrementaldecoder=ascii_.incrementaldecoder,
        streamreader=ascii_.streamreader,
        streamwriter=ascii_.streamwriter,
        name=ASCII,
    )
