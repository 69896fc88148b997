#!/usr/bin/env python3
"""A code host asks whether it may deploy: transmit that as an order. It can agree to nothing.

    deployment-hook.py PORT API SECRET-FILE SEEN-FOLDER cheget request deploy --yes …

Listens on this machine only; something that speaks TLS stands before it. What follows the
folder is the command that transmits; the parameters are added to it.
"""

import hashlib
import hmac
import json
import os
import re
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

MOST = 1 << 20  # bytes of a webhook; those of this kind have some 20 KiB


def signature(secret: bytes, body: bytes) -> str:
    """What the code host writes under the bytes of a webhook."""
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()


def parameters(body: bytes, api: str) -> dict[str, str]:
    """What the order says. The callback is not obeyed: it must be the one that belongs there."""
    asked = json.loads(body)
    repository, commit = asked["repository"]["full_name"], asked["sha"]
    callback = rf"{re.escape(api)}/repos/{re.escape(repository)}/actions/runs/(\d{{1,20}})"
    run = re.fullmatch(f"{callback}/deployment_protection_rule", asked["deployment_callback_url"])
    if asked["action"] != "requested" or not run or not re.fullmatch("[0-9a-f]{40}", commit):
        raise ValueError("another webhook than this is for")
    found = {"repository": repository, "environment": asked["environment"], "run": run[1]}
    return {**found, "commit": commit}


class Hook(BaseHTTPRequestHandler):
    """Answers the code host. Set by ``main``: what the program was started with."""

    api: str
    secret: bytes
    seen: Path
    transmit: list[str]
    timeout = 10

    def do_POST(self) -> None:
        """Take a webhook; only what was signed is read at all."""
        size = self.headers.get("Content-Length", "")
        if not size.isdecimal() or int(size) > MOST:
            return self.say(413, "too large")
        body = self.rfile.read(int(size))
        given = self.headers.get("X-Hub-Signature-256", "")
        if not hmac.compare_digest(signature(self.secret, body).encode(), given.encode()):
            return self.say(401, "not signed with our secret")
        if self.headers.get("X-GitHub-Event") == "ping":
            return self.say(200, "here")
        try:
            order = parameters(body, self.api)
        except (ValueError, KeyError, TypeError) as error:
            return self.say(422, str(error))
        return self.say(*self.asked(body, order))

    def asked(self, body: bytes, order: dict[str, str]) -> tuple[int, str]:
        """Transmit it, once."""
        # By the bytes that were signed: the number of a delivery is not, and anybody can change it.
        once = self.seen / hashlib.sha256(body).hexdigest()
        try:
            os.close(os.open(once, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            return 200, "asked before"
        words = [*self.transmit, *(f"{name}={value}" for name, value in order.items())]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode == 0:
            return 202, "transmitted"
        once.unlink()
        sys.stderr.write(done.stderr)
        return 500, "not transmitted"

    def say(self, status: int, text: str) -> None:
        """Answer, in a line."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())


def main(port: str, api: str, secret: str, seen: str, *transmit: str) -> None:
    Hook.api, Hook.transmit, Hook.seen = api, list(transmit), Path(seen)
    Hook.secret = Path(secret).read_bytes().strip()
    if not Hook.secret:
        sys.exit(f"{secret} is empty: everybody could sign")
    server = HTTPServer(("127.0.0.1", int(port)), Hook)
    print(f"listening on port {server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
