"""Every fault that the chain file's page names is an error, where it stands.

In each row ``¦`` stands where the error must be; it is taken out before the text is read.
"""

import pytest

from cheget.chain.parse import parse_chain
from cheget.errors import ChainFileError


def rule(text: str) -> str:
    """A chain with this rule over ann, bob and cho."""
    return f"""\
chain: c
members: {{ann: Ann, bob: Bob, cho: Cho, dan: Dan}}
levels:
  - level: top
    members: [ann, bob, cho]
    rule: {text}
  - {{level: next, members: [dan]}}
"""


def weighed(text: str) -> str:
    """A chain with this rule over members who carry weights."""
    return f"""\
chain: c
members:
  ann: {{weights: {{votes: 2, cows: 0, sheep: 1}}}}
  bob: {{weights: {{votes: 1.5, cows: 0}}}}
levels:
  - level: top
    members: [ann, bob]
    rule: {text}
"""


def besides(text: str) -> str:
    """A sound chain, and then these lines."""
    return f"""\
chain: c
members: {{ann: Ann, bob: Bob, cho: Cho}}
levels:
  - {{level: top, members: [ann, bob, cho], rule: any}}
{text}
"""


def action(text: str) -> str:
    """A chain whose action ``go`` has these fields."""
    executors = "executors: {box: {count: 3}, bin: Bin}"
    return besides(f"{executors}\nactions:\n  go:\n    executors: [box]\n    {text}")


def levels(text: str) -> str:
    """A chain with these levels."""
    return f"chain: c\nmembers: {{ann: Ann, bob: Bob}}\nlevels:\n{text}\n"


def members(text: str) -> str:
    """A chain with these members besides ann and bob, who alone are seated."""
    seated = "levels:\n  - {level: top, members: [ann, bob], rule: any}\n"
    return f"chain: c\nmembers:\n  ann: Ann\n  bob: Bob\n{text}\n{seated}"


DEPUTY_OF_DEPUTY = """\
chain: c
members: {ann: {deputy: bob after 1m}, ¦bob: {deputy: cho after 1m}, cho: Cho}
levels: [{level: x, members: [ann]}, {level: y, members: [cho]}]
"""

YAML_FAULTS = [
    ("an empty file", "¦", "empty"),
    ("a file of comments", "¦# nothing\n", "empty"),
    ("a list at the top", "¦- a\n", "where a map belongs"),
    ("text at the top", "¦hello\n", "where a map belongs"),
    ("an anchor", "chain: ¦&x c\n", "an anchor"),
    ("an anchor on a map", "chain: ¦&x {a: b}\n", "an anchor"),
    ("an alias", "chain: ¦*x\n", "an alias"),
    ("a tag", "chain: ¦!!str c\n", "a tag"),
    ("a tag on a list", "chain: ¦!x [a]\n", "a tag"),
    ("a bare tag", "chain: ¦! c\n", "a tag"),
    ("a merge key", "chain: c\nmembers:\n  ¦<<: {ann: Ann}\n", "a merge key"),
    ("a version directive", "¦%YAML 1.1\n---\nchain: c\n", "a directive"),
    ("a tag directive", "¦%TAG ! tag:x,2000:\n---\nchain: c\n", "a directive"),
    ("a tab that indents", "members:\n¦\tann: Ann\n", "a tab"),
    ("a tab before a value", "chain:¦\tc\n", "a tab"),
    ("a tab before a comment", "chain: c¦\t# x\n", "a tab"),
    ("a control character", "chain: c¦\x07\n", "U+0007"),
    ("a lone carriage return", "chain: c¦\rtitle: x\n", "U+000D"),
    ("a next-line character", "title: x¦\x85y\n", "U+0085"),
    ("a line separator", "title: x¦\u2028y\n", "U+2028"),
    ("a direction change", "title: x¦\u202ey\n", "U+202E"),
    ("an isolate", "title: x¦\u2066y\n", "U+2066"),
    ("a zero-width space", "title: x¦\u200by\n", "U+200B"),
    ("a byte order mark", "¦\ufeffchain: c\n", "U+FEFF"),
    ("a direction change as an escape", 'title: ¦"x\\u202ey"\n', "U+202E"),
    ("a null as an escape", 'title: ¦"x\\0y"\n', "U+0000"),
    ("a second document", "chain: c\n¦---\nchain: d\n", "a second document"),
    ("a key said twice", "chain: c\n¦chain: d\n", "`chain` is said twice"),
    ("a key said twice, once in quotes", "chain: c\n¦'chain': d\n", "`chain` is said twice"),
    ("a key with no value", "chain: c\n¦title:\nabout: x\n", "`title` has no value"),
    ("a key with no value in a flow map", "{chain: c, ¦title}\n", "`title` has no value"),
    ("an item with no value", "levels:\n  -¦\n  - x\n", "an item with no value"),
    ("a value with no key", "?¦\n: c\n", "a value with no key"),
    ("a key that is a list", "? ¦[a]\n: b\n", "a key that is a list or map"),
    ("a number sign in text", "title: Ticket ¦#12\n", "a comment with no space"),
    ("a comment stuck to its sign", "chain: c\n¦#note\n", "a comment with no space"),
    ("a comment after a good one", "chain: c # ok\n¦#!note\n", "a comment with no space"),
    ("a rule cut at a comma", "{rule: 2 of ¦(a, b), y: 1}\n", "an open parenthesis"),
    ("a claim cut at a comma", "claims: [2 of ¦(a, b) alone can release]\n", "an open parenthesis"),
    ("lists too deep", "[" * 20 + "¦" + "[" * 99_980, "over 20 deep"),
    ("a colon in plain text", "title: a¦: b\n", "not YAML"),
    ("a plain at sign", "title: ¦@x\n", "not YAML"),
    ("an unclosed quote", "title: 'x¦", "not YAML"),
]

FILE_FAULTS = [
    ("no chain", "¦members: {ann: Ann}\nlevels: []\n", "no `chain`"),
    ("no members", "¦chain: c\nlevels: []\n", "no `members`"),
    ("no levels", "¦chain: c\nmembers: {ann: Ann}\n", "no `levels`"),
    ("an unknown field", besides("¦claim: [x]"), "not a field of a chain"),
    ("a chain's name with a space", "chain: ¦a b\n" + besides("").partition("\n")[2], "not a name"),
    ("seats that mean nothing", besides("seats: ¦once"), "`once` means nothing"),
    ("an empty title", besides('title: ¦""'), "empty text"),
    ("a title that is a list", besides("title: ¦[x]"), "a list where text belongs"),
    ("a title of two lines", besides('title: "x¦\\ny"'), "a line break"),
    ("a title too long", besides("title: ¦" + "x" * 4097), "over 4096 bytes"),
    ("members that are a list", "chain: c\nmembers: ¦[ann]\nlevels: []\n", "where a map belongs"),
    ("no claims in the list", besides("claims: ¦[]"), "an empty list"),
    # names
    ("a name with capitals", members("  ¦Dan: Dan"), "not a name"),
    ("a name with an underscore", members("  ¦the_chief: Dan"), "not a name"),
    ("a name that ends in a hyphen", members("  ¦dan-: Dan"), "not a name"),
    ("a name that begins with a digit", members("  ¦2nd: Dan"), "not a name"),
    ("a look-alike letter", members("  ¦d\u0430n: Dan"), "U+0430"),
    ("a name of 41 characters", members("  ¦" + "d" * 41 + ": Dan"), "too long"),
    ("a reserved word", members("  ¦everyone: All"), "a word of the rules"),
    ("a level named crew", levels("  - {level: ¦crew, members: [ann]}"), "a word of the rules"),
    (
        "one name for a member and a level",
        levels("  - {level: ¦ann, members: [ann, bob], rule: any}"),
        "used for two things: it is a member already",
    ),
    (
        "a level declared twice",
        levels("  - {level: x, members: [ann]}\n  - {level: ¦x, members: [bob]}"),
        "declared twice",
    ),
    (
        "one name for an executor and an action",
        besides("executors: {go: Go}\nactions: {¦go: {executors: [go]}}"),
        "used for two things: it is an executor already",
    ),
    (
        "one name for a member and a weight",
        "chain: c\nmembers: {ann: {weights: {¦ann: 1}}}\nlevels: [{level: x, members: [ann]}]\n",
        "used for two things",
    ),
    ("an executor's name taken", besides("executors: {box: {count: 3}, ¦box-0002: X}"), "`box`"),
    (
        "an executor's name taken that a higher count would give",
        besides("executors: {box: {count: 3}, ¦box-0900: X}"),
        "could be one of the executors",
    ),
    # members
    ("a member with no seat", members("  ¦dan: Dan"), "`dan` has no seat"),
    (
        "a deputy who is nobody",
        members("  dan: {deputy: ¦dna after 1m}"),
        "`dna` is not declared",
    ),
    (
        "a deputy of nobody's seat",
        members("  ¦dan: {deputy: ann after 1m}\n  bo: {deputy: dan after 1m}"),
        "`dan` has no seat",
    ),
    (
        "a deputy of a deputy",
        DEPUTY_OF_DEPUTY,
        "a deputy but no seat of their own",
    ),
    ("a deputy with no delay", members("  dan: {deputy: ann¦}"), "ends too early"),
    ("a deputy with an odd word", members("  dan: {deputy: ann ¦within 1m}"), "`within` can't"),
    ("a deputy with an odd delay", members("  dan: {deputy: ann after ¦10}"), "`10` is not"),
    ("one's own deputy", members("  dan: {deputy: ¦dan after 1m}"), "for themselves"),
    (
        "a deputy said twice",
        members("  dan: {deputy: [ann after 1m, ¦ann after 2m]}"),
        "`ann` is said twice",
    ),
    ("an unknown field of a member", members("  dan: {¦name: Dan}"), "not a field of member"),
    ("a weight with a sign", members("  dan: {weights: {votes: ¦-1}}"), "not a number"),
    ("a weight with an exponent", members("  dan: {weights: {votes: ¦1e3}}"), "not a number"),
    ("a weight with a leading zero", members("  dan: {weights: {votes: ¦010}}"), "not a number"),
    ("a weight too long", members("  dan: {weights: {votes: ¦" + "1" * 21 + "}}"), "too long"),
    # levels
    ("an empty list of levels", "chain: c\nmembers: {ann: A}\nlevels: ¦[]\n", "an empty list"),
    ("an empty level", levels("  - {level: x, members: ¦[]}"), "an empty list"),
    ("a level without members", levels("  - ¦{level: x}"), "no `members`"),
    ("a level of two without a rule", levels("  - ¦{level: x, members: [ann, bob]}"), "no rule"),
    ("a member said twice", levels("  - {level: x, members: [ann, ¦ann]}"), "said twice"),
    (
        "an undeclared member",
        levels("  - {level: x, members: [ann, ¦bbo]}"),
        "`bbo` is not declared",
    ),
    (
        "a member without a mention",
        levels("  - {level: x, members: [ann, ¦bob], rule: ann}"),
        "neither rule nor veto of level `x` mentions `bob`",
    ),
    (
        "a level for an action that isn't",
        levels("  - {level: x, members: [ann, bob], rule: any, for: [¦go]}"),
        "`go` is not declared",
    ),
    (
        "a level for a member",
        levels("  - {level: x, members: [ann, bob], rule: any, for: [¦ann]}"),
        "`ann` is a member",
    ),
    (
        "an odd way to sign",
        levels("  - {level: x, members: [ann, bob], rule: any, signs: ¦page}"),
        "`page` means nothing",
    ),
    (
        "an unknown field of a level",
        levels("  - {level: x, ¦who: [ann]}"),
        "not a field of a level",
    ),
    (
        "a veto that nobody meets",
        levels("  - {level: x, members: [ann, bob], rule: any, veto: ¦3 of members}"),
        "nobody could meet this",
    ),
]

RULE_FAULTS = [
    ("more than there are", rule("¦4 of members"), "nobody could meet this"),
    ("none of them", rule("¦0 of members"), "nobody at all"),
    ("no share of them", rule("¦0% of members"), "nobody at all"),
    ("more than all of them", rule("¦101% of members"), "over 100%"),
    ("half a person", rule("¦1.5 of members"), "people come whole"),
    ("more than the list", rule("¦3 of (ann, bob) and cho"), "nobody could meet this"),
    ("an undeclared name", rule("ann and bob and ¦chp"), "`chp` is not declared"),
    ("a member of another level", rule("any of (ann, bob, cho, ¦dan)"), "not a member of level"),
    ("a level where one is at hand", rule("2 of ¦next"), "is a level, and one is at hand"),
    ("a level for itself", rule("ann or ¦next"), "a level, not a member"),
    ("a count over a member", rule("2 of ann¦, bob"), "a comma outside"),
    ("a count over one member", rule("1 of ¦ann and bob and cho"), "not something to count"),
    ("an unknown thing to count", rule("2 of ¦memb"), "`memb` is not declared"),
    ("a person counted twice", rule("2 of (ann or bob, ¦bob or cho)"), "count twice"),
    ("a person counted twice by all", rule("all of (ann or bob, ¦bob or cho)"), "count twice"),
    ("a member counted with them all", rule("2 of (ann, ¦any of members)"), "count twice"),
    ("a name twice in a list", rule("any of (ann, bob, cho, ¦ann)"), "said twice"),
    ("a name twice with and", rule("ann and bob and cho and ¦ann"), "said twice"),
    ("and beside or", rule("ann and bob ¦or cho"), "side by side"),
    ("or beside and", rule("ann or bob ¦and cho"), "side by side"),
    ("a not", rule("¦not ann"), "there is no `not`"),
    ("a not in the middle", rule("any ¦not ann"), "can't stand here"),
    ("a number alone", rule("¦2"), "a number of whom?"),
    ("a number before names", rule("¦2 (ann, bob, cho)"), "a number of whom?"),
    ("a list alone", rule("¦(ann, bob, cho)"), "a list without a number"),
    ("a parenthesis left open", rule("2 of ¦(ann, bob, cho"), "never closed"),
    ("a parenthesis never opened", rule("any¦)"), "never opened"),
    ("an end too early", rule("ann and¦"), "ends too early"),
    ("nothing counted", rule("2 of¦"), "ends too early"),
    ("an empty list to count", rule("2 of (¦)"), "can't stand here"),
    ("two words", rule("ann ¦bob"), "can't stand here"),
    ("capitals", rule("ann ¦AND bob"), "can't stand here"),
    ("a mark", rule("ann ¦& bob"), "can't stand in a rule"),
    ("a comparison", rule("¦'>= 2'"), "can't stand in a rule"),
    (
        "a look-alike letter",
        rule("¦\u0430nn or bob"),
        "U+0430",
    ),
    ("a number with a leading zero", rule("¦02 of members"), "is not a number"),
    ("a number with a letter", rule("¦2x of members"), "is not a number"),
    ("a bare weight that isn't", rule("majority of ¦votes"), "`votes` is not declared"),
    ("everyone", rule("¦everyone"), "a word of the rules"),
    ("parentheses too deep", rule("(" * 20 + "¦" + "(" * 10 + "ann"), "over 20 deep"),
    ("a rule over two lines", rule("ann or\n      bob or ¦cxo"), "`cxo` is not declared"),
    ("a rule in quotes", rule('"any of (ann, ¦bbo)"'), "`bbo` is not declared"),
    ("a folded rule", rule(">-\n      any of (ann,\n      ¦bbo, cho)"), "`bbo` is not declared"),
    ("an empty rule", rule('¦""'), "empty text"),
    ("a rule that is a list", rule("¦[ann, bob]"), "a list where text belongs"),
    ("any of a weight", weighed("¦any of votes"), "`any` of a weight"),
    ("more weight than there is", weighed("¦3.6 of votes"), "more than there is"),
    ("no weight", weighed("¦0 of votes"), "nobody at all"),
    ("a share over all of it", weighed("¦100.1% of votes"), "over 100%"),
    ("a weight that nobody carries", weighed("¦majority of cows"), "nobody carries any"),
    ("a member without the weight", weighed("majority of ¦sheep"), "`bob` has no `sheep`"),
    ("a weight for a rule", weighed("ann or ¦votes"), "a weight, not a member"),
    ("a weight where no level is at hand", weighed("all") + "amend: majority of ¦votes\n", "weigh"),
    ("all where no level is at hand", besides("amend: ¦all"), "no level is at hand"),
    ("members where no level is at hand", besides("amend: 2 of ¦members"), "no level is at hand"),
    ("too many of a level", besides("amend: ¦4 of top"), "nobody could meet this"),
    ("an undeclared amender", besides("amend: ann and ¦zoe"), "`zoe` is not declared"),
]

ACTION_FAULTS = [
    ("an action without executors", besides("actions: {go: ¦{hold: 1h}}"), "no `executors`"),
    ("an unknown executor", besides("actions: {go: {executors: [¦box]}}"), "not declared"),
    (
        "an action asked of nobody",
        levels("  - {level: x, members: [ann, bob], rule: any, for: [go]}")
        + "executors: {box: Box}\nactions: {go: {executors: [box]}, ¦stay: {executors: [box]}}\n",
        "no level is asked for `stay`",
    ),
    ("an unknown field of an action", action("¦timeout: 1h"), "not a field of action `go`"),
    ("more executors than there are", action("at-most: ¦4"), "only 3 executors"),
    ("enough over at-most", action("at-most: 2\n    enough: ¦3"), "at most 2"),
    ("enough without at-most", action("enough: ¦2"), "at most 1"),
    ("no executors at all", action("at-most: ¦0"), "out of range"),
    ("attempts that aren't whole", action("attempts: ¦1.5"), "not a whole number"),
    ("attempts with a leading zero", action("attempts: ¦01"), "not a whole number"),
    ("no attempts", action("attempts: ¦0"), "out of range"),
    ("a duration without a unit", action("hold: ¦10"), "not a whole number and a unit"),
    ("a duration of two units", action("hold: ¦1h30m"), "not a whole number and a unit"),
    ("a duration with a point", action("hold: ¦1.5h"), "is not a whole number"),
    ("a duration in weeks", action("hold: ¦1w"), "not a whole number and a unit"),
    ("a duration over a century", action("hold: ¦36501d"), "more than a century"),
    ("no time to decide", action("decide-within: ¦0s"), "no time at all"),
    ("no time to act", action("valid-for: ¦0m"), "no time at all"),
    ("an unknown condition", action("conditions: [¦peril]"), "`peril` is not declared"),
    ("a condition said twice", action("conditions: [peril, ¦peril]"), "said twice"),
    ("a sentence said twice", action("acknowledge: [I know., ¦I know.]"), "said twice"),
    ("an acknowledgement that is no list", action("acknowledge: ¦I know."), "a list belongs"),
    ("an unknown kind of parameter", action("parameters: {to: ¦url}"), "not a kind of parameter"),
    ("a number without its range", action("parameters: {to: ¦number}"), "`number` needs more"),
    ("a file without its size", action("parameters: {to: ¦file}"), "`file` needs more"),
    ("a choice of nothing", action("parameters: {to: {one-of: ¦[]}}"), "an empty list"),
    ("a choice said twice", action("parameters: {to: {one-of: [a, ¦a]}}"), "said twice"),
    (
        "a parameter of two kinds",
        action("parameters: {to: ¦{one-of: [a], text: up to 3}}"),
        "one kind",
    ),
    ("a text without `up to`", action("parameters: {to: {text: ¦80}}"), "means nothing here"),
    ("a text too long", action("parameters: {to: {text: up to ¦4097}}"), "out of range"),
    ("a text of nothing", action("parameters: {to: {text: up to ¦0}}"), "out of range"),
    ("a size without a unit", action("parameters: {to: {file: up to ¦20}}"), "and a unit"),
    ("a size in megabytes", action("parameters: {to: {file: up to ¦20MB}}"), "and a unit"),
    ("a file of nothing", action("parameters: {to: {file: up to ¦0B}}"), "out of range"),
    ("a range upside down", action("parameters: {to: {number: ¦9 to 1}}"), "nothing is between"),
    ("a range with a dash", action("parameters: {to: {number: ¦1-9}}"), "means nothing here"),
    ("a range with a sign", action("parameters: {to: {number: ¦-1 to 9}}"), "not a number"),
    ("a parameter's name with capitals", action("parameters: {¦To: text}"), "not a name"),
    ("a limit of nothing", action("limit: ¦0 per 1d"), "a limit of nothing"),
    ("a limit of half an act", action("limit: ¦1.5 per 1d"), "acts come whole"),
    ("a limit without a time", action("limit: 2¦"), "ends too early"),
    ("a limit over no time", action("limit: 2 per ¦0s"), "no time at all"),
    ("a limit of an unknown parameter", action("limit: 2 of ¦money per 1d"), "not a parameter"),
    (
        "a limit of a text",
        action("parameters: {to: text}\n    limit: 2 of ¦to per 1d"),
        "not a parameter",
    ),
    (
        "a limit nobody can keep",
        action("parameters: {sum: {number: 5 to 9}}\n    limit: ¦2 of sum per 1d"),
        "no order could keep",
    ),
    ("a review without a time", action("review: any of top¦"), "ends too early"),
    ("a review by nobody known", action("review: ¦zoe within 1d"), "`zoe` is not declared"),
    ("a review within an odd time", action("review: ann within ¦soon"), "`soon` is not"),
    (
        "a condition that nobody attests",
        besides("conditions: {peril: ¦{title: Peril}}"),
        "attested-by",
    ),
    (
        "a condition attested by a stranger",
        besides("conditions: {peril: {attested-by: ¦zoe}}"),
        "`zoe`",
    ),
    ("a count of nothing", besides("executors: {box: {count: ¦0}}"), "out of range"),
    ("a count too large", besides("executors: {box: {count: ¦1000001}}"), "out of range"),
    (
        "a kind too long to number",
        besides("executors: {¦" + "b" * 33 + ": {count: 2}}"),
        "too long to be",
    ),
    ("a member in the crew", besides("executors: {box: {crew: ¦ann}}"), "give the post a name"),
    (
        "a level for a crew",
        besides("executors: {box: {crew: any of ¦top}}"),
        "a level, and a crew",
    ),
    ("a crew of all", besides("executors: {box: {crew: ¦all}}"), "no level is at hand"),
    ("a crew said twice", besides("executors: {box: {crew: one and ¦one}}"), "said twice"),
]

CLAIM_FAULTS = [
    ("a claim that is none", "ann alone ¦might release", "`might` can't stand here"),
    ("a claim of nothing", "ann alone can¦", "ends too early"),
    ("a claim about an unknown action", "ann alone can release ¦fly", "`fly` is not declared"),
    ("a claim about a member as action", "ann alone can block ¦bob", "`bob` is a member"),
    ("a claim about a stranger", "¦zoe alone can block", "`zoe` is not declared"),
    ("a claim about all", "¦all alone can block", "no level is at hand"),
    ("a claim with a tail", "ann alone can block go ¦now", "can't stand here"),
    ("a claim without people", "every release includes¦", "ends too early"),
    ("a claim about every action", "every ¦action includes ann", "can't stand here"),
    ("a number that isn't whole", "releasing takes at least ¦1.5 people", "not a whole number"),
    ("a claim that nothing is needed", "releasing takes exactly ¦0 people", "takes nobody"),
    ("a claim of about so many", "releasing takes ¦about 3 people", "can't stand here"),
    ("a claim of at best so many", "blocking takes at ¦best 3 people", "can't stand here"),
    ("a claim about things", "blocking takes at most 3 ¦things", "can't stand here"),
    ("a claim about sitting once", "nobody sits ¦once", "can't stand here"),
    ("a claim about machines", "machines never ¦agree", "can't stand here"),
    ("a claim about an undeclared action", "every release of ¦fly includes ann", "not declared"),
    ("a claim about undeclared releases", "releasing ¦fly takes exactly 1 person", "not declared"),
]

ROWS = [
    *YAML_FAULTS,
    *FILE_FAULTS,
    *RULE_FAULTS,
    *ACTION_FAULTS,
    *((name, besides(f"claims:\n  - {text}"), part) for name, text, part in CLAIM_FAULTS),
    (
        "a claim made twice",
        besides("claims:\n  - ann or bob alone can block\n  - ¦ann  or (bob) alone can block"),
        "made twice",
    ),
]


@pytest.mark.parametrize(("text", "part"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_fault_is_an_error_where_it_stands(text: str, part: str) -> None:
    assert text.count("¦") == 1
    before, after = text.split("¦")
    with pytest.raises(ChainFileError) as caught:
        parse_chain((before + after).encode())
    error = caught.value
    found = f"{error.message} {error.expected} {error.hint}"
    assert part in found
    line = before.count("\n") + 1
    column = len(before) - before.rfind("\n")
    assert (error.line, error.column) == (line, column), found


def test_bytes_that_are_not_utf_8_are_an_error_where_they_stand() -> None:
    with pytest.raises(ChainFileError, match="not UTF-8") as caught:
        parse_chain(b"chain: c\ntitle: \xff\n")
    assert (caught.value.line, caught.value.column) == (2, 8)


def test_a_file_over_a_mebibyte_is_an_error() -> None:
    with pytest.raises(ChainFileError, match="1 MiB"):
        parse_chain(b"#" * (1024 * 1024 + 1))


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (rule("ann and bob and ¦chp"), "did you mean `cho`?"),
        (besides("¦claim: [x]"), "did you mean `claims`?"),
        (action("hodl: 1h"), "did you mean `hold`?"),
        (rule("2 of membrs"), "did you mean `members`?"),
        (levels("  - {level: x, members: [ann, bbo]}"), "did you mean `bob`?"),
        (members("  The_Chief: Dan"), "such as `the-chief`"),
        (rule("ann and bob or cho"), "add parentheses"),
        ("{rule: 2 of (a, b)}", "in quotes or on a line of its own"),
        ("title: Ticket #12", "in quotes"),
    ],
)
def test_an_error_says_what_to_do_next(text: str, hint: str) -> None:
    with pytest.raises(ChainFileError) as caught:
        parse_chain(text.replace("¦", "").encode())
    assert hint in caught.value.hint
