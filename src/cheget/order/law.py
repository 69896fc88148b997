"""Step 1: the law log, read from the head that is held; and how a first charter comes to hold.

Everybody reads the law log whole: it is small. What its entries amount to is ``order.follow``;
absences are entries that this version cannot follow; it says so and goes no further.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import replace

from cheget.audit.checkpoint import Checkpoint, verify_checkpoint
from cheget.audit.header import Mention
from cheget.audit.proofs import extends
from cheget.errors import (
    BadSignatureError,
    CharterError,
    LawError,
    LogError,
    UnfitEntryError,
    VerificationError,
)
from cheget.order.charter import Charter, Person, read_charter
from cheget.order.documents import Concurrence, Enrolment
from cheget.order.fields import Head
from cheget.order.follow import LawEntry, LawState, follow
from cheget.order.keys import PublicKey, bound, is_passkey, verify
from cheget.order.papers import Filed, LogPart, open_envelope, subject_of
from cheget.order.passkey import Party
from cheget.order.signatures import verify_signer


def read_law(charter: Charter, shown: LogPart, held: Head | None) -> tuple[Checkpoint, LawState]:
    """The law log's checkpoint and what it amounts to, from the charter that is pinned.

    Amendments step by one from it, each agreed under the charter before and under its own. Of a
    first charter only the founding may be left out, by a head that is held and lies past it.

    Raises:
        LawError: the log forks, shrinks or lacks entries, or an entry that fits no state.
        BadSignatureError: an entry that does not verify.
    """
    try:
        since = held.size if held is not None else 0
        size = shown.slice.size
        founded = len(founders(charter)) + 1 if charter.version == 1 else shown.slice.start
        if shown.slice.start > min(since, founded):
            raise LogError(
                f"the law log is shown from {shown.slice.start}, and needed from"
                f" {min(since, founded)}"
            )
        roots = _roots(shown, {size, max(since, shown.slice.start)})
        if held is not None:
            extends(
                held.size, bytes.fromhex(held.root), shown.slice, shown.consistency, roots=roots
            )
        state = _fold_shown(charter, shown, roots, past_founding=since >= founded)
        log = state.charter.terms.law
        checkpoint = verify_checkpoint(shown.latest, origin=log.origin, key=log.key)
        if checkpoint.size != size:
            raise LogError("the slice of the law log does not end at its checkpoint")
        if roots[size] != checkpoint.root:
            raise LogError("the slice of the law log does not give its checkpoint's root")
    except (LogError, UnfitEntryError, CharterError) as error:
        raise LawError(str(error), hint=error.hint) from None
    return checkpoint, state


def mentions_of(mentioned: Iterable[tuple[int, Mention]], law: LogPart) -> dict[int, int]:
    """The position of each mention of the law log, by its size there.

    Args:
        mentioned: The mentions that a log of orders holds, with their positions.
        law: The law log as it is shown, verified.

    Raises:
        LogError: they are of a larger law log, or of another one: what is shown is a fork.
    """
    found: dict[int, int] = {}
    roots: dict[int, str] = {}
    for position, one in mentioned:
        if one.size > law.slice.size:
            raise LogError("the log mentions a law log larger than the one shown")
        if roots.setdefault(one.size, one.root) != one.root:
            raise LogError(f"the log mentions two law logs of {one.size} entries")
        found.setdefault(one.size, position)
    # What lies before the slice was compared by whoever holds the head that it leads from.
    had = law.slice.roots({size for size in roots if size >= law.slice.start})
    for size, root in had.items():
        if size in roots and root.hex() != roots[size]:
            raise LogError(f"the log mentions another law log of {size} entries than is shown")
    return found


def _roots(shown: LogPart, sizes: set[int]) -> dict[int, bytes]:
    """Roots on the way, those included that somebody who agreed claims to have seen."""
    for stored in shown.envelopes:
        size = getattr(open_envelope(stored).unverified, "size", None)
        if isinstance(size, int) and shown.slice.start <= size <= shown.slice.size:
            sizes.add(size)
    return shown.slice.roots(sizes)


def _fold_shown(
    charter: Charter, shown: LogPart, roots: Mapping[int, bytes], *, past_founding: bool
) -> LawState:
    """Every entry shown, also those before the head that is held: a carrier can't know it."""
    state = _beginning(charter, shown, past_founding=past_founding)
    founded = len(founders(charter)) + 1
    headers = list(shown.slice.entries())
    if len(headers) != len(shown.envelopes):
        raise LogError(f"{len(headers)} entries of the law log, {len(shown.envelopes)} envelopes")
    for (position, header), stored in zip(headers, shown.envelopes, strict=True):
        filed = open_envelope(stored)
        if (
            isinstance(header, Mention)
            or header.envelope != filed.stored_digest
            or header.kind != filed.envelope.kind
            or header.subject != subject_of(filed.envelope.digest, filed.unverified)
        ):
            raise LogError(f"entry {position} of the law log has another envelope")
        try:
            check_seen(filed, roots)
            if state.founding is None and position < founded and charter.version == 1:
                # The founding, read before: its end is past, and nothing else lies in it.
                signer = getattr(filed.unverified, "signer", "")
                verify_signer(charter.people, signer, filed.envelope)
                continue
            state = follow(state, LawEntry(position, header.at, filed))
        except (UnfitEntryError, CharterError) as error:
            raise LawError(f"entry {position} of the law log: {error}", hint=error.hint) from None
        except BadSignatureError as error:
            raise BadSignatureError(f"entry {position} of the law log: {error}") from None
    if state.refused:
        raise LawError("the first charter was refused, and does not hold")
    if not state.begun:
        raise LawError("the law log does not hold the amendment of the charter that is pinned")
    if state.founding:
        left = ", ".join(sorted(state.founding))
        raise LawError(f"the first charter does not hold yet: {left} to agree")
    return state


def check_seen(filed: Filed, roots: Mapping[int, bytes]) -> None:
    """Return only if the head that its signer saw is one that the law log had."""
    document = filed.unverified
    if not isinstance(document, Concurrence) or document.size not in roots:
        return
    if roots[document.size].hex() != document.root:
        raise UnfitEntryError(f"{document.signer} saw a law log that never was")


def _beginning(charter: Charter, shown: LogPart, *, past_founding: bool) -> LawState:
    known = {one.digest: one for one in map(read_charter, shown.charters)}
    proved = Possession((charter, *known.values()), shown.enrolments)
    state = LawState(charter, known=known, proved=proved)
    if charter.version > 1:
        return replace(state, is_pinned=True)
    if shown.slice.start and past_founding:
        return replace(state, begun=True)
    return replace(state, founding=founders(charter))


def check_enrolments(
    charter: Charter, enrolments: Sequence[bytes], later: Sequence[Charter] = ()
) -> None:
    """Return only if each key of people and executors has proved its possession.

    Args:
        charter: The charter that brings the keys.
        enrolments: Envelopes, each signed by the key that it enrols.
        later: The charters that came after it, whose keys' enrolments are among these.

    Raises:
        CharterError: a key without its enrolment.
        VerificationError: an enrolment that does not verify.
    """
    proved = proved_keys((charter, *later), enrolments)
    wanted = {(name, key) for name, person in charter.people.items() for key in person.keys}
    wanted |= set(charter.executors.items())
    if missing := sorted(who for who, key in wanted - proved):
        raise CharterError(f"no enrolment proves the key of {missing[0]}")


def check_enrolment(
    deployment: str, filed: Filed, parties: Collection[Party] = ()
) -> tuple[str, PublicKey]:
    """Who enrols which key, only if that key itself signed it for this deployment.

    ``parties``: of passkeys, the pages that the house's charters name or named.

    Raises:
        VerificationError: another kind, another deployment, or no possession.
    """
    document = filed.unverified
    if not isinstance(document, Enrolment):
        raise VerificationError(f"a {filed.envelope.kind} where an enrolment is due")
    if document.deployment != deployment:
        raise VerificationError(f"the enrolment of {document.who} is for another deployment")
    sealing = bytes.fromhex(document.sealing or "")
    key = PublicKey(document.scheme, bytes.fromhex(document.key), sealing=sealing)
    if is_passkey(key):
        origins = tuple(origin for one in parties for origin in one.origins)
        rp_id = next((one.rp_id for one in parties), "")
        key = bound(key, Party(rp_id, origins))
    verify(key, filed.envelope.signed_bytes, filed.envelope.signature)
    return document.who, key


def proved_keys(
    charters: Collection[Charter], enrolments: Iterable[bytes]
) -> frozenset[tuple[str, PublicKey]]:
    """Whose possession of which key the enrolments prove, in the house of these charters.

    Raises:
        VerificationError: an enrolment that does not verify.
    """
    deployment = next(iter(charters)).deployment
    parties = [one.terms.party for one in charters if one.terms.party is not None]
    return frozenset(
        check_enrolment(deployment, open_envelope(stored), parties) for stored in enrolments
    )


class Possession(Container[tuple[str, PublicKey]]):
    """Whose possession of which key is proved, each enrolment verified when it is asked for.

    Of a house with thousands of keys an amendment brings a few: only theirs are looked at.
    """

    def __init__(self, charters: Collection[Charter], enrolments: Iterable[bytes]) -> None:
        """Over the enrolments of the house of these charters."""
        self._charters = charters
        self._shown: dict[str, list[bytes]] = {}
        for stored in enrolments:
            document = open_envelope(stored).unverified
            if isinstance(document, Enrolment):
                self._shown.setdefault(document.key, []).append(stored)

    def __contains__(self, wanted: object) -> bool:
        """Whether an enrolment proves it; one that does not verify proves nothing."""
        if not isinstance(wanted, tuple) or not isinstance(wanted[1], PublicKey):
            return False
        for stored in self._shown.get(wanted[1].key.hex(), ()):
            try:
                if wanted in proved_keys(self._charters, (stored,)):
                    return True
            except VerificationError:
                continue
        return False


def founders(charter: Charter) -> frozenset[str]:
    """Who must agree to a first charter: everybody who fills a member's post, machines apart."""
    members = {member.id for chain in charter.chains for member in chain.members}
    people = {person for post, person in charter.posts.items() if post in members}
    return frozenset(p for p in people if not charter.people.get(p, Person()).machine)


def missing_founders(charter: Charter, agreed: Collection[str]) -> tuple[str, ...]:
    """Who has still to agree before the first charter holds. Nobody to agree is an error.

    Raises:
        CharterError: nobody fills any post.
    """
    needed = founders(charter)
    if not needed:
        raise CharterError("a charter to which nobody has to agree cannot be founded")
    return tuple(sorted(needed - set(agreed)))
