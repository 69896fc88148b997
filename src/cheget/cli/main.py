"""The parser only. A verb's module is imported when the verb is called.

Exit status: 0 yes, 1 a clear no (a fault in a file, not released, refused by a check), 2
misuse, or something in the way (no house, no key, a store in use).
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import NoReturn, cast

import click

from cheget import __version__
from cheget.errors import (
    BackupError,
    ChainFileError,
    CharterError,
    ChegetError,
    GoneBackError,
    NotAcceptedError,
    SealError,
    VerificationError,
)
from cheget.report.terminal import safe

# Each verb: its module and command, and the line that the overview shows.
VERBS: dict[str, tuple[str, str]] = {
    "check": ("check:check", "Check a chain file; say where it is wrong."),
    "prove": ("prove:prove", "Who can release it, and who can stop it."),
    "diff": ("diff:diff", "What an edit lets happen that couldn't before."),
    "assess": ("assess:assess", "Would it be carried out, how surely, what would change it?"),
    "brief": ("brief:brief", "An assessment on two printed pages."),
    "beliefs": ("beliefs:beliefs", "Ask a person what they believe of a chain."),
    "design": ("design:design", "Every chain of given bodies, and the cheapest that does both."),
    "sweep": ("sweep:sweep", "The answer over a grid of beliefs."),
    "scenarios": ("scenarios:scenarios", "The chains that come with cheget."),
    "init": ("init:init", "A house out of three answers, or of a scenario."),
    "rehearse": ("rehearse:rehearse", "Play everybody in a house that is thrown away."),
    "key": ("key:key", "Make and show keys."),
    "people": ("people:people", "Enrol keys; found the house's first charter."),
    "away": ("away:away", "Say that you are away: your deputies may answer at once."),
    "chain": ("chain:chain", "Amend the charter: a changed chain, people, keys, executors."),
    "serve": ("serve:serve", "Serve this house to people and executors elsewhere."),
    "notices": ("notices:notices", "Who is woken: what is due, sent, dead; try a channel."),
    "doctor": ("doctor:doctor", "Look the house over: what is well, what to mind, what is wrong."),
    "backup": ("backup:backup", "This house in one file; `serve --from-backup` puts it back."),
    "auditor": ("auditor:auditor", "Let somebody outside the house read for a while."),
    "order": ("order:order", "Transmit an order (request); list orders; derive a code."),
    "inbox": ("inbox:inbox", "What waits for your answer."),
    "show": ("show:show", "An order, whole, and how far it has come."),
    "concur": ("answer:concur", "Concur (approve): a signed yes."),
    "refuse": ("answer:refuse", "Refuse (deny): a signed no, with a reason."),
    "ask": ("answer:ask", "Ask something before you answer."),
    "countermand": ("answer:countermand", "Take back an order, or your attestation."),
    "review": ("answer:review", "Say what you found: an emergency, looked at afterwards."),
    "attest": ("attest:attest", "Attest that a condition holds."),
    "watch": ("watch:watch", "Follow an order until it ends."),
    "mcp": ("mcp:mcp", "Tools for an agent: it may ask, it can never agree."),
    "verify": ("verify:verify", "Verify a code offline, step by step."),
    "executor": ("executor:executor", "The agent beside the act: new, pin, run, status, settle."),
    "seal": ("seal:seal", "Seal an executor's secrets to its chain."),
    "log": ("log:log", "The log: verify, prove, export, redact, resume."),
    "audit": ("audit:audit", "A house in a period, for whoever has to vouch for it."),
    "demo": ("demo:demo", "The chain of the article, through two orders."),
    "completion": ("completion:completion", "Completion for your shell."),
}

ALIASES = {"approve": "concur", "deny": "refuse", "request": "order transmit"}


class Verbs(click.Group):
    """Looks a verb up by name, and imports its module only then."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The verbs, in the order in which they are used."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The verb's command, an alias's included."""
        name, _, sub = ALIASES.get(cmd_name, cmd_name).partition(" ")
        if name not in VERBS:
            return None
        module, _, attribute = VERBS[name][0].partition(":")
        found = getattr(importlib.import_module(f"cheget.cli.{module}"), attribute)
        return cast("click.Command", found.commands[sub] if sub else found)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The overview, from the table: no verb is imported for it."""
        with formatter.section("Verbs"):
            formatter.write_dl([(name, line) for name, (_, line) in VERBS.items()])
        with formatter.section("Everyday words"):
            formatter.write_dl(list(ALIASES.items()))


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="cheget")
def cheget() -> None:
    """Who must agree before it can happen: proved, run and logged from one file."""


def main() -> NoReturn:
    """Run the command line and exit."""
    try:
        status = cheget(standalone_mode=False, prog_name="cheget")
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.Abort:
        sys.exit(left())
    except click.ClickException as error:
        sys.exit(misused(error))
    except ChegetError as error:
        sys.exit(report(error))
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(2)
    # A verb that says no leaves by ``click.exceptions.Exit``, which click hands back as its status.
    sys.exit(status if isinstance(status, int) else 0)


def left() -> int:
    """A person was asked, and went away."""
    if not _said_as_json("Abort", "left, nothing was signed"):
        click.echo("cheget: left, nothing was signed", err=True)
    return 2


def misused(error: click.ClickException) -> int:
    """Say what is wrong with the words given, and return the exit status."""
    context = getattr(error, "ctx", None)
    hint = f"{context.command_path} --help" if context is not None else "cheget --help"
    if not _said_as_json("UsageError", error.format_message(), hint):
        error.show()
    return 2


def report(error: ChegetError) -> int:
    """Say what is wrong, as text or JSON, and return the exit status."""
    status = status_of(error)
    if "--json" in sys.argv:
        _print_json(described(error), status)
        return status
    if isinstance(error, ChainFileError) and error.file:
        from cheget.cli.faults import pointed

        click.echo("\n".join(pointed(error)), err=True)
        return status
    click.echo(f"cheget: {safe(str(error))}", err=True)
    if error.hint and not isinstance(error, ChainFileError):
        click.echo(f"        {safe(error.hint)}", err=True)
    return status


def _said_as_json(kind: str, message: str, hint: str = "") -> bool:
    asked = "--json" in sys.argv
    if asked:
        _print_json({"kind": kind, "message": message, "hint": hint}, 2)
    return asked


def _print_json(error: dict[str, object], status: int) -> None:
    value = {"error": error, "status": status}
    click.echo(json.dumps(value, sort_keys=True, ensure_ascii=False))


def status_of(error: ChegetError) -> int:
    """1 for a clear no, 2 for something in the way."""
    clear = (
        VerificationError, NotAcceptedError, ChainFileError, CharterError, SealError, BackupError,
        GoneBackError,
    )  # fmt: skip
    return 1 if isinstance(error, clear) else 2


def described(error: ChegetError) -> dict[str, object]:
    """An error as JSON."""
    said: dict[str, object] = {
        "kind": type(error).__name__, "message": error.message, "hint": error.hint,
    }  # fmt: skip
    if isinstance(error, ChainFileError):
        said |= {
            "file": error.file, "line": error.line, "column": error.column,
            "expected": error.expected,
        }  # fmt: skip
    if isinstance(error, VerificationError):
        said["step"] = error.step
    return said
