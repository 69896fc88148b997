#!/usr/bin/env python3
"""Was the payout of this act made? 0: yes; 1: no; anything else: nobody can tell.

    paid.py URL

Asks URL?key=KEY, KEY being that of the act, with the token that the payout was made with.
Redirects are not followed: the token goes nowhere else.
"""

import http.client
import json
import os
import sys
from urllib.parse import urlsplit

KEY = os.environ["CHEGET_KEY"]


def main(url: str) -> int:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    bank = kind(parts.hostname, parts.port, timeout=30)
    bank.request("GET", f"{parts.path}?key={KEY}",
                 headers={"Authorization": f"Bearer {os.environ['BANK_TOKEN']}"})  # fmt: skip
    answer = bank.getresponse()
    if answer.status != 200:
        return 2
    payouts = json.loads(answer.read(1 << 20))["payouts"]
    return 0 if any(one["key"] == KEY for one in payouts) else 1


try:
    sys.exit(main(sys.argv[1]))
except (OSError, ValueError, KeyError, TypeError, http.client.HTTPException):
    sys.exit(2)
