"""Two thousand chains drawn at random: who concurs, who refuses, who is silent, as enumerated.

Deputies, vetoes, weights, conditions, one person in two posts, machines, `seats: repeatable`.
"""

from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings

from cheget.chain.chain import Chain
from cheget.chain.people import People
from cheget.proof.account import accounts
from proof.oracle import Coalition, Oracle, coalitions, minimal, staffed

CHAINS = 2000
STEPS = 200_000  # each; what hangs would take more


def states(people: tuple[str, ...]) -> Iterator[tuple[Coalition, Coalition]]:
    """Every way in which each of them concurs, refuses or says nothing."""
    for answers in product("crs", repeat=len(people)):
        said = list(zip(people, answers, strict=True))
        yield (
            frozenset(person for person, answer in said if answer == "c"),
            frozenset(person for person, answer in said if answer == "r"),
        )


@pytest.mark.slow
@settings(
    max_examples=CHAINS, derandomize=True, deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
@given(staffed(most=5))
def test_two_thousand_chains_mean_what_enumeration_says(
    given_: tuple[Chain, People | None],
) -> None:
    chain, people = given_
    (account,) = accounts(chain, people, steps=STEPS)
    oracle, everybody = Oracle(chain, "act", people), frozenset(account.people)
    for concurring, refusing in states(account.people):
        found = account.structure.released(concurring, refusing)
        assert found == oracle.released(concurring, refusing)
    every = list(coalitions(account.people))
    releases = [one for one in every if oracle.can_release(one)]
    blocks = [one for one in every if oracle.can_block(one, everybody)]
    for family, wanted in ((account.releasing, releases), (account.blocking, blocks)):
        assert sum(family.winning()) == len(wanted)
        assert {frozenset(one) for one in family.first(len(every))} == minimal(wanted)
