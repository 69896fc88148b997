"""``cheget mcp``: a tool server for agents, over standard input and output."""

from __future__ import annotations

from pathlib import Path

import click

from cheget.cli.plain import counter_options
from cheget.errors import HouseError


@click.command()
@click.option("--as", "person", help="Whose key it is. [default: as the charter says]")
@click.option("--key", "key_path", required=True, envvar="CHEGET_KEY",
              type=click.Path(path_type=Path, dir_okay=False),
              help="The agent's own private key file.")  # fmt: skip
@counter_options
def mcp(person: str | None, key_path: Path, folder: Path | None) -> None:
    """Serve tools to an agent (MCP): actions, transmit, show, wait.

    It signs by the key of a machine, which may transmit orders and can't concur: there is no such
    tool, and no desk or executor would count it. Here, or of a house elsewhere with --at.
    """
    try:
        from cheget.cli.tools import serve
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"mcp", "mcp_types", "anyio", "pydantic"}:
            raise
        raise HouseError(
            "tools for agents need the mcp SDK", hint="pip install 'cheget[mcp]'"
        ) from None
    serve(click.get_current_context(), person, key_path, folder)
