"""Evidence: an order as one file that verifies itself, offline, in a browser.

The file holds the order's papers, the charter under which it stands, the receipts, and a script of
ours that judges them by the browser's own cryptography. Whoever makes the file judges nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from cheget.errors import StoppedError
from cheget.order.charter import Charter
from cheget.order.counter import Counter
from cheget.order.verify import Explanation, Pinned, explain_papers
from cheget.order.wordlist import ENGLISH
from cheget.picture.markup import tag
from cheget.picture.page import STYLE, card, page, part

_FOLDER = Path(__file__).parent / "verifier"
_SCRIPTS = ("signatures", "documents", "logs", "count", "judge", "page")
# What a pass does not prove, a sentence and why. It stands in every file, whatever a script says.
_LIMITS = """\
That the charter is yours. Its digest has to come to you by another road than this file: from \
your own cheget, on paper, read out by somebody you know.
That this page is honest. Whoever gave you the file could have changed its script. Judge it with \
a copy that you made yourself, or save the papers and run cheget verify.
That nothing happened after the checkpoint. A later stop, receipt or review isn't in it. A log \
that was forked shows others another one: compare size and root.
That people knew what they signed. A page that lied to them, or somebody who forced them, leaves \
no trace in a signature.
That the clocks were right. The times are those of the log and of the signers' machines.
What an executor did. A receipt is what it said of itself.
How a later charter came about. Of the first, everybody's agreement is verified; what led to a \
later one, enrolments, a charter's own rules and shares are for cheget log verify.
That the browser is right. The equations of signatures are its own; whether it takes Ed25519's \
with or without the cofactor is not ours to choose. Forms and small orders are refused here."""


def gathered(desk: Counter, order: str, pinned: Pinned, now: int) -> str:
    """The evidence of an order, asked of a desk.

    Args:
        desk: Whoever has the papers.
        order: The order's digest.
        pinned: The charter from which the law is followed; its heads are left aside.
        now: Seconds.

    Raises:
        VerificationError: what the desk shows does not verify from the charter pinned.
    """
    # The receipts first: the log that the papers show then holds all of them.
    receipts = desk.receipt_envelopes(order)
    papers = desk.papers(order)
    explanation = explain_papers(papers, pinned=Pinned(pinned.charter), now=now)
    if explanation.error is not None and not isinstance(explanation.error, StoppedError):
        raise explanation.error
    return evidence(papers, receipts, _stands_under(explanation, pinned.charter))


def _stands_under(explanation: Explanation, first: Charter) -> Charter:
    """The charter that held when the order was logged."""
    proceeding, law = explanation.proceeding, explanation.law_state
    assert proceeding is not None  # noqa: S101 - every step before the last has held
    assert law is not None  # noqa: S101 - as before
    later = [one.charter for one in law.events if one.at <= proceeding.transmitted and one.charter]
    return next(
        one for one in (*reversed(later), first) if proceeding.order.law in one.law_digests
    )  # fmt: skip


def evidence(papers: bytes, receipts: Sequence[bytes], charter: Charter) -> str:
    """The whole file.

    Args:
        papers: As a desk gives them to whoever holds no head.
        receipts: Envelopes, the last of each executor.
        charter: That which held when the order was logged; the reader compares its digest.
    """
    held = {
        "charter": charter.payload.decode(), "papers": papers.decode(),
        "receipts": [one.decode() for one in receipts],
    }  # fmt: skip
    # Only its end tag ends a script's element, and without this sign there is none.
    block = json.dumps(held, ensure_ascii=False).replace("<", "\\u003c")
    return page(
        f"Evidence of an order of {charter.house}",
        tag("main", *_body(charter.house)),
        f'<script type="application/json" id="evidence">{block}</script>',
        style=STYLE + (_FOLDER / "page.css").read_text("utf-8"), script=script(),
    )  # fmt: skip


@lru_cache(maxsize=1)
def script() -> str:
    """The verifier: plain JavaScript from its files, and the list of words."""
    parts = [(_FOLDER / f"{name}.js").read_text("utf-8") for name in _SCRIPTS]
    words = f'const WORDS = "{" ".join(ENGLISH.split())}".split(" ");'
    return "\n".join([*parts[:-1], words, parts[-1]])


def _body(house: str) -> Sequence[str]:
    return (
        tag(
            "header",
            tag("h1", text="Verifying …", id="verdict"),
            tag("p", text="A script in this file judges it. Where none runs, nothing is verified.",
                id="lead", role="status"),
        ),
        tag(
            "section",
            tag("h2", text="The charter on which everything rests, by its digest"),
            tag("p", id="digest", class_="mono"),
            tag("label", text="The digest you have by another road, whole. Copied from here, it"
                " says nothing.", for_="typed"),
            tag("input", id="typed", autocomplete="off", spellcheck="false"),
            class_="card",
        ),
        tag("section", *_order(), class_="part", id="order", hidden="hidden"),
        part("What was verified", (), tag("ul", id="lines")),
        part(
            "What this does not prove", (),
            tag("ul", *(tag("li", text=one) for one in _LIMITS.splitlines()), class_="not"),
        ),
        tag(
            "section", tag("h2", text="With other tools"),
            tag("button", text="Save the papers", id="papers", type="button"),
            tag("button", text="Save the charter", id="charter", type="button"),
            tag("p", text="cheget verify papers.json --charter charter.json", class_="mono"),
            tag("label", text="Judge another file with this page", for_="other"),
            tag("input", id="other", type="file", accept=".html"),
            class_="part further",
        ),
        tag("footer", text=f"Evidence of an order of {house}, made by cheget. The file asks nobody"
            " and sends nothing."),
    )  # fmt: skip


def _order() -> Sequence[str]:
    beside = [
        card("This order, in six words", tag("p", id="words")),
        card("What everybody signed", tag("dl", id="fields")),
    ]
    return (
        tag("h2", id="state"),
        tag("p", id="asof", class_="soft"),
        tag(
            "div", tag("ol", id="ladder"), tag("div", *beside, class_="beside"),
            tag("div", tag("h2", text="Who said what"), tag("ul", id="thread")), class_="two",
        ),
    )  # fmt: skip
