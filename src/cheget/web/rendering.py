"""Templates, and the headers under which a page of ours is shown: nothing from elsewhere runs."""

from __future__ import annotations

import hashlib
import re
import secrets
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from cheget.chain.saying import said
from cheget.picture.chart import STYLE as CHARTS
from cheget.report.looks import FIGURES
from cheget.web.language import NAMES, gettext, ngettext, number, spoken

HERE = Path(__file__).parent
STATIC = HERE / "static"
NAV = (
    ("/", said("Inbox")), ("/orders", said("Orders")), ("/transmit", said("Transmit")),
    ("/chain", said("Chain")), ("/assessment", said("Assessment")),
    ("/executors", said("Executors")), ("/people", said("People")), ("/log", said("Log")),
)  # fmt: skip
_IN_SCRIPT = re.compile(r'\b_\("([^"]+)"')  # what a script of ours says: messages, like any


class _Environment(Environment):
    """Where a name after a dot is an entry first: ``row.keys`` is no method of a dictionary."""

    def getattr(self, obj: Any, attribute: str) -> Any:  # noqa: ANN401 - as jinja has it
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    made = _Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=select_autoescape(),
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )  # fmt: skip
    # Newstyle: values are escaped when they are put into a message, whatever its language.
    made.install_gettext_callables(  # type: ignore[attr-defined]
        gettext, ngettext, newstyle=True
    )
    made.filters["number"] = number
    return made


@lru_cache(maxsize=1)
def _in_script() -> list[str]:
    return _IN_SCRIPT.findall(files()["cheget.js"][0].decode())


def script_words() -> dict[str, str]:
    """What the script says, by what it says in English; empty where that is spoken."""
    return {one: told for one in _in_script() if (told := gettext(one)) != one}


@lru_cache(maxsize=1)
def files() -> dict[str, tuple[bytes, str]]:
    """The files that pages are made of, each with its media type."""
    types = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml",
             ".woff2": "font/woff2"}  # fmt: skip
    found = {
        one.name: (one.read_bytes(), types.get(one.suffix, "text/plain"))
        for one in STATIC.iterdir()
    }
    return {**found, "charts.css": ((CHARTS + FIGURES).encode(), "text/css")}


@lru_cache(maxsize=64)
def static(name: str) -> str:
    """The address of a file of ours, with its hash: kept for ever, changed with the file."""
    digest = hashlib.sha256(files()[name][0]).hexdigest()[:12]
    return f"/static/{name}?{digest}"


def headers(nonce: str) -> dict[str, str]:
    """Nothing inline, nothing from elsewhere, no frame around it; only htmx writes to the page."""
    policy = (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self';"
        " font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types htmx"
    )
    return {
        "Content-Security-Policy": policy,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "publickey-credentials-get=(self),"
        " publickey-credentials-create=(self)",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }


# Of a page that stands alone: its own policy, by the hashes of its one style and script, is in it.
ALONE = {
    "Content-Security-Policy": "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
}  # fmt: skip


def page(request: Request, name: str, status: int = 200, **context: Any) -> HTMLResponse:  # noqa: ANN401
    """A page, or a part of one, rendered for whoever asks.

    A part keeps the nonce of the page that it goes into: htmx takes no other.
    """
    nonce = request.headers.get("x-page-nonce") or secrets.token_urlsafe(16)
    language = spoken()
    text = (
        _environment()
        .get_template(name)
        .render(
            nonce=nonce, static=static, nav=NAV, here=request.url.path, language=language,
            languages=[(code, one) for code, one in NAMES.items() if code != language],
            # What is told in English only says so, for whoever reads by ear.
            english=Markup() if language == "en" else Markup(' lang="en"'),
            script_words=script_words(), **context,
        )
    )  # fmt: skip
    return HTMLResponse(text, status, headers=headers(nonce))
