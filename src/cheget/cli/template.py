"""The ``executor.yaml`` that a new executor is given, to be filled in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cheget.chain.chain import Chain

UNPINNED = "0" * 64


def settings_text(name: str, chain: Chain, at: str) -> str:
    """An ``executor.yaml`` to be filled in, with an example for each action."""
    kind = chain.kind_of(name).id
    lines = [
        "# What this executor is, and what it may do. No chain can change what is in this file.",
        f"executor: {name}",
        f"chain: {chain.id}",
        f"charter: {UNPINNED}    # none yet: cheget executor pin {name} --charter DIGEST",
        f"at: [{json.dumps(at)}]    # whom it asks for codes and stops; none is trusted",
        "# wrapper: a courtesy; custody: only this account holds the secret; target: it checks",
        "guard: wrapper",
        "",
        "# Exit 0 is carried out; what could not be started failed; after anything else the probe",
        "# decides (exit 0 done, 1 not done), and without one nobody knows. Until an action",
        "# stands here, its codes are refused. Write them like this:",
        "#",
        "# act:",
    ]
    for action in chain.actions:
        if kind not in action.executors:
            continue
        given = "".join(f', "{{{parameter}}}"' for parameter, _ in action.parameters)
        lines += [
            f"#   {action.id}:",
            f"#     run: [/usr/local/bin/{action.id}{given}]",
            f"#     probe: [/usr/local/bin/{action.id}-done{given}]",
            "#     timeout: 20m",
        ]
    lines += [
        "#",
        "# instead of run, `post: https://…` (parameters as JSON), or `python: module:function`",
        "act: {}",
        "",
    ]
    return "\n".join(lines)
