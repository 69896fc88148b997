"""Visible answers: people are asked one by one, and see what was answered (rule 15)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from cheget.assessment.model import Model, Profile
from cheget.assessment.parts import Body, Crews, Parts, Seat, refuse_visible
from cheget.assessment.spread import Array
from cheget.assessment.states import Forced, People
from cheget.errors import AssessmentError

MOST_ASKED = 60  # people in crews, one by one
_Seen = tuple[int, int]  # concurrences and refusals so far, of all
_Asked = dict[_Seen, Array]  # P of each


class Asking:
    """The levels as they are asked, one person after another, each closed once it is decided."""

    def __init__(self, model: Model, parts: Parts) -> None:
        """The asking of a model.

        Raises:
            AssessmentError: visible answers aren't defined there.
        """
        refuse_visible(parts)
        self.model = model
        self.bodies = [
            next(one for one in group if isinstance(one, Body) and one.level == level.id)
            for group, level in zip(parts.passing, model.ladder, strict=False)
        ]
        self.crews = next((one for one in parts.passing[-1] if isinstance(one, Crews)), None)
        asked = sum(crew.named * len(body.seats) for crew, body in
                    (self.crews.crews if self.crews else ()) if body)  # fmt: skip
        if asked > MOST_ASKED:
            raise AssessmentError(
                f"visible answers of {asked:,} people in crews", hint=f"at most {MOST_ASKED}"
            )

    def given(self, people: People, forced: Forced, shocks: Array) -> Array:
        """Passed and pending, shaped (2, points, steps, nodes)."""
        turn = _Turn(self.model, people, forced, shocks)
        now: _Asked = {(0, 0): np.ones((len(people.points), shocks.shape[1]))}
        rows: list[tuple[Array, Array]] = []
        for body in self.bodies:
            before = _total(now, turn.shape)
            now, stopped = turn.level(body, now)
            rows.append((_total(now, turn.shape), before - stopped))
        if self.crews is not None:
            before = _total(now, turn.shape)
            now, stopped = turn.executors(self.crews, now)
            rows.append((_total(now, turn.shape), before - stopped))
        passed, pending = zip(*rows, strict=True)
        return np.stack([np.stack(passed, axis=1), np.stack(pending, axis=1)])


class _Turn:
    """Asking at given points and nodes."""

    def __init__(self, model: Model, people: People, forced: Forced, shocks: Array) -> None:
        self.model, self.people, self.forced = model, people, forced
        self.shocks = list(shocks[:, None, :])
        self.shape = (len(people.points), shocks.shape[1])
        self._known: dict[tuple[Profile, str, _Seen], tuple[Array, Array]] = {}

    def level(self, body: Body, start: _Asked) -> tuple[_Asked, Array]:
        """What was seen once the level passes, and P(it stops)."""
        profiles = self.model.profiles
        seats = [(profiles.get(seat.post), seat.post, _deputies(seat, profiles))
                 for seat in body.seats]  # fmt: skip
        return self._closing(body.need, seats, start)

    def executors(self, crews: Crews, start: _Asked) -> tuple[_Asked, Array]:
        """The same of the executors: a crew is asked once those before it are decided."""
        total = sum(crew.named for crew, _ in crews.crews)
        states: dict[tuple[int, int, _Seen], Array] = {(0, 0, seen): p for seen, p in start.items()}
        passed: _Asked = {}
        stopped = np.zeros(self.shape)
        for crew, body in crews.crews:
            for _ in range(crew.named):
                after: dict[tuple[int, int, _Seen], Array] = {}
                for (done, lost, seen), chance in states.items():
                    if done >= crews.enough:
                        _add(passed, seen, chance)
                    elif total - lost < crews.enough:
                        stopped = stopped + chance
                    else:
                        for (d, s, then), p in self._crew(crew.profile, crew.kind.id, body, seen):
                            _add(after, (done + d, lost + s, then), chance * p)
                states = after
        for (done, lost, seen), chance in states.items():
            if done >= crews.enough:
                _add(passed, seen, chance)
            elif total - lost < crews.enough:
                stopped = stopped + chance
        return passed, stopped

    def _crew(
        self, profile: Profile, kind: str, body: Body | None, seen: _Seen
    ) -> Iterator[tuple[tuple[int, int, _Seen], Array]]:
        """One crew: whether it passed or stopped, what is seen then, and with what chance."""
        if body is None:
            yield (1, 0, seen), np.ones((1, 1))
            return
        open_: dict[tuple[int, int, _Seen], Array] = {(0, 0, seen): np.ones(self.shape)}
        for place in range(len(body.seats)):
            after: dict[tuple[int, int, _Seen], Array] = {}
            for (yes, no, then), chance in open_.items():
                if yes >= body.need:
                    yield (1, 0, then), chance
                elif len(body.seats) - no < body.need:
                    yield (0, 1, then), chance
                else:
                    for what, later, p in self._seat(profile, kind, (), then):
                        state = (yes + (what == "concur"), no + (what == "refuse"), later)
                        _add(after, state, chance * p)
            del place
            open_ = after
        for (yes, no, then), chance in open_.items():
            yield (int(yes >= body.need), int(len(body.seats) - no < body.need), then), chance

    def _closing(
        self, need: int,
        seats: Sequence[tuple[Profile | None, str, Sequence[tuple[Profile, str]]]],
        start: _Asked,
    ) -> tuple[_Asked, Array]:  # fmt: skip
        states: dict[tuple[int, int, _Seen], Array] = {(0, 0, seen): p for seen, p in start.items()}
        passed: _Asked = {}
        stopped = np.zeros(self.shape)
        for turn in range(len(seats) + 1):
            after: dict[tuple[int, int, _Seen], Array] = {}
            for (yes, no, seen), chance in states.items():
                if yes >= need:
                    _add(passed, seen, chance)
                elif len(seats) - no < need:
                    stopped = stopped + chance
                elif turn < len(seats):
                    profile, person, deputies = seats[turn]
                    for what, later, p in self._seat(profile, person, deputies, seen):
                        state = (yes + (what == "concur"), no + (what == "refuse"), later)
                        _add(after, state, chance * p)
            states = after
        return passed, stopped

    def _seat(
        self, profile: Profile | None, person: str, deputies: Sequence[tuple[Profile, str]],
        seen: _Seen,
    ) -> Iterator[tuple[str, _Seen, Array]]:  # fmt: skip
        """What becomes of a seat: successors after a refusal, deputies after silence.

        ``profile`` None: its member sits at the head; once all deputies refuse, nobody is left.
        """
        reach, silence = np.ones((1, 1)), [("refuse", seen, np.ones((1, 1)))]
        if profile is not None:
            silence = []
            for turn in range(profile.replaced + 1):
                concurs, refuses = self._answer(profile, person, seen)
                yield "concur", (seen[0] + 1, seen[1]), reach * concurs
                silence.append(("silent", seen, reach * np.maximum(1 - concurs - refuses, 0)))
                seen, reach = (seen[0], seen[1] + 1), reach * refuses
                del turn
            yield "refuse", seen, reach
        for deputy, name in deputies:
            still = []
            for what, then, chance in silence:
                concurs, refuses = self._answer(deputy, name, then)
                yield "concur", (then[0] + 1, then[1]), chance * concurs
                still.append((what, (then[0], then[1] + 1), chance * refuses))
                still.append(("silent", then, chance * np.maximum(1 - concurs - refuses, 0)))
            silence = still
        yield from silence

    def _answer(self, profile: Profile, person: str, seen: _Seen) -> tuple[Array, Array]:
        state = self.forced.get(person, "")
        if state == "concurs":
            return np.ones((1, 1)), np.zeros((1, 1))
        if state == "refused":
            return np.zeros((1, 1)), np.ones((1, 1))
        key = (profile, state, seen)
        if key not in self._known and self.model.visible is not None:
            concurrence, refusal = (self.people.points.of(ref) for ref in self.model.visible)
            shift = seen[0] * concurrence + seen[1] * refusal
            answer = self.people.once(profile, self.shocks, state, shift)
            self._known[key] = answer.concurs, answer.refuses
        return self._known[key]


def _deputies(seat: Seat, profiles: Mapping[str, Profile]) -> list[tuple[Profile, str]]:
    return [(profiles[name], name) for name in seat.deputies]


def _add(known: dict[object, Array] | dict[_Seen, Array] | dict[tuple[int, int, _Seen], Array],
         key: object, chance: Array) -> None:  # fmt: skip
    known[key] = known[key] + chance if key in known else chance  # type: ignore[index]


def _total(asked: _Asked, shape: tuple[int, int]) -> Array:
    return np.asarray(sum(asked.values(), np.zeros(shape)))
