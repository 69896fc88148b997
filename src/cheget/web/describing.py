"""A house as its pages describe it: chains with their proof, executors, people."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cheget.audit.instant import to_text
from cheget.chain.chain import Chain
from cheget.chain.wording import span, worded
from cheget.errors import TooEntangledError
from cheget.order.charter import Charter
from cheget.order.documents import order_name
from cheget.order.follow import LawState, Proposal
from cheget.order.keys import PublicKey, fingerprint
from cheget.order.telling import until
from cheget.picture.page import JUDGED
from cheget.proof.account import Account
from cheget.report.proofs import door_lines, door_warnings, sentences, sign
from cheget.report.proved import Proved, prove
from cheget.service.amended import staff_of
from cheget.web.language import again, number, tell
from cheget.web.showing import MOST_DOTS, rule_of

MOST_KNOWN = 64
_known: dict[tuple[str, str], Proved | None] = {}


def proved(charter: Charter, chain: Chain) -> Proved | None:
    """What is proved of the chain, worked out once a charter; None: it is too entangled."""
    key = charter.digest, chain.id
    if key not in _known:
        if len(_known) >= MOST_KNOWN:
            _known.clear()
        try:
            _known[key] = prove(chain, staff_of(charter))
        except TooEntangledError:
            _known[key] = None
    return _known[key]


def transmissions(charter: Charter, person: str) -> list[dict[str, Any]]:
    """The actions that the person may order, with who is asked and who can stop each alone."""
    found = []
    for chain in charter.chains:
        heads = {m for m in chain.levels[0].members if charter.posts.get(m) == person}
        if not heads:
            continue
        known = proved(charter, chain)
        by_action = {name: one for one in known.accounts for name in one.actions} if known else {}
        for action in chain.actions:
            ladder = chain.ladder(action.id)
            account = by_action.get(action.id)
            alone = _alone(account) if account is not None else []
            ids = [one for kind in action.executors for one in chain.kind(kind).ids()]
            found.append({
                "id": f"{chain.id}-{action.id}", "chain": chain.id, "action": action.id,
                "title": f"{action.id} · {chain.title}", "first": ladder[1].id if ladder[1:] else
                tell("the executors"), "levels": " → ".join(
                    f"{one.id} ({again(worded(one.rule, one.members))})" for one in ladder[1:]
                ) or tell("nobody"), "stops": ", ".join(alone),
                "hold": span(action.hold) if action.hold else "",
                "parameters": [
                    (name, parameter.kind, list(getattr(parameter, "choices", ()) or ()))
                    for name, parameter in action.parameters
                ],
                "executors": [one for one in ids if one in charter.executors] or ids[:1],
                "most": action.at_most, "acknowledge": list(action.acknowledge),
            })  # fmt: skip
    return found


def chains_view(charter: Charter) -> list[dict[str, Any]]:
    """Each chain: its levels with who fills them, and what is proved of each ladder."""
    return [
        {
            "id": chain.id, "title": chain.title,
            "levels": [
                {
                    "name": level.id, "rule": rule_of(level), "actions": ", ".join(level.actions),
                    "seats": [_filled(charter, chain, member) for member in level.members],
                }
                for level in chain.levels
            ],
            **_proof(proved(charter, chain)),
        }
        for chain in charter.chains
    ]  # fmt: skip


def _proof(found: Proved | None) -> dict[str, Any]:
    if found is None:
        return {"proved": [], "claims": [], "doors": [], "gave_up": True}
    through = found.doors or ()
    return {
        "proved": [
            {"actions": ", ".join(one.actions), "said": sentences(one, through)}
            for one in found.accounts
        ],
        "claims": [(sign(one), JUDGED[sign(one)], one.text) for one in found.claims],
        "doors": [
            {"to": ", ".join(one.executors), "said": door_lines(one), "mind": door_warnings(one)}
            for one in through if len(one.doors) > 1
        ],
        "gave_up": False,
    }  # fmt: skip


def _filled(charter: Charter, chain: Chain, member: str) -> tuple[str, str]:
    title = next((one.title for one in chain.members if one.id == member), "") or member
    return title, charter.posts.get(member, "")


def _alone(account: Account) -> list[str]:
    """Whoever can stop it alone, by a refusal."""
    if account.blocking.smallest != 1:
        return []
    found = {who for (who,) in account.blocking.first(account.blocking.minimal()[1])}
    return [who for who in account.people if who in found]


FEW = 12  # executors of a kind that are told one by one


def kinds_view(charter: Charter, words: Mapping[str, str]) -> list[dict[str, Any]]:
    """The executors of each kind, those with a key told apart; ``words``: of their guards."""
    found = []
    for chain in charter.chains:
        for kind in chain.executors:
            ids = list(kind.ids())
            enrolled = sum(one in charter.executors for one in ids)
            found.append({
                "title": kind.title or kind.id, "chain": chain.title, "count": len(ids),
                "enrolled": enrolled,
                "said": _keyed(enrolled, len(ids), worded(kind.crew) if kind.crew else ""),
                "guards": [(one, words.get(one, "")) for one in ids]
                if len(ids) <= FEW else [(one, words[one]) for one in ids if one in words][:FEW],
                "unknown": len(ids) > FEW and not any(one in words for one in ids),
                "looks": [
                    (one, "named" if one in charter.executors else "") for one in ids[:MOST_DOTS]
                ],
            })  # fmt: skip
    return found


def _keyed(enrolled: int, count: int, crew: str) -> str:
    keys = {"enrolled": number(enrolled), "count": number(count)}
    if not crew:
        return tell("%(enrolled)s of %(count)s have a key", **keys)
    return tell("%(enrolled)s of %(count)s have a key, a crew beside each: %(crew)s", crew=crew,
                **keys)  # fmt: skip


def missing(one: Proposal) -> list[str]:
    """The rules of an amendment that have still to agree."""
    return list(dict.fromkeys(again(need.what) for need in one.missing()))


def people_view(
    state: LawState, now: int
) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:  # fmt: skip
    """The roster's rows, and the amendments that wait."""
    charter, usable = state.charter, state.usable
    away = {
        one.document.signer: to_text(one.document.until)[:10] for one in state.absences.values()
        if one.ended is None and one.document.from_ <= now < one.document.until
    }  # fmt: skip
    rows = [
        {
            "who": name, "machine": one.machine, "away": away.get(name, ""),
            "posts": ", ".join(p for p, who in charter.posts.items() if who == name)
            or tell("no post"),
            "signs": [key_view(key) for key in usable.people[name].keys],
            "crew": all("/" in p for p, who in charter.posts.items() if who == name)
            and name in charter.posts.values(),
        }
        for name, one in charter.people.items()
    ]  # fmt: skip
    amendments = [
        {
            "digest": one.digest, "words": order_name(one.digest),
            "said": tell("Proposed by %(who)s; %(span)s left. Still to agree: %(missing)s",
                         who=one.document.signer, span=until(one.document.decide_by - now),
                         missing=", ".join(missing(one))),
        }
        for one in state.open if now < one.document.decide_by
    ]  # fmt: skip
    return rows, amendments


def own_view(state: LawState, person: str, now: int) -> dict[str, Any]:
    """What a person may say of themselves: which keys they hold, and whether they are away."""
    holder = state.usable.people.get(person)
    return {
        "held": [(key_view(key), key.key.hex()) for key in (holder.keys if holder else ())],
        "away": [
            (digest, to_text(one.document.until)[:10]) for digest, one in state.absences.items()
            if one.document.signer == person and one.ended is None and now < one.document.until
        ],
    }  # fmt: skip


@dataclass(frozen=True)
class KeyView:
    """A key as a page names it: what it is, two words to know it by, its fingerprint."""

    kind: str
    words: str
    fingerprint: str


def key_view(key: PublicKey) -> KeyView:
    """A key of a person's; the words are the first two of its point's SHA-256."""
    names = {"webauthn-es256": tell("passkey"), "webauthn-eddsa": tell("passkey"),
             "sshsig-sk-ed25519": tell("security key"),
             "sshsig-ed25519": tell("SSH key")}  # fmt: skip
    words = order_name(hashlib.sha256(key.point).hexdigest()).split()
    return KeyView(names.get(key.scheme, tell("key file")), " ".join(words[:2]), fingerprint(key))
