"""Rules, claims and chains, drawn at random; a chain is written as a file and read again."""

from fractions import Fraction
from functools import reduce

from hypothesis import strategies as st

from cheget.chain.claims import (
    Alone,
    Claim,
    Includes,
    MachinesNeverConcur,
    NobodySitsTwice,
    Takes,
)
from cheget.chain.grammar import Bare, Counted, Joined, Name, Share, Syntax
from cheget.chain.rule import Carry, Of, Rule
from cheget.chain.text import is_name

NAMES = st.from_regex(r"[a-z][a-z0-9]{0,5}(-[a-z0-9]{1,3})?", fullmatch=True).filter(is_name)
BULK = st.sampled_from(["all", "any", "majority"])
NUMBERS = st.one_of(
    st.integers(0, 10**6).map(Fraction),
    st.decimals(0, 10**6, places=3).map(lambda d: Fraction(str(d))),
)
HOW = BULK | NUMBERS | NUMBERS.map(Share)


def _larger(inner: st.SearchStrategy[Syntax]) -> st.SearchStrategy[Syntax]:
    several = st.lists(inner, min_size=2, max_size=4).map(tuple)
    return st.one_of(
        st.builds(Counted, HOW, st.lists(inner, min_size=1, max_size=4).map(tuple)),
        st.builds(Joined, st.sampled_from(["and", "or"]), several),
    )


SYNTAX = st.recursive(
    st.builds(Name, NAMES)
    | st.builds(Bare, BULK)
    | st.builds(Counted, HOW, NAMES | st.just("members")),
    _larger,
    max_leaves=12,
)

ACTION = st.none() | NAMES
CLAIMS: st.SearchStrategy[Claim] = st.one_of(
    st.builds(Alone, SYNTAX, st.booleans(), st.sampled_from(["release", "block"]), ACTION),
    st.builds(Includes, SYNTAX, ACTION),
    st.builds(
        Takes,
        st.sampled_from(["releasing", "blocking"]),
        st.sampled_from(["at least", "at most", "exactly"]),
        st.integers(1, 10**6),
        ACTION,
    ),
    st.just(NobodySitsTwice()),
    st.just(MachinesNeverConcur()),
)

PEOPLE = ("ann", "bob", "cho", "dan", "eve", "fay")


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """A rule over some of ``PEOPLE``, met by somebody and not by nobody."""
    items: list[Rule | str] = list(draw(st.lists(st.sampled_from(PEOPLE), min_size=1, unique=True)))
    if draw(st.booleans()):
        items.append(draw(rules()))
    if draw(st.booleans()):
        amounts = draw(st.lists(NUMBERS.filter(bool), min_size=1, max_size=6))
        weights = tuple(zip(PEOPLE, amounts, strict=False))
        share = draw(st.sampled_from([1, 2, 4]))
        total = reduce(Fraction.__add__, amounts)
        items.append(Carry(total / share, share == 2, weights))
    return Of(draw(st.integers(1, len(items))), tuple(items))


@st.composite
def rule_texts(draw: st.DrawFn, people: tuple[str, ...], *, at_level: bool) -> str:
    """A rule that mentions each of ``people`` and counts nobody twice."""
    order = draw(st.permutations(people))
    number = draw(st.integers(1, len(people)))
    listed = ", ".join(order)
    forms = [f"{number} of ({listed})", f"any of ({listed})", f"majority of ({listed})"]
    forms += [" or ".join(order), " and ".join(order)]
    if at_level:
        forms += ["all", "any", f"{number} of members", "55% of members", "100% of members"]
        forms += ["majority of votes", "33.4% of votes", "majority and 12.5% of votes"]
    if len(order) > 2:
        forms += [f"{order[0]} and ({' or '.join(order[1:])})"]
        forms += [f"2 of ({order[0]}, {order[1]} and {order[2]}, {', '.join(order[3:]) or 'zed'})"]
    return draw(st.sampled_from([form for form in forms if "zed" not in form]))


def _subset(draw: st.DrawFn, among: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(draw(st.lists(st.sampled_from(among), min_size=1, unique=True)))


DURATIONS = st.builds(lambda n, unit: f"{n}{unit}", st.integers(1, 99), st.sampled_from("smhd"))
TITLES = st.text(
    st.characters(categories=["L", "N", "P", "Zs", "S"], exclude_characters="\u180e"), min_size=1
).filter(lambda text: bool(text.strip()))


def quoted(text: str) -> str:
    """The text as YAML between single quotes."""
    return "'" + text.replace("'", "''") + "'"


@st.composite
def chain_files(draw: st.DrawFn) -> str:
    """The text of a chain file without a fault."""
    lines = ["chain: drawn", f"title: {quoted(draw(TITLES))}", "members:"]
    for person in PEOPLE:
        deputy = draw(st.sampled_from([p for p in PEOPLE if p != person]))
        with_deputy = f", deputy: {deputy} after {draw(DURATIONS)}" if draw(st.booleans()) else ""
        weight = draw(st.integers(1, 99))
        title = quoted(draw(TITLES))
        lines.append(f"  {person}: {{title: {title}, weights: {{votes: {weight}}}{with_deputy}}}")
    lines.append("levels:")
    seats = [PEOPLE, *(_subset(draw, PEOPLE) for _ in range(draw(st.integers(0, 3))))]
    for number, people in enumerate(seats):
        lines.append(f"  - level: level-{number}")
        lines.append(f"    members: [{', '.join(people)}]")
        lines.append(f"    rule: {draw(rule_texts(people, at_level=True))}")
        if draw(st.booleans()):
            lines.append(f"    veto: {draw(rule_texts(people, at_level=True))}")
        if number and draw(st.booleans()):
            lines.append("    for: [go]")
        if draw(st.booleans()):
            lines.append("    signs: own-device")
    lines += _acts(draw)
    if draw(st.booleans()):
        lines.append(f"amend: {draw(rule_texts(_subset(draw, PEOPLE), at_level=False))}")
    people = draw(rule_texts(_subset(draw, PEOPLE), at_level=False))
    lines += ["claims:", f"  - {people} alone can release go", "  - nobody sits twice"]
    return "\n".join(lines) + "\n"


def _acts(draw: st.DrawFn) -> list[str]:
    crew = draw(st.sampled_from(["one", "one and two", "2 of (one, two, three)"]))
    lines = [f"executors: {{box: {{count: 5, crew: '{crew}'}}, bin: Bin}}", "conditions:"]
    attested = draw(rule_texts(_subset(draw, PEOPLE), at_level=False))
    lines += ["  peril:", f"    attested-by: {attested}", "actions:"]
    fields = [
        "at-most: 3\n    enough: 2",
        f"decide-within: {draw(DURATIONS)}",
        f"hold: {draw(DURATIONS)}",
        f"valid-for: {draw(DURATIONS)}",
        "attempts: 4",
        "parameters: {to: text, sum: {number: 0.01 to 5.50}, which: {one-of: [a, b]}}",
        "limit: 3 per 7d",
        f"review: {draw(rule_texts(_subset(draw, PEOPLE), at_level=False))} within 2d",
        "conditions: [peril]",
        "acknowledge: [I know.]",
    ]
    for action in ("go", "stay"):
        lines += [f"  {action}:", "    executors: [box, bin]"]
        chosen = draw(st.lists(st.sampled_from(fields), unique=True))
        lines += [f"    {field}" for field in chosen]
    return lines
