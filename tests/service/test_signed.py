"""A signature that held once holds; one that did not, and another key, are asked anew."""

import pytest

from cheget.errors import BadSignatureError
from cheget.order.keys import PublicKey
from cheget.order.passkey import Party
from cheget.service import signed
from simulator import signer


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[PublicKey]:
    found: list[PublicKey] = []
    kept = signed.verify

    def verify(key: PublicKey, message: bytes, signature: bytes) -> None:
        found.append(key)
        kept(key, message, signature)

    signed._verify.cache_clear()
    monkeypatch.setattr(signed, "verify", verify)
    return found


def test_it_is_worked_out_once(asked: list[PublicKey]) -> None:
    ann = signer("ann")
    for _ in "ab":
        signed.verify_once(ann.public, b"yes", ann.sign(b"yes"))
    assert asked == [ann.public]


def test_what_does_not_verify_never_does(asked: list[PublicKey]) -> None:
    ann, bob = signer("ann"), signer("bob")
    signed.verify_once(ann.public, b"yes", ann.sign(b"yes"))
    for key, message in ((bob.public, b"yes"), (ann.public, b"no"), (bob.public, b"yes")):
        with pytest.raises(BadSignatureError):
            signed.verify_once(key, message, ann.sign(b"yes"))
    assert len(asked) == 4


def test_the_same_passkey_for_another_page_is_another_question(asked: list[PublicKey]) -> None:
    ann = signer("ann").public
    pages = [Party("a.example", ("https://a.example",)), Party("b.example", ("https://b.example",))]
    keys = [PublicKey(ann.scheme, ann.key, page) for page in pages]
    assert keys[0] == keys[1]
    for key in keys:
        signed.verify_once(key, b"yes", signer("ann").sign(b"yes"))
    assert [key.party for key in asked] == pages
