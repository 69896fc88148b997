"""The reader's language: which one a request asks for, and the pages' words in it.

Catalogues lie in ``locale``; a message without an entry is said in English. Titles, reasons and
identifiers are data and stay as somebody wrote them; nothing that is signed passes through here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextvars import ContextVar
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from fastapi import Request

from cheget.chain.saying import Said

COOKIE = "cheget-language"
NAMES = {"en": "English", "de": "Deutsch"}
LONGEST = 512  # characters of a header that is read
_ASKED = re.compile(
    r"(?P<tag>[a-z]{1,8}|\*)(?:-[a-z0-9]{1,8}){0,8}(?:\s*;\s*q=(?P<q>0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?",
    re.IGNORECASE,
)  # RFC 9110, 12.5.4
_spoken: ContextVar[str] = ContextVar("spoken", default="en")


def _catalogue(code: str) -> NullTranslations:
    path = Path(__file__).parent / "locale" / code / "LC_MESSAGES" / "cheget.mo"
    with path.open("rb") as file:
        return GNUTranslations(file)


_CATALOGUES: Mapping[str, NullTranslations] = {
    code: NullTranslations() if code == "en" else _catalogue(code) for code in NAMES
}


async def speak(request: Request) -> None:
    """Speak the reader's language from here on in this request, and in the thread that answers."""
    _spoken.set(asked_for(request.cookies.get(COOKIE, ""), request.headers.get("accept-language")))


def asked_for(cookie: str, header: str | None) -> str:
    """The language chosen by hand, or else the one of ours that the browser likes best.

    A header that is too long or not of the grammar asks for nothing: English.
    """
    if cookie in NAMES:
        return cookie
    parts = (header or "").split(",") if len(header or "") <= LONGEST else []
    found = [_ASKED.fullmatch(one.strip()) for one in parts]
    best, most = "en", 0.0
    for one in found:
        if one is None:
            return "en"
        tag, liked = one["tag"].lower(), float(one["q"] or 1)
        if liked > most and (tag in NAMES or tag == "*"):
            best, most = tag if tag in NAMES else "en", liked
    return best


def spoken() -> str:
    """The code of the language that is spoken in this request."""
    return _spoken.get()


def gettext(message: str) -> str:
    """The message in that language."""
    return _CATALOGUES[_spoken.get()].gettext(message)


def ngettext(one: str, many: str, number: int) -> str:
    """The message for that number."""
    return _CATALOGUES[_spoken.get()].ngettext(one, many, number)


def tell(message: str, **given: object) -> str:
    """A sentence of a page's own with these values; what of them was ``Said`` is said again."""
    told = gettext(message)
    if not given:
        return told
    return told % {name: again(one) if isinstance(one, str) else one for name, one in given.items()}


def again(text: str) -> str:
    """What the core said, in the reader's language; any other text as it is."""
    return tell(text.message, **text.given) if isinstance(text, Said) else text


def number(value: int) -> str:
    """A number with its thousands set apart."""
    return f"{value:,}".replace(",", tell("1,000")[1])
