"""The peer: ``in_toto_verify`` of 5 ordered steps, each with 3 of 3 functionaries."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from in_toto.models.layout import Layout, Step
from in_toto.models.link import FILENAME_FORMAT, Link
from in_toto.models.metadata import Envelope, Metablock
from in_toto.verifylib import in_toto_verify
from securesystemslib.signer import CryptoSigner

DIGEST = {"sha256": "ab" * 32}


def verifier(folder: Path, form: str, steps: int, threshold: int) -> Callable[[], object]:
    """A call that verifies a layout, held ready, over its links as files in ``folder``.

    Args:
        folder: Made and filled here.
        form: ``metablock``, in-toto's own, or ``dsse``.
        steps: How many, each taking the product of the one before.
        threshold: Functionaries a step, all of whom sign a link.
    """
    folder.mkdir()
    owner = CryptoSigner.generate_ed25519()
    layout = Layout()
    layout.set_relative_expiration(days=30)
    for place in range(steps):
        functionaries = [CryptoSigner.generate_ed25519() for _ in range(threshold)]
        layout.steps.append(_step(place, [one.public_key.keyid for one in functionaries]))
        for one in functionaries:
            layout.add_functionary_key(_key(one))
            link = Link(
                name=f"step-{place}",
                materials={"order": DIGEST} if place else {},
                products={"order": DIGEST},
            )
            name = FILENAME_FORMAT.format(step_name=link.name, keyid=one.public_key.keyid)
            _signed(link, form, one).dump(str(folder / name))
    metadata = _signed(layout, form, owner)
    keys = {owner.public_key.keyid: _key(owner)}

    def verify() -> object:
        return in_toto_verify(metadata, keys, link_dir_path=str(folder))

    return verify


def _step(place: int, keyids: list[str]) -> Step:
    before = [["MATCH", "order", "WITH", "PRODUCTS", "FROM", f"step-{place - 1}"]] if place else []
    return Step(
        name=f"step-{place}",
        pubkeys=keyids,
        threshold=len(keyids),
        expected_materials=[*before, ["DISALLOW", "*"]],
        expected_products=[["ALLOW", "order"], ["DISALLOW", "*"]],
    )


def _key(signer: CryptoSigner) -> dict[str, Any]:
    return {**signer.public_key.to_dict(), "keyid": signer.public_key.keyid}


def _signed(what: Layout | Link, form: str, signer: CryptoSigner) -> Metablock | Envelope:
    held = Envelope.from_signable(what) if form == "dsse" else Metablock(signed=what)
    held.create_signature(signer)
    return held
