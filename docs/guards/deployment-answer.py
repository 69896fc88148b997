#!/usr/bin/env python3
"""Tell a code host that it may deploy: one run, one environment, one commit.

    deployment-answer.py API REPOSITORY RUN ENVIRONMENT COMMIT

The run is asked for its commit first: whoever transmitted the order may have written another.
"""

import http.client
import json
import os
import re
import sys
from urllib.parse import quote, urlsplit


def call(api: str, method: str, path: str, value: object = None) -> tuple[int, bytes]:
    """One call, to the host that was configured; a redirect is not followed."""
    parts = urlsplit(api)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    host = kind(parts.hostname, parts.port, timeout=30)
    body = None if value is None else json.dumps(value)
    host.request(method, parts.path + path, body, {
        "Authorization": f"Bearer {os.environ['HOST_TOKEN']}", "User-Agent": "cheget",
        "Accept": "application/vnd.github+json", "Content-Type": "application/json",
    })  # fmt: skip
    answer = host.getresponse()
    return answer.status, answer.read(1 << 22)


def main(api: str, repository: str, run: str, environment: str, commit: str) -> str:
    if not re.fullmatch(r"[\w-][\w.-]*/[\w-][\w.-]*", repository) or not re.fullmatch(r"\d+", run):
        return "no repository, or no run"
    path = f"/repos/{quote(repository)}/actions/runs/{run}"
    status, body = call(api, "GET", path)
    if status != 200 or json.loads(body)["head_sha"] != commit:
        return f"run {run} is not of commit {commit}: nothing is answered"
    answer = {
        "environment_name": environment, "state": "approved",
        "comment": f"cheget {os.environ['CHEGET_KEY']}",
    }  # fmt: skip
    status, body = call(api, "POST", f"{path}/deployment_protection_rule", answer)
    return "" if status == 204 else f"status {status}: {body[:500].decode(errors='replace')}"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) or 0)
