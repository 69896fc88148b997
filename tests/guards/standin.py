"""Stands in for terraform where it isn't installed: the few commands that the guard needs.

Its one resource is ``var.size``. A plan remembers the serial of the state it was made for.
"""

import argparse
import json
import sys
from pathlib import Path

options = argparse.ArgumentParser()
options.add_argument("-chdir", type=Path, default=Path())
options.add_argument("verb", choices=["init", "plan", "show", "apply", "output"])
options.add_argument("-json", action="store_true")
options.add_argument("-raw", action="store_true")
options.add_argument("-no-color", action="store_true")
options.add_argument("-input")
options.add_argument("-out", type=Path)
options.add_argument("-var", default="size=1")
options.add_argument("plan", nargs="?", type=Path)
given = options.parse_intermixed_args()

state = given.chdir / "state" / "terraform.tfstate"
held = json.loads(state.read_text()) if state.exists() else {"serial": 0, "size": ""}
match given.verb:
    case "plan":
        size = given.var.partition("=")[2]
        (given.chdir / given.out).write_text(json.dumps({"serial": held["serial"], "size": size}))
    case "show":
        print(given.plan.read_text())
    case "apply":
        plan = json.loads(given.plan.read_text())
        if plan["serial"] != held["serial"]:
            sys.exit("Error: Saved plan is stale")
        state.parent.mkdir(exist_ok=True)
        state.write_text(json.dumps({"serial": held["serial"] + 1, "size": plan["size"]}))
        print("Apply complete! Resources: 1 added, 0 changed, 0 destroyed.")
    case "output":
        print(held["size"], end="")
