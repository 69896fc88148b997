"""``cheget log``: verify, prove, export, redact, resume."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cheget.cli.plain import confirm, house_option, json_option, now, say, span_of
from cheget.errors import HouseError, NotAcceptedError
from cheget.report.wording import count

if TYPE_CHECKING:
    from cheget.order.ledger import Ledger, Proved
    from cheget.order.proceeding import Proceeding
    from cheget.order.verify import Pinned
    from cheget.service.counter import LocalCounter
    from cheget.service.house import House

_FILE = click.Path(path_type=Path, dir_okay=False)
_ORDER = click.argument("words", nargs=-1, required=True, metavar="ORDER")


@click.group()
def log() -> None:
    """The log: verify, prove, export, redact; resume after a backup was put back."""


@log.command("verify")
@click.option("--file", type=_FILE, help="An exported ledger, instead of the house's store.")
@click.option("--charter", "digest", metavar="DIGEST", help="The charter's digest, as you know it.")
@house_option
@json_option
def verify_(file: Path | None, digest: str | None, folder: Path | None, as_json: bool) -> None:
    """Recompute both logs from their first entry, and prove every one.

    Each envelope against its header, each signature by the charter, every order folded, every
    receipt by its executor, and the heads that this client has seen before.
    """
    from cheget.order.ledger import prove

    if file is not None:
        ledger = ledger_of(file)
        proved = prove(ledger, _known(ledger))
    else:
        from cheget.cli.context import at_desk, pins_of
        from cheget.cli.ledgers import read_ledger

        with at_desk(folder) as (_, desk):
            ledger = read_ledger(desk)
            pins = pins_of(desk)
            proved = prove(ledger, pins.pinned)
            pins.keep(proved.orders_head, proved.law_head)
    charter = proved.law.charter
    if digest is not None and digest != charter.digest:
        raise NotAcceptedError(f"the charter is {charter.digest}, not {digest}")
    value = _value(proved)

    def text() -> None:
        orders, receipts = len(proved.proceedings), len(proved.receipts)
        click.echo(
            f"every entry proved: {count(orders, 'order')}, {count(receipts, 'receipt')},"
            f" and the law they stood under"
        )
        for line in _overdue(proved):
            click.echo(line)
        click.echo(f"  charter  {charter.digest}, version {charter.version}")
        for name, head in (("law", proved.law_head), ("orders", proved.orders_head)):
            click.echo(f"  {name:<8} {head.size} entries, root {head.root}")

    say(value, as_json, text)


@log.command()
@_ORDER
@click.option("-o", "--output", type=_FILE, help="Write them there. [default: standard output]")
@house_option
def prove(words: tuple[str, ...], output: Path | None, folder: Path | None) -> None:
    """The papers of an order: all that verifying it takes, offline, by anybody.

    `cheget verify FILE --charter CHARTER` verifies them. What an executor takes is a code:
    `cheget order code`.
    """
    from cheget.cli.context import at_desk, find_order

    with at_desk(folder) as (_, desk):
        _write(output, desk.papers(find_order(desk, words)) + b"\n", "papers of the order")


@log.command()
@click.option("-o", "--output", type=_FILE, help="Write it there. [default: standard output]")
@house_option
def export(output: Path | None, folder: Path | None) -> None:
    """Both logs, whole, as one JSON value a line: charter, headers, envelopes, checkpoints.

    Reasons are left out: they lie beside the log and may have been erased. `cheget log verify
    --file FILE` verifies it anywhere; `cheget executor pin --from FILE` reads it.
    """
    from cheget.cli.context import at_desk
    from cheget.cli.ledgers import encode_ledger, read_ledger

    with at_desk(folder) as (_, desk):
        data = b"".join(encode_ledger(read_ledger(desk)))
    _write(output, data, "both logs")


@log.command()
@click.argument("words", nargs=-1, metavar="[ORDER]")
@click.option(
    "--older-than", metavar="SPAN",
    help="All that were logged before, such as 400d. [default: retention in house.yaml]",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say how many, and erase nothing.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@house_option
@json_option
def redact(
    words: tuple[str, ...], older_than: str | None, dry_run: bool, yes: bool,
    folder: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Erase the reasons of an order, or one text by its digest. Every proof still holds.

    Without ORDER, whatever is older, for cron: but not of open orders and amendments, emergencies
    not reviewed, attestations in force. What was signed is a salted digest of each text; with text
    and salt gone, nobody can tell what it said. Entries stay. It cannot be undone.
    """
    from cheget.cli.context import at_desk

    if words and older_than is not None:
        raise click.UsageError("ORDER, or --older-than")
    with at_desk(folder) as (house, desk):
        found = _texts(desk, words) if words else _aged(desk, older_than, house)
        digests = list(desk.store.read(lambda tx: tx.texts(found)))
        erased = 0
        if digests and not dry_run:
            many = count(len(digests), "text")
            confirm({"yes": yes}, f"Erase {many}, for ever?", "--yes erases them")
            erased = desk.store.write(lambda tx: sum(tx.erase_text(one) for one in digests))
            desk.store.scrub()
    value = {"erased": erased, "found": len(digests)}
    said = f"would erase {count(len(digests), 'text')}" if dry_run else (
        f"erased {count(erased, 'text')}; proofs still hold"
    )  # fmt: skip
    say(value, as_json, lambda: click.echo(said))


@log.command()
@click.option(
    "--despite", multiple=True, metavar="SIZE:ROOT",
    help="A head that was shown and that you know to be a lie; again for each.",
)  # fmt: skip
@click.option("--yes", is_flag=True, help="Don't ask.")
@house_option
@json_option
def resume(despite: tuple[str, ...], yes: bool, folder: Path | None, as_json: bool) -> None:
    """Let a restored house take and sign again, knowing what it may have lost.

    It shows whose heads were heard since, which of them the logs lack, and who was not heard.
    Whoever holds a head that the logs lack refuses this house for ever once it goes on: then find
    a newer backup, or found the house anew. It can't be undone.
    """
    from cheget.cli.resuming import resume as do

    do(folder, despite, yes=yes, as_json=as_json)


def ledger_of(file: Path) -> Ledger:
    """The ledger in an exported file, not verified yet."""
    from cheget.order.ledgerfile import decode_ledger

    try:
        with file.open("rb") as lines:
            return decode_ledger(lines)
    except OSError as error:
        raise HouseError(f"{file}: {error.strerror}") from error


def _known(ledger: Ledger) -> Pinned | None:
    """What this client holds of the deployment already, if anything."""
    from cheget.cli.context import Pins, state_folder

    if (state_folder() / f"{ledger.charter.deployment}.json").exists():
        shown = (one.payload for one in ledger.charters)
        return Pins(ledger.charter, shown).pinned
    click.echo(
        "nothing is pinned here of this deployment: compare the first charter,"
        f" {ledger.charter.digest}", err=True,
    )  # fmt: skip
    return None


def _aged(desk: LocalCounter, older_than: str | None, house: House) -> list[str]:
    """The digests of the texts that are older than that, or than the house keeps them."""
    from cheget.service.retention import retention_of, texts_before

    given = older_than is not None
    span = span_of(older_than or "", "--older-than") if given else retention_of(house)
    if span is None:
        raise click.UsageError("ORDER, or --older-than, or retention in house.yaml")
    return texts_before(desk, desk.clock.now() - span)


def _texts(desk: LocalCounter, words: tuple[str, ...]) -> list[str]:
    """The digests of the texts that a person means."""
    from cheget.cli.context import find_order
    from cheget.order.papers import open_envelope

    given = "".join(words).lower()
    if len(given) == 64 and desk.store.read(lambda tx: tx.texts([given])):  # noqa: PLR2004
        return [given]
    found = None
    if len(given) == 64:  # noqa: PLR2004 - a digest in hex
        found = desk.store.read(lambda tx: tx.find("orders", given))
    if found is not None and found.seq:
        entries = [found]
    else:
        subject = given if found is not None else find_order(desk, words)
        entries = desk.store.read(lambda tx: tx.thread("orders", subject))
    documents: list[Any] = [open_envelope(one.envelope).unverified for one in entries]
    return [
        digest
        for document in documents
        for name in ("reason", "statement", "finding")
        if (digest := getattr(document, name, None)) is not None
    ]


def _overdue(proved: Proved) -> list[str]:
    """The notice of each emergency that nobody has reviewed in time, and its words."""
    from cheget.cli.emergencies import notice
    from cheget.order.documents import order_name

    return [
        f"{line}  {order_name(one.digest)}"
        for one in _unreviewed(proved) for line in notice(one, now())
    ]  # fmt: skip


def _unreviewed(proved: Proved) -> list[Proceeding]:
    from cheget.order.reviews import asked

    return [
        one
        for one in proved.proceedings
        if (review := asked(one)) is not None and review.standing(now()) == "overdue"
    ]


def _value(proved: Proved) -> dict[str, Any]:
    states: dict[str, int] = {}
    for proceeding in proved.proceedings:
        states[proceeding.state] = states.get(proceeding.state, 0) + 1
    return {
        "proved": True,
        "charter": proved.law.charter.digest,
        "version": proved.law.charter.version,
        "orders": len(proved.proceedings),
        "states": states,
        "receipts": len(proved.receipts),
        "overdue": [one.digest for one in _unreviewed(proved)],
        "heads": {
            "law": {"root": proved.law_head.root, "size": proved.law_head.size},
            "orders": {"root": proved.orders_head.root, "size": proved.orders_head.size},
        },
    }


def _write(output: Path | None, data: bytes, what: str) -> None:
    if output is None:
        sys.stdout.buffer.write(data)
        return
    try:
        output.write_bytes(data)
    except OSError as error:
        raise HouseError(f"{output}: {error.strerror}") from error
    click.echo(f"wrote {output}: {what}, {len(data):,} bytes")
