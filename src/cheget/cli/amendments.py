"""Amending, from the side of whoever signs: the new charter shown, proposed, agreed to, refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from cheget.audit.instant import to_text
from cheget.cli.context import (
    Identity,
    identify,
    is_asked,
    now,
    reason_text,
    say,
)
from cheget.cli.plain import confirm, span_of
from cheget.cli.preview import preview_value, print_preview
from cheget.errors import NotAcceptedError
from cheget.order.amending import needs
from cheget.order.charter import Charter, Person
from cheget.order.documents import order_name
from cheget.order.draft import (
    draft_agreement,
    draft_countermand,
    draft_founding,
    draft_refusal,
    enclose,
)
from cheget.order.follow import LawState, Proposal
from cheget.order.keys import PublicKey
from cheget.order.papers import open_envelope
from cheget.report.preview import Preview, preview
from cheget.report.wording import joined

if TYPE_CHECKING:
    from cheget.order.counter import Counter


def waiting(state: LawState) -> list[Proposal]:
    """The amendments that may still take effect at this instant."""
    return [one for one in state.open if now() < one.document.decide_by]


def find_proposal(state: LawState, words: Sequence[str], *, signs: bool) -> Proposal:
    """The amendment that a person named; without a name, the only one that waits.

    Raises:
        NotAcceptedError: none, or several, go by that name.
    """
    text = " ".join(words).replace("-", " ").strip().lower()
    if text in state.proposals:
        return state.proposals[text]
    if signs and not is_asked():
        raise NotAcceptedError(
            "words are an address, not a proof: without somebody to ask, give the full digest",
            hint="cheget chain amend --dry-run --json",
        )
    found = [
        one for digest, one in state.proposals.items()
        if (order_name(digest).startswith(text) if text else one in waiting(state))
    ]  # fmt: skip
    if len(found) == 1:
        return found[0]
    said = "; ".join(order_name(one.digest) for one in found)
    raise NotAcceptedError(
        f"{len(found) or 'no'} amendments go by that name" if text else
        f"{len(found)} amendments wait: say which", hint=said,
    )  # fmt: skip


def offer(
    desk: Counter, state: LawState, new: Charter, enrolments: Sequence[bytes],
    options: dict[str, Any],
) -> bool:  # fmt: skip
    """Show a new charter, propose it, and agree to it.

    Returns:
        Whether anything was signed.
    """
    found = preview(state.charter, new, needs(state.charter, new), desk.orders())
    if options.get("dry_run"):
        _say(found, "dry-run", "Nothing is signed", None, options)
        return False
    who = _who(state, new, options)
    if not any(need.names(who.person) for need in found.needs):
        raise NotAcceptedError(f"no rule that has to agree names {who.person}")
    if not options["as_json"]:
        print_preview(found, f"{who.person} would amend the charter")
    confirm(options, f"{who.person} proposes this, and agrees to it?")
    text = reason_text(options["reason"])
    document = draft_founding(
        new, signer=who.person, reason=text, now=now(),
        decide_within=span_of(options["within"], "--within"),
    )  # fmt: skip
    stored = enclose(document, who.signer)
    desk.propose(new, enrolments, stored, text)
    _agree(desk, open_envelope(stored).envelope.digest, who, options)
    return True


def respond(desk: Counter, state: LawState, words: Sequence[str], options: dict[str, Any]) -> None:
    """Show an amendment that is proposed; agree to it, refuse it, or take one's word back."""
    dry = bool(options.get("dry_run"))
    proposal = find_proposal(state, words, signs=not dry)
    if not dry and proposal.ended:
        raise NotAcceptedError(f"the amendment has ended: {proposal.ended}")
    found = _preview(desk, proposal)
    if dry:
        _say(found, _standing(state, proposal), _sentence(state, proposal), proposal, options)
        return
    who = _who(state, proposal.new, options)
    if not options["as_json"]:
        print_preview(found, _title(proposal))
    if options["refuse"] or options["withdraw"]:
        _stop(desk, proposal, who, options)
        return
    confirm(options, f"{who.person} agrees to it?")
    _agree(desk, proposal.digest, who, options)


def _agree(desk: Counter, amendment: str, who: Identity, options: dict[str, Any]) -> None:
    text = reason_text(options["reason"])
    answer = draft_agreement(
        amendment, signer=who.person, seen=desk.head("law"), reason=text, now=now()
    )
    after = desk.answer(enclose(answer, who.signer), text)
    _done(desk, after, amendment, f"{who.person} agrees.", options)


def _stop(desk: Counter, proposal: Proposal, who: Identity, options: dict[str, Any]) -> None:
    text = reason_text(options["reason"])
    document: Any
    if options["refuse"]:
        confirm(options, f"{who.person} refuses it?")
        document = draft_refusal(proposal.digest, signer=who.person, reason=text, now=now())
        said = f"{who.person} refuses."
    else:
        confirm(options, f"{who.person} takes it back?")
        document = draft_countermand(proposal.digest, signer=who.person, reason=text, now=now())
        said = f"{who.person} countermands."
    after = desk.answer(enclose(document, who.signer), text)
    _done(desk, after, proposal.digest, said, options)


def _done(
    desk: Counter, state: LawState, amendment: str, said: str, options: dict[str, Any]
) -> None:  # fmt: skip
    proposal = state.proposals[amendment]
    found = _preview(desk, proposal)
    value = _value(found, _standing(state, proposal), proposal)

    def text() -> None:
        click.echo(f"{said} {_sentence(state, proposal)}")
        if proposal.ended == "it holds":
            click.echo(f"The charter holds: {proposal.new.digest}, version {proposal.new.version}")
            click.echo("Clients and executors follow it by themselves.")
        elif not proposal.ended:
            click.echo(f"amendment  {order_name(amendment)}\n  {amendment}")
            click.echo("next, whoever has to agree: cheget chain amend")

    say(value, options["as_json"], text)


def _preview(desk: Counter, proposal: Proposal) -> Preview:
    return preview(
        proposal.old, proposal.new, proposal.needs, desk.orders(),
        (proposal.agreed_old, proposal.agreed_new),
    )  # fmt: skip


def _standing(state: LawState, proposal: Proposal) -> str:
    if proposal.ended == "it holds":
        return "holds" if state.charter.digest == proposal.new.digest else "held"
    if proposal.ended:
        return "ended"
    return "expired" if now() >= proposal.document.decide_by else "proposed"


def _sentence(state: LawState, proposal: Proposal) -> str:
    standing = _standing(state, proposal)
    if standing == "proposed":
        missing = [need.what for need in proposal.missing()]
        return f"Still to agree: {joined(list(dict.fromkeys(missing)))}."
    if standing == "ended":
        return f"It has ended: {proposal.ended}."
    return {"holds": "It holds.", "held": "It held.", "expired": "It has expired."}[standing]


def _title(proposal: Proposal) -> str:
    document = proposal.document
    return (
        f"amendment  {order_name(proposal.digest)}   proposed by {document.signer},"
        f" decide by {to_text(document.decide_by)}"
    )


def _value(found: Preview, state: str, proposal: Proposal | None) -> dict[str, Any]:
    digest = proposal.digest if proposal is not None else None
    return {
        "amendment": digest, "words": order_name(digest) if digest else None, "state": state,
        "ended": proposal.ended or None if proposal is not None else None,
        **preview_value(found),
    }  # fmt: skip


def _say(
    found: Preview, state: str, said: str, proposal: Proposal | None, options: dict[str, Any]
) -> None:
    def text() -> None:
        print_preview(found, _title(proposal) if proposal else "What this would change")
        click.echo(f"{said.rstrip('.')}.")

    say(_value(found, state, proposal), options["as_json"], text)


def _who(state: LawState, new: Charter, options: dict[str, Any]) -> Identity:
    """Whose key it is, by the charter that holds or by the one proposed: newcomers agree too."""
    old = state.charter
    keys: dict[str, list[PublicKey]] = {}
    for charter in (old, new):
        for name, one in charter.people.items():
            keys[name] = list(dict.fromkeys([*keys.get(name, ()), *one.keys]))
    people = {name: Person(tuple(held)) for name, held in keys.items()}
    both = replace(old, people=people)
    return identify(both, options["person"], options["key_path"], state.revoked)
