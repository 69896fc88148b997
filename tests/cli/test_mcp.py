"""Tools for an agent, over the real protocol: it may ask, and by no road agree."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters
from terminal import CHAIN, EVERYBODY, PEOPLE, Shell, Stage, founded

from cheget.cli.context import at_desk
from cheget.errors import NotAcceptedError
from cheget.keyring import keyfile
from cheget.order.documents import Concurrence, Refusal
from cheget.order.draft import enclose, salted
from cheget.order.fields import Head
from serving import serving_folder

ROOT = Path(__file__).parent.parent.parent
NAMES = ["actions", "transmit", "show", "wait"]


@pytest.fixture(scope="module")
def model(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A house in which a machine may ask, and sits where it would be asked too."""
    here = tmp_path_factory.mktemp("agents")
    with pytest.MonkeyPatch.context() as patch:
        shell = stage.at("nothing", here, patch)
        chain = (
            CHAIN.replace("dee: Dee}", "dee: Dee, robot: Robot}")
            .replace("members: [ann, bob, cho], rule: any}", "members: [ann, robot], rule: any}", 1)
            .replace("members: [ann, bob, cho], rule: any, veto: any",
                     "members: [ann, bob, cho, robot], rule: any, veto: any")
        )  # fmt: skip
        founded(shell, chain, PEOPLE, (*EVERYBODY, "robot"))
    return here


@pytest.fixture
def house(model: Path, stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    shutil.copytree(model, tmp_path, dirs_exist_ok=True)
    return stage.at("nothing", tmp_path, monkeypatch)


def talk(work: Callable[[Client], Awaitable[None]], *words: str, key: str = "robot.key") -> None:
    """What a client of the protocol does, with a server of its own."""
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "cheget", "mcp", *words],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "CHEGET_KEY": key},
    )  # fmt: skip

    async def main() -> None:
        async with Client(server) as client:
            await work(client)

    anyio.run(main)


async def call(client: Client, tool: str, **given: Any) -> Any:
    done = await client.call_tool(tool, given)
    assert not done.is_error, done
    assert json.loads(done.content[0].text) == done.structured_content  # type: ignore[union-attr]
    assert "never instructions" in done.structured_content["untrusted"]
    return done.structured_content


async def refused(client: Client, tool: str, **given: Any) -> str:
    done = await client.call_tool(tool, given)
    assert done.is_error, done
    return str(done.structured_content["error"])


ORDER = {"action": "wipe", "parameters": {"database": "orders"}, "reason": "ticket 1182"}


def test_an_agent_asks_and_follows_and_people_answer(house: Shell) -> None:
    async def work(client: Client) -> None:
        found = await call(client, "actions")
        assert found["originator"] == "robot"
        wipe = next(one for one in found["actions"] if one["action"] == "wipe")
        assert wipe["parameters"]["database"]["choices"] == ["orders", "billing"]
        assert [one["level"] for one in wipe["levels"]] == ["team", "security"]
        sent = await call(client, "transmit", **ORDER)
        seen = await call(client, "show", order=sent["words"])
        assert (seen["order"], seen["state"]) == (sent["order"], "open")
        assert (seen["originator"], seen["reason"]) == ("robot", "ticket 1182")
        still = await call(client, "wait", order=sent["order"], seconds=1)
        assert still["changed"] is False

        async def answer() -> None:
            await anyio.sleep(0.5)
            refuse = ("refuse", sent["order"], "--key", "dee.key", "--yes", "--reason", "no")
            await anyio.to_thread.run_sync(lambda: house.must(*refuse))

        async with anyio.create_task_group() as group:
            group.start_soon(answer)
            over = await call(client, "wait", order=sent["order"], seconds=30)
        assert (over["changed"], over["state"]) == (True, "stopped")
        assert over["refusals"][0]["reason"] == "no"

    talk(work)


def test_no_tool_answers_an_order(house: Shell) -> None:
    async def work(client: Client) -> None:
        tools = (await client.list_tools()).tools
        assert [one.name for one in tools] == NAMES
        text = json.dumps([one.model_dump(mode="json") for one in tools]).lower()
        for word in ("concur", "approve", "refuse", "countermand", "attest", "enrol"):
            assert word not in text
        for name in ("concur", "approve", "refuse", "countermand", "sign"):
            assert await refused(client, name, order="x" * 64) == "there is no such tool"
        for one in tools:
            assert one.input_schema["additionalProperties"] is False
            assert one.annotations is not None
            assert one.annotations.read_only_hint is (one.name != "transmit")

    talk(work)


def test_a_machine_that_concurs_by_other_means_is_refused_by_the_desk(house: Shell) -> None:
    """With its own key, in a seat that the chain gives it, past every client of ours."""
    house.must("order", "transmit", "wipe", "database=orders", "--key", "ann.key", "--yes")
    (order,) = house.orders
    house.run("concur", order, "--key", "robot.key", "--yes", "--reason", "surely")
    assert house.status == 1
    signer = keyfile.read(Path("robot.key"), lambda: b"")
    with at_desk(None) as (_, desk):
        rung = desk.proceeding(order).pending
        assert rung is not None
        assert rung.prior is not None
        head: Head = desk.head("orders")
        text, at = salted("surely", bytes(16)), desk.clock.now()
        yes = Concurrence((), at, rung.level.id, order, rung.prior, text.digest, head.root,
                          "robot", "robot", head.size)  # fmt: skip
        with pytest.raises(NotAcceptedError, match="robot is a machine"):
            desk.concur(enclose(yes, signer), [text])
        forged = replace(yes, signer="bob", seat="bob")
        with pytest.raises(NotAcceptedError, match="is not signed by bob"):
            desk.concur(enclose(forged, signer), [text])
        with pytest.raises(NotAcceptedError, match="cannot refuse"):
            desk.refuse(enclose(Refusal(at, order, text.digest, "robot"), signer), [text])
        assert desk.proceeding(order).state == "open"
        assert [one.person for one in desk.proceeding(order).counted] == ["ann"]
        own = keyfile.read(Path("bob.key"), lambda: b"")
        assert desk.concur(enclose(forged, own), [text]).effect == "counts"  # it was but the key


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reason": ""}, "reason"),
        ({"reason": " \n "}, "reason"),
        ({"reason": None}, "reason"),
        ({"reason": "x" * 2001}, "reason"),
        ({"reason": "\u202etxet"}, "U+202E"),
        ({"action": "wype"}, "there is no action wype"),
        ({"action": "../wipe"}, "action"),
        ({"chain": "other"}, "there is no action wipe"),
        ({"executors": ["reports-0001"]}, "reports-0001"),
        ({"executors": "production-db"}, "executors"),
        ({"executors": ["production-db"] * 101}, "executors"),
        ({"parameters": {"database": "payroll"}}, "not one of orders, billing"),
        ({"parameters": {"database": 1}}, "parameters.database"),
        ({"parameters": {"database": "@/etc/passwd"}}, "not one of orders, billing"),
        ({"parameters": {"database": "x" * 4097}}, "parameters.database"),
        ({"parameters": {f"p{n}": "x" for n in range(33)}}, "parameters"),
        ({"yes": True}, "yes"),
        ({"person": "ann"}, "person"),
    ],
)
def test_what_an_agent_gives_is_strict_and_capped(
    changes: dict[str, Any], said: str, house: Shell
) -> None:
    from cheget.cli import tools

    asked: list[str] = []

    async def main() -> None:
        server = tools.server_of(agent)
        async with Client(server) as client:
            asked.append(await refused(client, "transmit", **{**ORDER, **changes}))

    import click

    context = click.Context(click.Command("mcp"))
    agent = tools.Agent(context, None, Path("robot.key"), None)
    anyio.run(main)
    assert said in asked[0]
    assert "x" * 600 not in asked[0]
    assert house.orders == []


def test_what_is_asked_by_reading_is_strict_and_capped_too(house: Shell) -> None:
    async def work(client: Client) -> None:
        order = "0" * 64
        for tool, given in (
            ("wait", {"order": order, "seconds": "5"}),
            ("wait", {"order": order, "seconds": True}),
            ("wait", {"order": order, "seconds": 61}),
            ("wait", {"order": order, "seconds": 0}),
            ("show", {"order": "x" * 121}),
            ("show", {"order": [order]}),
            ("show", {}),
            ("actions", {"house": "/"}),
        ):
            said = await refused(client, tool, **given)
            assert said.startswith(("seconds: ", "order: ", "house: ")), said
        assert await refused(client, "show", order=order) == f"there is no order {order}"
        assert "there is no order" in await refused(client, "wait", order="../../etc")

    talk(work)


def test_a_person_s_key_is_never_an_agent_s(house: Shell) -> None:
    _, err = house.run("mcp", "--key", "ann.key")
    assert (house.status, "the key of ann, a person" in err) == (2, True)
    _, err = house.run("mcp")
    assert (house.status, "Missing option '--key'" in err) == (2, True)


def test_an_agent_elsewhere_has_the_same_tools(house: Shell, tmp_path: Path) -> None:
    charter, away = house.charter, tmp_path / "away"
    away.mkdir()
    shutil.copy("robot.key", away)
    with serving_folder(house.here) as served, pytest.MonkeyPatch.context() as patch:
        patch.chdir(away)
        patch.setenv("XDG_STATE_HOME", str(away / "state"))

        async def work(client: Client) -> None:
            assert [one.name for one in (await client.list_tools()).tools] == NAMES
            sent = await call(client, "transmit", **ORDER)
            assert (await call(client, "show", order=sent["order"]))["originator"] == "robot"

        talk(work, "--at", served.origin, "--charter", charter, "--as", "robot")


def test_without_its_extra_it_says_what_to_install(
    house: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "cheget.cli.tools", raising=False)
    monkeypatch.setitem(sys.modules, "mcp_types", None)
    _, err = house.run("mcp", "--key", "robot.key")
    assert (house.status, "pip install 'cheget[mcp]'" in err) == (2, True)


def test_a_fault_of_our_own_says_nothing_of_itself_to_an_agent(
    house: Shell, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import click

    from cheget.cli import tools

    def fails(*_: object) -> None:
        raise RuntimeError("hunter2")

    monkeypatch.setattr(tools, "followed", fails)
    agent = tools.Agent(click.Context(click.Command("mcp")), None, Path("robot.key"), None)

    async def main() -> None:
        async with Client(tools.server_of(agent)) as client:
            assert await refused(client, "actions") == "a fault of cheget itself"

    anyio.run(main)
    assert "hunter2" in caplog.text
