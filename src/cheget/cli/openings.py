"""Whether a chain's secrets could be sealed to it, action by action, as people are told it."""

from __future__ import annotations

from dataclasses import dataclass

import click

from cheget.chain.chain import Chain
from cheget.chain.people import People, Person
from cheget.chain.shares import leaves, share_tree
from cheget.errors import SealError
from cheget.proof.sealing import opening
from cheget.report.wording import count, persons


@dataclass(frozen=True)
class Judged:
    """An action: its shares, who opens it and who releases it at least, why it isn't sealed."""

    action: str
    shares: int = 0
    opens: tuple[str, ...] = ()
    releases: tuple[str, ...] = ()
    refused: str = ""

    def to_json(self) -> dict[str, object]:
        """As ``--json`` has it."""
        return {
            "action": self.action, "shares": self.shares, "opens": list(self.opens),
            "releases": list(self.releases), "refused": self.refused or None,
        }  # fmt: skip


def judge(chain: Chain, action: str, people: People | None = None) -> Judged:
    """Whether an action's ladder can be sealed to; without people every post is a person.

    Raises:
        TooEntangledError: who opens and releases it at least takes too much work.
    """
    try:
        shares = len(list(leaves(share_tree(chain, action))))
    except SealError as error:
        return Judged(action, refused=error.message)
    everybody = tuple(Person(member.id, member.title) for member in chain.members)
    both = opening(chain, action, people or People(chain.id, everybody))
    refused = ""
    if both.is_weaker:
        opens = f"the seats of {persons(len(both.opens))} can open it ({', '.join(both.opens)})"
        refused = f"{opens}, and {persons(len(both.releases))} are needed to release {action}"
    return Judged(action, shares, both.opens, both.releases, refused)


def print_judged(one: Judged, more: str = "", indent: str = "") -> None:
    """One action in a sentence; ``more`` is said of one that can be sealed."""
    if one.refused:
        said = click.style("not to be sealed", fg="red")
        click.echo(f"{indent}{one.action}: {said}: {one.refused}.")
        return
    click.echo(
        f"{indent}{one.action}: {count(one.shares, 'share')}. {persons(len(one.opens))} at least"
        f" open it with a stolen disk, {persons(len(one.releases))} release it.{more}"
    )
