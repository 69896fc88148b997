"""Whether a value may stand for a parameter of an action. Compared exactly, never rounded."""

from __future__ import annotations

import re
from typing import assert_never

from cheget.chain.chain import Parameter
from cheget.chain.quantity import exact
from cheget.chain.text import LONGEST_TEXT, UNFIT, code_point

_DIGEST = re.compile(r"[0-9a-f]{64}")


def check_parameter(parameter: Parameter, value: str) -> str | None:
    """Why ``value`` may not stand for ``parameter``; None when it may.

    Of a file the value is its SHA-256; its size is checked by whoever has the file.
    """
    # No kind needs more, and what is shown in a reason stays short.
    if len(value) > LONGEST_TEXT:
        return f"over {LONGEST_TEXT} bytes"
    match parameter.kind:
        case "text":
            return _text(parameter, value)
        case "sha256" | "file":
            fits = _DIGEST.fullmatch(value) is not None
            return None if fits else "not a SHA-256: 64 digits or small letters a to f"
        case "number":
            return _number(parameter, value)
        case "one-of":
            fits = value in parameter.choices
            return None if fits else f"not one of {', '.join(parameter.choices)}"
        case _:
            assert_never(parameter.kind)


def _text(parameter: Parameter, value: str) -> str | None:
    unfit = UNFIT.search(value)
    if unfit is not None:
        return f"holds {code_point(unfit[0])}, which can't be seen or changes direction"
    if len(value.encode()) > parameter.up_to:
        return f"over {parameter.up_to} bytes"
    return None


def _number(parameter: Parameter, value: str) -> str | None:
    try:
        number = exact(value)
    except ValueError:
        return "not a number: digits, with at most one point between digits"
    if not exact(parameter.low) <= number <= exact(parameter.high):
        return f"not between {parameter.low} and {parameter.high}"
    return None
