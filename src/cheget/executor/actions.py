"""Acts: a command, an HTTP call, a Python callable. Honest about what it knows afterwards.

Parameters become single arguments, never text for a shell and never beginning with ``-``.
What could not be started failed; what ended well is carried out; after anything else a probe
decides, and without one nobody knows.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, assert_never

from cheget.errors import NotAllowedError

Outcome = Literal["carried-out", "failed", "unknown", "refused"]  # refused: by the crew
KEPT_OUTPUT = 64 * 1024
DEFAULT_TIMEOUT = 20 * 60
_HOLE = re.compile(r"\{([a-z][a-z0-9-]*)\}")


@dataclass(frozen=True)
class Run:
    """A program with its arguments; ``{name}`` in one stands for a parameter."""

    argv: tuple[str, ...]
    probe: tuple[str, ...] = ()
    sha256: str = ""
    user: str = ""
    timeout: int = DEFAULT_TIMEOUT


@dataclass(frozen=True)
class Post:
    """An HTTP POST of the parameters as JSON, with an idempotency key."""

    url: str
    probe: tuple[str, ...] = ()
    timeout: int = 60


@dataclass(frozen=True)
class Call:
    """A Python callable, ``module:function``, given the parameters by name."""

    target: str
    probe: tuple[str, ...] = ()


Act = Run | Post | Call


@dataclass(frozen=True)
class Attempt:
    """What an act is attempted with.

    ``key`` is derived from order and executor, never drawn, so that every attempt has the
    same. ``files`` are contents by digest. ``inherit`` are descriptors that acts keep open.
    """

    key: str
    parameters: Mapping[str, str]
    files: Mapping[str, bytes] = field(default_factory=dict)
    inherit: Sequence[int] = ()


@dataclass(frozen=True)
class Result:
    """How it ended, and the last of what it said."""

    outcome: Outcome
    output: bytes


def idempotency_key(order: str, executor: str) -> str:
    """The key of every attempt of one executor at one order: SHA-256, in hex."""
    return hashlib.sha256(b"cheget act\0" + bytes.fromhex(order) + executor.encode()).hexdigest()


def holes(argv: Sequence[str]) -> set[str]:
    """The parameters that some arguments have a place for."""
    return {name for argument in argv for name in _HOLE.findall(argument)}


def check_parameters(parameters: Mapping[str, str]) -> None:
    """Return only if no parameter could be taken for an option.

    Raises:
        NotAllowedError: one begins with ``-``.
    """
    for name, value in parameters.items():
        if value.startswith("-"):
            raise NotAllowedError(f"{name} begins with -, and could be taken for an option")


def perform(act: Act, attempt: Attempt) -> Result:
    """Act, once. The caller has journaled the intent.

    Raises:
        NotAllowedError: a parameter that no act may be given.
    """
    check_parameters(attempt.parameters)
    match act:
        case Run():
            result = _run(act, attempt)
        case Post():
            result = _post(act, attempt)
        case Call():
            result = _call(act, attempt)
        case _:
            assert_never(act)
    if result.outcome == "unknown":
        return Result(probe(act, attempt), result.output)
    return result


def probe(act: Act, attempt: Attempt) -> Outcome:
    """Read back whether the act was done: 0 done, 1 not done; anything else is unknown.

    *Not done* counts only where an earlier attempt can no longer take effect: of a command
    that has ended, never of a request that may still be under way.
    """
    if not act.probe:
        return "unknown"
    try:
        with _arguments(act.probe, attempt) as argv:
            done = subprocess.run(  # noqa: S603 - the operator's own program, no shell
                argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, timeout=60, check=False, env=_environment(attempt),
            )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    if done.returncode == 0:
        return "carried-out"
    return "failed" if done.returncode == 1 and isinstance(act, Run) else "unknown"


def _run(act: Run, attempt: Attempt) -> Result:
    if act.sha256:
        try:
            found = hashlib.sha256(Path(act.argv[0]).read_bytes()).hexdigest()
        except OSError as error:
            return Result("failed", f"{act.argv[0]}: {error.strerror}".encode())
        if found != act.sha256:
            return Result("failed", f"{act.argv[0]} is not the program configured".encode())
    with _arguments(act.argv, attempt) as argv, tempfile.TemporaryFile() as output:
        try:
            process = subprocess.Popen(  # noqa: S603 - the operator's own program, no shell
                argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True, pass_fds=tuple(attempt.inherit),
                user=act.user or None, env=_environment(attempt),
            )  # fmt: skip
        except (OSError, LookupError, ValueError) as error:
            return Result("failed", f"could not be started: {error}".encode())
        try:
            status: int | None = process.wait(timeout=act.timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            status = None
        size = output.seek(0, os.SEEK_END)
        output.seek(max(0, size - KEPT_OUTPUT))
        return Result("carried-out" if status == 0 else "unknown", output.read())


def _post(act: Post, attempt: Attempt) -> Result:
    # Imported late: most executors never post, and it is a fifth of their start.
    import urllib.error  # noqa: PLC0415
    import urllib.request  # noqa: PLC0415

    class NoRedirect(urllib.request.HTTPRedirectHandler):
        """An act goes where the operator said, and nowhere else."""

        def redirect_request(self, *_: object, **__: object) -> None:
            """Follow nothing."""

    body = json.dumps(dict(attempt.parameters), sort_keys=True).encode()
    request = urllib.request.Request(  # noqa: S310 - the scheme is checked by the configuration
        act.url, data=body, method="POST",
        headers={"Content-Type": "application/json", "Idempotency-Key": attempt.key},
    )  # fmt: skip
    opener = urllib.request.build_opener(NoRedirect)
    try:
        with opener.open(request, timeout=act.timeout) as answer:
            return Result("carried-out", answer.read(KEPT_OUTPUT))
    except urllib.error.HTTPError as error:
        return Result("unknown", f"status {error.code}".encode())
    except urllib.error.URLError as error:
        refused = isinstance(error.reason, ConnectionRefusedError)
        return Result("failed" if refused else "unknown", str(error.reason).encode())
    except (OSError, ValueError) as error:
        return Result("unknown", str(error).encode())


def _call(act: Call, attempt: Attempt) -> Result:
    module, _, name = act.target.partition(":")
    try:
        function = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        return Result("failed", f"could not be started: {error}".encode())
    try:
        said = function(**{name.replace("-", "_"): v for name, v in attempt.parameters.items()})
    except Exception as error:  # noqa: BLE001 - whatever it raises, nobody knows what it did
        return Result("unknown", f"{type(error).__name__}: {error}".encode()[-KEPT_OUTPUT:])
    return Result("carried-out", ("" if said is None else str(said)).encode()[-KEPT_OUTPUT:])


def _environment(attempt: Attempt) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
    return {**kept, "CHEGET_KEY": attempt.key}


class _arguments:  # noqa: N801 - used as a context manager
    """The arguments with every hole filled; files lie in a private folder meanwhile."""

    def __init__(self, argv: Sequence[str], attempt: Attempt) -> None:
        self._argv, self._attempt = argv, attempt
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> list[str]:
        values = dict(self._attempt.parameters)
        for name, value in values.items():
            if value in self._attempt.files:
                if self._folder is None:
                    self._folder = tempfile.TemporaryDirectory(prefix="cheget-")
                path = Path(self._folder.name) / value
                path.write_bytes(self._attempt.files[value])
                values[name] = str(path)
        # One pass over each argument: a value that looks like a hole stays as it is.
        return [_HOLE.sub(lambda hole: values[hole[1]], argument) for argument in self._argv]

    def __exit__(self, *_: object) -> None:
        if self._folder is not None:
            self._folder.cleanup()
