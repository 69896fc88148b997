"""``cheget prove --report`` and ``--svg``: a proof as a page of its own, and its ladders drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from click import unstyle

from cheget.cli.figures import number, power_bars, size_bars
from cheget.cli.ladders import ladder_of
from cheget.cli.proofs import (
    NO_DOORS,
    claims_sentence,
    counterexample,
    door_lines,
    sentences,
    summary,
)
from cheget.cli.proofs import _names as names
from cheget.picture.ladder import NARROW, Ladder, drawing, inline
from cheget.picture.markup import escaped, tag
from cheget.picture.page import beside, card, chart, judged, listed, page, part
from cheget.proof.weaknesses import weaknesses

if TYPE_CHECKING:
    from cheget.chain.chain import Chain
    from cheget.proof.account import Account
    from cheget.proof.claims import Verdict
    from cheget.proof.coalitions import Coalitions
    from cheget.proof.doors import Guarded

WIDE = 720
SHOWN, NAMES = 6, 60  # coalitions of a kind, and names in all of them


def svg(chain: Chain, proved: Sequence[Account]) -> str:
    """The ladders of a proof, one below the other, as an SVG file."""
    return drawing([_ladder(chain, account) for account in proved])


def _ladder(chain: Chain, account: Account) -> Ladder:
    title = chain.title if not account.actions else f"{chain.title}: {names(account.actions, 9)}"
    return ladder_of(account, weaknesses(account), title, summary(account))


def report(
    chain: Chain, proved: Sequence[Account], judgements: Sequence[Verdict],
    executors: Sequence[Guarded] | None = (),
) -> str:  # fmt: skip
    """The page: the verdict, what is true of each ladder, its picture, and the figures.

    ``executors`` None: their doors are too entangled to prove.
    """
    failed = any(one.verdict == "fails" for one in judgements)
    said = claims_sentence(judgements)
    look = "no" if failed else "yes" if judgements else "soft"
    summaries = {summary(account) for account in proved}
    same = f" {summaries.pop()}" if len(summaries) == 1 else ""
    verdict = tag("h1", tag("span", text=said[0].upper() + said[1:], class_=look), escaped(same))
    about = [tag("p", text=chain.title if chain.title != chain.id else chain.id)]
    if chain.about:
        about.append(tag("p", text=chain.about, class_="soft"))
    claims = card("What must be true of it", judged(
        (one.verdict == "holds", _told(one),
         "\n".join(counterexample(one.counterexample)) if one.counterexample else "")
        for one in judgements
    ) if judgements else "")  # fmt: skip
    claims += _doors(executors)
    first, *others = proved
    return page(
        f"{chain.title}: who must agree",
        tag("header", verdict, *about),
        _part(chain, first, claims, said=same.strip()),
        *(_part(chain, account, said=same.strip()) for account in others),
        tag("footer", text=f"cheget prove {chain.id}. Every number is exact or says that it isn't."
            " Proved of the rules, not of the people: who could be persuaded, deceived or away"
            " is another question."),
    )  # fmt: skip


def _told(verdict: Verdict) -> str:
    """A claim with what must be known of it."""
    told = verdict.text if verdict.written else f"{verdict.text} (of every chain)"
    return f"{told}: while refusals arrive" if verdict.rests_on_delivery else told


def _doors(executors: Sequence[Guarded] | None) -> str:
    """Each way to make executors act, with the fewest people it takes."""
    if executors is None:
        return card("Every door", tag("p", text=NO_DOORS))
    cards = []
    for one in executors:
        if len(one.doors) < 2:  # noqa: PLR2004 - it has been told
            continue
        to = f" to {names(one.executors, len(one.executors))}" if one.executors else ""
        lines = [tag("li", text=_sentence(unstyle(line))) for line in door_lines(one)]
        cards.append(card(f"Every door{to}", tag("ul", *lines)))
    return "".join(cards)


def _sentence(columns: str) -> str:
    """A line of columns as a sentence: a door, what it takes, and what else there is to say."""
    first, *more = columns.split("  ", 1)
    rest = [one.strip() for one in "".join(more).split("  ") if one.strip()]
    return f"{first}: {', '.join(rest)}" if rest else first


def _part(chain: Chain, account: Account, claims: str = "", said: str = "") -> str:
    """One ladder; ``said`` was said already."""
    ladder = _ladder(chain, account)
    pictures = inline(ladder, WIDE, "wide") + inline(ladder, NARROW, "narrow")
    told = [one for one in sentences(account) if one != said]
    conditions = ladder.sentence.removeprefix(summary(account)).strip()
    return part(
        names(account.actions, 9) if account.actions else "",
        [*told, conditions] if conditions else told,
        beside(pictures, "".join([claims, *_coalitions(account)]), "".join(_figures(account))),
    )


def _coalitions(account: Account) -> Iterator[str]:
    """The smallest who can do either, those that each of them needs said once."""
    weak, family = weaknesses(account), account.releasing
    total, shown = sum(family.minimal()), _few(family)
    always = weak.veto_holders if total > 1 else ()
    if total:
        first: list[tuple[str, Sequence[str]]] = [("always", always)] if always else []
        for one in family.first(shown):
            rest = [person for person in one if person not in always]
            first.append(("and" if always else "", rest or ["nobody is needed"]))
        yield card("The fewest who can release it", listed(first + _more(total, shown)))
    family, alone = account.blocking, weak.stoppers
    total, shown = sum(family.minimal()), _few(family)
    if total:
        several = [one for one in family.first(shown + len(alone)) if len(one) > 1][:shown]
        first = [("alone", alone)] if alone else []
        first += [("together" if alone else "", one) for one in several]
        more = _more(total, len(alone) + len(several))
        yield card("The fewest who can stop it", listed(first + more))


def _few(family: Coalitions) -> int:
    """How many coalitions a list can hold and be read."""
    sizes = [size for size, many in enumerate(family.minimal()) if many]
    return max(1, min(SHOWN, NAMES // max(1, *sizes))) if sizes else 0


def _figures(account: Account) -> Iterator[str]:
    yield card("How often each decides (Shapley)", chart(power_bars(account), tall=True))
    yield _sizes(account.releasing, "release")
    yield _sizes(account.blocking, "stop")


def _more(total: int, shown: int) -> list[tuple[str, Sequence[str]]]:
    return [(f"and {number(total - shown)[0]} more", ())] if total > shown else []


def _sizes(family: Coalitions, verb: str) -> str:
    if len([one for one in family.minimal() if one]) <= 1:
        return ""  # one size says itself, in the list above
    bars, steep = size_bars(family)
    scale = ", on a scale of powers of ten" if steep else ""
    return card(f"How many coalitions just {verb} it, by size{scale}", chart(bars))
