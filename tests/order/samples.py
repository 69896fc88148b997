"""One document of each kind, with every field, and envelopes around them."""

from cheget.audit.instant import from_text
from cheget.chain.shares import SeatShare, Split
from cheget.order.documents import (
    Absence,
    Amendment,
    AnyDocument,
    Attestation,
    Concurrence,
    Countermand,
    Enrolment,
    Order,
    Question,
    Receipt,
    Refusal,
    Review,
    Revocation,
    Seal,
    Session,
)
from cheget.order.fields import Head, Named
from cheget.order.sealtree import SealTree

T = from_text("2026-11-22T10:15:00Z")
D = [f"{n:x}" * 64 for n in range(10)]
N = "00112233445566778899aabbccddeeff"
KEY = "2bc690763f5eb755a112ecfb8f713d4ac27824cc4afba9d21fd62b22c1458b99"

DOCUMENTS: tuple[AnyDocument, ...] = (
    Order(("It is final.",), "wipe", (D[1], D[2]), T + 3600, N, Named(2, D[3]), D[4], N, "ann",
          (("amount", "10.50"), ("to", "Zürich")), D[5], "ann", T, D[6]),
    Concurrence(("It is final.",), T, "team", D[1], D[2], D[3], D[4], "bob", "bob", 12, D[5], D[6]),
    Refusal(T, D[1], D[2], "bob", "missile-0001/commander"),
    Question(T, D[1], D[2], "bob"),
    Countermand(T, D[2], "ann", D[1]),
    Attestation("wipe", "red", N, T, D[1], N, "ann", "ann", D[2], T + 60),
    Absence(N, T, N, "ann", T + 60),
    Enrolment(N, KEY, N, "ed25519", "ann", D[8]),
    Amendment(T + 60, N, D[1], T, D[2], "ann", 2, D[3]),
    Revocation(N, KEY, D[1], T, "ann"),
    Seal("wipe", N, "production-db", D[4], N, D[7], 3, "ann", SealTree(
        Split(2, (SeatShare("request", "ann"), Split(1, (SeatShare("team", "bob"),
                                                          SeatShare("team", "cho"))))),
        (D[1], D[2], D[3]))),
    Review(T, D[1], D[2], D[3], "ann"),
    Receipt(T, (D[1],), N, "production-db", Head(7, D[2]), D[3], Head(9, D[4]), "carried-out",
            D[5], D[6], "ann", D[7]),
    Session(T, "https://cheget.example.com", N, N, "ann"),
)  # fmt: skip
