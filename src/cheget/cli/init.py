"""``cheget init``: a house out of three answers, or of a scenario, and what was proved of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cheget.cli.plain import is_asked, json_option, say
from cheget.errors import HouseError
from cheget.report.terminal import safe

if TYPE_CHECKING:
    from cheget.cli.guarded import First, Wish

WORKFLOW = "cheget-diff.yml"
QUESTIONS = (
    ("action", "What is irreversible? One word for the act", "wipe"),
    ("asks", "Who may ask for it?", "ann, bob"),
    ("agree", "Who must agree, and how many of them?", "2 of ann, bob, cho, dan"),
)


@dataclass(frozen=True)
class Plan:
    """What is to be written: the chain's file and its people."""

    chain: str
    text: bytes
    people: str
    executors: tuple[str, ...]
    told: tuple[str, ...]  # what was proved, in sentences


@click.command()
@click.argument("scenario", required=False)
@click.option("--action", help="What is irreversible: a word for the act, such as wipe.")
@click.option("--asks", help="Who may ask for it, such as ann,bob.")
@click.option("--agree", help="How many of whom must agree, such as `2 of ann, bob, cho`.")
@click.option("--executor", default="production", show_default=True,
              help="The name of what guards the act.")  # fmt: skip
@click.option("--hold", default="15m", show_default=True,
              help="From release to the act: the time in which it can be taken back.")  # fmt: skip
@click.option("--people", help="Of a SCENARIO: who fills its posts, in their order.")
@click.option("--name", "house", help="The house's name. [default: the folder's]")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=Path(),
              help="Where. [default: here]")  # fmt: skip
@json_option
def init(
    scenario: str | None, action: str | None, asks: str | None, agree: str | None, executor: str,
    hold: str, people: str | None, house: str | None, folder: Path, as_json: bool,
) -> None:  # fmt: skip
    """Make a house: a chain, its people, this deployment, an executor, a workflow for reviews.

    Three questions, or the flags that answer them, or the name of a SCENARIO. What was made is
    proved before anything is written, with a claim for each answer.
    """
    _refuse_second(folder)
    if scenario is not None:
        plan = _of_scenario(scenario, people, _named(house, folder))
    else:
        if people is not None:
            raise click.UsageError("--people is for a SCENARIO; here --asks and --agree say who")
        wish = _wished({"action": action, "asks": asks, "agree": agree}, executor, hold)
        plan = _of_wish(wish, _named(house, folder))
    written = _write(folder, plan)
    value = {"chain": plan.chain, "folder": str(folder), "written": written,
             "proved": list(plan.told), "next": "cheget rehearse"}  # fmt: skip

    def text() -> None:
        click.echo(f"wrote {', '.join(safe(one) for one in written)}")
        for number, line in enumerate(plan.told):
            click.echo(f"{'proved: ' if number == 0 else '        '}{safe(line)}")
        click.echo("next: cheget rehearse")

    say(value, as_json, text)


def _refuse_second(folder: Path) -> None:
    for name in ("people.yaml", "house.yaml", "chains"):
        if (folder / name).exists():
            raise HouseError(
                f"{folder / name} is there already: this is a house",
                hint="add a chain to its chains/; or make another house with --folder",
            )


def _named(house: str | None, folder: Path) -> str:
    from cheget.chain.text import is_name
    from cheget.cli.guarded import read_name

    if house is not None:
        return read_name(house, "a house's name")
    here = folder.absolute().name
    return here if is_name(here) else "house"


def _wished(given: dict[str, str | None], executor: str, hold: str) -> Wish:
    """The three answers: those given, and for the others a person is asked."""
    from cheget.chain.quantity import duration
    from cheget.cli.guarded import Wish, read_name, read_need, read_people

    try:
        duration(hold)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--hold") from None
    readers: dict[str, Callable[[str], Any]] = {
        "action": lambda text: read_name(text, "an act"), "asks": read_people, "agree": read_need,
    }  # fmt: skip
    missing = [name for name, _, _ in QUESTIONS if given[name] is None]
    if missing and not is_asked():
        raise click.UsageError(
            f"say it with {', '.join(f'--{one}' for one in missing)}, or name a scenario"
        )
    found: dict[str, Any] = {}
    for number, (name, question, example) in enumerate(QUESTIONS, 1):
        said = given[name]
        if said is not None:
            found[name] = readers[name](said)
            continue
        click.echo(f"{number} of 3  {question}")
        found[name] = _asked(readers[name], example)
    need, agree = found["agree"]
    return Wish(
        found["action"], read_name(executor, "an executor"), found["asks"], agree, need, hold
    )


def _asked(reader: Callable[[str], Any], example: str) -> Any:
    while True:
        said = click.prompt(f"  such as `{example}`", prompt_suffix=": ")
        try:
            return reader(said)
        except HouseError as error:
            click.echo(f"  {safe(str(error))}{f'; {error.hint}' if error.hint else ''}")


def _of_wish(wish: Wish, house: str) -> Plan:
    from cheget.cli.guarded import first_chain

    made = first_chain(wish)
    return Plan(made.chain.id, made.text.encode(), _people(house, wish.people, {}),
                (wish.executor,), _told(made))  # fmt: skip


def _of_scenario(scenario: str, people: str | None, house: str) -> Plan:
    from cheget.chain.parse import parse_chain
    from cheget.chain.people import parse_people
    from cheget.cli.guarded import First, read_people
    from cheget.proof.account import accounts
    from cheget.proof.claims import verdicts
    from cheget.report.library import path_of

    text = path_of(scenario).read_bytes()
    chain = parse_chain(text)
    if not chain.actions or not chain.executors:
        raise HouseError(f"{chain.id} has no executors: it can be proved and assessed, not run")
    members = [member.id for member in chain.members]
    named = tuple(members) if people is None else read_people(people)
    if len(named) != len(members):
        raise HouseError(f"{chain.id} has {len(members)} posts, and {len(named)} people are named",
                         hint=f"its posts: {', '.join(members)}")  # fmt: skip
    posts = {post: one for post, one in zip(members, named, strict=True) if post != one}
    staff = _people(house, named, posts)
    proved = accounts(chain, parse_people(staff.encode()))
    made = First(text.decode(), chain, proved, verdicts(chain, proved))
    single = tuple(kind.id for kind in chain.executors if kind.count is None)
    return Plan(chain.id, text, staff, single, _told(made))


_RULES = (
    "# Who agrees when people change. A rule left out: the amend of every chain they sit in.",
    "# add-key: self and 1 other   # a second device: you, and one who saw you do it",
    "# replace: 2 others           # every device lost",
    "# remove: 1 other             # taking power away is cheap; giving it is not",
)


def _people(house: str, people: tuple[str, ...], posts: dict[str, str]) -> str:
    lines = [f"house: {house}", "people:", *(f"  {one}: {one}" for one in people)]
    if posts:
        lines += ["posts:", *(f"  {post}: {one}" for post, one in posts.items())]
    return "\n".join([*lines, *_RULES, ""])


def _told(made: First) -> tuple[str, ...]:
    from cheget.report.proofs import claims_sentence, sentences, summary

    lines = [claims_sentence(made.judged)]
    for account in made.proved:
        about = f"{account.actions[0]}: " if len(made.proved) > 1 else ""
        told = [summary(account)] if len(made.proved) > 1 else sentences(account)
        lines += [f"{about}{line}" for line in told]
    return tuple(lines)


def _write(folder: Path, plan: Plan) -> list[str]:
    """Write the house; the names of what was written, within the folder."""
    from cheget.chain.people import parse_people
    from cheget.cli.install import Place, make
    from cheget.report.library import FOLDER
    from cheget.service.house import add_enrolment, draw_house

    parse_people(plan.people.encode())  # a fault is found before anything is written
    workflow = Path(".github") / "workflows" / WORKFLOW
    files = {
        Path("chains") / f"{plan.chain}.yaml": plan.text,
        Path("people.yaml"): plan.people.encode(),
        workflow: (FOLDER / "workflows" / WORKFLOW).read_bytes(),
    }
    try:
        for name, data in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            if name != workflow or not (folder / name).exists():
                (folder / name).write_bytes(data)
    except OSError as error:
        raise HouseError(f"{error.filename}: {error.strerror}") from error
    house = draw_house(folder, os.urandom)
    written = [*map(str, files), "house.yaml"]
    for executor in plan.executors:
        place = Place(folder / "executors" / executor)
        add_enrolment(house, make(place, executor, house.chain(plan.chain), house.deployment,
                                  at=str(folder.absolute())))  # fmt: skip
        written.append(f"executors/{executor}/executor.yaml")
    return written
