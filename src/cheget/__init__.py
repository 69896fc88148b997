"""Who must agree before it can happen: proved, run and logged from one file.

    from cheget import assess, load, parse_chain, prove, verify_code

``load`` reads a chain file or a scenario; ``prove`` and ``assess`` say of it what the verbs of
that name do. ``parse_chain`` reads a chain from bytes. ``verify_code`` returns only if a code lets
an executor act now, and is the only door for whoever acts; ``explain_code`` says what each step
found, for people. Names are imported when they are first used, so that a command line starts at once.
"""  # noqa: E501

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cheget.api import (
        Assessed,
        Proof,
        assess,
        load,
        load_beliefs,
        load_people,
        prove,
        sweep,
    )
    from cheget.chain.chain import Chain
    from cheget.chain.parse import parse_chain
    from cheget.errors import ChegetError, VerificationError
    from cheget.order.charter import Charter, pinned_charter, read_charter
    from cheget.order.circumstances import Circumstances
    from cheget.order.verify import Pinned, Verified, explain_code, verify_code

__version__ = "0.1.0.dev0"

_HOMES = {
    "Assessed": "cheget.api",
    "Chain": "cheget.chain.chain",
    "Charter": "cheget.order.charter",
    "ChegetError": "cheget.errors",
    "Circumstances": "cheget.order.circumstances",
    "Pinned": "cheget.order.verify",
    "Proof": "cheget.api",
    "VerificationError": "cheget.errors",
    "Verified": "cheget.order.verify",
    "assess": "cheget.api",
    "explain_code": "cheget.order.verify",
    "load": "cheget.api",
    "load_beliefs": "cheget.api",
    "load_people": "cheget.api",
    "parse_chain": "cheget.chain.parse",
    "pinned_charter": "cheget.order.charter",
    "prove": "cheget.api",
    "read_charter": "cheget.order.charter",
    "sweep": "cheget.api",
    "verify_code": "cheget.order.verify",
}

__all__ = [
    "Assessed",
    "Chain",
    "Charter",
    "ChegetError",
    "Circumstances",
    "Pinned",
    "Proof",
    "VerificationError",
    "Verified",
    "assess",
    "explain_code",
    "load",
    "load_beliefs",
    "load_people",
    "parse_chain",
    "pinned_charter",
    "prove",
    "read_charter",
    "sweep",
    "verify_code",
]


def __getattr__(name: str) -> object:
    """A public name, imported when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"cheget has no {name}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """What is public."""
    return sorted([*__all__, "__version__"])
