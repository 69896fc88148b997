"""Who has to agree to a new charter: by the old charter's rules, and by the new one's.

A chain that changes asks its own ``amend``, old and new; a person who changes asks the old
charter's rules for people. Each is a need; an amendment takes effect when all are met, and one
that asks nobody at all is none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from cheget.chain.changes import SELF, change_rule_for
from cheget.chain.rule import Rule, is_met, names
from cheget.chain.saying import said
from cheget.errors import CharterError
from cheget.order.charter import Charter, Person
from cheget.order.keys import PublicKey


@dataclass(frozen=True)
class Need:
    """A rule that has to agree. ``seats``: who is meant by each name in it.

    ``is_new``: people agree by the keys of the new charter, else by those of the old one.
    """

    what: str
    is_new: bool
    rule: Rule
    seats: Mapping[str, str]

    def is_met(self, people: Collection[str]) -> bool:
        """Whether these people meet it, each in every seat of theirs that it names."""
        return is_met(self.rule, {seat for seat, who in self.seats.items() if who in people})

    def names(self, person: str) -> bool:
        """Whether the person could count in it."""
        return person in self.seats.values()


def needs(old: Charter, new: Charter) -> tuple[Need, ...]:
    """The rules that have to agree before ``new`` takes the place of ``old``.

    Raises:
        CharterError: ``new`` does not follow ``old``, changes nothing, or changes what nobody
            may change, now or from then on.
    """
    _check_follows(old, new)
    asked = _chains_changed(old, new)
    found: list[Need] = []
    for person in _people_changed(old, new):
        rule = old.changes.get(change_of(person, old, new) or "")
        if rule is None:
            asked |= _chains_of(person, old, new) or _all(old)
        else:
            found.append(_people_need(old, person, change_of(person, old, new) or "", rule))
    for chain in sorted(asked):
        found += _chain_needs(old, new, chain)
    if not found:
        raise CharterError("the new charter changes nothing")
    return tuple(found)


def change_of(person: str, old: Charter, new: Charter) -> str | None:
    """What happens to a person: ``add-key``, ``replace``, ``remove``; None: they gain power."""
    was, now = old.people.get(person), new.people.get(person)
    held, holds = _posts(old, person), _posts(new, person)
    if was is None or holds - held or (now is not None and now.machine != was.machine):
        return None
    kept = set(now.keys) if now is not None else set()
    added, gone = kept - set(was.keys), set(was.keys) - kept
    if now is None or held - holds or (gone and not added):
        return None if added else "remove"
    if gone:
        return "replace"
    # A first key is power that nobody had before.
    return "add-key" if was.keys else None


def succeeding(old: Charter, new: Charter) -> Charter:
    """``new`` as the version that comes after ``old``."""
    return replace(new, version=old.version + 1, before=old.digest)


def without(charter: Charter, person: str) -> Charter:
    """The charter as if the person held no key and filled no post.

    Raises:
        CharterError: it has nobody of that name.
    """
    _known(charter, person)
    people = {name: one for name, one in charter.people.items() if name != person}
    posts = {post: who for post, who in charter.posts.items() if who != person}
    return replace(charter, people=people, posts=posts)


def rekeyed(charter: Charter, person: str, keys: tuple[PublicKey, ...]) -> Charter:
    """The charter as if the person held these keys and no others.

    Raises:
        CharterError: it has nobody of that name.
    """
    _known(charter, person)
    one = replace(charter.people[person], keys=keys)
    return replace(charter, people={**charter.people, person: one})


def _known(charter: Charter, person: str) -> None:
    if person not in charter.people:
        raise CharterError(f"the charter has nobody named {person}")


def new_keys(old: Charter, new: Charter) -> Iterator[tuple[str, PublicKey]]:
    """Each key that ``new`` gives to a person or an executor and ``old`` did not."""
    for name, person in new.people.items():
        had = old.people.get(name, Person()).keys
        yield from ((name, key) for key in person.keys if key not in had)
    for name, key in new.executors.items():
        if old.executors.get(name) != key:
            yield name, key


def _check_follows(old: Charter, new: Charter) -> None:
    if new.version != old.version + 1 or new.before != old.digest:
        raise CharterError(
            f"version {new.version} does not follow the charter that holds,"
            f" version {old.version}, {old.digest[:16]}"
        )
    if (new.deployment, new.house) != (old.deployment, old.house):
        raise CharterError("a house keeps its deployment and its name")
    if old.terms.rp_id not in {"", new.terms.rp_id}:
        raise CharterError("the page that passkeys are for is one for ever: its rp-id stays")
    if (new.terms.orders, new.terms.law) != (old.terms.orders, old.terms.law):
        raise CharterError("this version cannot change the logs' origins or keys")


def _all(charter: Charter) -> set[str]:
    return {chain.id for chain in charter.chains}


def _chains_changed(old: Charter, new: Charter) -> set[str]:
    """The chains whose ``amend`` is asked by what is not about members and their keys."""
    before = {chain.id: chain for chain in old.chains}
    after = {chain.id: chain for chain in new.chains}
    asked = {id_ for id_ in before.keys() | after.keys() if before.get(id_) != after.get(id_)}
    house_wide = old.terms != new.terms or dict(old.changes) != dict(new.changes)
    if house_wide or after.keys() - before.keys():
        asked |= before.keys()
    for name in old.executors.keys() | new.executors.keys():
        if old.executors.get(name) != new.executors.get(name):
            asked |= _declaring(name, old, new)
    for post in old.posts.keys() | new.posts.keys():
        if "/" in post and old.posts.get(post) != new.posts.get(post):
            asked |= _declaring(post.partition("/")[0], old, new)
    return asked


def _declaring(executor: str, *charters: Charter) -> set[str]:
    """The chains that declare an executor, before and after."""
    return {
        chain.id
        for charter in charters
        for chain in charter.chains
        if any(kind.declares(executor) for kind in chain.executors)
    }


def _posts(charter: Charter, person: str) -> set[str]:
    """The members whom the person fills. Crews are asked about with their chain."""
    return {post for post, who in charter.posts.items() if who == person and "/" not in post}


def _people_changed(old: Charter, new: Charter) -> list[str]:
    return sorted(
        person
        for person in old.people.keys() | new.people.keys()
        if old.people.get(person) != new.people.get(person)
        or _posts(old, person) != _posts(new, person)
    )


def _chains_of(person: str, *charters: Charter) -> set[str]:
    """The chains in which the person has a seat, before or after."""
    found = set()
    for charter in charters:
        for post, who in charter.posts.items():
            if who != person:
                continue
            executor, slash, _ = post.partition("/")
            if slash:
                found |= _declaring(executor, charter)
            else:
                found |= {c.id for c in charter.chains if any(m.id == post for m in c.members)}
    return found


def _people_need(old: Charter, person: str, change: str, rule: Rule) -> Need:
    others = {name for name, one in old.people.items() if not one.machine and name != person}
    whole = change_rule_for(rule, person, others)
    seats = {name: name for name in others}
    if not old.people[person].machine:
        seats[SELF] = person
    wanted = set(names(whole))
    return Need(
        said("%(change)s of %(who)s", change=change, who=person), False, whole,
        {n: w for n, w in seats.items() if n in wanted},
    )  # fmt: skip


def _chain_needs(old: Charter, new: Charter, chain: str) -> Iterator[Need]:
    for charter in (old, new):
        found = next((one for one in charter.chains if one.id == chain), None)
        if found is None:
            continue
        had = next((one for one in old.chains if one.id == chain), None)
        if found.amend is None:
            if charter is old:
                raise CharterError(f"{chain} has no amend: its law can be changed by nobody")
            if had is not None:
                raise CharterError(f"{chain} would have no amend: a law that nobody can change")
            continue
        seats = {
            post: who
            for post in names(found.amend)
            if (who := charter.posts.get(post)) is not None and not charter.people[who].machine
        }
        yield Need(said("amend of %(chain)s", chain=chain), charter is new, found.amend, seats)
