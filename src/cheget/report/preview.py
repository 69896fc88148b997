"""An amendment as it is shown before anybody signs: what gets weaker, what closes, who agrees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cheget.chain.changes import OTHERS
from cheget.chain.rule import Of, Rule
from cheget.chain.saying import said
from cheget.chain.wording import span, worded
from cheget.order.amending import Need
from cheget.order.charter import Charter
from cheget.order.keys import fingerprint
from cheget.order.proceeding import Proceeding
from cheget.proof.account import accounts
from cheget.proof.difference import Difference, difference
from cheget.report.differences import sections
from cheget.report.wording import count, joined
from cheget.service.amended import staff_of


@dataclass(frozen=True)
class Preview:
    """What a new charter would change. ``closes``: the open orders whose law it changes."""

    old: Charter
    new: Charter
    needs: Sequence[Need]
    agreed_old: frozenset[str]
    agreed_new: frozenset[str]
    changes: Sequence[tuple[str, str]]  # about whom or what, and the change
    differences: Sequence[tuple[str, Difference]]
    closes: Sequence[Proceeding]

    @property
    def weaker(self) -> bool:
        """Whether some chain gets weaker."""
        return any(found.weaker for _, found in self.differences)


def preview(
    old: Charter, new: Charter, needs: Sequence[Need], orders: Sequence[Proceeding],
    agreed: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset()),
) -> Preview:  # fmt: skip
    """Work out what the new charter changes.

    Args:
        old: The charter that holds.
        new: The one proposed.
        needs: The rules that have to agree.
        orders: Every order, of which the open ones may close.
        agreed: Who has agreed, by the old charter and by the new one.
    """
    after = {law.digest for law in new.laws.values()}
    closes = [one for one in orders if one.ending is None and one.law.digest not in after]
    return Preview(
        old, new, needs, *agreed, tuple(_changes(old, new)), tuple(_differences(old, new)), closes
    )


def _differences(old: Charter, new: Charter) -> Iterator[tuple[str, Difference]]:
    before = {chain.id: chain for chain in old.chains}
    for chain in new.chains:
        was = before.get(chain.id)
        if was is None or old.laws[chain.id].digest == new.laws[chain.id].digest:
            continue
        found = difference(
            accounts(was, staff_of(old)), accounts(chain, staff_of(new))
        )  # fmt: skip
        if any(lines for _, lines in sections(found)):
            yield chain.id, found


def _changes(old: Charter, new: Charter) -> Iterator[tuple[str, str]]:
    for name in sorted(old.people.keys() | new.people.keys()):
        for change in _person(name, old, new):
            yield name, change
    for name in sorted(old.executors.keys() | new.executors.keys()):
        was, now = old.executors.get(name), new.executors.get(name)
        if was != now:
            said = "is enrolled" if was is None else "has another key" if now else "goes"
            yield name, said
    kept = {chain.id for chain in old.chains} & {chain.id for chain in new.chains}
    yield from ((c.id, "is a new chain") for c in new.chains if c.id not in kept)
    yield from ((c.id, "is a chain no more") for c in old.chains if c.id not in kept)
    for name in sorted(old.changes.keys() | new.changes.keys()):
        rules = [
            _change_rule(found) if (found := one.changes.get(name)) else "each chain's amend"
            for one in (old, new)
        ]
        if rules[0] != rules[1]:
            yield name, f"{rules[0]} → {rules[1]}"
    for what in ("skew", "fresh"):
        times = [span(getattr(one.terms, what)) for one in (old, new)]
        if times[0] != times[1]:
            yield what, f"{times[0]} → {times[1]}"


def _change_rule(rule: Rule | str) -> str:
    """A rule for people as ``people.yaml`` writes it."""
    if isinstance(rule, Of) and rule.items == (OTHERS,):
        return count(rule.need, "other")
    if not isinstance(rule, Of) or all(isinstance(one, str) for one in rule.items):
        return rule if isinstance(rule, str) else worded(rule)
    return worded(Of(rule.need, tuple(_change_rule(one) for one in rule.items)))


def _person(name: str, old: Charter, new: Charter) -> Iterator[str]:
    was, now = old.people.get(name), new.people.get(name)
    had, has = (one.keys if one is not None else () for one in (was, now))
    posts = [
        sorted(post for post, who in one.posts.items() if who == name) for one in (old, new)
    ]  # fmt: skip
    if was is None:
        yield f"joins, with {_keys(len(has))}"
    if now is None:
        yield f"leaves, with {_keys(len(had))}"
    if was is not None and now is not None:
        yield from (f"a key more, {fingerprint(key)}" for key in has if key not in had)
        yield from (f"the key {fingerprint(key)} goes" for key in had if key not in has)
        if was.machine != now.machine:
            yield "is a machine" if now.machine else "is no machine"
    if gained := [post for post in posts[1] if post not in posts[0]]:
        yield f"fills {joined(gained)}"
    if lost := [post for post in posts[0] if post not in posts[1]]:
        yield f"no longer fills {joined(lost)}"


def _keys(number: int) -> str:
    return count(number, "key") if number else "no key"


@dataclass(frozen=True)
class Told:
    """A rule that has to agree, as it is told: ``which`` charter's, and who has agreed."""

    what: str
    which: str
    rule: str
    agreed: Sequence[str]
    is_met: bool


def need_rows(found: Preview) -> Iterator[Told]:
    """The rules that have to agree, and who has; one that stays the same is said once."""
    for need in found.needs:
        agreed = found.agreed_new if need.is_new else found.agreed_old
        twins = [n for n in found.needs if n.what == need.what and n.is_new != need.is_new]
        same = found.agreed_old == found.agreed_new and any(
            (n.rule, dict(n.seats)) == (need.rule, dict(need.seats)) for n in twins
        )
        if same and need.is_new:
            continue
        tense = said("as it will be") if need.is_new else said("as it is")
        who = sorted(person for person in agreed if need.names(person))
        which = tense if twins and not same else ""
        yield Told(need.what, which, worded(need.rule), who, need.is_met(agreed))
