"""``cheget serve``: this house over HTTP."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cheget.cli.plain import house_option
from cheget.errors import HouseError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import uvicorn
    from fastapi import FastAPI

    from cheget.service.counter import LocalCounter
    from cheget.service.house import House
    from cheget.service.rollback import HaltedStore

LOOPBACK = ("localhost", "127.0.0.1", "::1")
_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535),
              help="The port; 0: any that is free.")  # fmt: skip
@click.option("--origin", "origins", multiple=True, envvar="CHEGET_ORIGIN", metavar="URL",
              help="The house's address as clients write it; again for each.")  # fmt: skip
@click.option("--tls-cert", type=_FILE, help="The certificate's chain, PEM.")
@click.option("--tls-key", type=_FILE, help="Its private key, PEM.")
@click.option("--behind-proxy", metavar="ADDRESS",
              help="A proxy at this address does TLS, and says who asks.")  # fmt: skip
@click.option("--from-backup", "backup", type=_FILE, metavar="FILE",
              help="First put a backup back, into an empty house and store.")  # fmt: skip
@house_option
def serve(
    host: str, port: int, origins: tuple[str, ...], tls_cert: Path | None, tls_key: Path | None,
    behind_proxy: str | None, backup: Path | None, folder: Path | None,
) -> None:  # fmt: skip
    """Serve this house: its pages, and its API for verbs with --at and for executors elsewhere.

    It says where, as one line of JSON. Without TLS it listens to this machine only. It can't
    sign for anybody: whoever owns it can withhold and delay, and cannot release.

    A house that was restored is halted: it takes and signs nothing, and notes the heads that people
    and executors show it, until `cheget log resume`.
    """
    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key go together")
    if host not in LOOPBACK and tls_cert is None and behind_proxy is None:
        raise HouseError(
            f"without TLS nobody else is served: {host} is not this machine",
            hint="--tls-cert and --tls-key; or --behind-proxy ADDRESS, where a proxy does TLS",
        )
    from cheget.cli.context import at_desk
    from cheget.cli.logs import log_to_stderr
    from cheget.service.api.ringing import ringing
    from cheget.service.rollback import HaltedStore

    if backup is not None:
        folder = _put_back(backup, folder)
    with at_desk(folder) as (house, counter), bound(host, port) as listening:
        counter.listed()  # read once before anybody waits for it
        number = listening.getsockname()[1]
        scheme = "https" if tls_cert is not None else "http"
        here = [f"{scheme}://{name}:{number}" for name in ("localhost", "127.0.0.1", "[::1]")]
        app = application(house, counter, [one.rstrip("/") for one in (origins or here)])
        server = _server(app, tls_cert, tls_key, behind_proxy)
        value: dict[str, Any] = {
            "serving": min(origins) if origins else here[0], "house": house.people.house,
            "deployment": house.deployment, "charter": counter.usable_digest(),
            "host": host, "port": number, "halted": isinstance(counter.store, HaltedStore),
        }  # fmt: skip
        log_to_stderr()
        if isinstance(counter.store, HaltedStore):  # which wakes nobody: it can't note whom
            click.echo(json.dumps(value, sort_keys=True))
            _say_halted(counter.store)
            server.run(sockets=[listening])
            return
        with ringing(house, counter, value["serving"], app.state.door.metrics.registry):
            click.echo(json.dumps(value, sort_keys=True))
            server.run(sockets=[listening])


def _put_back(backup: Path, folder: Path | None) -> Path:
    """The folder of the house that a backup was restored into."""
    from cheget.cli.plain import now
    from cheget.service.backup import read_backup
    from cheget.service.restoring import restore

    place = folder if folder is not None else Path.cwd()
    restore(place, *read_backup(backup), now())
    return place


def _say_halted(store: HaltedStore) -> None:
    import structlog

    fault = store.fault()
    structlog.get_logger("cheget").error("halted", why=fault.message, do=fault.hint)


def application(house: House, counter: LocalCounter, origins: Sequence[str]) -> FastAPI:
    """The API of a house with its pages, at these origins and those that the charter names."""
    from cheget.service.api import Settings, create_app
    from cheget.service.api.app import secret_of
    from cheget.service.house import session_secret
    from cheget.web.app import install

    known = frozenset((*origins, *counter.charter.terms.origins))
    secret = secret_of(session_secret(house), house.deployment)
    app = create_app(counter, secret, Settings(known))
    install(app, house)
    return app


def run_quietly(app: FastAPI, listening: socket.socket) -> None:
    """Serve until somebody presses Ctrl-C; what is asked goes into no log."""
    import logging

    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    _server(app, None, None, None).run(sockets=[listening])


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens at that address, or can.

    Raises:
        HouseError: it is taken, or none of this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named: asyncio sets TCP_NODELAY by it, and 40 ms an answer hang on that.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(2048)
    except OSError as error:
        listening.close()
        raise HouseError(f"{host}:{port}: {error.strerror}", hint="--port 0 finds one") from error
    return listening


def _server(
    app: Any, tls_cert: Path | None, tls_key: Path | None, behind_proxy: str | None
) -> uvicorn.Server:
    import uvicorn

    class Server(uvicorn.Server):
        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            app.state.door.close()  # whoever waits is let go first
            await super().shutdown(sockets)

    return Server(
        uvicorn.Config(
            app, log_config=None, access_log=False, server_header=False, ws="none",
            proxy_headers=behind_proxy is not None, forwarded_allow_ips=behind_proxy or "",
            ssl_certfile=tls_cert, ssl_keyfile=tls_key, timeout_graceful_shutdown=10,
            limit_concurrency=4096, h11_max_incomplete_event_size=32 * 1024,
        )
    )  # fmt: skip
