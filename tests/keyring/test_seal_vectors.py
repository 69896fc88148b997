"""Every vector of a seal opens or is refused as its file says; `spec/seal.md` shows one."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cheget.errors import ChegetError
from cheget.keyring.dealt import read_dealt
from cheget.keyring.sealing import open_dealt, open_handed, sealing_key, with_sealing
from cheget.keyring.signer import Ed25519Signer
from cheget.order import canonical
from cheget.order.keys import verify
from cheget.order.seal import check_shares, combine, identity, open_secrets, read_sealed

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "tests" / "vectors" / "seals").glob("*.json"))
PAGE = (ROOT / "spec" / "seal.md").read_text()


def key_of(seed: str) -> Ed25519Signer:
    return Ed25519Signer(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed)))


def opened(case: dict[str, Any]) -> dict[str, str]:
    sealed = read_sealed(canonical.encode({"seal": case["seal"], "sealed": case["sealed"]}))
    private, given = sealing_key(key_of(case["executor"])), {}
    for one in case["handed"]:
        ciphertext, seat = bytes.fromhex(one["ciphertext"]), one["seat"]
        shares = open_handed(sealed.seal, ciphertext, private, order=one["order"], seat=seat)
        given[seat] = check_shares(sealed.seal, seat, shares or b"", one["signer"])
    found = open_secrets(sealed, combine(sealed.seal, given))
    return {name: value.decode() for name, value in found.items()}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_seal_opens_or_does_not_as_its_vector_says(file: Path) -> None:
    case = json.loads(file.read_text())
    if case["expect"] == "open":
        assert opened(case) == case["secrets"]
        return
    with pytest.raises(ChegetError):
        opened(case)


def test_each_share_of_a_deal_opens_for_its_holder_and_for_nobody_else() -> None:
    case = json.loads((ROOT / "tests" / "vectors" / "seals" / "whole.json").read_text())
    dealt = read_dealt(canonical.encode({"seal": case["seal"], "shares": case["shares"]}))
    verify(key_of(case["keys"]["ann"]).public, dealt.filed.envelope.signed_bytes,
           dealt.filed.envelope.signature)  # fmt: skip
    assert len(dealt.shares) == 6
    for one in dealt.shares:
        for person, seed in case["keys"].items():
            signer = key_of(seed)
            asked = {"seat": one.seat, "person": one.person, "signer": signer}
            if person == one.person:
                assert with_sealing(signer).sealing == one.key
                shares = open_dealt(dealt.seal, [one], **asked)  # type: ignore[arg-type]
                assert len(shares) == (32 if one.seat == "team/bob" else 16)
                continue
            with pytest.raises(ChegetError):
                open_dealt(dealt.seal, [one], **asked)  # type: ignore[arg-type]


def test_the_specimen_of_the_page_is_the_vectors() -> None:
    case = json.loads((ROOT / "tests" / "vectors" / "seals" / "whole.json").read_text())
    (payload,) = re.findall(r"```payload\n(.*)\n```", PAGE)
    dealt = read_dealt(canonical.encode({"seal": case["seal"], "shares": case["shares"]}))
    assert payload.encode() == dealt.seal.payload()
    assert f"`{dealt.seal.digest()}`" in PAGE
    assert f"`{identity(dealt.seal).hex()}`" in PAGE
    assert hashlib.sha256(bytes.fromhex(case["sealed"])).hexdigest() == dealt.seal.sealed
