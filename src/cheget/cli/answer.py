"""``concur``, ``refuse``, ``ask``, ``countermand``, ``review``: shown before it is signed.

Refusing is as easy as concurring: the same options, the same steps, one question fewer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from cheget.cli.context import (
    Identity,
    at_counter,
    counter_options,
    crew_file,
    find_order,
    followed,
    identify,
    json_option,
    needed,
    now,
    reason_text,
    say,
    signing_options,
)
from cheget.cli.emergencies import notice
from cheget.cli.plain import confirm
from cheget.cli.render import verdict
from cheget.cli.sharing import concur_over
from cheget.cli.show import print_whole
from cheget.cli.view import View, view
from cheget.errors import ChegetError, HouseError, NotAcceptedError, StoppedError
from cheget.order.consequence import Turn, refusal_consequence, stranded_levels, turns
from cheget.order.counter import Counter
from cheget.order.documents import order_name
from cheget.order.draft import (
    draft_concurrence,
    draft_countermand,
    draft_crew_concurrence,
    draft_question,
    draft_refusal,
    draft_review,
    enclose,
)
from cheget.order.fields import Text
from cheget.order.papers import open_envelope
from cheget.order.proceeding import Acknowledgement
from cheget.service.house import House

_WORDS = click.argument("words", nargs=-1, required=True, metavar="ORDER")
_BESIDE = "an answer beside an executor"
_HINT = "--yes, with the order's full digest"


def _verb(function: Callable[..., None]) -> click.Command:
    """The options that all answers share."""
    for option in (json_option, counter_options, signing_options, _WORDS):
        function = option(function)
    return click.command()(function)


@_verb
@click.option("--seat", help="In which of your seats. [default: the one that is asked]")
@click.option("--beside", metavar="EXECUTOR", help="As one of its crew, after release.")
def concur(words: tuple[str, ...], seat: str | None, beside: str | None, **options: Any) -> None:
    """Concur (approve): a signed yes, at the level that is asked."""
    with at_counter(options["folder"]) as (house, desk):
        seen, who = _opened(desk, words, options)
        if beside is not None:
            _concur_beside(needed(house, _BESIDE), seen, who, beside, options)
            return
        if seen.verified is None:
            raise StoppedError(verdict(seen.proceeding, seen.receipts, now()))
        turn = _turn(seen, who.person, seat)
        chosen = turn.seat
        lost = stranded_levels(seen.proceeding, who.person, chosen, now())
        if lost:
            click.echo(
                f"{who.person} is needed below, at {', '.join(lost)}: concurring here strands it.",
                err=True,
            )
        confirm(options, f"{who.person} concurs as {chosen}?", _HINT)
        text = reason_text(options["reason"])
        document = draft_concurrence(
            seen.verified,
            signer=who.person,
            seat=chosen,
            reason=text,
            now=now(),
            absence=turn.absence,
        )
        document, shares = concur_over(desk, who, seen.verified, document)
        done = desk.concur(enclose(document, who.signer), [text], shares)
        _report(desk, done, who, options, f"{who.person} concurs.")


@_verb
@click.option("--beside", metavar="EXECUTOR", help="As one of its crew, after release.")
def refuse(words: tuple[str, ...], beside: str | None, **options: Any) -> None:
    """Refuse (deny): a signed no, at any time before release, kept for ever."""
    with at_counter(options["folder"]) as (house, desk):
        seen, who = _opened(desk, words, options)
        text = reason_text(options["reason"])
        post = None
        if beside is not None:
            post = _post(desk, who.person, beside)
            said = f"Your refusal is final for {beside} and this order."
        else:
            said = refusal_consequence(seen.proceeding, who.person, now())
        click.echo(said, err=True)
        confirm(options, f"{who.person} refuses?", _HINT)
        document = draft_refusal(
            seen.proceeding.digest, signer=who.person, reason=text, now=now(), post=post
        )
        stored = enclose(document, who.signer)
        if beside is not None and post is not None:
            _leave_beside(needed(house, _BESIDE), post, seen, stored)
            _report_beside(
                seen, who, stored, post, options, f"{who.person} refuses beside {beside}."
            )
            return
        done = desk.refuse(stored, [text])
        _report(desk, done, who, options, f"{who.person} refuses.")


@_verb
def ask(words: tuple[str, ...], **options: Any) -> None:
    """Ask something before you answer: shown to everybody, without effect."""
    if not options["reason"]:
        raise click.UsageError('what do you ask? --reason "…"')
    with at_counter(options["folder"]) as (_, desk):
        seen, who = _opened(desk, words, options)
        confirm(options, f"{who.person} asks?", _HINT)
        text = reason_text(options["reason"])
        document = draft_question(seen.proceeding.digest, signer=who.person, reason=text, now=now())
        done = desk.ask(enclose(document, who.signer), [text])
        _report(desk, done, who, options, f"{who.person} asks.")


@_verb
def review(words: tuple[str, ...], **options: Any) -> None:
    """Review an emergency that was released: a signed finding, which --reason says.

    It takes no seat and undoes nothing. Until whoever the action's `review` names have looked,
    the order stands first in everybody's inbox; unreviewed in time, it stays red.
    """
    if not options["reason"]:
        raise click.UsageError('what did you find? --reason "…"')
    with at_counter(options["folder"]) as (_, desk):
        seen, who = _opened(desk, words, options)
        text = reason_text(options["reason"])
        document = draft_review(seen.proceeding, signer=who.person, finding=text, now=now())
        confirm(options, f"{who.person} reviews it?", _HINT)
        done = desk.review(enclose(document, who.signer), [text])
        _report(desk, done, who, options, f"{who.person} reviews.")


@_verb
def countermand(words: tuple[str, ...], **options: Any) -> None:
    """Take back an order; or, by its whole digest, an attestation of yours."""
    with at_counter(options["folder"]) as (_, desk):
        subject = "".join(words).lower()
        known = set(desk.listed())
        attested = len(subject) == 64 and subject not in known  # noqa: PLR2004 - a digest
        who = _who(desk, options)
        if not attested:
            subject = find_order(desk, words, signs=True)
            seen = view(desk, subject)
            if not options["as_json"]:
                print_whole(seen)
        confirm(options, f"{who.person} takes it back?", _HINT)
        text = reason_text(options["reason"])
        document = draft_countermand(subject, signer=who.person, reason=text, now=now())
        done = desk.countermand(enclose(document, who.signer), [text])
        _report(desk, done, who, options, f"{who.person} countermands.", subject)


def _opened(
    desk: Counter, words: tuple[str, ...], options: dict[str, Any]
) -> tuple[View, Identity]:
    """The order, verified and shown, and who is about to sign; no key is opened yet."""
    order = find_order(desk, words, signs=True)
    seen = view(desk, order)
    who = _who(desk, options)
    if not options["as_json"]:
        print_whole(seen)
    return seen, who


def _who(desk: Counter, options: dict[str, Any]) -> Identity:
    state = followed(desk)
    return identify(state.charter, options["person"], options["key_path"], state.revoked)


def _turn(seen: View, person: str, wanted: str | None) -> Turn:
    mine = [turn for turn in turns(seen.proceeding, person, now()) if wanted in {None, turn.seat}]
    ready = [turn for turn in mine if turn.since <= now()]
    if ready:
        return ready[0]
    if mine:
        raise NotAcceptedError(f"the deputy's turn at {mine[0].seat} has not come yet")
    counted = next((one for one in seen.proceeding.counted if one.person == person), None)
    pending = seen.proceeding.pending
    if pending is None:
        where = f"it is {seen.proceeding.state}"
    else:
        where = f"it waits at {pending.level.id}"
        where += f", and {person} counts already, as {counted.seat}" if counted else ""
    raise NotAcceptedError(f"{person} is not asked: {where}", hint="cheget inbox")


def _report(
    desk: Counter, done: Acknowledgement, who: Identity, options: dict[str, Any], said: str,
    subject: str = "",
) -> None:  # fmt: skip
    proceeding = done.proceeding
    value = {
        "answer": done.digest, "person": who.person, "position": done.position,
        "effect": done.effect,
    }  # fmt: skip
    if proceeding is None:
        say({**value, "attestation": subject}, options["as_json"], lambda: click.echo(said))
        return
    receipts = desk.receipts(proceeding.digest)
    value |= {
        "order": proceeding.digest, "words": order_name(proceeding.digest),
        "state": proceeding.state,
    }  # fmt: skip

    def text() -> None:
        click.echo(f"{said} {verdict(proceeding, receipts, now())}")
        for line in notice(proceeding, now()):
            click.echo(line)

    say(value, options["as_json"], text)


def _post(desk: Counter, person: str, executor: str) -> str:
    for post, who in desk.charter.posts.items():
        if who == person and post.startswith(f"{executor}/"):
            return post
    raise NotAcceptedError(f"{person} does not sit beside {executor}")


def _concur_beside(
    house: House, seen: View, who: Identity, executor: str, options: dict[str, Any]
) -> None:
    if seen.verified is None:
        raise StoppedError(verdict(seen.proceeding, seen.receipts, now()))
    posts = (p for p, one in _charter_posts(seen).items() if one == who.person)
    post = next((p for p in posts if p.startswith(f"{executor}/")), None)
    if post is None:
        raise NotAcceptedError(f"{who.person} does not sit beside {executor}")
    confirm(options, f"{who.person} concurs beside {executor}?", _HINT)
    text: Text = reason_text(options["reason"])
    document = draft_crew_concurrence(
        seen.verified, signer=who.person, post=post, reason=text, now=now()
    )
    stored = enclose(document, who.signer)
    _leave_beside(house, post, seen, stored)
    _report_beside(seen, who, stored, post, options, f"{who.person} concurs beside {executor}.")


def _charter_posts(seen: View) -> dict[str, str]:
    assert seen.verified is not None  # noqa: S101 - asked before
    return dict(seen.verified.charter.posts)


def _report_beside(
    seen: View, who: Identity, stored: bytes, post: str, options: dict[str, Any], said: str
) -> None:
    answer, order = open_envelope(stored).envelope.digest, seen.proceeding.digest
    value = {
        "answer": answer, "person": who.person, "order": order,
        "words": order_name(order), "executor": post.partition("/")[0], "post": post,
    }  # fmt: skip
    say(value, options["as_json"], lambda: click.echo(said))


def _leave_beside(house: House, post: str, seen: View, stored: bytes) -> None:
    """Put a crew's answer where the executor's agent finds it."""
    file = crew_file(house, seen.proceeding.digest, post)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(stored)
    except OSError as error:
        raise HouseError(f"{file.parent}: {error.strerror}") from error


__all__ = ["ChegetError", "ask", "concur", "countermand", "refuse", "review"]
