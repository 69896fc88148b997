"""Signatures verified once: whether one holds depends on its bytes and the key, and nothing else.

A client's thread verifies what it brings before it waits for the one that writes; who looks at
the same document again, at the door or in the turn, needn't work it out anew. Who may sign is
asked each time.
"""

from __future__ import annotations

from functools import lru_cache

from cheget.order.keys import PublicKey, verify
from cheget.order.passkey import Party

REMEMBERED = 1024  # signatures that hold


def verify_once(key: PublicKey, message: bytes, signature: bytes) -> None:
    """As ``order.keys.verify``. Raises as that does, each time."""
    _verify(key, key.party, message, signature)


@lru_cache(maxsize=REMEMBERED)  # of what raises nothing is kept
def _verify(key: PublicKey, _party: Party | None, message: bytes, signature: bytes) -> None:
    # The page a passkey is for is no part of the key as keys are compared; of this it is.
    verify(key, message, signature)
