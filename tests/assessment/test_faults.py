"""Twenty faulty beliefs, and what a person reads of each."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cheget.assessment.model import model_of
from cheget.assessment.parse import parse_beliefs
from cheget.chain.parse import parse_chain
from cheget.errors import AssessmentError, ChainFileError

CHAIN = parse_chain(b"""chain: small
members: {ann: Ann, bob: Bob, cho: Cho}
levels:
  - {level: request, members: [ann]}
  - {level: team, members: [bob, cho], rule: any}
  - {level: owners, members: [cho]}
executors: {db: {title: Database, count: 3}}
actions: {wipe: {executors: [db], at-most: 2}}
""")
HEAD = "beliefs: b\nchain: small\nnaming: {db: 1}\n"
GOOD = HEAD + "members: {everyone: {refuses: 5% to 50%}}\nshared: {everyone: 0.2}\n"


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("chain: small\n", 1, 1, "beliefs has no `beliefs`"),
        ("beliefs: b\nchain: other\n", 2, 8, "these beliefs are about `other`"),
        ("beliefs: b\nchain: small\n", 1, 1, "no `naming` says how many"),
        (HEAD + "people: {}\n", 4, 1, "`people` is not a field of beliefs"),
        ("beliefs: b\nchain: small\nnaming: {db: 3}\n", 3, 9, "`wipe` names 3 executors"),
        ("beliefs: b\nchain: small\nnaming: {cat: 1}\n", 3, 10, "`cat` is not a kind"),
        (HEAD + "action: burn\n", 4, 9, "`burn` is not an action"),
        (HEAD + "members: {dan: {refuses: 5%}}\n", 4, 11, "`dan` is not a member"),
        (HEAD + "members: {ann: {agrees: 5%}}\n", 4, 17, "`agrees` is not a field"),
        (HEAD + "members: {ann: {refuses: often}}\n", 4, 26, "`often` is not a number"),
        (HEAD + "members: {ann: {refuses: 120%}}\n", 4, 26, "a probability lies between 0% and 100%"),  # noqa: E501
        (HEAD + "members: {ann: {refuses: 5% to 0.5}}\n", 4, 26, "one end has a percent sign"),
        (HEAD + "members: {ann: {refuses: 0% to 5%}}\n", 4, 26, "can't end at 0"),
        (HEAD + "members: {ann: {refuses: 'normal(0.2, 0.1)'}}\n", 4, 26, "spread without bounds"),
        (HEAD + "members: {ann: {refuses: 'beta(2, 0)'}}\n", 4, 26, "takes positive numbers"),
        (HEAD + "members: {ann: {refuses: 'uniform(5%'}}\n", 4, 37, "it ends where `,` belongs"),
        (HEAD + "members: {ann: {refuses: {value: 5%, from: press}}}\n", 4, 44,
         "`press` is not one of the sources"),
        (HEAD + "shared: {service: 0.2}\n", 4, 10, "`service` is not `everyone`, a level or a group"),  # noqa: E501
        (HEAD + "groups: {team: [ann]}\n", 4, 10, "`team` is the name of something else"),
        (HEAD + "delays: {team: 5% to 10%}\n", 4, 16, "`5%` is not a duration"),
        (HEAD + "within: 1h to 2h\n", 4, 9, "a deadline is one duration"),
        (HEAD + "replace: -1\n", 4, 10, "is not a whole number"),
        (HEAD + "expect: carried out is likely\n", 4, 9, "is not an expectation"),
        (HEAD + "expect: stopped at gate > 5%\n", 4, 9, "`gate` is not a level"),
        (HEAD + "events: {fire: {probability: 5%, members: [ann], makes: dead}}\n", 4, 57,
         "`dead` means nothing here"),
        (HEAD + "originator: bob\n", 4, 13, "`bob` is not a member of the head"),
        (HEAD + "decision: {factors: {fear: 1}}\n", 4, 11, "`factors` without `deciding`"),
    ],
)  # fmt: skip
def test_faulty_beliefs_are_refused_where_they_are(
    text: str, line: int, column: int, said: str
) -> None:
    with pytest.raises(ChainFileError) as error:
        parse_beliefs(text.encode(), CHAIN)
    assert said in error.value.message
    assert (error.value.line, error.value.column) == (line, column)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("members: {team: {refuses: 5%}, owners: {refuses: 9%}}\n", "sits at team and owners"),
        ("members: {everyone: {refuses: 50%}}\nshared: {everyone: 20% once another refuses}\n",
         "with less once another does"),
        ("shared: {team: 20% once another refuses}\n", "nothing says how `team` refuses"),
    ],
)  # fmt: skip
def test_beliefs_that_contradict_themselves_are_refused(more: str, said: str) -> None:
    with pytest.raises(ChainFileError, match=said):
        model_of(CHAIN, parse_beliefs((HEAD + more).encode(), CHAIN))


def test_a_situation_that_is_not_there_is_refused() -> None:
    with pytest.raises(AssessmentError, match="no situation `war`"):
        model_of(CHAIN, parse_beliefs(GOOD.encode(), CHAIN), "war")


@given(st.binary(max_size=120) | st.text(max_size=60).map(lambda text: (HEAD + text).encode()))
@example(GOOD.replace("5%", "٥%").encode())  # noqa: RUF001
@example(GOOD.replace("0.2", "1e999").encode())
@example(GOOD.replace("0.2", "nan").encode())
@example((HEAD + "trust: " + "mixture(" * 50 + "\n").encode())
def test_any_bytes_are_beliefs_or_one_fault(data: bytes) -> None:
    try:
        parse_beliefs(data, CHAIN)
    except ChainFileError as error:
        assert error.line >= 1  # noqa: PT017


@given(st.integers(0, len(GOOD) - 1), st.characters(codec="utf-8"))
def test_a_good_file_with_one_character_changed_is_beliefs_or_one_fault(at: int, char: str) -> None:
    try:
        found = parse_beliefs((GOOD[:at] + char + GOOD[at + 1 :]).encode(), CHAIN)
        model_of(CHAIN, found)
    except ChainFileError as error:
        assert error.line >= 1  # noqa: PT017
