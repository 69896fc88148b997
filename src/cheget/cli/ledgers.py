"""A ledger: read from a store, and as a file."""

from __future__ import annotations

from cheget.order.ledgerfile import FORM, decode_ledger, encode_ledger
from cheget.service.ledgers import read_ledger

__all__ = ["FORM", "decode_ledger", "encode_ledger", "read_ledger"]
