"""``cheget prove --report`` and ``--svg``: a proof as a page of its own, and its ladders drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from cheget.picture.ladder import NARROW, Ladder, drawing, inline
from cheget.picture.markup import escaped, tag
from cheget.picture.page import Bar, beside, card, chart, judged, listed, page, part
from cheget.proof.weaknesses import weaknesses
from cheget.report.figures import power_bars, size_bars
from cheget.report.ladders import ladder_of
from cheget.report.proofs import (
    DELIVERY,
    NO_DOORS,
    UNWRITTEN,
    claims_sentence,
    counterexample,
    door_rows,
    door_warnings,
    reached,
    sentences,
    sign,
    summary,
    weakest,
)
from cheget.report.wording import joined, number

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
    title = chain.title if not account.actions else f"{chain.title}: {joined(account.actions, 9)}"
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
    found = executors or ()
    verdicts = {(summary(account), *reached(account, found)) for account in proved}
    same = verdicts.pop() if len(verdicts) == 1 else ()
    verdict = tag("span", text=said[0].upper() + said[1:], class_=look)
    head = [tag("h1", verdict, escaped(f" {same[0]}" if same else ""))]
    head += [tag("p", text=one, class_="more") for one in same[1:]]
    head.append(tag("p", text=chain.title if chain.title != chain.id else chain.id))
    if chain.about:
        head.append(tag("p", text=chain.about, class_="soft"))
    first, *others = proved
    return page(
        f"{chain.title}: who must agree",
        tag("header", *head),
        _part(chain, first, found, _claims(judgements), same),
        *(_part(chain, account, found, "", same) for account in others),
        _doors(executors),
        tag("footer", text=f"cheget prove {chain.id}. Every number is exact or says that it isn't."
            " Proved of the rules, not of the people: who could be persuaded, deceived or away"
            " is another question."),
    )  # fmt: skip


def _claims(judgements: Sequence[Verdict]) -> str:
    if not judgements:
        return ""
    delivery = any(one.rests_on_delivery for one in judgements)
    return card(
        "What must be true of it",
        judged(
            (sign(one), one.text if one.written else f"{one.text}  {UNWRITTEN}",
             "\n".join(counterexample(one.counterexample)) if one.counterexample else "")
            for one in judgements
        ),
        tag("p", text=DELIVERY, class_="note") if delivery else "",
    )  # fmt: skip


def _doors(executors: Sequence[Guarded] | None) -> str:
    """Each way to make executors act, with the fewest people it takes."""
    if executors is None:
        return part("Every door", [NO_DOORS])
    cards = [_door(one) for one in executors if len(one.doors) > 1]  # a single one has been told
    return part("Every door", [], tag("div", *cards, class_="below")) if cards else ""


def _door(guarded: Guarded) -> str:
    most = max(door.fewest or 0 for door in guarded.doors) or 1
    bars = [Bar(name, (door.fewest or 0) / most, takes) for door, name, takes in door_rows(guarded)]
    noted = weakest(guarded)
    told = (
        [tag("p", text=f"{guarded.weakest.name} is {noted}.")] if noted and guarded.weakest else []
    )
    told += [tag("p", tag("span", text="warning", class_="wait"), escaped(f": {one}"))
             for one in door_warnings(guarded)]  # fmt: skip
    to = f" to {joined(guarded.executors, len(guarded.executors))}" if guarded.executors else ""
    return card(f"Doors{to}, and how many people each takes", chart(bars), *told)


def _part(
    chain: Chain, account: Account, executors: Sequence[Guarded], claims: str, said: Sequence[str]
) -> str:
    """One ladder; what was ``said`` already isn't said again."""
    ladder = _ladder(chain, account)
    pictures = inline(ladder, WIDE, "wide") + inline(ladder, NARROW, "narrow")
    told = [one for one in sentences(account, executors) if one not in said]
    conditions = ladder.sentence.removeprefix(summary(account)).strip()
    return part(
        joined(account.actions, 9),
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
