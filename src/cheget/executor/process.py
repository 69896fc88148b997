"""Running an operator's own program: no shell, as whom, for how long, what it said.

A program that takes too long is killed with all that it started, also what left its session.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from cheget.errors import UserError

KEPT_OUTPUT = 64 * 1024
_ROOM = 16 * 1024 * 1024  # bytes of its output that lie on the disk while it runs
_LOOK = 0.1  # seconds between two looks at how much that is
_HOLE = 3  # FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE
_ADOPT = 36  # PR_SET_CHILD_SUBREAPER
_ROUNDS = 100


@dataclass(frozen=True)
class Account:
    """A user of this machine to run a program as."""

    uid: int
    gid: int
    groups: tuple[int, ...]
    home: str


@dataclass(frozen=True)
class Ended:
    """How a program ended: its status, None when it was killed at its time; what it said last."""

    status: int | None
    output: bytes


def account_of(user: str) -> Account | None:
    """The account to change to; None where nothing has to be changed.

    Raises:
        UserError: there is no such user, or we may not become it.
    """
    if not user:
        return None
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        raise UserError(f"this machine has no user {user}") from None
    if entry.pw_uid == os.geteuid():
        return None
    if os.geteuid() != 0:
        raise UserError(
            f"only root may become {user}",
            hint=f"run the executor as {user} and leave `user` out, or as root",
        )
    groups = os.getgrouplist(user, entry.pw_gid)
    return Account(entry.pw_uid, entry.pw_gid, tuple(groups), entry.pw_dir)


def run_program(
    argv: Sequence[str], environment: Mapping[str, str | bytes], timeout: float, *,
    account: Account | None = None, inherit: Sequence[int] = (), keep: int = KEPT_OUTPUT,
    errors: bool = True,
) -> Ended:  # fmt: skip
    """Run a program to its end, or kill it with its children after ``timeout`` seconds.

    Args:
        argv: The program and its arguments.
        environment: All of it.
        timeout: In seconds.
        account: Whom to become first.
        inherit: Descriptors that it keeps open.
        keep: How many bytes of its output are kept: the last.
        errors: Whether what it says on standard error is part of that.

    Raises:
        OSError: it could not be started.
    """
    given = dict(environment)
    if account is not None:
        given["HOME"] = account.home
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(  # noqa: S603 - the operator's own program, no shell
            argv, stdin=subprocess.DEVNULL, stdout=output,
            stderr=output if errors else subprocess.DEVNULL, env=given,
            start_new_session=True, pass_fds=tuple(inherit),
            user=account.uid if account else None, group=account.gid if account else None,
            extra_groups=account.groups if account else None,
        )  # fmt: skip
        status = _ended(process, timeout, output.fileno(), keep)
        if status is None:
            _kill(process.pid)
            process.wait()
        size = output.seek(0, os.SEEK_END)
        output.seek(max(0, size - keep))
        return Ended(status, output.read())


def _ended(process: subprocess.Popen[bytes], timeout: float, output: int, keep: int) -> int | None:
    """The status of a program that ended in time; meanwhile its output takes no more room."""
    until = time.monotonic() + timeout
    while True:
        left = until - time.monotonic()
        try:
            return process.wait(timeout=max(0, min(left, _LOOK)))
        except subprocess.TimeoutExpired:
            if left <= 0:
                return None
        _let_go(output, os.fstat(output).st_size - max(keep, _ROOM))


def _let_go(file: int, size: int) -> None:
    """Give the first bytes of a file back to the disk, on Linux; nothing else of it changes."""
    if size > 0 and sys.platform == "linux":
        with suppress(AttributeError):
            # Where the file system can't, it says so, and the file grows on.
            ctypes.CDLL(None).fallocate64(file, _HOLE, ctypes.c_int64(0), ctypes.c_int64(size))


@contextmanager
def adopting() -> Iterator[None]:
    """Whatever is started meanwhile and left behind, in a session of its own too, is killed.

    On Linux, where orphans can be adopted; elsewhere only what stays in the session is found.
    """
    before = _children_of(os.getpid())
    _adopt(on=True)
    try:
        yield
    finally:
        for _ in range(_ROUNDS):
            left = _children_of(os.getpid()) - before
            if not left:
                break
            for child in left:
                _kill(child)
                with suppress(ChildProcessError):
                    os.waitpid(child, 0)
        _adopt(on=False)


def _adopt(*, on: bool) -> None:
    if sys.platform == "linux":
        with suppress(AttributeError, OSError):
            ctypes.CDLL(None).prctl(_ADOPT, int(on), 0, 0, 0)


def _kill(root: int) -> None:
    """Kill a program, what shares its session's group, and all that descends from it."""
    doomed = [root, *_descendants(root)]
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(root, signal.SIGKILL)
    for one in doomed:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(one, signal.SIGKILL)


def _descendants(root: int) -> list[int]:
    found: list[int] = []
    queue = [root]
    while queue:
        below = _children_of(queue.pop())
        found += below
        queue += below
    return found


def _children_of(parent: int) -> set[int]:
    """As the kernel lists them; none where it lists nothing."""
    found = set()
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):
            # The name of a program may hold spaces and brackets; what follows it does not.
            if int(file.read_text(errors="replace").rpartition(")")[2].split()[1]) == parent:
                found.add(int(file.parent.name))
    return found
