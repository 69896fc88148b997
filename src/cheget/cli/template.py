"""What a new executor is given, to be filled in: ``executor.yaml`` and a unit for systemd."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
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


def unit_text(
    name: str, chain: str, folder: Path, writes: Sequence[Path], program: Sequence[str]
) -> str:
    """A unit that runs an executor as a user of its own, which can write as little as will do.

    Args:
        name: The executor.
        chain: Of which chain.
        folder: Its own.
        writes: Folders that it must be able to write.
        program: How `cheget` is started here.
    """
    user, unit = f"cheget-{name}"[:31].rstrip("-"), unit_name(name)
    words = (*program, "executor", "run", name, "--folder", str(folder))
    run = " ".join(_word(one, command=True) for one in words)
    return f"""\
# The executor {name} as a service. Look it over, then:
#   useradd --system --shell /usr/sbin/nologin {user} && chown -R {user} {_word(str(folder))}
#   systemctl link {_word(str(folder / unit))} && systemctl enable --now {unit}
[Unit]
Description=cheget executor {name} of {chain}
Wants=network-online.target
After=network-online.target

[Service]
User={user}
ExecStart={run}
Restart=on-failure
RestartSec=10s

# Asked to stop, it ends the act that it has begun: longer than any `timeout` in executor.yaml.
KillMode=mixed
TimeoutStopSec=30min

# The anchor of its journal. Keep /var/lib/{user} out of the backup that holds the journal.
StateDirectory={user}
StateDirectoryMode=0700
Environment=CHEGET_ANCHORS=%S/{user}

# A secret: in executor.yaml, `secrets: {{PGPASSWORD: systemd:pg-wipe}}`.
#LoadCredential=pg-wipe:/etc/cheget/pg-wipe

# All that it can write, its acts too: add what they need. An act with a `user` needs a service of
# root, without User, CapabilityBoundingSet and RestrictSUIDSGID.
ReadWritePaths={" ".join(_word(str(one)) for one in writes)}
ReadOnlyPaths={_word(f"-{folder / 'executor.yaml'}")}
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
NoNewPrivileges=yes
CapabilityBoundingSet=
LockPersonality=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
UMask=0077

[Install]
WantedBy=multi-user.target
"""


def unit_name(name: str) -> str:
    """The file of an executor's unit."""
    return f"cheget-{name}.service"


def _word(text: str, *, command: bool = False) -> str:
    """A word as systemd reads it: in quotes, and no specifier or variable in it."""
    if re.fullmatch(r"[\w@+=:,./-]+", text):
        return text
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("\n", "\\n")
    return '"' + (text.replace("$", "$$") if command else text) + '"'
