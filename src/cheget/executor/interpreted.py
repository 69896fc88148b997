"""Arguments that a program runs as code: there a parameter would be code too.

Known are shells, the interpreters and database clients that people reach for, and ``ssh``, which
makes one text of its arguments for a shell elsewhere. No such list is whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from cheget.executor.actions import holes

_SHELLS = ("sh", "bash", "dash", "ash", "ksh", "zsh", "fish", "su", "runuser")
# The letters of the options whose value is run, by the name of the program without its version.
_CODE = {
    **dict.fromkeys(_SHELLS, "c"),
    "python": "c",
    "perl": "eE",
    "ruby": "e",
    "node": "ep",
    "php": "r",
    "psql": "c",
    "mysql": "e",
    "mariadb": "e",
}
_LONG = ("--command", "--execute", "--eval")
_VERSION = re.compile(r"[\d.]+$")


def interpreted(argv: Sequence[str]) -> int | None:
    """The place of the first argument with a hole in it that is run as code; None if there is none.

    Args:
        argv: A program and its arguments; programs that start others may stand before it.
    """
    for start, word in enumerate(argv):
        program = _VERSION.sub("", word.rpartition("/")[2])
        for place in range(start + 1, len(argv)):
            if holes([argv[place]]) and _is_code(program, argv[place - 1], argv[place]):
                return place
    return None


def _is_code(program: str, before: str, argument: str) -> bool:
    if program == "ssh":
        return True
    letters = _CODE.get(program)
    if letters is None:
        return False
    if before in _LONG or argument.startswith(tuple(f"{one}=" for one in _LONG)):
        return True
    # `-c TEXT`, `-xec TEXT`, and `-cTEXT` in one.
    short = re.compile(rf"-[A-Za-z]*[{letters}]")
    return bool(short.fullmatch(before)) or bool(re.match(rf"-[{letters}]", argument))
