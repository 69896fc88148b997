"""Who must agree before it can happen: proved, run and logged from one file.

    from cheget import parse_chain, verify_code

``parse_chain`` reads a chain file. ``verify_code`` returns only if a code lets an executor act
now, and is the only door for whoever acts; ``explain_code`` says what each step found, for
people. Names are imported when they are first used, so that a command line starts at once.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cheget.chain.chain import Chain
    from cheget.chain.parse import parse_chain
    from cheget.errors import ChegetError, VerificationError
    from cheget.order.charter import Charter, pinned_charter, read_charter
    from cheget.order.circumstances import Circumstances
    from cheget.order.verify import Pinned, Verified, explain_code, verify_code

__version__ = "0.1.0.dev0"

_HOMES = {
    "Chain": "cheget.chain.chain",
    "Charter": "cheget.order.charter",
    "ChegetError": "cheget.errors",
    "Circumstances": "cheget.order.circumstances",
    "Pinned": "cheget.order.verify",
    "VerificationError": "cheget.errors",
    "Verified": "cheget.order.verify",
    "explain_code": "cheget.order.verify",
    "parse_chain": "cheget.chain.parse",
    "pinned_charter": "cheget.order.charter",
    "read_charter": "cheget.order.charter",
    "verify_code": "cheget.order.verify",
}

__all__ = [
    "Chain",
    "Charter",
    "ChegetError",
    "Circumstances",
    "Pinned",
    "VerificationError",
    "Verified",
    "explain_code",
    "parse_chain",
    "pinned_charter",
    "read_charter",
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
