"""The two orders of the demo: one refused and stopped, one released and carried out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cheget.cli.context import fresh, now, reason_text
from cheget.cli.demo_house import Staffed
from cheget.cli.render import NO, YES, ladder, paint, verdict
from cheget.errors import AddressError, NotAcceptedError
from cheget.keyring import keyfile
from cheget.order.circumstances import Circumstances
from cheget.order.documents import order_name
from cheget.order.draft import (
    draft_attestation,
    draft_concurrence,
    draft_crew_concurrence,
    draft_order,
    draft_refusal,
    enclose,
)
from cheget.order.papers import clear_address, decode_papers
from cheget.order.proceeding import Proceeding
from cheget.order.verify import Pinned, Verified, explain_code, verify_papers

if TYPE_CHECKING:
    from cheget.cli.demo import Report

ACTION = "tactical"
REFUSER, REASON = "intelligence", "No battlefield advantage."


def refused(staffed: Staffed, report: Report) -> None:
    """The first order: one general refuses, and no code exists."""
    order = _transmit(staffed, report, "A demonstration of a refusal.")
    _concur(staffed, order, "minister", "chief", "operations")
    text = reason_text(REASON)
    refusal = draft_refusal(order, signer=REFUSER, reason=text, now=now())
    staffed.desk.refuse(enclose(refusal, staffed.people[REFUSER]), [text])
    proceeding = _print(staffed, report, order)
    found, places = _look_for_codes(staffed, order)
    stopped = f"stopped at {proceeding.ending.level}" if proceeding.ending else proceeding.state
    report.plain(
        f"         {paint(stopped, NO, bold=True)}. No code exists"
        f" (looked: {found} in {places:,} files, store and log among them)."
    )
    report.facts["first"] = {"order": order, "state": proceeding.state, "codes": found}


def released(staffed: Staffed, report: Report) -> None:
    """The second order: every level concurs, the executors named act once."""
    order = _transmit(staffed, report, "A demonstration of a release.")
    while (pending := staffed.desk.proceeding(order).pending) is not None:
        filled = {one.seat for one in pending.counted}
        _concur(staffed, order, *(s for s in pending.level.members if s not in filled))
    _print(staffed, report, order)
    law = staffed.desk.head("law")
    codes = staffed.desk.codes(order, law=law)
    sizes = sorted(len(code) for code in codes.values())
    report.plain(
        f"         {paint('released', YES, bold=True)}. {len(codes)} codes for the {len(codes)}"
        f" executors named, {sizes[0]:,} bytes each."
    )
    outcomes = _act(staffed, report, order, codes)
    acted = sum(outcome == "carried-out" for outcome in outcomes.values())
    report.plain(
        f"         {acted} verified offline, each in a process of its own with its crew beside"
        " it, and acted, once."
    )
    again = _act(staffed, report, order, codes, what="shown their codes again")
    report.plain(
        f"         Shown the same codes again, {_repeated(staffed, again)} of {len(again)} refused:"
        " once means once."
    )
    shown, refusals = _show_to_others(staffed, report, codes, Pinned(staffed.desk.charter, law=law))
    report.plain(
        f"         {len(staffed.executors) - len(codes):,} others were shown all of them, and"
        f" theirs readdressed: {refusals:,} of {shown:,} refused."
    )
    report.facts["second"] = {
        "order": order, "codes": len(codes), "bytes": sizes[0], "carried_out": acted,
        "shown_to_others": shown, "refused_by_others": refusals,
    }  # fmt: skip


def audited(staffed: Staffed, report: Report) -> None:
    """The receipts come back, and the log verifies."""
    taken = 0
    for executor in staffed.named:
        for receipt in sorted(_folder(staffed, executor).glob("receipts/*.json")):
            staffed.desk.receive(receipt.read_bytes())
            taken += 1
    said = _verify_log(staffed)
    report.line("audit", said)
    report.facts["audit"] = {"receipts": taken, "says": said}


def _transmit(staffed: Staffed, report: Report, reason: str) -> str:
    desk, law = staffed.desk, staffed.desk.charter.laws[staffed.chain.id]
    action = staffed.chain.action(ACTION)
    attested = []
    for condition in action.conditions:
        text = reason_text("As reported.")
        document = draft_attestation(
            law, condition=condition, action=ACTION, signer="minister", seat="minister",
            statement=text, now=now(), until=now() + 7200, nonce=fresh(),
        )  # fmt: skip
        attested.append(
            desk.attest(enclose(document, staffed.people["minister"]), [text]).digest
        )
    text = reason_text(reason)
    draft = draft_order(
        law, originator="president", action=ACTION, executors=staffed.named, parameters={},
        reason=text, now=now(), nonce=fresh(), attestations=attested,
    )  # fmt: skip
    done = desk.transmit(enclose(draft, staffed.people["president"]), staffed.named, [text])
    words = click.style(order_name(done.digest), bold=True)
    report.line("run", f"order  {words}   transmitted by president")
    return done.digest


def _concur(staffed: Staffed, order: str, *seats: str) -> None:
    for seat in seats:
        verified = _verified(staffed, order)
        text = reason_text("")
        document = draft_concurrence(verified, signer=seat, seat=seat, reason=text, now=now())
        staffed.desk.concur(enclose(document, staffed.people[seat]), [text])


def _verified(staffed: Staffed, order: str) -> Verified:
    """What a signer does before each answer: everything, from the bytes."""
    data = staffed.desk.papers(order)
    return verify_papers(data, pinned=Pinned(staffed.desk.charter), now=now())


def _print(staffed: Staffed, report: Report, order: str) -> Proceeding:
    proceeding = staffed.desk.proceeding(order)
    for line in ladder(proceeding, decode_papers(staffed.desk.papers(order))):
        report.plain(f"       {line}")
    return proceeding


def _look_for_codes(staffed: Staffed, order: str) -> tuple[int, int]:
    """How many codes there are for the order, in every file of the house and from the desk."""
    found = places = 0
    for file in staffed.house.folder.rglob("*"):
        if file.is_file():
            places += 1
            data = file.read_bytes()
            found += sum(data.count(clear_address(one)) for one in staffed.named)
    for executor in staffed.named:
        try:
            staffed.desk.code(order, executor)
        except NotAcceptedError:
            continue
        found += 1
    return found, places


def _folder(staffed: Staffed, executor: str) -> Path:
    return staffed.house.folder / "executors" / executor
