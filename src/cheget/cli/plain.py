"""What verbs share that know no house: options, how it is said, whom to ask, where to remember.

Nothing here imports the desk, so that an executor's verbs need none.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from cheget.errors import HouseError, KeyFileError

F = TypeVar("F", bound=Callable[..., Any])


def folder_option(function: F) -> F:
    """``--house``: the folder; by default the one that the working folder lies in."""
    return click.option(
        "--house", "folder", envvar="CHEGET_HOUSE",
        type=click.Path(path_type=Path, file_okay=False),
        help="The house's folder. [default: where people.yaml is, here or above]",
    )(function)  # fmt: skip


def house_option(function: F) -> F:
    """``--house``, and ``--store``: where its logs are."""
    return click.option(
        "--store", metavar="ADDRESS", expose_value=False, callback=_in_store,
        help="postgresql://USER@HOST/DATABASE, or sqlite. [default: what house.yaml says]",
    )(folder_option(function))  # fmt: skip


def _in_store(context: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is not None:
        before = os.environ.get("CHEGET_STORE", "")
        os.environ["CHEGET_STORE"] = value
        context.call_on_close(lambda: os.environ.update(CHEGET_STORE=before))


AT, KEY, PERSON, CHARTER = "cheget.at", "cheget.key", "cheget.person", "cheget.charter"


def _noted(name: str, *words: str, **how: Any) -> Callable[[F], F]:
    """An option that is kept with the call, and not handed to the verb."""

    def note(context: click.Context, _: click.Parameter, value: object) -> None:
        context.meta[name] = value

    return click.option(*words, callback=note, expose_value=False, **how)


def at_option(function: F) -> F:
    """``--at``: the house over the network."""
    return _noted(
        AT, "--at", envvar="CHEGET_AT", metavar="URL",
        help="The house over the network. [default: the folder's own]",
    )(function)  # fmt: skip


def counter_options(function: F) -> F:
    """``--house``, or ``--at`` over the network; ``--charter`` is asked for once, at first use."""
    for option in (
        _noted(CHARTER, "--charter", envvar="CHEGET_CHARTER", metavar="DIGEST",
               help="First use over the network: the charter's digest, as you were told it."),
        at_option,
        house_option,
    ):  # fmt: skip
        function = option(function)
    return function


def reading_options(function: F) -> F:
    """The same, and by which key a verb that only reads asks over the network."""
    for option in (
        _noted(PERSON, "--as", help="Over the network: who asks. [default: whose key it is]"),
        _noted(KEY, "--key", envvar="CHEGET_KEY", type=click.Path(path_type=Path, dir_okay=False),
               help="Over the network: private key file. [default: yours in the SSH agent]"),
        counter_options,
    ):  # fmt: skip
        function = option(function)
    return function


def address() -> str | None:
    """Where the house is, when it is asked over the network."""
    found: str | None = click.get_current_context().meta.get(AT)
    return found


def json_option(function: F) -> F:
    """``--json``: the answer as one JSON value."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON value.")(function)


def signing_options(function: F) -> F:
    """``--as``, ``--key`` and ``--yes``: who signs, with what, and whether to ask."""
    for option in (
        click.option("--as", "person", help="Who signs. [default: whose key it is]"),
        click.option(
            "--key", "key_path", type=click.Path(path_type=Path, dir_okay=False),
            envvar="CHEGET_KEY",
            help="Private key file. [default: the key of yours in the SSH agent]",
        ),
        click.option("--reason", default="", help="Why; signed, shown, and erasable."),
        click.option("--yes", is_flag=True, help="Don't ask; takes the full digest only."),
    ):  # fmt: skip
        function = option(function)
    return function


def say(value: dict[str, Any] | list[Any], as_json: bool, text: Callable[[], object]) -> None:
    """Print the JSON value, or call ``text`` to print for people."""
    if as_json:
        click.echo(json.dumps(value, sort_keys=True, ensure_ascii=False))
    else:
        text()


def fresh(size: int = 16) -> bytes:
    """Random bytes of the operating system."""
    return secrets.token_bytes(size)


def now() -> int:
    """The instant."""
    from cheget.service.clock import SystemClock

    return SystemClock().now()


def is_asked() -> bool:
    """Whether there is a person to ask."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def confirm(
    options: Mapping[str, Any], question: str, hint: str = "--yes signs what is shown"
) -> None:  # fmt: skip
    """Ask, unless ``--yes`` was said; whoever says no leaves.

    Raises:
        HouseError: there is nobody to ask; ``hint`` says what would do instead.
    """
    if options["yes"]:
        return
    if not is_asked():
        raise HouseError("there is nobody to ask", hint=hint)
    click.confirm(question, abort=True)


def span_of(text: str, option: str) -> int:
    """Seconds of a duration that an option gives."""
    from cheget.chain.quantity import duration

    try:
        return duration(text)
    except ValueError as error:
        raise click.UsageError(f"{option}: {error}") from None


def instant_of(text: str, option: str) -> int:
    """Seconds of a date's first moment in UTC, or of an instant, that an option gives."""
    from cheget.audit.instant import from_text

    try:
        return from_text(f"{text}T00:00:00Z" if len(text) == len("2027-01-04") else text)
    except ValueError:
        expected = "a date like 2027-01-04, or an instant like 2027-01-04T08:00:00Z"
        raise click.UsageError(f"{option}: {text[:40]!r} is not {expected}") from None


def passphrase(path: Path) -> bytes:
    """The passphrase of a key file: asked, or from the file that CHEGET_PASSPHRASE_FILE names."""
    place = os.environ.get("CHEGET_PASSPHRASE_FILE")
    if place:
        try:
            return Path(place).read_bytes().rstrip(b"\n")
        except OSError as error:
            raise KeyFileError(f"{place}: {error.strerror}") from error
    if not sys.stdin.isatty():
        raise KeyFileError(
            f"{path} needs its passphrase, and there is nobody to ask",
            hint="CHEGET_PASSPHRASE_FILE names a file that holds it",
        )
    return str(click.prompt(f"Passphrase of {path}", hide_input=True, err=True)).encode()


def state_folder() -> Path:
    """Where a client keeps what it must not forget."""
    base = os.environ.get("XDG_STATE_HOME")
    folder = (Path(base) if base else Path.home() / ".local" / "state") / "cheget"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
