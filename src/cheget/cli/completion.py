"""``cheget completion``: what a shell needs to complete cheget's verbs."""

from __future__ import annotations

import click

HOW = {
    "bash": 'eval "$(cheget completion bash)"      # in ~/.bashrc',
    "zsh": 'eval "$(cheget completion zsh)"       # in ~/.zshrc',
    "fish": "cheget completion fish | source        # in ~/.config/fish/config.fish",
}


@click.command(
    epilog="\b\n" + "\n".join(HOW.values()),
)
@click.argument("shell", type=click.Choice(list(HOW)))
def completion(shell: str) -> None:
    """Completion for your shell."""
    from click.shell_completion import get_completion_class

    from cheget.cli.main import cheget

    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"there is no completion for {shell}")
    script = found(cheget, {}, "cheget", "_CHEGET_COMPLETE")
    click.echo(script.source_template % script.source_vars())
