"""``cheget rehearse``: play everybody, in a house that is thrown away, with real signatures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cheget.cli.plain import folder_option, is_asked, json_option, say
from cheget.errors import HouseError
from cheget.report.terminal import safe

if TYPE_CHECKING:
    from collections.abc import Callable

    from cheget.chain.chain import Action, Chain
    from cheget.chain.people import People
    from cheget.cli.rehearsal import Rehearsal
    from cheget.order.proceeding import Proceeding

CONCUR, REFUSE, SILENT = "c", "r", "s"


@click.command()
@click.argument("chain", required=False)
@click.option("--action", "action_id", help="Which action. [default: the chain's first]")
@click.option("--refuse", "refuser", metavar="POST", help="Who refuses, with nobody to ask.")
@click.option("--yes", is_flag=True, help="Don't ask: everybody else concurs.")
@folder_option
@json_option
def rehearse(
    chain: str | None, action_id: str | None, refuser: str | None, yes: bool,
    folder: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Play everybody on the way of one order, with real signatures.

    CHAIN is one of this house, a file, or a scenario's name. The house it is played in is
    thrown away afterwards, its executor only echoes, and the clock is turned past the hold.
    Exit status 1 if the order isn't carried out.
    """
    from cheget.cli.rehearsal import rehearsal
    from cheget.cli.throwaway import TurnedClock

    source, found, people = _chosen(chain, folder)
    action = _action(found, action_id)
    if refuser is not None and refuser not in {one.id for one in found.members}:
        raise click.UsageError(f"{found.id} has no post {refuser}")
    asks = not (yes or as_json or refuser) and is_asked()
    if not asks and not (yes or as_json or refuser):
        raise click.UsageError("there is nobody to ask: --yes, or --refuse POST")
    tell: Callable[[str], object] = (lambda _: None) if as_json else click.echo
    with rehearsal(source, found, people, action, TurnedClock(), tell) as played:
        value = _play(played, refuser, tell, asks=asks)
    say(value, as_json, lambda: click.echo("The rehearsal's house is gone. Nothing was done."))
    if value["outcome"] != "carried-out":
        raise click.exceptions.Exit(1)


def _chosen(name: str | None, folder: Path | None) -> tuple[Path, Chain, People | None]:
    """A chain of the house, a file, or a scenario, with the people of its house."""
    from cheget.cli.check import read_chain, read_people
    from cheget.cli.install import house_above
    from cheget.cli.prove import house_people
    from cheget.report.library import file_of

    house = house_above(folder)
    files = sorted((house / "chains").glob("*.yaml")) if house is not None else []
    if name is None and not files:
        raise HouseError("there is no house here or above", hint="cheget init, or name a scenario")
    if name is None and len(files) > 1:
        known = ", ".join(file.stem for file in files)
        raise HouseError("which chain?", hint=f"this house has: {known}")
    source = files[0] if name is None else next(
        (file for file in files if file.stem == name), None) or file_of(name)  # fmt: skip
    people = house_people(source)
    return source, read_chain(source), None if people is None else read_people(people)


def _action(chain: Chain, wanted: str | None) -> Action:
    if not chain.actions or not chain.executors:
        raise HouseError(f"{chain.id} has no executors: there is nothing to rehearse")
    if wanted is None:
        return chain.actions[0]
    found = next((one for one in chain.actions if one.id == wanted), None)
    if found is None:
        known = ", ".join(one.id for one in chain.actions)
        raise click.UsageError(f"{chain.id} has no action {wanted}; it has: {known}")
    return found


def _play(
    played: Rehearsal, refuser: str | None, tell: Callable[[str], object], *, asks: bool
) -> dict[str, Any]:
    from cheget.order.documents import order_name
    from cheget.report.wording import span

    order = played.transmit()
    head = played.chain.ladder(played.action.id)[0].members[0]
    words = order_name(order)
    tell(f"order  {click.style(words, bold=True)}   {played.action.id}, transmitted by "
         f"{played.fills(head)}")  # fmt: skip
    answers = _answer_all(played, order, refuser, tell, asks=asks)
    proceeding = played.proceeding(order)
    _tell_ladder(played, order, tell)
    value: dict[str, Any] = {
        "chain": played.chain.id, "action": played.action.id, "order": order, "words": words,
        "answers": answers, "state": proceeding.state, "outcome": proceeding.state, "says": "",
        "again": None,
    }  # fmt: skip
    if proceeding.release is None:
        if played.has_code(order):
            raise HouseError(f"the order is {proceeding.state}, and a code exists")
        tell(f"{_ended(proceeding)} No code exists.")
    else:
        hold = played.action.hold
        wait = f" It is held for {span(hold)}; the clock is turned past that." if hold else ""
        tell(f"Released: one code for {played.executor}.{wait}")
        taken = played.act(order)[-1]
        again = played.acted_again(order)
        value.update(outcome=taken.outcome, says=taken.says, again=again)
        says = safe(taken.says.strip())
        tell(f"{played.executor} verified it offline: {taken.outcome}. It says: {says}")
        did = "ACTED AGAIN" if again else "did nothing: once means once"
        tell(f"Shown its code again, it {did}.")
    orders, receipts = played.proved()
    value["log"] = {"orders": orders, "receipts": receipts}
    tell(f"Every entry of the log is proved: {orders} order, {receipts} "
         f"{'receipt' if receipts == 1 else 'receipts'}.")  # fmt: skip
    return value


def _answer_all(
    played: Rehearsal, order: str, refuser: str | None, tell: Callable[[str], object], *,
    asks: bool,
) -> list[dict[str, str]]:  # fmt: skip
    """Ask every seat whose turn it is, until the order is released or ended, or all are silent."""
    answers: list[dict[str, str]] = []
    silent: set[str] = set()
    while (pending := played.proceeding(order).pending) is not None:
        proceeding = played.proceeding(order)
        open_ = [seat for seat in pending.level.members if seat not in silent
                 and _may(proceeding, played.fills(seat), seat, pending.level.id)]  # fmt: skip
        if not open_:
            break
        seat = open_[0]
        said = _said(seat, pending.level.id, refuser, asks=asks)
        if said == CONCUR:
            played.concur(order, seat)
        elif said == REFUSE:
            played.refuse(order, seat, "Refused in a rehearsal.")
        else:
            silent.add(seat)
        told = {CONCUR: "concurs", REFUSE: "refuses", SILENT: "stays silent"}[said]
        answers.append({"level": pending.level.id, "seat": seat, "person": played.fills(seat),
                        "said": told})  # fmt: skip
        if not asks:
            tell(f"  {pending.level.id}: {played.fills(seat)} {told}")
    return answers


def _may(proceeding: Proceeding, person: str, seat: str, level: str) -> bool:
    """Whether somebody may still answer in that seat."""
    counted = any(one.seat == seat for rung in proceeding.rungs for one in rung.counted
                  if rung.level.id == level)  # fmt: skip
    refused = any(one.person == person for one in proceeding.refusals)
    return not counted and not refused and not proceeding.is_spent(person, seat, level)


def _said(seat: str, level: str, refuser: str | None, *, asks: bool) -> str:
    if not asks:
        return REFUSE if seat == refuser else CONCUR
    choice = click.Choice([CONCUR, REFUSE, SILENT])
    question = f"  {level}: you are {seat}. (c)oncur, (r)efuse or stay (s)ilent"
    return str(click.prompt(question, type=choice, show_choices=False))


def _ended(proceeding: Proceeding) -> str:
    where = (
        f" at {proceeding.ending.level}" if proceeding.ending and proceeding.ending.level else ""
    )
    if proceeding.state == "open":
        return "Nobody else answers: it will expire."
    return f"{proceeding.state.capitalize()}{where}."


def _tell_ladder(played: Rehearsal, order: str, tell: Callable[[str], object]) -> None:
    from cheget.cli.render import ladder
    from cheget.order.papers import decode_papers

    proceeding = played.proceeding(order)
    for line in ladder(proceeding, decode_papers(played.desk.papers(order))):
        tell(line)
