"""The two orders of the demo: one refused and stopped, one released and carried out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import click

from cheget.cli.context import fresh, now, reason_text
from cheget.cli.demo_house import ACTION, Staffed, place_of
from cheget.cli.demo_report import Report
from cheget.cli.install import open_agent
from cheget.cli.ledgers import read_ledger
from cheget.cli.render import NO, YES, ladder, paint
from cheget.errors import (
    AddressError,
    HouseError,
    NotAcceptedError,
)
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
from cheget.order.ledger import prove
from cheget.order.papers import clear_address, decode_papers
from cheget.order.proceeding import Proceeding
from cheget.order.verify import Pinned, Verified, verify_code, verify_papers

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
    if found or proceeding.state != "stopped":
        raise HouseError(f"the order is {proceeding.state}, and {found} codes were found")
    stopped = f"stopped at {proceeding.ending.level}" if proceeding.ending else proceeding.state
    report.plain(
        f"         {paint(stopped, NO, bold=True)}. No code exists"
        f" (looked: {found} in {places:,} files, store and log among them)."
    )
    report.facts["first"] = {
        "order": order, "words": order_name(order), "state": proceeding.state, "codes": found,
    }  # fmt: skip


def released(staffed: Staffed, report: Report) -> None:
    """The second order: every level concurs, the executors named act once."""
    order = _transmit(staffed, report, "A demonstration of a release.")
    while (pending := staffed.desk.proceeding(order).pending) is not None:
        filled = {one.seat for one in pending.counted}
        _concur(staffed, order, next(s for s in pending.level.members if s not in filled))
    proceeding = _print(staffed, report, order)
    law = staffed.desk.head("law")
    codes = staffed.desk.codes(order, law=law, orders=staffed.pinned_at)
    sizes = sorted(len(code) for code in codes.values())
    report.plain(
        f"         {paint('released', YES, bold=True)}. {len(codes)} codes for the {len(codes)}"
        f" executors named, {sizes[0]:,} bytes each."
    )
    _crews_concur(staffed, order)
    said = _act(staffed, report, codes, "verifying and acting")
    acted = _receive(staffed, order)
    report.plain(
        f"         {acted} verified offline, each in a process of its own with its crew beside"
        " it, and acted, once."
    )
    if acted != len(codes):
        raise HouseError(f"{acted} of {len(codes)} acted: {sorted(set(said.values()))}")
    again = _again(staffed, codes)
    report.plain(f"         Shown their codes again, {again} refused: once means once.")
    if again != len(codes):
        raise HouseError(f"{len(codes) - again} would act again")
    shown, refusals = _show_to_others(staffed, report, codes, Pinned(staffed.desk.charter, law=law))
    report.plain(
        f"         {len(staffed.others):,} others were shown all of them, and"
        f" theirs readdressed: {refusals:,} of {shown:,} refused."
    )
    if refusals != shown:
        raise HouseError(f"{shown - refusals} codes were taken by executors not named")
    report.facts["second"] = {
        "order": order, "words": order_name(order), "state": proceeding.state,
        "codes": len(codes), "bytes": sizes[0], "carried_out": acted,
        "again_refused": again,
        "shown_to_others": shown, "refused_by_others": refusals,
    }  # fmt: skip


def audited(staffed: Staffed, report: Report) -> None:
    """Everything that is in the log is proved, from its first entry."""
    proved = prove(read_ledger(staffed.desk))
    orders, receipts = len(proved.proceedings), len(proved.receipts)
    said = (
        f"every entry proved: {orders} orders, {receipts} receipts, and the law they stood under."
    )
    report.line("audit", said)
    report.facts["audit"] = {"proved": True, "orders": orders, "receipts": receipts}


def _receive(staffed: Staffed, order: str) -> int:
    """The receipts come back to the desk; how many say that it was carried out."""
    for executor in staffed.named:
        for file in sorted(place_of(staffed.house.folder, executor).folder.glob("receipts/*")):
            staffed.desk.receive(file.read_bytes())
    return sum(one.outcome == "carried-out" for one in staffed.desk.receipts(order))


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
        attested.append(desk.attest(enclose(document, staffed.people["minister"]), [text]).digest)
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


def _show_to_others(
    staffed: Staffed, report: Report, codes: Mapping[str, bytes], pinned: Pinned
) -> tuple[int, int]:
    """Show every executor that was not named all the codes, and one readdressed to it."""
    others = staffed.others
    first = next(iter(codes.values()))
    rest = first.split(b',"index":', 1)[1]
    shown = refusals = 0
    at = now()
    seen = Circumstances(now=at, first_stored=at, asked_again=at, tenure=0)
    with contextmanager(report.progress)("shown to the others", len(others)) as advance:
        for executor in others:
            forged = clear_address(executor)[:-1] + b',"index":' + rest
            for code in (*codes.values(), forged):
                shown += 1
                try:
                    verify_code(code, executor=executor, pinned=pinned, circumstances=seen)
                except AddressError:
                    refusals += 1
            advance()
    return shown, refusals


def _act(staffed: Staffed, report: Report, codes: Mapping[str, bytes], what: str) -> dict[str, str]:
    """Each named executor in a process of its own, given its code as a file."""
    folder = staffed.house.folder
    with contextmanager(report.progress)(what, len(codes)) as advance:

        def one(executor: str) -> str:
            code = place_of(folder, executor).folder / "code.json"
            code.write_bytes(codes[executor])
            command = [
                sys.executable, "-m", "cheget", "executor", "run", executor, "--once", "--json",
                "--code", str(code), "--house", str(folder), "--anchor", str(folder / "anchors"),
            ]  # fmt: skip
            done = subprocess.run(  # noqa: S603 - ourselves
                command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
            )  # fmt: skip
            advance()
            if not done.stdout:
                raise HouseError(f"{executor}: {done.stderr.strip()[-300:]}")
            return str(json.loads(done.stdout.splitlines()[-1])["says"])

        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            return dict(zip(codes, pool.map(one, codes), strict=True))


def _again(staffed: Staffed, codes: Mapping[str, bytes]) -> int:
    """Show each named executor its code a second time; how many refuse, by their journals."""
    refusals = 0
    anchors = staffed.house.folder / "anchors"
    for executor, code in codes.items():
        agent = open_agent(place_of(staffed.house.folder, executor), executor, anchors)
        try:
            before = sum(1 for _ in agent.journal.of_kind("intent"))
            taken = agent.take(code)
            acts = sum(1 for _ in agent.journal.of_kind("intent")) - before
            refusals += acts == 0 and taken.receipt is None and before == 1
        finally:
            agent.journal.close()
    return refusals


def _crews_concur(staffed: Staffed, order: str) -> None:
    """The people beside each named executor concur there, over this very release."""
    verified = _verified(staffed, order)
    for executor, posts in staffed.crews.items():
        folder = place_of(staffed.house.folder, executor).folder / "crew"
        folder.mkdir(exist_ok=True)
        for post in posts:
            person = staffed.desk.charter.posts[post]
            document = draft_crew_concurrence(
                verified, signer=person, post=post, reason=reason_text(""), now=now()
            )
            stored = enclose(document, staffed.people[person])
            (folder / f"{order[:16]}-{post.partition('/')[2]}.json").write_bytes(stored)
