"""``people.yaml``: who fills which post, and who is a machine.

Keys are enrolled elsewhere and never written here. The rules by which people change are kept
as they are written; ``changes`` says what they mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cheget.chain import fields
from cheget.chain.changes import SELF, change_rule
from cheget.chain.document import Node, Scalar, read
from cheget.chain.fields import Fields, placed
from cheget.chain.text import is_name, near

_CHANGES = ("add-key", "replace", "remove")


@dataclass(frozen=True)
class Person:
    """Somebody, or a machine, that can hold keys."""

    id: str
    name: str
    machine: bool = False


@dataclass(frozen=True)
class People:
    """The people of a house and the posts they fill. ``changes`` are rules, as written."""

    house: str
    people: tuple[Person, ...]
    posts: Mapping[str, str] = field(default_factory=dict)
    changes: Mapping[str, str] = field(default_factory=dict)

    def fills(self, member: str) -> str | None:
        """Who fills a chain's member or a crew's post; None when it is vacant."""
        if member in self.posts:
            return self.posts[member]
        return member if any(person.id == member for person in self.people) else None

    def is_machine(self, person: str) -> bool:
        """Whether that person may originate and nothing else."""
        return any(each.machine for each in self.people if each.id == person)


def parse_people(text: bytes) -> People:
    """The people that a file with these bytes declares.

    Raises:
        ChainFileError: The first fault, with its line and column.
    """
    found = Fields(
        read(text), "people.yaml", required=("house", "people"), optional=("posts", *_CHANGES)
    )
    people = tuple(
        _person(key, value) for key, value in fields.entries(found["people"], "a map of people")
    )
    ids = {person.id for person in people}
    return People(
        fields.name(found["house"], "a house").text,
        people,
        found.read("posts", lambda node: _posts(node, ids), {}),
        {change: _change(found[change], people) for change in _CHANGES if change in found},
    )


def _change(node: Node, people: tuple[Person, ...]) -> str:
    """A rule by which people change, which must mean something among those who may agree."""
    text = fields.scalar(node, "a rule, such as `self and 1 other`")
    with placed(text):
        change_rule(
            text.text,
            [person.id for person in people if not person.machine],
            [person.id for person in people if person.machine],
        )
    return fields.line(node)


def _person(key: Scalar, node: Node) -> Person:
    id_ = fields.name(key, "a person").text
    if id_ == SELF:
        raise key.fault("`self` is a word of the rules by which people change")
    if isinstance(node, Scalar):
        return Person(id_, fields.line(node))
    found = Fields(node, f"person `{id_}`", optional=("name", "machine"))
    machine = "machine" in found and fields.word(found["machine"], "yes", "no") == "yes"
    return Person(id_, found.read("name", fields.line, id_), machine)


def _posts(node: Node, people: set[str]) -> dict[str, str]:
    posts = {}
    for key, value in fields.entries(node, "posts, such as `chief: ann`"):
        _refuse_post(key)
        person = fields.scalar(value, "a person")
        if person.text not in people:
            raise person.fault(
                f"`{person.text}` is not one of the people",
                expected="a person declared under `people`",
                hint=near(person.text, people),
            )
        posts[key.text] = person.text
    return posts


def _refuse_post(key: Scalar) -> None:
    executor, slash, post = key.text.partition("/")
    if not slash:
        fields.name(key, "a post")
    elif not (is_name(executor) and is_name(post)):
        raise key.fault(
            f"`{key.text}` is not a post",
            expected="a member, or an executor and its crew's post",
            hint="such as `missile-0001/commander`",
        )
