"""Elements, escaped text, and how wide a text is likely to be.

Everything from outside enters markup through ``tag`` or ``escaped`` and nowhere else.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

PAPER, INK = ("#faf8f3", "#161512"), ("#1c1b18", "#efece4")
COLOURS = {  # light, dark
    "paper": PAPER,
    "ink": INK,
    "card": ("#fffefa", "#1d1c18"),
    "soft": ("#66635b", "#a5a198"),
    "line": ("#d9d5ca", "#3a3832"),
    "yes": ("#1c6b47", "#5fbf92"),
    "no": ("#a8261d", "#f08b80"),
    "wait": ("#8a5a00", "#e0b050"),
}
SANS = "'IBM Plex Sans', 'Helvetica Neue', Helvetica, Arial, sans-serif"

_EMPTY = {"meta", "rect", "circle", "path", "input"}
_GLUE = "\N{NO-BREAK SPACE}"
_NARROW, _WIDE = set("fijlrtI.,:;'|!()[]- "), set("mwMW@%&—…")


def escaped(text: str) -> str:
    """Text as markup shows it: nothing in it is markup, and nothing steers how lines run."""
    shown = "".join(one if one.isprintable() or one == "\n" else "\N{REPLACEMENT CHARACTER}"
                    for one in text)  # fmt: skip
    for sign, name in (("&", "amp"), ("<", "lt"), (">", "gt"), ('"', "quot"), ("'", "#39")):
        shown = shown.replace(sign, f"&{name};")
    return shown


def tag(element: str, /, *inner: str, text: str | None = None, **attributes: object) -> str:
    """An element. ``inner`` is markup, ``text`` is not; ``class_`` is ``class``, ``_`` is ``-``."""
    pairs = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escaped(_spelt(value))}"'
        for key, value in attributes.items() if value is not None
    )  # fmt: skip
    content = "".join(inner) + ("" if text is None else escaped(text))
    if element in _EMPTY and not content:
        return f"<{element}{pairs}/>"
    return f"<{element}{pairs}>{content}</{element}>"


def _spelt(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def colours(scope: str) -> str:
    """CSS that names the colours within ``scope``, light and dark; printed in black on white."""
    light = "".join(f"--{name}:{pair[0]};" for name, pair in COLOURS.items())
    dark = "".join(f"--{name}:{pair[1]};" for name, pair in COLOURS.items())
    return (
        f"{scope}{{{light}}}@media(prefers-color-scheme:dark){{{scope}{{{dark}}}}}"
        f"@media print{{{scope}{{{light}--paper:#fff;--card:#fff;}}}}"
    )


def width(text: str, size: float, *, bold: bool = False) -> float:
    """About how wide ``text`` is in pixels; rather more than less, since fonts differ."""
    return size * sum(map(_breadth, text)) * (1.1 if bold else 1)


def _breadth(letter: str) -> float:
    if unicodedata.combining(letter):
        return 0
    if letter in _NARROW or letter == _GLUE:
        return 0.39
    if unicodedata.east_asian_width(letter) in "WF" or ord(letter) > 0x2FFF:  # noqa: PLR2004
        return 1.1
    if not letter.isprintable():
        return 1.1  # the sign that is shown in its place
    if letter in _WIDE:
        return 0.98
    return 0.69 if letter.isupper() else 0.61


def wrapped(text: str, most: float, size: float, *, bold: bool = False) -> list[str]:
    """``text`` in lines no wider than ``most``; too wide a word is broken, best after a hyphen.

    A figure stays with its percent sign.
    """
    lines: list[str] = []
    line = ""
    for word in " ".join(text.split()).replace(" %", f"{_GLUE}%").split(" "):
        for piece in _pieces(word, most, size, bold=bold):
            longer = f"{line} {piece}" if line else piece
            if line and width(longer, size, bold=bold) > most:
                lines.append(line)
                line = piece
            else:
                line = longer
    found = [*lines, line] if line else lines
    return [one.replace(_GLUE, " ") for one in found]


def _pieces(word: str, most: float, size: float, *, bold: bool) -> Iterator[str]:
    piece = ""
    for letter in word:
        while piece and width(piece + letter, size, bold=bold) > most:
            end = piece.rfind("-") + 1 or len(piece)
            yield piece[:end]
            piece = piece[end:]
        piece += letter
    yield piece
