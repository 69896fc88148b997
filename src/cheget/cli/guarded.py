"""A first chain, out of what a person says: what is irreversible, who asks, who must agree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cheget.chain.chain import Chain
from cheget.chain.parse import parse_chain
from cheget.chain.text import LONGEST_NAME, is_name
from cheget.errors import HouseError
from cheget.proof.account import Account, accounts
from cheget.proof.claims import Verdict, verdicts

MOST_PEOPLE = 50  # that anybody would type
_NEED = re.compile(r"(all|any|[1-9][0-9]?)\s+of\s+(.+)")
_SPLIT = re.compile(r"\s*,\s*|\s+")


@dataclass(frozen=True)
class Wish:
    """What is asked for: an act, an executor that guards it, who asks, and how many agree."""

    action: str
    executor: str
    asks: tuple[str, ...]
    agree: tuple[str, ...]
    need: int
    hold: str = "15m"

    @property
    def people(self) -> tuple[str, ...]:
        """Everybody, in the order they were named."""
        return tuple(dict.fromkeys((*self.asks, *self.agree)))


@dataclass(frozen=True)
class First:
    """A chain file that was proved."""

    text: str
    chain: Chain
    proved: tuple[Account, ...]
    judged: tuple[Verdict, ...]


def read_name(text: str, what: str) -> str:
    """A name as chain files have them.

    Raises:
        HouseError: it isn't one.
    """
    found = text.strip()
    if is_name(found):
        return found
    near = re.sub(r"[^a-z0-9]+", "-", found.lower()).strip("-")
    raise HouseError(
        f"`{found[:LONGEST_NAME]}` can't be {what}",
        hint=f"such as `{near}`" if is_name(near) else "small letters, digits, single hyphens",
    )


def read_people(text: str) -> tuple[str, ...]:
    """People, separated by commas or spaces.

    Raises:
        HouseError: nobody, somebody twice, too many, or what is no name.
    """
    found = tuple(read_name(one, "a person") for one in _SPLIT.split(text.strip()) if one)
    if not found:
        raise HouseError("nobody is named", hint="such as `ann, bob, cho`")
    twice = next((one for one in found if found.count(one) > 1), None)
    if twice is not None:
        raise HouseError(f"{twice} is named twice")
    if len(found) > MOST_PEOPLE:
        raise HouseError(f"{len(found)} people: at most {MOST_PEOPLE} here", hint="write the file")
    return found


def read_need(text: str) -> tuple[int, tuple[str, ...]]:
    """How many of whom: ``2 of ann, bob, cho``, ``all of …``, ``any of …``.

    Raises:
        HouseError: it says no number of people, or more than there are.
    """
    found = _NEED.fullmatch(text.strip())
    if found is None:
        raise HouseError("how many of whom?", hint="such as `2 of ann, bob, cho`")
    people = read_people(found[2].strip("() "))
    need = {"all": len(people), "any": 1}.get(found[1]) or int(found[1])
    if need > len(people):
        raise HouseError(f"{need} of {len(people)} people")
    return need, people


def first_chain(wish: Wish) -> First:
    """The chain that is wished for, with a claim for each answer.

    Raises:
        HouseError: nobody could ever release it.
    """
    draft = parse_chain("\n".join(_lines(wish, None)).encode())
    size = accounts(draft)[0].releasing.smallest
    if size is None:
        raise HouseError(
            "nobody could ever release it: whoever asks can't count among those who agree",
            hint="name one more person, or need one fewer",
        )
    text = "\n".join(_lines(wish, size)) + "\n"
    chain = parse_chain(text.encode())
    proved = accounts(chain)
    return First(text, chain, proved, verdicts(chain, proved))


def _lines(wish: Wish, size: int | None) -> Iterator[str]:
    """The file; ``size``: of the smallest coalition that releases, once it is known."""
    yield f"chain: {wish.action}"
    yield f"members: {{{', '.join(f'{one}: {one}' for one in wish.people)}}}"
    yield "levels:"
    asks = ", rule: any" if len(wish.asks) > 1 else ""
    yield f"  - {{level: request, members: [{', '.join(wish.asks)}]{asks}}}"
    agree = f", rule: {_rule(wish)}, veto: any" if len(wish.agree) > 1 else ""
    yield f"  - {{level: team, members: [{', '.join(wish.agree)}]{agree}}}"
    yield f"executors: {{{wish.executor}: {wish.executor}}}"
    yield "actions:"
    yield f"  {wish.action}: {{executors: [{wish.executor}], hold: {wish.hold}}}"
    if size is None:
        return
    count = "1 person" if size == 1 else f"{size} people"
    yield f"amend: {_amend(wish.people, size)}    # as many as a release takes"
    yield "claims:"
    yield "  - every release includes any of request"
    yield f"  - releasing takes at least {count}"
    yield "  - any of team alone can block"
    yield "  - machines never concur"


def _rule(wish: Wish) -> str:
    if wish.need == len(wish.agree):
        return "all"
    return "any" if wish.need == 1 else f"{wish.need} of members"


def _amend(people: Sequence[str], size: int) -> str:
    return f"{size} of ({', '.join(people)})" if len(people) > 1 else people[0]
