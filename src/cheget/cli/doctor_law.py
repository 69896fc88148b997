"""A look at the charter that holds: who can still release what, whose keys, what waits."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from cheget.cli.finding import Finding, looked, mind, well, wrong
from cheget.report.readiness import vacancies
from cheget.report.wording import count, joined

if TYPE_CHECKING:
    from cheget.chain.chain import Action, Chain
    from cheget.order.charter import Charter
    from cheget.order.counter import Counter
    from cheget.service.house import House

FULL = 0.75  # of what codes may carry of charters


def law(desk: Counter, house: House | None) -> Iterator[Finding]:
    """The charter as this client follows it, its people, its executors."""
    yield from looked("charter", lambda: _law(desk, house))


def _law(desk: Counter, house: House | None) -> Iterator[Finding]:
    from cheget.cli.context import followed
    from cheget.cli.roster import roster

    rows, standing = roster(desk, house)
    charter = followed(desk).usable
    yield well("charter", f"version {standing['version']} holds: {standing['charter']}")
    if standing["differs"]:
        do = "cheget chain amend shows the difference; or put the files back"
        yield mind("charter", "this folder says something else than the charter that holds", do)
    for one in standing["amendments"]:
        yield mind("amendment", f"{one} waits", "cheget inbox: whoever has a say answers it")
    yield from _carried(desk)
    yield from _people(charter, rows)
    for chain in charter.chains:
        for action in chain.actions:
            yield from looked("release", partial(_released, charter, chain, action))
    yield from _executors(charter)


def _carried(desk: Counter) -> Iterator[Finding]:
    """Charters that codes carry, of what they may."""
    from cheget.service.amending import MAX_CHARTERS

    carried = sum(map(len, desk.charters()))
    says = f"codes carry {carried:,} of {MAX_CHARTERS:,} bytes of charters"
    if carried > FULL * MAX_CHARTERS:
        yield mind("charter", says, "amend seldom: what is full takes no amendment any more")
    else:
        yield well("charter", says)


def _people(charter: Charter, rows: list[dict[str, Any]]) -> Iterator[Finding]:
    """Keys, and posts without anybody."""
    seated = set(charter.posts.values())
    people = {who: one for who, one in charter.people.items() if not one.machine}
    keyless = [who for who, one in people.items() if not one.keys and who in seated]
    single = [who for who, one in people.items() if len(one.keys) == 1 and who in seated]
    schemes = Tally(key.scheme for one in charter.people.values() for key in one.keys)
    held = ", ".join(f"{number} {scheme}" for scheme, number in sorted(schemes.items()))
    yield well("keys", held or "none")
    if keyless:
        do = f"cheget people enrol {keyless[0]}, then cheget chain amend"
        yield mind("keys", f"no key, and a seat: {joined(keyless)}", do)
    if single:
        do = "a second key each: cheget people enrol, then cheget chain amend"
        yield mind("keys", f"one key only, and lost with it: {joined(single)}", do)
    waits = [row["who"] for row in rows if row["waits"]]
    if waits:
        yield mind("keys", f"enrolled, in no charter yet: {joined(waits)}", "cheget chain amend")
    if vacant := vacancies(charter):
        do = "people.yaml, posts; then cheget chain amend"
        yield mind("posts", f"nobody fills {joined(vacant)}", do)


def _released(charter: Charter, chain: Chain, action: Action) -> Iterator[Finding]:
    """Whether those who hold keys can release an action, all concurring."""
    from cheget.chain.structure import structure_of
    from cheget.order.signatures import is_own_device
    from cheget.service.amended import staff_of

    name, staff = f"{chain.id}/{action.id}", staff_of(charter)
    able = [who for who, one in charter.people.items() if one.keys]
    if not structure_of(chain, action.id, staff).can_release(able):
        do = f"cheget prove, with this people.yaml, says what {chain.id} lacks"
        yield wrong("release", f"{name}: not even everybody with a key can release it", do)
        return
    own = [who for who in able if any(map(is_own_device, charter.people[who].keys))]
    levels = tuple(one for one in chain.ladder(action.id) if one.own_device)
    ladder = structure_of(chain, action.id, staff, ladder=levels) if levels else None
    if ladder is not None and not ladder.can_release(own):
        do = "a key file or SSH key for its members: cheget people enrol"
        yield wrong("release", f"{name}: levels that sign on own devices lack people who can", do)
        return
    yield well("release", f"{name}: the people with keys can release it")


def _executors(charter: Charter) -> Iterator[Finding]:
    """Executors that the chains declare, and nobody enrolled."""
    from cheget.cli.foundings import keyless

    lacking = keyless(charter.chains, charter)
    if lacking:
        do = f"cheget executor new {lacking[0]}, enrol it, cheget chain amend"
        yield mind("executors", f"declared, not enrolled: {joined(lacking)}", do)
    yield well("executors", f"{count(len(charter.executors), 'executor')} enrolled")
