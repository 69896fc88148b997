"""The golden cases, as chains and beliefs."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from cheget.assessment.beliefs import Beliefs
from cheget.assessment.parse import parse_beliefs
from cheget.chain.chain import Chain
from cheget.chain.parse import parse_chain

FILE = Path(__file__).parent.parent / "vectors" / "assessment.json"


@cache
def cases() -> dict[str, dict[str, Any]]:
    return {case["name"]: case for case in json.loads(FILE.read_text())["cases"]}


def _text(value: Any) -> Any:
    """JSON as YAML, where every scalar is text and a member needs at least a title."""
    if isinstance(value, dict):
        return {key: _text(one) for key, one in value.items()} if value else "somebody"
    return [_text(one) for one in value] if isinstance(value, list) else str(value)


def chain_of(case: dict[str, Any]) -> Chain:
    return parse_chain(json.dumps(_text(case["chain"])).encode())


def beliefs_of(case: dict[str, Any], beliefs: dict[str, Any] | None = None) -> Beliefs:
    chain = chain_of(case)
    said = _text(case["beliefs"] if beliefs is None else beliefs)
    written = {"beliefs": "golden", "chain": chain.id, **said}
    return parse_beliefs(json.dumps(written).encode(), chain)
