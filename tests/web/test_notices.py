"""From a notice's link to a signed answer: at most three taps."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from notified import Hook, hooked
from serving import until
from web.conftest import Served

pytestmark = pytest.mark.xdist_group("chromium")


@pytest.fixture(scope="module")
def hook() -> Iterator[Hook]:
    with hooked() as one:
        yield one


@pytest.fixture(scope="module")
def house(served: Served, hook: Hook) -> Served:
    served.enrol("ann", "bob")
    here = served.shell.here
    (here / "hook.secret").write_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")
    with (here / "house.yaml").open("a") as file:
        channel = f"{{webhook: '{hook.url}', secret: 'file:{here}/hook.secret'}}"
        file.write(f"notices: {{channels: {{hook: {channel}}}, people: {{bob: [hook]}}}}\n")
    return served


@pytest.mark.parametrize("signed_in", [False, True])
@pytest.mark.parametrize("answer", ["Concur", "Refuse"])
def test_a_link_leads_to_a_signed_answer_in_three_taps(
    house: Served, hook: Hook, answer: str, signed_in: bool
) -> None:
    bob, before = house.sign_in("bob"), len(hook.asked)
    if not signed_in:
        bob.context.clear_cookies()
    house.shell.must("order", "transmit", "wipe", "database=orders", "--key", "ann.key", "--yes",
                     "--reason", "ticket 7")  # fmt: skip
    until(lambda: len(hook.asked) > before)
    value, taps = hook.values[-1], 1
    assert "ticket 7" not in str(value)
    bob.goto(value["link"])  # the first: the link itself
    if not signed_in:
        bob.get_by_label("Your name on the roster").fill("bob")
        bob.get_by_role("button", name="Sign in with a passkey").click()
        taps += 1
        bob.wait_for_url(value["link"])
    shown = re.findall(r"[a-z]+", bob.locator("body").inner_text().lower())
    assert value["words"] in " ".join(shown)
    bob.get_by_role("button", name=answer).click()
    taps += 1
    done = {"Concur": "You concurred at", "Refuse": "Stopped"}[answer]
    bob.get_by_text(done).first.wait_for()
    assert taps <= 3
    assert not house.faults


def test_whom_an_order_will_notify_is_said_before_it_is_transmitted(house: Served) -> None:
    ann = house.sign_in("ann")
    ann.goto(f"{house.at}/transmit")
    assert ann.get_by_text("It will notify 1: bob by hook").count() == 2
