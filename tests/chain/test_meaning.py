"""What rules, parameters, claims and people mean, example by example."""

from fractions import Fraction

import pytest

from cheget.chain.canonical import chain_from_json, chain_to_json, rule_to_json
from cheget.chain.chain import Chain, Deputy, Limit, Parameter
from cheget.chain.claims import Alone, Takes, parse_claim, people_of
from cheget.chain.document import Scalar
from cheget.chain.grammar import Counted, Name
from cheget.chain.parameters import check_parameter
from cheget.chain.parse import parse_chain
from cheget.chain.people import parse_people
from cheget.chain.quantity import decimal_text, duration, exact, size
from cheget.chain.rule import Carry, Of, Rule, is_met
from cheget.errors import ChainFileError


def _chain(rule: str, count: int = 4, head: str = "", tail: str = "") -> Chain:
    people = [f"m{n}" for n in range(1, count + 1)]
    members = ", ".join(f"{m}: {{weights: {{w: {n}.5}}}}" for n, m in enumerate(people, 1))
    text = f"chain: c\n{head}\nmembers: {{{members}}}\nlevels:\n  - level: top\n"
    text += f"    members: [{', '.join(people)}]\n    rule: {rule}\n{tail}\n"
    return parse_chain(text.encode())


def _rule(rule: str, count: int = 4) -> Rule:
    return _chain(rule, count).levels[0].rule


ALL = ("m1", "m2", "m3", "m4")
WEIGHTS = tuple((m, Fraction(n) + Fraction(1, 2)) for n, m in enumerate(ALL, 1))  # 12 in all


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("all", Of(4, ALL)),
        ("any", Of(1, ALL)),
        ("majority", Of(3, ALL)),
        ("2 of members", Of(2, ALL)),
        ("50% of members", Of(2, ALL)),
        ("51% of members", Of(3, ALL)),
        ("25.0001% of members", Of(2, ALL)),
        ("all of members", Of(4, ALL)),
        ("60% of w", Carry(Fraction(36, 5), strict=False, weights=WEIGHTS)),
        ("7.25 of w", Carry(Fraction(29, 4), strict=False, weights=WEIGHTS)),
        ("majority of w", Carry(Fraction(6), strict=True, weights=WEIGHTS)),
        ("all of w", Carry(Fraction(12), strict=False, weights=WEIGHTS)),
        ("12 of w", Carry(Fraction(12), strict=False, weights=WEIGHTS)),
        ("m1 and 2 of (m2, m3, m4)", Of(2, ("m1", Of(2, ("m2", "m3", "m4"))))),
        ("2 of (m1, m2 and m3, m4)", Of(2, ("m1", Of(2, ("m2", "m3")), "m4"))),
        ("m1 or (m2 and m3 and m4)", Of(1, ("m1", Of(3, ("m2", "m3", "m4"))))),
        ("2 of (any of (m1, m2), m3, m4)", Of(2, (Of(1, ("m1", "m2")), "m3", "m4"))),
        (
            "55% of members and 65% of w",
            Of(2, (Of(3, ALL), Carry(Fraction(39, 5), strict=False, weights=WEIGHTS))),
        ),
    ],
)
def test_a_rule_means(text: str, meant: Rule) -> None:
    assert _rule(text) == meant


def test_a_share_of_people_is_rounded_up_exactly() -> None:
    # In floating point 7 % of 100 is a little over 7.
    rule = _rule("7% of members", 100)
    assert isinstance(rule, Of)
    assert rule.need == 7


def test_a_level_of_one_may_leave_out_its_rule() -> None:
    chain = parse_chain(b"chain: c\nmembers: {ann: Ann}\nlevels: [{level: x, members: [ann]}]\n")
    assert chain.levels[0].rule == Of(1, ("ann",))
    assert chain.levels[0].written == ""
    assert chain.title == "c"


def test_a_level_keeps_its_rule_in_the_files_words() -> None:
    chain = _chain("2  of (m1,m2, (m3), m4)")
    assert chain.levels[0].written == "2 of (m1, m2, m3, m4)"


def test_one_that_is_repeatable_may_count_somebody_twice() -> None:
    rule = "2 of (m1 or m2, m2 or m3, m4)"
    with pytest.raises(ChainFileError, match="count twice"):
        _chain(rule)
    assert _chain(rule, head="seats: repeatable").repeatable


def test_a_veto_may_mention_whom_the_rule_does_not() -> None:
    level = _chain("m1 and m2", tail="    veto: m3 or m4").levels[0]
    assert level.veto == Of(1, ("m3", "m4"))


def test_the_five_may_abstain_where_their_word_is_a_veto() -> None:
    level = _chain("9 of members", 15, tail="    veto: any of (m1, m2, m3, m4, m5)").levels[0]
    elected = {f"m{n}" for n in range(6, 15)}
    assert is_met(level.rule, elected)
    assert level.veto is not None
    assert is_met(level.veto, {"m1"})
    assert not is_met(level.veto, {"m6"})


EVERY_FIELD = b"""\
chain: c
title: Everything
about: |
  Two lines
  of prose.
members:
  ann: {title: Ann, deputy: [bob after 10m, cho after 1h], weights: {w: 1.50, v: 2}}
  bob: Bob
  cho: {}
levels:
  - {level: top, members: [ann], rule: majority of w, veto: any, for: [go], signs: own-device}
  - {level: low, members: [ann, bob], rule: any}
executors:
  box: {title: Box, count: 12, crew: "one and any of (two, three)"}
  bin: Bin
actions:
  go:
    executors: [box, bin]
    at-most: 3
    enough: 2
    decide-within: 7d
    hold: 90s
    valid-for: 2h
    attempts: 4
    parameters:
      {a: text, b: sha256, c: {text: up to 80}, d: {number: 0.010 to 5},
       e: {one-of: [x, "y, z"]}, f: {file: up to 20MiB}}
    limit: 20000.50 of d per 24h
    review: any of low within 48h
    conditions: [peril]
    acknowledge: ["I know: it is final."]
  stay: {executors: [bin], limit: 2 per 1d}
conditions: {peril: {title: Peril, attested-by: ann or 2 of low}}
amend: all of (ann, bob, cho)
claims: [2 of low alone  can release go, releasing takes at most 1 people]
"""


def test_every_field_is_understood() -> None:
    chain = parse_chain(EVERY_FIELD)
    ann = chain.member("ann")
    go, stay = chain.actions
    assert chain.about == "Two lines\nof prose."
    assert ann.deputies == (Deputy("bob", 600), Deputy("cho", 3600))
    assert ann.weights == (("w", Fraction(3, 2)), ("v", Fraction(2)))
    assert chain.member("cho").title == "cho"
    assert chain.level("top").own_device
    assert chain.level("top").actions == ("go",)
    assert [level.id for level in chain.ladder("stay")] == ["low"]
    assert chain.executors[0].crew == Of(2, ("one", Of(1, ("two", "three"))))
    assert (go.at_most, go.enough, go.attempts) == (3, 2, 4)
    assert (go.decide_within, go.hold, go.valid_for) == (604800, 90, 7200)
    assert dict(go.parameters) == {
        "a": Parameter("text", up_to=4096),
        "b": Parameter("sha256"),
        "c": Parameter("text", up_to=80),
        "d": Parameter("number", low="0.01", high="5"),
        "e": Parameter("one-of", choices=("x", "y, z")),
        "f": Parameter("file", up_to=20 * 1024 * 1024),
    }
    assert go.limit == Limit("20000.5", 86400, "d")
    assert stay.limit == Limit("2", 86400)
    assert go.review is not None
    assert (go.review.rule, go.review.within) == (Of(1, ("ann", "bob")), 172800)
    assert go.acknowledge == ("I know: it is final.",)
    assert chain.condition("peril").attested_by == Of(1, ("ann", Of(2, ("ann", "bob"))))
    assert chain.amend == Of(3, ("ann", "bob", "cho"))
    assert chain.claims == ("2 of low alone can release go", "releasing takes at most 1 person")
    assert (stay.at_most, stay.enough, stay.attempts, stay.hold) == (1, None, 1, 0)
    assert (stay.decide_within, stay.valid_for) == (86400, 3600)
    assert chain_from_json(chain_to_json(chain)) == chain


def test_a_rule_is_written_as_a_tree() -> None:
    assert rule_to_json(_rule("2 of (m1, m2 and m3, m4)")) == [
        *("of", 2),
        ["m1", ["of", 2, ["m2", "m3"]], "m4"],
    ]
    weights = [["m1", "1.5"], ["m2", "2.5"], ["m3", "3.5"], ["m4", "4.5"]]
    assert rule_to_json(_rule("62.5% of w")) == ["carry", "7.5", weights]
    assert rule_to_json(_rule("majority of w")) == ["carry-more", "6", weights]


def _without(path: tuple[str | int, ...]) -> object:
    written = chain_to_json(parse_chain(EVERY_FIELD))
    place: object = written
    for step in path[:-1]:
        place = place[step]  # type: ignore[index]
    del place[path[-1]]  # type: ignore[attr-defined]
    return written


def _with(path: tuple[str | int, ...], value: object) -> object:
    written = chain_to_json(parse_chain(EVERY_FIELD))
    place: object = written
    for step in path[:-1]:
        place = place[step]  # type: ignore[index]
    place[path[-1]] = value  # type: ignore[index]
    return written


GO = ("actions", 0)
BROKEN = [
    ("a missing field", _without(("amend",))),
    ("a missing field deep inside", _without((*GO, "review", "within"))),
    ("an unknown field", _with(("note",), "")),
    ("a list", []),
    ("null", None),
    ("a number for a title", _with(("title",), 3)),
    ("an empty title", _with(("title",), "")),
    ("a direction change", _with(("title",), "x\u202ey")),
    ("two lines", _with(("title",), "x\ny")),
    ("a long text", _with(("about",), "x" * 4097)),
    ("a bad name", _with(("chain",), "C")),
    ("a reserved name", _with(("chain",), "crew")),
    ("a flag that is a number", _with(("repeatable",), 1)),
    ("a number that is a flag", _with((*GO, "hold"), value=True)),
    ("a fraction", _with((*GO, "hold"), 1.0)),
    ("a negative hold", _with((*GO, "hold"), -1)),
    ("a huge hold", _with((*GO, "hold"), 2**53)),
    ("a hold over a century", _with((*GO, "hold"), 36501 * 86400)),
    ("no time to decide", _with((*GO, "decide-within"), 0)),
    ("no attempts", _with((*GO, "attempts"), 0)),
    ("too many at once", _with((*GO, "at-most"), 14)),
    ("enough over at-most", _with((*GO, "enough"), 4)),
    ("no executors", _with((*GO, "executors"), [])),
    ("an unknown executor", _with((*GO, "executors"), ["zed"])),
    ("an executor twice", _with((*GO, "executors"), ["bin", "bin"])),
    ("an unknown condition", _with((*GO, "conditions"), ["zed"])),
    ("a parameter twice", _with((*GO, "parameters", 0, 0), "b")),
    ("an unknown kind of parameter", _with((*GO, "parameters", 0, 1), {"kind": "url"})),
    ("a field of another kind", _with((*GO, "parameters", 1, 1, "up-to"), 3)),
    ("a range upside down", _with((*GO, "parameters", 3, 1, "low"), "6")),
    ("a number with trailing zeros", _with((*GO, "parameters", 3, 1, "low"), "0.010")),
    ("no choices", _with((*GO, "parameters", 4, 1, "choices"), [])),
    ("a limit of nothing", _with((*GO, "limit", "most"), "0")),
    ("a limit of a text", _with((*GO, "limit", "of"), "a")),
    ("a review by a stranger", _with((*GO, "review", "rule"), ["of", 1, ["zed"]])),
    ("no members", _with(("members",), [])),
    ("a member twice", _with(("members", 1, "member"), "ann")),
    ("a member named as a level", _with(("levels", 0, "level"), "ann")),
    ("an unknown deputy", _with(("members", 0, "deputies", 0, "member"), "zed")),
    ("one's own deputy", _with(("members", 0, "deputies", 0, "member"), "ann")),
    ("a member with no seat", _with(("members", 0, "deputies"), [])),
    ("no levels", _with(("levels",), [])),
    ("an empty level", _with(("levels", 1, "members"), [])),
    ("an unknown member of a level", _with(("levels", 1, "members"), ["ann", "zed"])),
    ("a member whom no rule mentions", _with(("levels", 1, "rule"), ["of", 1, ["ann"]])),
    ("a rule met by nobody", _with(("levels", 1, "rule"), ["of", 0, ["ann", "bob"]])),
    ("a rule nobody meets", _with(("levels", 1, "rule"), ["of", 3, ["ann", "bob"]])),
    ("a rule over nobody", _with(("levels", 1, "rule"), ["of", 1, []])),
    ("a rule of another kind", _with(("levels", 1, "rule"), ["not", 1, ["ann", "bob"]])),
    ("a rule that is a name", _with(("levels", 1, "rule"), "ann")),
    ("a name twice in a rule", _with(("levels", 1, "rule"), ["of", 2, ["ann", "ann", "bob"]])),
    ("somebody counted twice", _with(
        ("levels", 1, "rule"), ["of", 2, [["of", 1, ["ann", "bob"]], "ann", "bob"]]
    )),
    ("more weight than there is", _with(("levels", 0, "rule", 1), "1.5")),
    ("no weight", _with(("levels", 0, "rule"), ["carry", "0", [["ann", "1.5"]]])),
    ("an unknown action of a level", _with(("levels", 0, "actions"), ["zed"])),
    ("an action asked of nobody", _with(("levels", 1, "actions"), ["go"])),
    ("a count of nothing", _with(("executors", 0, "count"), 0)),
    ("a crew with a member", _with(("executors", 0, "crew"), ["of", 1, ["ann"]])),
    ("an executor's name taken", _with(("executors", 1, "executor"), "box-0003")),
    ("a claim that is none", _with(("claims",), ["hello"])),
    ("a claim in another spelling", _with(("claims",), ["nobody  sits twice"])),
    ("a claim twice", _with(("claims",), ["nobody sits twice", "nobody sits twice"])),
    ("a claim about a stranger", _with(("claims",), ["zed alone can release"])),
    ("a claim about an unknown action", _with(("claims",), ["ann alone can release zed"])),
]  # fmt: skip


@pytest.mark.parametrize("written", [row[1] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_what_no_file_could_say_is_refused_as_json(written: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        chain_from_json(written)  # type: ignore[arg-type]


def test_a_rule_too_deep_is_refused_as_json() -> None:
    rule: object = ["of", 1, ["ann", "bob"]]
    for _ in range(100):
        rule = ["of", 1, [rule]]
    with pytest.raises(ValueError, match="too deep"):
        chain_from_json(_with(("levels", 1, "rule"), rule))  # type: ignore[arg-type]


DIGEST = "0" * 63 + "f"
NUMBER = Parameter("number", low="0.01", high="10000")


@pytest.mark.parametrize(
    ("parameter", "value", "fits"),
    [
        (Parameter("text", up_to=4), "abcd", True),
        (Parameter("text", up_to=4), "abcde", False),
        (Parameter("text", up_to=4), "éé", True),
        (Parameter("text", up_to=4), "ééé", False),
        (Parameter("text", up_to=4), "", True),
        (Parameter("text", up_to=4), "a\nb", False),
        (Parameter("text", up_to=4), "a\tb", False),
        (Parameter("text", up_to=4), "\u202e", False),
        (Parameter("text", up_to=4), "\ud800", False),
        (Parameter("text", up_to=4096), "x" * 4097, False),
        (Parameter("sha256"), DIGEST, True),
        (Parameter("sha256"), DIGEST.upper(), False),
        (Parameter("sha256"), DIGEST[1:], False),
        (Parameter("sha256"), DIGEST + "\n", False),
        (Parameter("file", up_to=9), DIGEST, True),
        (Parameter("file", up_to=9), "f" * 65, False),
        (Parameter("one-of", choices=("a", "b")), "b", True),
        (Parameter("one-of", choices=("a", "b")), "c", False),
        (NUMBER, "0.01", True),
        (NUMBER, "10000", True),
        (NUMBER, "10000.00", True),
        (NUMBER, "10000.0000000000000000000000000001", False),
        (NUMBER, "0.0099999999999999999999999999999", False),
        (NUMBER, "1e3", False),
        (NUMBER, "-1", False),
        (NUMBER, "+1", False),
        (NUMBER, "01", False),
        (NUMBER, ".5", False),
        (NUMBER, "5.", False),
        (NUMBER, "1_0", False),
        (NUMBER, " 1", False),
        (NUMBER, "\u0661", False),
        (NUMBER, "1\n", False),
        (NUMBER, "9" * 5000, False),
    ],
)
def test_a_value_fits_its_parameter_or_is_told_why_not(
    parameter: Parameter, value: str, *, fits: bool
) -> None:
    reason = check_parameter(parameter, value)
    assert (reason is None) == fits
    assert reason != ""


@pytest.mark.parametrize("text", ["", "01", "1.", ".1", "1e3", "-1", "+1", "1_0", "٣", "1 ", "1\n"])
def test_a_number_is_digits_with_at_most_one_point(text: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        exact(text)


def test_a_third_has_no_decimal_text() -> None:
    with pytest.raises(ValueError, match="no decimal text"):
        decimal_text(Fraction(1, 3))


def test_durations_and_sizes_are_a_whole_number_and_a_unit() -> None:
    assert [duration(text) for text in ("90s", "10m", "2h", "7d")] == [90, 600, 7200, 604800]
    assert [size(text) for text in ("5B", "2KiB", "3MiB")] == [5, 2048, 3 * 1024 * 1024]


def test_a_claim_speaks_of_one_action_or_of_each() -> None:
    assert parse_claim("releasing takes exactly 3 people") == Takes("releasing", "exactly", 3)
    named = parse_claim("releasing takes takes at least 1 person")
    assert named == Takes("releasing", "at least", 1, "takes")
    claim = parse_claim("2 of top alone cannot block go")
    assert claim == Alone(Counted(Fraction(2), "top"), can=False, verb="block", action="go")
    assert parse_claim("machines alone can release") == Alone(Name("machines"), True, "release")


def test_the_people_of_a_claim_are_understood_in_their_chain() -> None:
    chain = _chain("all")
    claim = parse_claim("m1 and 2 of top alone can release")
    assert isinstance(claim, Alone)
    assert people_of(claim.who, chain) == Of(2, ("m1", Of(2, ALL)))


def test_a_claim_that_is_none_says_where() -> None:
    with pytest.raises(ChainFileError) as caught:
        parse_claim("ann alone might release")
    assert (caught.value.line, caught.value.column) == (1, 11)


PEOPLE = b"""\
house: example
people:
  ann: {name: Ann Example}
  bob: Bob Example
  deploy-agent: {machine: yes}          # may originate, never concur
  dee: {machine: no}
  eve: Eve Example
posts: {chief: ann, missile-0001/commander: bob}
add-key: self and 1 other
replace: 2 of (ann, dee, eve)
remove: any of (dee, eve)
"""


def test_people_fill_posts_and_those_of_their_own_name() -> None:
    people = parse_people(PEOPLE)
    assert people.house == "example"
    assert people.fills("chief") == "ann"
    assert people.fills("missile-0001/commander") == "bob"
    assert people.fills("ann") == "ann"
    assert people.fills("minister") is None
    assert [person.name for person in people.people][:2] == ["Ann Example", "Bob Example"]
    assert [person.id for person in people.people if people.is_machine(person.id)] == [
        "deploy-agent"
    ]
    assert people.changes["add-key"] == "self and 1 other"


@pytest.mark.parametrize(
    ("old", "new", "part", "place"),
    [
        ("house: example\n", "", "no `house`", (1, 1)),
        ("chief: ann", "chief: anne", "`anne` is not one of the people", (8, 16)),
        ("machine: yes", "machine: true", "`true` means nothing", (5, 27)),
        ("  ann:", "  Ann:", "`Ann` is not a name", (3, 3)),
        ("{name:", "{nam:", "not a field of person `ann`", (3, 9)),
        ("missile-0001/commander", "missile-0001/", "is not a post", (8, 21)),
        ("missile-0001/commander", "a/b/c", "is not a post", (8, 21)),
        ("missile-0001/commander", "Chief", "not a name", (8, 21)),
        ("missile-0001/commander", "chief", "said twice", (8, 21)),
        ("1 other", "9 others", "more than there is", (9, 19)),
        ("1 other", "others", "`others` is not declared", (9, 19)),
        ("2 of (ann, dee", "2 of (ann, deploy-agent", "`deploy-agent` is a machine", (10, 21)),
        ("2 of (ann, dee", "2 of (ann, ann", "`ann` is said twice", (10, 21)),
        ("any of (dee, eve)", "majority of members", "no level is at hand", (11, 21)),
        ("  eve: Eve", "  self: Eve", "a word of the rules", (7, 3)),
        ("remove:", "dismiss:", "not a field of people.yaml", (11, 1)),
    ],
)
def test_a_fault_among_the_people_is_an_error_where_it_stands(
    old: str, new: str, part: str, place: tuple[int, int]
) -> None:
    with pytest.raises(ChainFileError) as caught:
        parse_people(PEOPLE.decode().replace(old, new).encode())
    assert part in caught.value.message
    assert (caught.value.line, caught.value.column) == place


def test_without_a_source_text_a_scalar_still_says_where_it_is() -> None:
    assert Scalar("ann", 3, 5).position(2) == (3, 7)
