"""What text may hold, and what may be a name.

The characters are listed here rather than asked of ``unicodedata``, so that two machines with
two versions of Unicode never disagree about what was signed.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

LONGEST_TEXT = 4096  # bytes of UTF-8
LONGEST_NAME = 40

# Controls, line and paragraph separators, direction changes, invisible marks, surrogates. The
# two joiners (U+200C, U+200D) stay: Persian, Indic scripts and emoji are written with them.
_UNFIT = (
    "\\x7f-\\x9f\\u00ad\\u061c\\u180e\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f"
    "\\ufeff\\ufff9-\\ufffb\\U000e0000-\\U000e007f\\ud800-\\udfff"
)
UNFIT = re.compile(f"[\\x00-\\x1f{_UNFIT}]")
UNFIT_EXCEPT_NEWLINE = re.compile(f"[\\x00-\\x09\\x0b-\\x1f{_UNFIT}]")

_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
RESERVED = frozenset(
    {
        *("all", "any", "majority", "of", "and", "or", "members", "everyone", "alone", "after"),
        *("every", "releasing", "blocking", "nobody", "crew", "executors", "amend"),
    }
)


def is_name(text: str) -> bool:
    """Whether ``text`` may name something: lower-case ASCII, digits, single hyphens."""
    return len(text) <= LONGEST_NAME and _NAME.fullmatch(text) is not None and text not in RESERVED


def name_fault(text: str) -> str:
    """Why ``text`` may not be a name; empty when it may."""
    if text in RESERVED:
        return f"`{text}` is a word of the rules and can't be a name"
    if not text.isascii():
        stranger = next(c for c in text if not c.isascii())
        return f"`{text}` is not a name: it holds {code_point(stranger)}, which is not ASCII"
    if len(text) > LONGEST_NAME:
        return f"`{text[:LONGEST_NAME]}…` is too long for a name: at most {LONGEST_NAME} characters"
    if _NAME.fullmatch(text) is None:
        return f"`{text}` is not a name"
    return ""


def code_point(char: str) -> str:
    """The character as ``U+202E``, since some can't be shown."""
    return f"U+{ord(char):04X}"


def near(word: str, known: Iterable[str]) -> str:
    """A hint that names the nearest of ``known``; empty when none is near."""
    close = difflib.get_close_matches(word.lower(), sorted(set(known)), n=1)
    return f"did you mean `{close[0]}`?" if close else ""
