"""Whether seats open a seal that fewer people hold than can release.

A seal knows seats and the rule tree: who has two seats has two shares, a deputy has a member's
share at once, and nobody is asked who originates. So the people who open a tree can be fewer
than those who release by its ladder; such a chain is not sealed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from cheget.chain.chain import Chain
from cheget.chain.people import People
from cheget.chain.structure import structure_of
from cheget.proof.coalitions import BUDGET, Coalitions, releasing
from cheget.proof.diagram import Budget


@dataclass(frozen=True)
class Opening:
    """The fewest people whose seats open an action's tree, and the fewest who can release it."""

    action: str
    opens: tuple[str, ...]
    releases: tuple[str, ...]

    @property
    def is_weaker(self) -> bool:
        """Whether fewer people open the tree than release. Nobody releases: nothing is weaker."""
        return not self.opens or not self.releases or len(self.opens) < len(self.releases)


def opening(chain: Chain, action: str, people: People, budget: int = BUDGET) -> Opening:
    """The fewest of both.

    Args:
        chain: Whose ladder.
        action: Which.
        people: Who fills its posts.
        budget: Steps of work, for each.

    Raises:
        TooEntangledError: it would take more work.
    """
    lawful = structure_of(chain, action, people)
    # The tree, in the same terms: everybody sits in all seats of theirs and of whom they are
    # deputy to, a machine too; who originates makes no difference, and no condition is asked.
    actions = tuple(replace(one, conditions=()) for one in chain.actions)
    seats = replace(chain, repeatable=True, actions=actions)
    holders = replace(people, people=tuple(replace(one, machine=False) for one in people.people))
    opened = structure_of(seats, action, holders, ordered=True)
    return Opening(
        action,
        _fewest(releasing(opened, Budget(budget))),
        _fewest(releasing(lawful, Budget(budget))),
    )


def _fewest(found: Coalitions) -> tuple[str, ...]:
    return next(iter(found.first(1)), ())
