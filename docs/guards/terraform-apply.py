#!/usr/bin/env python3
"""Apply a saved plan of terraform, if it is what the people were shown.

    terraform-apply.py TERRAFORM FOLDER PLAN SHOWN    the act
    terraform-apply.py TERRAFORM FOLDER               the probe: 0 applied, 1 not begun, 2 begun

TERRAFORM is the program, FOLDER an initialised working folder of the executor's own account.
SHOWN is what `terraform show -json PLAN` printed when the order was transmitted.
"""

import os
import subprocess
import sys
from pathlib import Path

QUIET = {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "TF_INPUT": "0"}


def main(terraform: str, folder: str, *files: str) -> int:
    marks = Path(folder) / ".cheget"
    begun, done = (marks / f"{os.environ['CHEGET_KEY']}.{mark}" for mark in ("begun", "done"))
    if not files:
        return 0 if done.exists() else 2 if begun.exists() else 1
    plan, shown = files

    def run(*words: str, **how: object) -> subprocess.CompletedProcess:
        command = [terraform, f"-chdir={folder}", *words]
        return subprocess.run(command, env={**os.environ, **QUIET}, check=False, **how)

    rendered = run("show", "-json", plan, stdout=subprocess.PIPE)
    if rendered.returncode != 0:
        return 1
    if rendered.stdout.strip() != Path(shown).read_bytes().strip():
        print("the plan is not what was shown: nothing is applied")
        return 1
    marks.mkdir(mode=0o700, exist_ok=True)
    mark(begun)
    applied = run("apply", "-no-color", plan)
    if applied.returncode == 0:
        mark(done)
    return applied.returncode


def mark(file: Path) -> None:
    """A file that is there after a crash too."""
    for path, flags in ((file, os.O_WRONLY | os.O_CREAT), (file.parent, os.O_RDONLY)):
        descriptor = os.open(path, flags, 0o600)
        os.fsync(descriptor)
        os.close(descriptor)


sys.exit(main(*sys.argv[1:]))
