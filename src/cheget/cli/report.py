"""``cheget prove --report`` and ``--svg``: a proof as a page of its own, and its ladders drawn."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from math import log10
from typing import TYPE_CHECKING

from cheget.cli.ladders import ladder_of
from cheget.cli.proofs import _count as count
from cheget.cli.proofs import _names as names
from cheget.cli.proofs import _share as share
from cheget.cli.proofs import claims_sentence, counterexample, sentences, summary
from cheget.picture.ladder import NARROW, Ladder, drawing, inline
from cheget.picture.markup import escaped, tag
from cheget.picture.page import Bar, card, chart, judged, listed, page, part
from cheget.proof.weaknesses import weaknesses

if TYPE_CHECKING:
    from cheget.chain.chain import Chain
    from cheget.proof.account import Account
    from cheget.proof.claims import Verdict
    from cheget.proof.coalitions import Coalitions

WIDE = 720
SHOWN = 6  # coalitions of a kind
ROWS = 40  # bars of a chart
LONGEST = 15  # digits of a number that is written out
STEEP = 50  # how many times the least the most must be for a scale of powers of ten


def svg(chain: Chain, proved: Sequence[Account]) -> str:
    """The ladders of a proof, one below the other, as an SVG file."""
    return drawing([_ladder(chain, account) for account in proved])


def _ladder(chain: Chain, account: Account) -> Ladder:
    title = chain.title if not account.actions else f"{chain.title}: {names(account.actions, 9)}"
    return ladder_of(account, weaknesses(account), title, summary(account))


def report(chain: Chain, proved: Sequence[Account], judgements: Sequence[Verdict]) -> str:
    """The page: the verdict, what is true of each ladder, its picture, and the figures."""
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
        (one.verdict == "holds", one.text if one.written else f"{one.text} (of every chain)",
         "\n".join(counterexample(one.counterexample)) if one.counterexample else "")
        for one in judgements
    ) if judgements else "")  # fmt: skip
    first, *others = proved
    return page(
        f"{chain.title}: who must agree",
        tag("header", verdict, *about),
        _part(chain, first, claims),
        *(_part(chain, account) for account in others),
        tag("footer", text=f"cheget prove {chain.id}. Every number is exact or says that it isn't."
            " Proved of the rules, not of the people: who could be persuaded, deceived or away"
            " is another question."),
    )  # fmt: skip


def _part(chain: Chain, account: Account, claims: str = "") -> str:
    ladder = _ladder(chain, account)
    pictures = inline(ladder, WIDE, "wide") + inline(ladder, NARROW, "narrow")
    told = sentences(account)
    conditions = ladder.sentence.removeprefix(summary(account)).strip()
    cards = tag("div", claims, *_cards(account))
    return part(
        names(account.actions, 9) if account.actions else "",
        [*told, conditions] if conditions else told,
        tag("div", tag("div", pictures), cards, class_="two"),
    )


def _cards(account: Account) -> list[str]:
    weak = weaknesses(account)
    total = sum(account.releasing.minimal())
    always = [f"always {names(weak.veto_holders, 99)}"] if weak.veto_holders and total > 1 else []
    release = [
        ", ".join(p for p in one if not always or p not in weak.veto_holders) or "nobody is needed"
        for one in account.releasing.first(SHOWN)
    ]
    many = sum(account.blocking.minimal())
    alone = [f"alone {names(weak.stoppers, 99)}"] if weak.stoppers else []
    stop = [", ".join(one) for one in account.blocking.first(SHOWN + len(weak.stoppers))
            if len(one) > 1][:SHOWN]  # fmt: skip
    return [
        card("The fewest who can release it", listed([
            *always, *(f"and {one}" if always else one for one in release), *_more(total, SHOWN),
        ]) if total else ""),
        card("The fewest who can stop it", listed([
            *alone, *stop, *_more(many, len(weak.stoppers) + len(stop)),
        ]) if many else ""),
        _sizes(account.releasing, "release"),
        _sizes(account.blocking, "stop"),
        card("How often each decides (Shapley)", chart(power_bars(account), tall=True)),
    ]  # fmt: skip


def _more(total: int, shown: int) -> list[str]:
    return [f"and {number(total - shown)[0]} more"] if total > shown else []


def _sizes(family: Coalitions, verb: str) -> str:
    if len([one for one in family.minimal() if one]) <= 1:
        return ""  # one size says itself, in the list above
    bars, steep = size_bars(family)
    scale = ", on a scale of powers of ten" if steep else ""
    return card(f"How many coalitions just {verb} it, by size{scale}", chart(bars))


def size_bars(family: Coalitions) -> tuple[list[Bar], bool]:
    """How many minimal coalitions of each size, and whether the scale is of powers of ten.

    Where there are more sizes than rows, neighbours share one; nothing is left out.
    """
    sizes = [(size, many) for size, many in enumerate(family.minimal()) if many]
    least = sizes[0][0]
    step = -(-(sizes[-1][0] - least + 1) // ROWS)
    rows: list[tuple[int, int, int]] = []
    for _, group in groupby(sizes, key=lambda one: (one[0] - least) // step):
        here = list(group)
        rows.append((here[0][0], here[-1][0], sum(many for _, many in here)))
    counts = [many for _, _, many in rows]
    steep = max(counts) > STEEP * min(counts)
    # Lengths are for the eye; the figure beside each is exact.
    tall = log10(max(counts)) + 0.3
    bars = []
    for low, high, many in rows:
        long = (log10(many) + 0.3) / tall if steep else many / max(counts)
        text, exactly = number(many)
        label = count(low, "person", "people") if low == high else f"{low} to {high} people"
        bars.append(Bar(label, long, text, exactly))
    return bars, steep


def power_bars(account: Account, most: int = ROWS) -> list[Bar]:
    """Everybody's power, the most powerful first; who has the same shares a row."""
    rows = sorted(account.powers.items(), key=lambda row: -row[1].shapley)
    longest = max((power.shapley for _, power in rows), default=0) or 1
    bars = []
    for shapley, group in groupby(rows, key=lambda row: row[1].shapley):
        people = [person for person, _ in group]
        each = "" if len(people) == 1 else " each"
        bars.append(Bar(names(people, 8), float(shapley / longest),
                        f"{share(shapley)}{each}", str(shapley)))  # fmt: skip
    if len(bars) > most:
        left = sum(one.part == 0 for one in bars[most:])
        bars = [*bars[:most], Bar(f"and {len(bars) - most} smaller shares", 0, "", str(left))]
    return bars


def number(exact: int) -> tuple[str, str]:
    """A number as it is read, and exactly where that is too long to be read."""
    text = f"{exact:,}"
    digits = str(exact)
    if len(digits) <= LONGEST:
        return text, ""
    return f"about {digits[0]}.{digits[1:3]} · 10^{len(digits) - 1}", text
