"""From a ladder and its staff to the blocks of a structure: variables, moves, who shares what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cheget.chain.chain import Chain, Condition, Level
from cheget.chain.people import People
from cheget.chain.residual import ALWAYS, NEVER, Formulas, leaf
from cheget.chain.rule import names
from cheget.chain.seating import Block, Move, Seat, Spend


@dataclass(frozen=True)
class Staff:
    """Who fills the posts. Without ``people.yaml`` each post is a person of that name."""

    people: People | None = None

    def fills(self, post: str) -> str | None:
        """Who fills the post; None when it is vacant."""
        return post if self.people is None else self.people.fills(post)

    def is_machine(self, person: str) -> bool:
        """Whether that person may originate and nothing else."""
        return self.people is not None and self.people.is_machine(person)

    def agrees(self, post: str) -> str | None:
        """Who fills the post and may concur there; None for a vacancy or a machine."""
        person = self.fills(post)
        return None if person is None or self.is_machine(person) else person


@dataclass
class _Part:
    """What one person may do, gathered while the ladder is read."""

    key: tuple[int, int, int]
    own: list[tuple[int, int]] = field(default_factory=list)  # level, variable
    deputy: list[tuple[int, int, str | None]] = field(default_factory=list)  # and whose seat
    attests: list[int] = field(default_factory=list)
    vetoes: list[int] = field(default_factory=list)
    stays: list[int] = field(default_factory=list)
    topics: set[str] = field(default_factory=set)  # levels and conditions


class Draft:
    """Reads a ladder once; ``blocks`` are what it falls into."""

    def __init__(
        self, chain: Chain, ladder: Sequence[Level], conditions: Iterable[Condition], staff: Staff,
        spend: Spend, *, ordered: bool = False,
    ) -> None:  # fmt: skip
        self.formulas = Formulas()
        self.seats: dict[int, tuple[str, str]] = {}
        self.parts: dict[str, _Part] = {}
        self._chain, self._ladder, self._staff = chain, ladder, staff
        self._spend = spend
        self._variables = 0
        self._fillers: dict[int, list[str]] = {}  # who may fill a variable
        self._rules: dict[str, int] = {}
        self._vetoes: dict[str, int] = {}
        for number, level in enumerate(ladder):
            self._read_level(number, level)
        for condition in conditions:
            self._read_condition(condition)
        self._tells = not ordered and self._originator_matters()

    def blocks(self) -> tuple[Block, ...]:
        """The blocks, from the head down."""
        topics = [*self._rules]
        group = {topic: topic for topic in topics}
        for part in self.parts.values():
            joined = {group[topic] for topic in part.topics}
            first = next(topic for topic in topics if topic in joined)
            group = {topic: first if one in joined else one for topic, one in group.items()}
        return tuple(
            self._block([topic for topic in topics if group[topic] == first])
            for first in dict.fromkeys(group.values())
        )

    def _variable(self) -> int:
        self._variables += 1
        return self._variables - 1

    def _part(self, person: str, topic: str, key: tuple[int, int, int]) -> _Part:
        part = self.parts.setdefault(person, _Part(key))
        part.key = min(part.key, key)
        part.topics.add(topic)
        return part

    def _read_level(self, number: int, level: Level) -> None:
        items = {post: self._read_seat(number, place, level, post)
                 for place, post in enumerate(level.members)}  # fmt: skip
        self._rules[level.id] = self.formulas.of_rule(level.rule, items.__getitem__)
        if level.veto is None:
            return
        refusals = dict.fromkeys(level.members, NEVER)
        for post in level.members:
            person = self._staff.agrees(post)
            if person is not None:
                variable = self._variable()
                self.parts[person].vetoes.append(variable)
                refusals[post] = leaf(variable)
        self._vetoes[level.id] = self.formulas.of_rule(level.veto, refusals.__getitem__)

    def _read_seat(self, number: int, place: int, level: Level, post: str) -> int:
        """The formula of a seat's being filled."""
        seat = self._variable()
        self.seats[seat] = (level.id, post)
        fillers = self._fillers[seat] = []
        owner = self._staff.fills(post)
        if owner is not None and (number == 0 or not self._staff.is_machine(owner)):
            self._part(owner, level.id, (number, place, 0)).own.append((number, seat))
            fillers.append(owner)
        refuser = self._staff.agrees(post)
        deputies = dict.fromkeys(self._staff.agrees(d.member)
                                 for d in self._chain.member(post).deputies)  # fmt: skip
        others = [one for one in deputies if one is not None and one != owner]
        answered = seat
        if others and self._chain.repeatable and refuser is not None:
            answered = self._variable()  # by a deputy: worth nothing once the member refuses
            self.seats[answered] = (level.id, post)
            self._fillers[answered] = []
        for turn, deputy in enumerate(others, 1):
            part = self._part(deputy, level.id, (number, place, turn))
            part.deputy.append((number, answered, refuser))
            self._fillers[answered].append(deputy)
        if answered == seat:
            return leaf(seat) if fillers or others else NEVER
        stays = self._variable()
        self.parts[refuser or ""].stays.append(stays)
        covered = self.formulas.of(2, [leaf(stays), leaf(answered)])
        return self.formulas.of(1, [leaf(seat), covered])

    def _read_condition(self, condition: Condition) -> None:
        attests = dict.fromkeys(names(condition.attested_by), NEVER)
        for post in attests:
            person = self._staff.agrees(post)
            if person is not None:
                variable = self._variable()
                key = (len(self._ladder), 0, 0)
                self._part(person, condition.id, key).attests.append(variable)
                self._fillers[variable] = [person]
                attests[post] = leaf(variable)
        self._rules[condition.id] = self.formulas.of_rule(
            condition.attested_by, attests.__getitem__
        )

    def _originator_matters(self) -> bool:
        """Whether who originates makes a difference: a machine, a deputy, an attestation."""
        head = [v for v, (level, _) in self.seats.items() if level == self._ladder[0].id]
        owners = {p: part for p, part in self.parts.items() if any(n == 0 for n, _ in part.own)}
        return (
            any(self._staff.is_machine(person) for person in owners)
            or any(part.attests for part in owners.values())
            or any(v in head for part in self.parts.values() for _, v, _ in part.deputy)
        )

    def _block(self, topics: Sequence[str]) -> Block:
        people = sorted(
            (p for p, part in self.parts.items() if part.topics & set(topics)),
            key=lambda person: self.parts[person].key,
        )
        places = {person: place for place, person in enumerate(people)}
        settles: dict[str, list[int]] = {person: [] for person in people}
        for variable, fillers in self._fillers.items():
            if fillers and fillers[0] in places:
                settles[max(fillers, key=places.__getitem__)].append(variable)
        head = self._ladder[0].id in topics
        rules = [self._rules[topic] for topic in topics]
        return Block(
            self.formulas,
            tuple(self._seat(person, places, settles[person]) for person in people),
            tuple(rule for rule in rules if rule != ALWAYS),
            tuple(self._vetoes[topic] for topic in topics if topic in self._vetoes),
            tuple(topics),
            originated=not (head and self._tells),
            machines=any(self._staff.is_machine(person) for person in people),
            spend=self._spend,
        )

    def _seat(self, person: str, places: dict[str, int], settles: Sequence[int]) -> Seat:
        part = self.parts[person]
        machine = self._staff.is_machine(person)
        own = [v for _, v in part.own] + part.attests
        if machine:
            moves = self._asking(part)
        elif self._chain.repeatable:
            moves = self._everywhere(part)
        else:
            moves = self._somewhere(part, person, places)
        return Seat(person, tuple(moves), () if machine else tuple(own), tuple(part.vetoes),
                    tuple(part.stays), tuple(settles))  # fmt: skip

    @staticmethod
    def _asking(part: _Part) -> list[Move]:
        return [Move(()), *(Move((v,), originates=True, seat=v) for _, v in part.own)]

    def _everywhere(self, part: _Part) -> list[Move]:
        fills = (*(v for _, v in part.own), *(v for _, v, _ in part.deputy))
        moves = [Move((*fills, *part.attests))]
        if self._tells:
            heads = [v for n, v in part.own if n == 0]
            moves += [Move(fills, originates=True, seat=v) for v in heads[:1]]
        return moves

    def _somewhere(self, part: _Part, person: str, places: dict[str, int]) -> list[Move]:
        attests = tuple(part.attests)
        heads = [v for n, v in part.own if n == 0 and self._tells]
        if len(part.own) == 1 and not part.deputy and not heads:
            ((_, only),) = part.own
            if self._fillers[only] == [person]:
                return [Move((only, *attests))]  # nothing to choose, nobody to leave it to
        moves = [Move(attests)]
        moves += [Move((v,), originates=True, seat=v) for v in heads]
        moves += [Move((v, *attests), seat=v) for _, v in part.own]
        for _, variable, owner in part.deputy:
            later = owner is not None and places[owner] > places[person]
            unless = frozenset([places[owner]]) if owner is not None and later else frozenset()
            moves.append(Move((variable, *attests), unless=unless, seat=variable))
        return moves
