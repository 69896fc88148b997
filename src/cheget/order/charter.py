"""The charter: what an executor pins. The law of a chain: the part that verifying needs.

Nothing about keys, origins or witnesses is learned from anywhere else. A charter and a law are
documents without a signature; whoever trusts one has its digest by another road.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import cast

from cheget.audit.checkpoint import Checkpoint
from cheget.chain.canonical import chain_from_json, chain_to_json, rule_from_json, rule_to_json
from cheget.chain.chain import Chain, Member
from cheget.chain.changes import OTHERS, SELF
from cheget.chain.rule import Of, Rule, is_met, names
from cheget.errors import CharterError, MalformedDocumentError
from cheget.order import canonical
from cheget.order.canonical import Json
from cheget.order.envelope import digest
from cheget.order.fields import DIGEST, HEX, ID_FIELD, NONCE, POST_FIELD, SIZE, TEXT, Codec
from cheget.order.keys import PublicKey, bound, check_public_key, is_passkey
from cheget.order.passkey import Party

MAX_CHARTER = 8 * 1024 * 1024
DEFAULT_SKEW = 30
DEFAULT_FRESH = 300

CHANGES = ("add-key", "remove", "replace")

_CAPS: Json = {
    "charter": MAX_CHARTER, "code": 32 * 1024 * 1024, "envelope": 64 * 1024,
    "slice": 100_000, "text": 4096,
}  # fmt: skip


@dataclass(frozen=True)
class Person:
    """Somebody with keys. A machine may originate and nothing else."""

    keys: tuple[PublicKey, ...] = ()
    machine: bool = False


@dataclass(frozen=True)
class LogKey:
    """The origin of a log and the Ed25519 key (32 bytes) that signs its checkpoints."""

    origin: str
    key: bytes


@dataclass(frozen=True)
class Terms:
    """What holds for the whole house: logs, witnesses, passkeys, times.

    ``skew`` and ``fresh`` are in seconds. ``witnesses`` is ``none`` for now.
    """

    orders: LogKey
    law: LogKey
    witnesses: str = "none"
    rp_id: str = ""
    origins: tuple[str, ...] = ()
    skew: int = DEFAULT_SKEW
    fresh: int = DEFAULT_FRESH

    @property
    def party(self) -> Party | None:
        """The relying party of the house's passkeys, if it has any."""
        return Party(self.rp_id, self.origins) if self.rp_id else None

    def to_json(self) -> dict[str, Json]:
        """As charter and law hold it."""
        return {
            "caps": _CAPS,
            "fresh": self.fresh,
            "logs": {
                name: {"key": log.key.hex(), "origin": log.origin}
                for name, log in (("law", self.law), ("orders", self.orders))
            },
            "passkeys": {"origins": list(self.origins), "rp_id": self.rp_id},
            "skew": self.skew,
            "witnesses": self.witnesses,
        }


@dataclass(frozen=True)
class Law:
    """All that verifying one chain's orders needs. ``posts`` says who fills each member."""

    deployment: str
    house: str
    chain: Chain
    posts: Mapping[str, str]
    people: Mapping[str, Person]
    terms: Terms

    @cached_property
    def digest(self) -> str:
        """What every order names as its ``law``, in hex."""
        return digest("law", canonical.encode(self.to_json()))

    def to_json(self) -> dict[str, Json]:
        """The law as a document."""
        return {
            "chain": cast("Json", chain_to_json(self.chain)),
            "deployment": self.deployment,
            "people": _people_to_json(self.people),
            "posts": dict(self.posts),
            **self.terms.to_json(),
        }

    def person_of(self, member: str) -> str | None:
        """Who fills the post, if anybody does."""
        return self.posts.get(member)

    @cached_property
    def fillers(self) -> Mapping[str, Mapping[str, int]]:
        """Who may answer in each member's seat, and after how many seconds of silence.

        The member first, at 0; then each deputy, at its ``after``, the earliest where one
        person is several of them. Vacant posts give nobody.
        """
        return {member.id: self._fillers(member) for member in self.chain.members}

    def _fillers(self, member: Member) -> Mapping[str, int]:
        person = self.posts.get(member.id)
        found = {} if person is None else {person: 0}
        after: dict[str, int] = {}
        for deputy in member.deputies:
            other = self.posts.get(deputy.member)
            if other is not None and other != person:
                after[other] = min(deputy.after, after.get(other, deputy.after))
        return {**found, **after}

    def is_machine(self, person: str) -> bool:
        """Whether the person may originate and nothing else."""
        found = self.people.get(person)
        return found is not None and found.machine


@dataclass(frozen=True)
class Charter:
    """What an executor pins: a house's chains, people, executors and logs.

    ``changes`` are the rules by which people change, as ``chain.changes.change_form`` gives them.
    """

    deployment: str
    house: str
    version: int
    chains: tuple[Chain, ...]
    people: Mapping[str, Person]
    posts: Mapping[str, str]
    executors: Mapping[str, PublicKey]
    terms: Terms
    before: str | None = None
    changes: Mapping[str, Rule] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Tell each passkey the page that it is for: verifying one needs no more than the key."""
        party = self.terms.party
        if any(is_passkey(k) and k.party != party for p in self.people.values() for k in p.keys):
            people = {
                name: replace(one, keys=tuple(bound(key, party) for key in one.keys))
                for name, one in self.people.items()
            }
            object.__setattr__(self, "people", people)

    @cached_property
    def payload(self) -> bytes:
        """The charter's canonical bytes."""
        return canonical.encode(self.to_json())

    @cached_property
    def digest(self) -> str:
        """The charter's digest, in hex: what an executor's operator types or compares."""
        return digest("charter", self.payload)

    @cached_property
    def laws(self) -> Mapping[str, Law]:
        """The law of each chain, by its id."""
        return {chain.id: self._law_of(chain) for chain in self.chains}

    @cached_property
    def law_digests(self) -> Mapping[str, Law]:
        """The law of each chain, by its digest."""
        return {law.digest: law for law in self.laws.values()}

    def chain_of(self, executor: str) -> Chain:
        """The chain to which the executor belongs; ``KeyError`` when none declares it."""
        for chain in self.chains:
            for kind in chain.executors:
                if kind.declares(executor):
                    return chain
        raise KeyError(executor)

    def to_json(self) -> dict[str, Json]:
        """The charter as a document."""
        changes: dict[str, Json] = {name: rule_to_json(rule) for name, rule in self.changes.items()}
        return {
            **({"changes": changes} if changes else {}),
            "before": self.before,
            "chains": [cast("Json", chain_to_json(chain)) for chain in self.chains],
            "deployment": self.deployment,
            "house": self.house,
            "roster": {
                "executors": {name: _key_to_json(key) for name, key in self.executors.items()},
                "people": _people_to_json(self.people),
                "posts": dict(self.posts),
            },
            "version": self.version,
            **self.terms.to_json(),
        }

    def _law_of(self, chain: Chain) -> Law:
        posts = {m.id: self.posts[m.id] for m in chain.members if m.id in self.posts}
        people = {name: self.people[name] for name in sorted(set(posts.values()))}
        return Law(self.deployment, self.house, chain, posts, people, self.terms)


def _people_to_json(people: Mapping[str, Person]) -> dict[str, Json]:
    return {
        name: {"keys": [_key_to_json(key) for key in person.keys], "machine": person.machine}
        for name, person in people.items()
    }


@lru_cache(maxsize=8)
def read_charter(payload: bytes) -> Charter:
    """The charter of those canonical bytes, checked as :func:`check_charter` does.

    Raises:
        MalformedDocumentError: too large, not canonical, fields missing or unknown.
        CharterError: well formed, and cannot stand.
    """
    charter = _decoded(payload)
    check_charter(charter)
    return charter


def pinned_charter(payload: bytes, pinned: str) -> Charter:
    """The charter whose digest, in hex, is pinned: it was checked when it was pinned.

    Raises:
        CharterError: another charter.
        MalformedDocumentError: not a charter.
    """
    if digest("charter", payload) != pinned:
        raise CharterError("the charter is not the one that is pinned by its digest")
    return _decoded(payload)


def _decoded(payload: bytes) -> Charter:
    value = canonical.decode(payload, up_to=MAX_CHARTER)
    try:
        charter = _charter_from_json(value)
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedDocumentError(f"not a charter: {error}") from None
    if charter.to_json() != value:
        raise MalformedDocumentError("not a charter: it has fields that none has")
    return charter


def _charter_from_json(value: Json) -> Charter:
    top = _object(value)
    roster = _object(top["roster"])
    logs, passkeys = _object(top["logs"]), _object(top["passkeys"])
    return Charter(
        deployment=NONCE.read(top["deployment"]),
        house=ID_FIELD.read(top["house"]),
        version=SIZE.read(top["version"]),
        chains=tuple(chain_from_json(_object(chain)) for chain in _list(top["chains"])),
        people={
            ID_FIELD.read(name): _person(_object(person))
            for name, person in _object(roster["people"]).items()
        },
        posts=_map(roster["posts"], POST_FIELD, ID_FIELD),
        executors={
            ID_FIELD.read(name): _key_from_json(key)
            for name, key in _object(roster["executors"]).items()
        },
        terms=Terms(
            orders=_log(_object(logs["orders"])),
            law=_log(_object(logs["law"])),
            witnesses=TEXT.read(top["witnesses"]),
            rp_id=TEXT.read(passkeys["rp_id"]),
            origins=tuple(TEXT.read(origin) for origin in _list(passkeys["origins"])),
            skew=SIZE.read(top["skew"]),
            fresh=SIZE.read(top["fresh"]),
        ),
        before=None if top["before"] is None else DIGEST.read(top["before"]),
        changes={
            name: rule_from_json(rule) for name, rule in _object(top.get("changes", {})).items()
        },
    )


def _object(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise TypeError(f"{str(value)[:40]!r} is not an object")
    return value


def _list(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise TypeError(f"{str(value)[:40]!r} is not a list")
    return value


def _map(value: Json, key: Codec, item: Codec) -> dict[str, str]:
    return {key.read(name): item.read(one) for name, one in _object(value).items()}


def _person(value: dict[str, Json]) -> Person:
    keys = tuple(_key_from_json(key) for key in _list(value["keys"]))
    if not isinstance(value["machine"], bool):
        raise TypeError("machine is true or false")
    return Person(keys, value["machine"])


def _key_to_json(key: PublicKey) -> Json:
    sealing: dict[str, Json] = {"sealing": key.sealing.hex()} if key.sealing else {}
    return {"key": key.key.hex(), "scheme": key.scheme, **sealing}


def _key_from_json(value: Json) -> PublicKey:
    found = _object(value)
    sealing = bytes.fromhex(HEX.read(found["sealing"])) if "sealing" in found else b""
    return PublicKey(
        TEXT.read(found["scheme"]), bytes.fromhex(HEX.read(found["key"])), sealing=sealing
    )


def _log(value: dict[str, Json]) -> LogKey:
    return LogKey(TEXT.read(value["origin"]), bytes.fromhex(HEX.read(value["key"])))


def check_charter(charter: Charter) -> None:
    """Return only if the charter can stand.

    Keys are pairwise distinct by their bytes and none is weak, posts are filled by people of
    the roster, no person fills two posts that one ``attested-by``, ``amend`` or ``review``
    counts, each ``amend`` can be met, and an executor id belongs to one chain.

    Raises:
        CharterError: with the first thing that is wrong.
    """
    _check_keys(charter)
    _check_logs(charter.terms)
    if len({chain.id for chain in charter.chains}) != len(charter.chains) or not charter.chains:
        raise CharterError("a charter has one chain at least, and no two of one name")
    _check_posts(charter)
    _check_executors(charter)
    _check_changes(charter)
    for chain in charter.chains:
        _check_counted_posts(charter, chain)
    if charter.terms.witnesses != "none":
        raise CharterError("witnesses are not supported yet: witnesses: none")
    if (charter.version == 1) != (charter.before is None):
        raise CharterError("the first charter, and only that, has none before it")


def _all_keys(charter: Charter) -> Iterator[tuple[str, PublicKey]]:
    for name, person in charter.people.items():
        yield from ((f"the person {name}", key) for key in person.keys)
    yield from ((f"the executor {name}", key) for name, key in charter.executors.items())
    for log in (charter.terms.orders, charter.terms.law):
        yield f"the log {log.origin}", PublicKey("ed25519", log.key)


def _check_keys(charter: Charter) -> None:
    held: dict[bytes, str] = {}
    for holder, key in _all_keys(charter):
        check_public_key(key)
        # By the point itself: one key under two schemes is still one key.
        for one in filter(None, (key.point, key.sealing)):
            if one in held:
                raise CharterError(f"{holder} holds the same key as {held[one]}")
            held[one] = holder
    for name, key in charter.executors.items():
        if key.scheme != "ed25519":
            raise CharterError(f"the executor {name} signs with {key.scheme}, not ed25519")


def _check_logs(terms: Terms) -> None:
    if terms.orders.origin == terms.law.origin:
        raise CharterError(f"both logs have the origin {terms.law.origin}")
    for log in (terms.orders, terms.law):
        try:
            Checkpoint(log.origin, 0, bytes(32))
        except ValueError as error:
            raise CharterError(str(error)) from None


def _check_posts(charter: Charter) -> None:
    members = {member.id for chain in charter.chains for member in chain.members}
    for post, person in charter.posts.items():
        if person not in charter.people:
            raise CharterError(f"the post {post} is filled by {person}, whom nobody declares")
        executor, slash, seat = post.partition("/")
        if not slash:
            if post not in members:
                raise CharterError(f"no chain has the member {post}, filled by {person}")
            continue
        try:
            crew = charter.chain_of(executor).kind_of(executor).crew
        except KeyError:
            raise CharterError(f"no chain declares the executor of the post {post}") from None
        if crew is None or seat not in names(crew):
            raise CharterError(f"the executor {executor} has no {seat} beside it")


def _check_executors(charter: Charter) -> None:
    kinds = [(kind, chain) for chain in charter.chains for kind in chain.executors]
    for place, (kind, chain) in enumerate(kinds):
        for other, second in kinds[place + 1 :]:
            if kind.overlaps(other):
                raise CharterError(
                    f"{chain.id} and {second.id} both declare executors named {kind.id}"
                )
    for name in charter.executors:
        try:
            charter.chain_of(name)
        except KeyError:
            raise CharterError(f"no chain declares the executor {name}") from None


def _check_changes(charter: Charter) -> None:
    """The rules by which people change: over people, ``self`` and so many ``others``.

    Somebody whom a rule names may have gone: then it is for the rest of it to agree.
    """
    if not charter.changes:
        return
    if unknown := sorted(set(charter.changes) - set(CHANGES)):
        raise CharterError(f"people do not change by a rule named {unknown[0]}")
    if reserved := {SELF, OTHERS} & set(charter.people):
        raise CharterError(f"{min(reserved)} is a word of the rules by which people change")
    for name, rule in charter.changes.items():
        if fault := _change_fault(rule):
            raise CharterError(f"{name}: {fault}")


def _change_fault(rule: Rule) -> str:
    """What is wrong with a rule by which people change; empty: nothing."""
    if not isinstance(rule, Of):
        return "people have no weights"
    if OTHERS in rule.items:
        apart = rule.items == (OTHERS,) and rule.need >= 1
        return "" if apart else "others are counted by themselves, as in `1 other`"
    if not 1 <= rule.need <= len(rule.items):
        return "nobody, or everybody, meets it"
    held = [{one} if isinstance(one, str) else set(names(one)) for one in rule.items]
    once = sum(map(len, held)) == len(set().union(*held))
    if any(OTHERS in one for one in held):  # anybody may be one of them, save oneself
        once = sum(bool(one - {SELF}) for one in held) <= 1
    plain = [one for one in rule.items if isinstance(one, str)]
    if len(set(plain)) != len(plain) or (1 < rule.need < len(rule.items) and not once):
        return "somebody counts twice"
    inner = (_change_fault(one) for one in rule.items if not isinstance(one, str))
    return next(filter(None, inner), "")


def _check_counted_posts(charter: Charter, chain: Chain) -> None:
    rules = [(f"attested-by of {c.id}", c.attested_by) for c in chain.conditions]
    rules += [(f"review of {a.id}", a.review.rule) for a in chain.actions if a.review]
    if chain.amend is not None:
        rules.append(("amend", chain.amend))
        able = [
            post
            for post in names(chain.amend)
            if (person := charter.people.get(charter.posts.get(post, "")))
            and person.keys
            and not person.machine
        ]
        if not is_met(chain.amend, able):
            raise CharterError(f"{chain.id}: amend can be met by nobody who holds a key")
    for what, rule in rules:
        filled: dict[str, str] = {}
        for post in sorted(set(names(rule))):
            who = charter.posts.get(post)
            if who is not None and filled.setdefault(who, post) != post:
                raise CharterError(
                    f"{chain.id}: {what} counts {who} twice, as {filled[who]} and as {post}"
                )
