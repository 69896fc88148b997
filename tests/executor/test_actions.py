"""Acts: honest about what is known after them."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from cheget.errors import NotAllowedError
from cheget.executor.actions import (
    KEPT_OUTPUT,
    Attempt,
    Call,
    Post,
    Run,
    idempotency_key,
    perform,
    probe,
)

KEY = idempotency_key("ab" * 32, "production-db")


def attempt(**parameters: str) -> Attempt:
    return Attempt(KEY, parameters)


def shell(script: str, *, probed: str = "", timeout: int = 10) -> Run:
    probing = ("/bin/sh", "-c", probed) if probed else ()
    return Run(("/bin/sh", "-c", script), probing, timeout=timeout)


def test_what_ends_well_is_carried_out_and_says_so() -> None:
    result = perform(Run(("/bin/echo", "wipes {database}")), attempt(database="orders"))
    assert (result.outcome, result.output) == ("carried-out", b"wipes orders\n")


def test_what_could_not_be_started_failed() -> None:
    result = perform(Run(("/nowhere/wipe",)), attempt())
    assert result.outcome == "failed"
    assert b"could not be started" in result.output


@pytest.mark.parametrize("script", ["exit 1", "exit 7", "kill -9 $$"])
def test_what_ends_otherwise_is_unknown(script: str) -> None:
    assert perform(shell(script), attempt()).outcome == "unknown"


def test_what_takes_too_long_is_killed_and_unknown() -> None:
    result = perform(shell("echo begun; sleep 60", timeout=1), attempt())
    assert (result.outcome, result.output) == ("unknown", b"begun\n")


@pytest.mark.parametrize(
    ("script", "outcome"), [("exit 0", "carried-out"), ("exit 1", "failed"), ("exit 2", "unknown")]
)
def test_a_probe_decides_and_only_0_and_1_are_answers(script: str, outcome: str) -> None:
    assert perform(shell("exit 9", probed=script), attempt()).outcome == outcome


def test_a_probe_that_cannot_run_leaves_it_unknown() -> None:
    act = Run(("/bin/false",), ("/nowhere/look",))
    assert perform(act, attempt()).outcome == "unknown"


def test_a_probe_that_times_out_leaves_it_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cheget.executor.actions.PROBE_TIMEOUT", 0.1)
    assert probe(Run(("/bin/false",), ("/bin/sleep", "60")), attempt()) == "unknown"


def test_a_probe_that_lies_is_believed_and_the_act_is_not_repeated_for_it(tmp_path: Path) -> None:
    # Whoever writes a probe answers for it: it says done, so nothing is tried again.
    act = shell(f"echo x >> {tmp_path / 'done'}; exit 3", probed="exit 0")
    assert perform(act, attempt()).outcome == "carried-out"
    assert (tmp_path / "done").read_text() == "x\n"


def test_a_probe_is_not_asked_after_what_ended_well(tmp_path: Path) -> None:
    act = shell("true", probed=f"touch {tmp_path / 'asked'}")
    perform(act, attempt())
    assert not (tmp_path / "asked").exists()


def test_an_edited_program_is_not_started(tmp_path: Path) -> None:
    program = tmp_path / "wipe"
    program.write_text("#!/bin/sh\necho wiped\n")
    program.chmod(0o700)
    right = hashlib.sha256(program.read_bytes()).hexdigest()
    assert perform(Run((str(program),), sha256=right), attempt()).outcome == "carried-out"
    program.write_text("#!/bin/sh\necho stolen\n")
    result = perform(Run((str(program),), sha256=right), attempt())
    assert (result.outcome, result.fault) == ("failed", "SwappedProgramError")
    assert b"not the program configured" in result.output


def test_output_is_kept_up_to_its_last_64_kib() -> None:
    result = perform(shell("yes | head -c 200000; echo end"), attempt())
    assert len(result.output) == KEPT_OUTPUT
    assert result.output.endswith(b"end\n")


def test_nothing_of_the_environment_reaches_an_act_but_its_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PGPASSWORD", "secret")
    said = perform(Run(("/usr/bin/env",)), attempt()).output.decode()
    assert "PGPASSWORD" not in said
    assert f"CHEGET_KEY={KEY}" in said


def test_an_option_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(NotAllowedError, match="could be taken for an option"):
        perform(shell(f"touch {tmp_path / 'done'}"), attempt(database="-rf"))
    assert not (tmp_path / "done").exists()


def test_a_file_parameter_is_a_path_to_its_contents() -> None:
    data = b"a plan\n"
    digest = hashlib.sha256(data).hexdigest()
    one = Attempt(KEY, {"plan": digest}, {"plan": data})
    assert perform(Run(("/bin/cat", "{plan}")), one).output == data


def test_a_probe_is_given_the_digest_of_a_file_as_after_a_crash() -> None:
    one = Attempt(KEY, {"plan": "ab"}, {"plan": b"a plan\n"})
    act = Run(("/bin/false",), ("/usr/bin/test", "{plan}", "=", "ab"))
    assert perform(act, one).outcome == "carried-out"


def greet(name: str, how_often: str) -> str:
    return f"{name} {how_often}"


def fail(**_: str) -> None:
    raise RuntimeError("half way through")


def test_a_python_act_is_called_with_its_parameters() -> None:
    result = perform(
        Call(f"{__name__}:greet"), Attempt(KEY, {"name": "orders", "how-often": "once"})
    )
    assert (result.outcome, result.output) == ("carried-out", b"orders once")


def test_a_python_act_that_raises_is_unknown_and_one_that_is_missing_failed() -> None:
    assert perform(Call(f"{__name__}:fail"), attempt()).outcome == "unknown"
    assert perform(Call("no_such_module:act"), attempt()).outcome == "failed"
    assert perform(Call(f"{__name__}:no_such"), attempt()).outcome == "failed"


class Answering(BaseHTTPRequestHandler):
    """Answers by its path: the status to give."""

    seen: list[tuple[str, str, bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).seen.append((self.path, self.headers["Idempotency-Key"], body))
        status = int(self.path.strip("/"))
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/200")
        self.end_headers()
        self.wfile.write(b"paid")

    do_GET = do_POST  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    Answering.seen = []
    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("status", [200, 201])
def test_a_call_that_is_answered_well_is_carried_out(address: str, status: int) -> None:
    result = perform(Post(f"{address}/{status}"), attempt(amount="7"))
    assert (result.outcome, result.output) == ("carried-out", b"paid")
    path, key, body = Answering.seen[0]
    assert (path, key, json.loads(body)) == (f"/{status}", KEY, {"amount": "7"})


@pytest.mark.parametrize("status", [400, 500, 503])
def test_a_call_that_is_answered_otherwise_is_unknown(address: str, status: int) -> None:
    assert perform(Post(f"{address}/{status}"), attempt()).outcome == "unknown"


def test_a_call_goes_nowhere_else(address: str) -> None:
    assert perform(Post(f"{address}/302"), attempt()).outcome == "unknown"
    assert [path for path, _, _ in Answering.seen] == ["/302"]


def test_a_call_that_nobody_took_failed() -> None:
    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        port = server.server_address[1]
    assert perform(Post(f"http://127.0.0.1:{port}/200"), attempt()).outcome == "failed"


def test_not_done_is_no_answer_about_a_call_that_may_still_be_under_way(address: str) -> None:
    act = Post(f"{address}/500", ("/bin/false",))
    assert perform(act, attempt()).outcome == "unknown"
    assert perform(Post(f"{address}/500", ("/bin/true",)), attempt()).outcome == "carried-out"
