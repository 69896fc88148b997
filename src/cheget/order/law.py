"""Step 1: the law log, read from the head that is held; and how a first charter comes to hold.

Everybody reads the law log whole: it is small. Amendments after the first, revocations and
absences are entries of it that this version cannot follow; it says so and goes no further.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from cheget.audit.checkpoint import Checkpoint, verify_checkpoint
from cheget.audit.header import Mention
from cheget.audit.proofs import extends
from cheget.errors import CharterError, LawError, LogError, VerificationError
from cheget.order.charter import Charter, Person
from cheget.order.documents import Amendment, Concurrence, Enrolment, Refusal
from cheget.order.fields import Head
from cheget.order.keys import PublicKey, verify
from cheget.order.papers import Filed, LogPart, open_envelope, subject_of
from cheget.order.signatures import verify_signer


def read_law(charter: Charter, shown: LogPart, held: Head | None) -> Checkpoint:
    """The law log's checkpoint, only if it extends ``held`` and the charter is still the law.

    Raises:
        LawError: another charter, an entry missing, or one that this version cannot follow.
        LogError: a log that forks, shrinks or lacks entries.
        BadSignatureError: an entry that does not verify.
    """
    log = charter.terms.law
    try:
        checkpoint = verify_checkpoint(shown.latest, origin=log.origin, key=log.key)
        since = held.size if held is not None else 0
        if checkpoint.size != shown.slice.size:
            raise LogError("the slice of the law log does not end at its checkpoint")
        roots = shown.slice.roots({checkpoint.size, max(since, shown.slice.start)})
        if roots[checkpoint.size] != checkpoint.root:
            raise LogError("the slice of the law log does not give its checkpoint's root")
        if shown.slice.start > since:
            raise LogError(
                f"the law log is shown from {shown.slice.start}, and needed from {since}"
            )
        if held is not None:
            extends(
                held.size, bytes.fromhex(held.root), shown.slice, shown.consistency, roots=roots
            )
        _read_entries(charter, shown)
    except LogError as error:
        raise LawError(str(error)) from None
    return checkpoint


def _read_entries(charter: Charter, shown: LogPart) -> None:
    """Every entry shown, also those before the head that is held: a carrier can't know it."""
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
        _read_entry(charter, position, filed)


def _read_entry(charter: Charter, position: int, filed: Filed) -> None:
    match filed.unverified:
        case Amendment() as amendment:
            if amendment.version != charter.version or amendment.new != charter.digest:
                raise LawError(
                    f"entry {position} of the law log amends the charter to version"
                    f" {amendment.version}, which is not the one that is pinned",
                    hint="install the new charter by its digest",
                )
            verify_signer(charter.people, amendment.signer, filed.envelope)
        case Concurrence(signer=signer) | Refusal(signer=signer):
            verify_signer(charter.people, signer, filed.envelope)
        case other:
            raise LawError(f"a {other.kind} in the law log, which this version cannot follow")


def check_enrolments(charter: Charter, enrolments: Sequence[bytes]) -> None:
    """Return only if each key of people and executors has proved its possession.

    Args:
        charter: The charter that brings the keys.
        enrolments: Envelopes, each signed by the key that it enrols.

    Raises:
        CharterError: a key without its enrolment.
        VerificationError: an enrolment that does not verify.
    """
    proved: set[tuple[str, PublicKey]] = set()
    for stored in enrolments:
        who, key = check_enrolment(charter.deployment, open_envelope(stored))
        proved.add((who, key))
    wanted = {(name, key) for name, person in charter.people.items() for key in person.keys}
    wanted |= set(charter.executors.items())
    if missing := sorted(who for who, key in wanted - proved):
        raise CharterError(f"no enrolment proves the key of {missing[0]}")


def check_enrolment(deployment: str, filed: Filed) -> tuple[str, PublicKey]:
    """Who enrols which key, only if that key itself signed it for this deployment.

    Raises:
        VerificationError: another kind, another deployment, or no possession.
    """
    document = filed.unverified
    if not isinstance(document, Enrolment):
        raise VerificationError(f"a {filed.envelope.kind} where an enrolment is due")
    if document.deployment != deployment:
        raise VerificationError(f"the enrolment of {document.who} is for another deployment")
    key = PublicKey(document.scheme, bytes.fromhex(document.key))
    verify(key, filed.envelope.signed_bytes, filed.envelope.signature)
    return document.who, key


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
