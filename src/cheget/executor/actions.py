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
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, assert_never

from cheget.chain.chain import Action
from cheget.errors import ActError, OptionError, SwappedProgramError
from cheget.executor.process import KEPT_OUTPUT, Account, account_of, run_program
from cheget.executor.secret import scrub

Outcome = Literal["carried-out", "failed", "unknown", "refused"]  # refused: by the crew
DEFAULT_TIMEOUT = 20 * 60  # seconds
PROBE_TIMEOUT = 60  # seconds
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
    bearer: str = ""  # the name of a secret that authorises the call


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
    same. ``files`` are contents by the name of their parameter, whose value is their digest.
    ``inherit`` are descriptors that acts keep open.
    ``secrets`` go by the names of variables into the act's environment, and nowhere else.
    """

    key: str
    parameters: Mapping[str, str]
    files: Mapping[str, bytes] = field(default_factory=dict)
    inherit: Sequence[int] = ()
    secrets: Mapping[str, bytes] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Result:
    """How it ended, the last of what it said, and the error that kept it from beginning."""

    outcome: Outcome
    output: bytes
    fault: str = ""


def idempotency_key(order: str, executor: str) -> str:
    """The key of every attempt of one executor at one order: SHA-256, in hex."""
    return hashlib.sha256(b"cheget act\0" + bytes.fromhex(order) + executor.encode()).hexdigest()


def holes(argv: Sequence[str]) -> set[str]:
    """The parameters that some arguments have a place for."""
    return {name for argument in argv for name in _HOLE.findall(argument)}


def files_of(
    action: Action, parameters: Mapping[str, str], files: Mapping[str, bytes]
) -> dict[str, bytes]:
    """The files, given by their digests, by the names of their parameters.

    By kind: a text that reads like the digest of a file is a text all the same.
    """
    return {name: files[parameters[name]] for name, one in action.parameters if one.kind == "file"}


def check_parameters(parameters: Mapping[str, str]) -> None:
    """Return only if no parameter could be taken for an option.

    Raises:
        OptionError: one begins with ``-``.
    """
    for name, value in parameters.items():
        if value.startswith("-"):
            raise OptionError(f"{name} begins with -, and could be taken for an option")


def perform(act: Act, attempt: Attempt) -> Result:
    """Act, once. The caller has journaled the intent.

    Raises:
        OptionError: a parameter that no act may be given.
    """
    check_parameters(attempt.parameters)
    try:
        result = _performed(act, attempt)
    except ActError as error:
        return Result("failed", str(error).encode(), type(error).__name__)
    output = scrub(result.output, attempt.secrets)[-KEPT_OUTPUT:]
    outcome = probe(act, attempt) if result.outcome == "unknown" else result.outcome
    return Result(outcome, output)


def _performed(act: Act, attempt: Attempt) -> Result:
    match act:
        case Run():
            return _run(act, attempt)
        case Post():
            return _post(act, attempt)
        case Call():
            return _call(act, attempt)
        case _:
            assert_never(act)


def probe(act: Act, attempt: Attempt) -> Outcome:
    """Read back whether the act was done: 0 done, 1 not done; anything else is unknown.

    *Not done* counts only where an earlier attempt can no longer take effect: of a command
    that has ended, never of a request that may still be under way. Of a file it is given the
    digest: after a crash nobody has the file, and it must ask the same both times.
    """
    if not act.probe:
        return "unknown"
    attempt = replace(attempt, files={})
    try:
        account = account_of(act.user) if isinstance(act, Run) else None
        with _arguments(act.probe, attempt, account) as argv:
            ended = run_program(argv, _environment(attempt), PROBE_TIMEOUT, account=account)
    except (OSError, ActError, ValueError):
        return "unknown"
    if ended.status == 0:
        return "carried-out"
    return "failed" if ended.status == 1 and isinstance(act, Run) else "unknown"


def check_program(act: Act) -> None:
    """Return only if the program on disk is the one that was configured.

    Raises:
        SwappedProgramError: it has another digest, or cannot be read.
    """
    if not isinstance(act, Run) or not act.sha256:
        return
    program = act.argv[0]
    try:
        found = hashlib.sha256(Path(program).read_bytes()).hexdigest()
    except OSError as error:
        raise SwappedProgramError(f"{program}: {error.strerror}") from error
    if found != act.sha256:
        raise SwappedProgramError(
            f"{program} is not the program configured",
            hint=f"it has SHA-256 {found}, and executor.yaml gives {act.sha256}",
        )


def check_user(act: Act) -> None:
    """Return only if the act's user can be become.

    Raises:
        UserError: it is unknown, or we may not.
    """
    if isinstance(act, Run):
        account_of(act.user)


def _run(act: Run, attempt: Attempt) -> Result:
    check_program(act)
    account = account_of(act.user)
    longest = max((len(one) for one in attempt.secrets.values()), default=0)
    with _arguments(act.argv, attempt, account) as argv:
        try:
            # So much more that a secret cut in two where the rest is dropped is still found.
            ended = run_program(
                argv, _environment(attempt), act.timeout, account=account,
                inherit=attempt.inherit, keep=KEPT_OUTPUT + longest,
            )  # fmt: skip
        except (OSError, ValueError) as error:
            return Result("failed", f"could not be started: {error}".encode())
    return Result("carried-out" if ended.status == 0 else "unknown", ended.output)


def _post(act: Post, attempt: Attempt) -> Result:
    # Imported late: most executors never post, and it is a fifth of their start.
    import urllib.error  # noqa: PLC0415
    import urllib.request  # noqa: PLC0415

    class NoRedirect(urllib.request.HTTPRedirectHandler):
        """An act goes where the operator said, and nowhere else."""

        def redirect_request(self, *_: object, **__: object) -> None:
            """Follow nothing."""

    body = json.dumps(dict(attempt.parameters), sort_keys=True).encode()
    headers = {"Content-Type": "application/json", "Idempotency-Key": attempt.key}
    if act.bearer:
        headers["Authorization"] = f"Bearer {attempt.secrets[act.bearer].decode('latin-1')}"
    request = urllib.request.Request(  # noqa: S310 - the scheme is checked by the configuration
        act.url, data=body, method="POST", headers=headers
    )
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
        with _secrets_in_environment(attempt.secrets):
            said = function(**{name.replace("-", "_"): v for name, v in attempt.parameters.items()})
    except Exception as error:  # noqa: BLE001 - whatever it raises, nobody knows what it did
        return Result("unknown", f"{type(error).__name__}: {error}".encode()[-KEPT_OUTPUT:])
    return Result("carried-out", ("" if said is None else str(said)).encode()[-KEPT_OUTPUT:])


@contextmanager
def _secrets_in_environment(secrets: Mapping[str, bytes]) -> Iterator[None]:
    """A callable runs in our own process: its secrets are in the environment while it does."""
    before = {name: os.environb.get(name.encode()) for name in secrets}
    os.environb.update({name.encode(): value for name, value in secrets.items()})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environb[name.encode()]
            else:
                os.environb[name.encode()] = value


def environment() -> dict[str, str]:
    """What of our own environment any program is given."""
    return {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}


def _environment(attempt: Attempt) -> dict[str, str | bytes]:
    return {**environment(), **attempt.secrets, "CHEGET_KEY": attempt.key}


class _arguments:  # noqa: N801 - used as a context manager
    """The arguments with every hole filled; files lie in a private folder meanwhile."""

    def __init__(
        self, argv: Sequence[str], attempt: Attempt, account: Account | None = None
    ) -> None:
        self._argv, self._attempt, self._account = argv, attempt, account
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> list[str]:
        values = dict(self._attempt.parameters)
        for name, data in self._attempt.files.items():
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="cheget-")
                self._hand_over(Path(self._folder.name))
            path = Path(self._folder.name) / values[name]
            path.write_bytes(data)
            self._hand_over(path)
            values[name] = str(path)
        # One pass over each argument: a value that looks like a hole stays as it is.
        return [_HOLE.sub(lambda hole: values[hole[1]], argument) for argument in self._argv]

    def _hand_over(self, path: Path) -> None:
        """The copy is private to whoever runs the program."""
        if self._account is not None:
            os.chown(path, self._account.uid, self._account.gid)

    def __exit__(self, *_: object) -> None:
        if self._folder is not None:
            self._folder.cleanup()
