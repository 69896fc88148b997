"""Claims are decided as enumeration decides them, and a counterexample shows what it says."""

from hypothesis import given, settings
from hypothesis import strategies as st

from cheget.chain.chain import Chain
from cheget.chain.claims import parse_claim, people_of
from cheget.chain.grammar import Syntax
from cheget.chain.parse import parse_chain
from cheget.chain.people import People, parse_people
from cheget.chain.rule import is_met
from cheget.proof.account import accounts
from cheget.proof.claims import Verdict, verdicts
from proof.oracle import Coalition, Oracle, coalitions, minimal, staffed

Staffed = tuple[Chain, People | None]


def judged(chain: Chain, claim: str, people: People | None = None) -> Verdict:
    made = Chain(**{**vars(chain), "claims": (claim,)})
    return verdicts(made, accounts(made, people))[0]


@st.composite
def peoples(draw: st.DrawFn, chain: Chain) -> str:
    """The people of a claim."""
    posts = [member.id for member in chain.members]
    some = draw(st.lists(st.sampled_from(posts), min_size=1, max_size=4, unique=True))
    listed = ", ".join(some)
    if len(some) == 1:
        return some[0]
    number = draw(st.integers(1, len(some)))
    forms = [f"{number} of ({listed})", f"any of ({listed})", f"all of ({listed})"]
    if len(some) > 2:
        forms.append(f"{some[0]} and ({' or '.join(some[1:])})")
    return draw(st.sampled_from(forms))


def just_meeting(oracle: Oracle, who: Syntax) -> set[Coalition]:
    rule = people_of(who, oracle.chain)
    everybody = {person for m in oracle.chain.members if (person := oracle.fills(m.id))}
    return minimal([
        one for one in coalitions(tuple(sorted(everybody)))
        if is_met(rule, {m.id for m in oracle.chain.members if oracle.fills(m.id) in one})
    ])  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(staffed(most=5), st.data())
def test_who_alone_can_release_or_block(given_: Staffed, data: st.DataObject) -> None:
    chain, people = given_
    oracle = Oracle(chain, "act", people)
    (account,) = accounts(chain, people)
    everybody = frozenset(account.people)
    written = data.draw(peoples(chain))
    claim = parse_claim(f"{written} alone can release")
    each = just_meeting(oracle, claim.who)  # type: ignore[union-attr]
    releases = [oracle.can_release(one) for one in each]
    blocks = [oracle.can_block(one & everybody, everybody) for one in each]
    for verb, does in (("release", releases), ("block", blocks)):
        can = judged(chain, f"{written} alone can {verb}", people)
        cannot = judged(chain, f"{written} alone cannot {verb}", people)
        assert (can.verdict == "holds") == (all(does) and bool(does))
        assert (cannot.verdict == "holds") == (not any(does))
        for verdict in (can, cannot):
            assert (verdict.counterexample is None) == (verdict.verdict == "holds")
            if verdict.counterexample is not None and each:
                assert frozenset(verdict.counterexample.coalition) in each


@settings(max_examples=100, deadline=None)
@given(staffed(most=5), st.data())
def test_what_every_release_includes(given_: Staffed, data: st.DataObject) -> None:
    chain, people = given_
    oracle = Oracle(chain, "act", people)
    (account,) = accounts(chain, people)
    written = data.draw(peoples(chain))
    rule = people_of(parse_claim(f"every release includes {written}").who, chain)  # type: ignore[union-attr]
    least = minimal([one for one in coalitions(account.people) if oracle.can_release(one)])
    lacking = [
        one for one in least
        if not is_met(rule, {m.id for m in chain.members if oracle.fills(m.id) in one})
    ]  # fmt: skip
    found = judged(chain, f"every release includes {written}", people)
    assert (found.verdict == "holds") == (not lacking)
    if found.counterexample is not None:
        assert frozenset(found.counterexample.coalition) in lacking
        assert found.counterexample.seating


TEAM = b"""chain: team
members: {ann: Ann, bob: Bob, cho: Cho, dee: Dee, bot: Bot}
levels:
  - {level: request, members: [ann, bob, bot], rule: any}
  - {level: team, members: [ann, bob, cho], rule: 2 of members, for: [wipe]}
  - {level: second, members: [dee], for: [note]}
executors: {db: Database}
actions: {wipe: {executors: [db]}, note: {executors: [db]}}
"""


def test_a_claim_that_names_no_action_must_hold_for_each() -> None:
    chain = parse_chain(TEAM)
    assert judged(chain, "releasing note takes exactly 2 people").verdict == "holds"
    found = judged(chain, "releasing takes exactly 2 people")
    assert found.counterexample is not None
    assert found.counterexample.action == "wipe"
    assert found.counterexample.why == "it takes 3"


def test_a_machine_that_asks_frees_a_seat_of_the_team() -> None:
    chain = parse_chain(TEAM)
    staff = parse_people(
        b"house: h\npeople: {ann: Ann, bob: Bob, cho: Cho, dee: Dee, bot: {machine: yes}}\n"
    )
    wiped = accounts(chain, staff, "wipe")[0]
    assert ("ann", "bot", "cho") in wiped.releasing.first(20)
    assert judged(chain, "machines never concur", staff).verdict == "holds"


def test_machines_never_concur_is_judged_of_every_chain() -> None:
    chain = parse_chain(TEAM)
    staff = parse_people(
        b"house: h\npeople: {ann: Ann, bob: Bob, cho: {machine: yes}, dee: Dee, bot: Bot}\n"
    )
    (found,) = verdicts(chain, accounts(chain, staff))
    assert (found.text, found.verdict, found.written) == ("machines never concur", "fails", False)
    assert found.counterexample is not None
    assert found.counterexample.why == "a machine, with a seat at team"


def test_one_person_in_two_posts_counts_once() -> None:
    chain = parse_chain(TEAM)
    staff = parse_people(
        b"house: h\npeople: {ann: Ann, bob: Bob, cho: Cho}\nposts: {dee: ann, bot: bob}\n"
    )
    assert accounts(chain, staff, "wipe")[0].people == ("ann", "bob", "cho")
    assert judged(chain, "nobody sits twice", staff).verdict == "fails"
    assert accounts(chain, staff, "note")[0].releasing.first(9) == [("ann", "bob")]


def test_a_vacant_gate_is_said_and_nobody_can_pass_it() -> None:
    chain = parse_chain(TEAM)
    staff = parse_people(b"house: h\npeople: {ann: Ann, bob: Bob, cho: Cho}\n")
    note = accounts(chain, staff, "note")[0]
    assert note.releasing.smallest is None
    assert note.stops_at(note.people, ()) == "second"
    found = judged(chain, "dee alone can release note", staff)
    assert found.counterexample is not None
    assert found.counterexample.why == "nobody fills these posts"
