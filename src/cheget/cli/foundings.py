"""Founding, from the side of whoever signs: what the charter says, whole, before they agree."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from cheget.cli.context import (
    Identity,
    Pins,
    folder_of,
    identify,
    now,
    reason_text,
    say,
)
from cheget.cli.plain import confirm, span_of
from cheget.errors import HouseError, NotAcceptedError
from cheget.order.charter import Charter
from cheget.order.documents import Amendment
from cheget.order.draft import draft_agreement, draft_founding, draft_refusal, enclose
from cheget.order.fields import Head
from cheget.order.keys import fingerprint
from cheget.order.law import founders, missing_founders
from cheget.order.papers import Filed, open_envelope
from cheget.order.signatures import verify_signer
from cheget.report.terminal import safe
from cheget.service.clock import SystemClock
from cheget.service.founding import agree, agreed, is_founded, is_refused, propose, proposed
from cheget.service.house import (
    House,
    charter_words,
    compile_charter,
    enrolments,
    file_of,
    open_house,
    open_store,
    store_address,
)

if TYPE_CHECKING:
    from cheget.chain.chain import Chain
    from cheget.service.store import Store


def standing(house: House) -> dict[str, Any]:
    """Where the founding of this house stands, as JSON."""
    nothing: dict[str, Any] = {"state": "not-proposed", "charter": None, "missing": []}
    if store_address(house) is None and not file_of(house).exists():
        return nothing
    store = open_store(house)
    try:
        return store.read(_standing) if store.read(lambda tx: tx.charter()) else nothing
    finally:
        store.close()


def _standing(tx: Any) -> dict[str, Any]:
    charter, _ = proposed(tx)
    missing = missing_founders(charter, agreed(tx))
    state = "founded" if not missing else "proposed"
    if is_refused(tx):
        state = "refused"
    return {"state": state, "charter": charter.digest, "missing": list(missing)}


def found(options: dict[str, Any]) -> None:
    """Propose the first charter, or agree to the one that is proposed."""
    house = open_house(folder_of(options["folder"]))
    store = open_store(house)
    try:
        if store.read(lambda tx: tx.charter()) is None:
            if options["refuse"]:
                raise NotAcceptedError("no charter is proposed: there is nothing to refuse")
            _propose(house, store, options)
            return
        _answer(house, store, options)
    finally:
        store.close()


def _propose(house: House, store: Store, options: dict[str, Any]) -> None:
    envelopes = enrolments(house)
    charter = compile_charter(house, envelopes)
    _refuse_keyless(charter)
    who = identify(charter, options["person"], options["key_path"])
    if who.person not in founders(charter):
        raise NotAcceptedError(f"{who.person} fills no member's post, and cannot propose")
    _show(house, charter, options)
    confirm(options, f"{who.person} proposes this charter, and agrees to it?")
    text = reason_text(options["reason"])
    document = draft_founding(
        charter,
        signer=who.person,
        reason=text,
        now=now(),
        decide_within=span_of(options["within"], "--within"),
    )
    stored = enclose(document, who.signer)
    propose(store, charter, envelopes, stored, SystemClock(), text)
    missing = _agree(store, open_envelope(stored), who, options)
    _report(charter, who, missing, options)


def _answer(house: House, store: Store, options: dict[str, Any]) -> None:
    charter, proposal = store.read(proposed)
    amendment = proposal.unverified
    if charter.deployment != house.deployment:
        raise HouseError("the store belongs to another deployment")
    if store.read(is_founded):
        _report(charter, None, (), options)
        return
    # What the store shows is what this folder says, or somebody changed one of the two.
    same = compile_charter(house, enrolments(house)).digest == charter.digest
    assert isinstance(amendment, Amendment)  # noqa: S101 - of the kind asked for
    verify_signer(charter.people, amendment.signer, proposal.envelope)
    who = identify(charter, options["person"], options["key_path"])
    if who.person in store.read(agreed) and not options["refuse"]:
        _report(charter, None, missing_founders(charter, store.read(agreed)), options)
        return
    _show(house, charter, options)
    if not same:
        click.echo("chains, people or keys in this folder changed since it was proposed.", err=True)
    if options["refuse"]:
        confirm(options, f"{who.person} refuses this charter?")
        _refuse(store, charter, proposal, who, options)
        return
    confirm(options, f"{who.person} agrees to this charter?")
    _report(charter, who, _agree(store, proposal, who, options), options)


def _agree(
    store: Store, proposal: Filed, who: Identity, options: dict[str, Any]
) -> tuple[str, ...]:
    def seen(tx: Any) -> Head:
        size = tx.size("law")
        return Head(size, tx.peaks("law", size).root().hex())

    text = reason_text(options["reason"])
    answer = draft_agreement(
        proposal.envelope.digest, signer=who.person, seen=store.read(seen), reason=text, now=now()
    )
    return agree(store, enclose(answer, who.signer), SystemClock(), text)


def _refuse(
    store: Store, charter: Charter, proposal: Filed, who: Identity, options: dict[str, Any]
) -> None:
    text = reason_text(options["reason"])
    document = draft_refusal(proposal.envelope.digest, signer=who.person, reason=text, now=now())
    agree(store, enclose(document, who.signer), SystemClock(), text)
    said = f"{who.person} refuses. This charter will not hold; a house is founded anew."
    value = _value(charter, who, missing_founders(charter, store.read(agreed)), "refused")
    say(value, options["as_json"], lambda: click.echo(said))


def _report(
    charter: Charter, who: Identity | None, missing: tuple[str, ...], options: dict[str, Any]
) -> None:
    if who is not None:
        _ = Pins(charter)  # what one agreed to is what this client holds from now on
    value = _value(charter, who, missing, "proposed" if missing else "founded")

    def text() -> None:
        if who is not None:
            click.echo(f"{who.person} agrees.")
        if missing:
            click.echo(f"Still to agree: {', '.join(missing)}.")
        else:
            click.echo(f"The charter holds: {charter.digest}")
            click.echo("next: cheget executor pin NAME --charter DIGEST, on each guarded machine")

    say(value, options["as_json"], text)


def _value(
    charter: Charter, who: Identity | None, missing: tuple[str, ...], state: str
) -> dict[str, Any]:
    """Where the founding stands; ``who`` has just answered, or nobody has."""
    return {
        "charter": charter.digest, "person": who.person if who else None, "state": state,
        "missing": list(missing),
    }  # fmt: skip


def _show(house: House, charter: Charter, options: dict[str, Any]) -> None:
    if options["as_json"]:
        return
    click.echo(f"The first charter of {charter.house}, deployment {charter.deployment}")
    for chain in charter.chains:
        ladder = " → ".join(level.id for level in chain.levels)
        click.echo(f"\n  chain {chain.id}: {safe(chain.title)}")
        click.echo(f"    levels   {ladder}")
        click.echo(f"    actions  {', '.join(action.id for action in chain.actions)}")
        for member in chain.members:
            filler = charter.posts.get(member.id, "vacant")
            click.echo(f"    {member.id:<16} {filler}")
    click.echo("\n  people")
    for name, person in charter.people.items():
        keys = ", ".join(fingerprint(key) for key in person.keys) or "no key"
        click.echo(f"    {name:<16} {keys}{'  (machine)' if person.machine else ''}")
    for post, filler in charter.posts.items():
        if "/" in post:
            click.echo(f"    {post}: {filler}")
    click.echo("\n  executors")
    for name, key in charter.executors.items():
        click.echo(f"    {name:<16} {fingerprint(key)}")
    for missing in keyless(house.chains, charter):
        click.echo(f"    {missing:<16} no key: it cannot be ordered to act under this charter")
    click.echo(f"\n  digest, to be read aloud: {charter_words(charter)}\n")


def keyless(chains: Iterable[Chain], charter: Charter) -> list[str]:
    """Executors that the chains declare by name and nobody enrolled; of many, the kind."""
    found = []
    for chain in chains:
        for kind in chain.executors:
            ids = list(kind.ids())
            lacking = [one for one in ids if one not in charter.executors]
            few = len(lacking) <= 3  # noqa: PLR2004 - more are said as a number
            found += lacking if few else [f"{len(lacking)} of {len(ids)} {kind.id}"]
    return found


def _refuse_keyless(charter: Charter) -> None:
    lacking = sorted(one for one in founders(charter) if not charter.people[one].keys)
    if lacking:
        raise HouseError(
            f"{', '.join(lacking)} must agree to the first charter, and have no key",
            hint=f"cheget people enrol {lacking[0]}",
        )
    missing_founders(charter, ())
