"""Would it be carried out: a house's chains, under beliefs that somebody has stated.

Beliefs lie in the house's folder, ``beliefs/*.yaml``, or come with cheget. An answer is computed
once for the same chain and the same beliefs, one at a time, and kept.
"""

from __future__ import annotations

import hashlib
import importlib.util
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from cheget.chain.chain import Chain
from cheget.chain.document import Mapping, Scalar, read
from cheget.errors import ChainFileError, HouseError
from cheget.report.library import BELIEFS, beliefs_about
from cheget.service.api.problems import Problem
from cheget.service.house import House
from cheget.web.rendering import ALONE
from cheget.web.visit import LetIn, Visit

if TYPE_CHECKING:
    from cheget.assessment.answer import Assessment

router = APIRouter(include_in_schema=False)
LARGEST = 1024 * 1024  # bytes of a file of beliefs
KEPT = 32
_kept: dict[str, Assessment] = {}
_working = threading.Lock()


@dataclass(frozen=True)
class Stated:
    """Beliefs about a chain: whose file, and whether it lies in the house."""

    name: str
    path: Path
    own: bool
    about: str


@router.get("/assessment")
def chains(visit: LetIn) -> HTMLResponse:
    """The chains of the house, and what is believed about each."""
    found = [(chain.id, chain.title, _beliefs(visit, chain)) for chain in visit.charter.chains]
    return visit.page("assessment.html", chains=found, one=None)


@router.get("/assessment/{chain}/{beliefs}")
def one(visit: LetIn, chain: str, beliefs: str, situation: str = "") -> HTMLResponse:
    """An answer: how likely, how sure, where it stops, what would change it."""
    from cheget.report.assess_page import shown  # noqa: PLC0415 - numpy's, an extra

    about, stated, situations, found = _assessed(visit, chain, beliefs, situation)
    told = shown(found)
    return visit.page(
        "assessment.html", chains=[], one=told, chain=about, stated=stated,
        brief=Markup(told.brief), figures=Markup(told.figures),  # noqa: S704 - of escaped tags
        situations=situations, situation=found.situation,
    )  # fmt: skip


@router.get("/assessment/{chain}/{beliefs}/report")
def whole(visit: LetIn, chain: str, beliefs: str, situation: str = "") -> HTMLResponse:
    """The page that stands alone, with every chart and number; its own policy is in it."""
    from cheget.report.assess_page import prepared, report  # noqa: PLC0415 - numpy's, an extra
    from cheget.report.findings import Findings  # noqa: PLC0415 - numpy's, an extra

    *_, found = _assessed(visit, chain, beliefs, situation)
    with _working:
        text = report(prepared([Findings(found)], lambda _, __: None))
    return HTMLResponse(text, headers=ALONE)


def _assessed(
    visit: Visit, chain: str, name: str, situation: str
) -> tuple[Chain, Stated, list[str], Assessment]:
    about = next((one for one in visit.charter.chains if one.id == chain), None)
    listed = _beliefs(visit, about) if about is not None else []
    stated = next((one for one in listed if one.name == name), None)
    if about is None or stated is None:
        raise Problem(404, "not-here", "there are no such beliefs about a chain of this house")
    _need_numpy()
    from cheget.assessment.answer import assess  # noqa: PLC0415 - numpy's, an extra
    from cheget.assessment.parse import parse_beliefs  # noqa: PLC0415 - with it

    data = stated.path.read_bytes()
    try:
        beliefs = parse_beliefs(data, about)
    except ChainFileError as error:
        error.file = stated.path.name
        raise
    situations = list(beliefs.situations)
    if situation not in situations:
        situation = situations[0] if situations else ""
    law = visit.charter.laws[about.id].digest
    key = f"{law} {hashlib.sha256(data).hexdigest()} {situation}"
    with _working:
        if key not in _kept:
            if len(_kept) >= KEPT:
                _kept.clear()
            _kept[key] = assess(about, beliefs, situation)
    return about, stated, situations, _kept[key]


def _beliefs(visit: Visit, chain: Chain) -> list[Stated]:
    """The beliefs about a chain, the house's own first."""
    house: House = visit.request.app.state.house
    own = [
        Stated(path.stem, path, own=True, about=_first_comment(path))
        for path in sorted((house.folder / "beliefs").glob("*.yaml"))
        if path.stat().st_size <= LARGEST and _chain_of(path) == chain.id
    ]  # fmt: skip
    taken = {one.name for one in own}
    theirs = [BELIEFS / f"{name}.yaml" for name in beliefs_about(chain.id) if name not in taken]
    return own + [Stated(one.stem, one, own=False, about=_first_comment(one)) for one in theirs]


def _chain_of(path: Path) -> str:
    try:
        node = read(path.read_bytes())
    except ChainFileError:
        return ""  # what is wrong with it, `cheget assess` says with its line
    entries = node.entries if isinstance(node, Mapping) else ()
    return next(
        (value.text for key, value in entries if key.text == "chain" and isinstance(value, Scalar)),
        "",
    )


def _first_comment(path: Path) -> str:
    line = path.read_text("utf-8", "replace").partition("\n")[0]
    return line.lstrip("# ") if line.startswith("#") else ""


def _need_numpy() -> None:
    if importlib.util.find_spec("numpy") is None or importlib.util.find_spec("scipy") is None:
        raise HouseError(
            "to assess, this server needs numpy and scipy", hint="pip install 'cheget[assess]'"
        )
