"""The Containerfile, without a daemon to build it: its commands run in a folder, not in ``/opt``.

And what ``docs/serving.md`` shows of services: their options are those of the program.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from cheget.cli.main import cheget

ROOT = Path(__file__).parent.parent
FILE = ROOT / "Containerfile"
PAGE = (ROOT / "docs" / "serving.md").read_text()

sys.path.insert(0, str(ROOT / "tests" / "cli"))


def steps() -> list[tuple[str, str]]:
    """Its instructions, in order."""
    lines = [one for one in FILE.read_text().splitlines() if one and not one.startswith("#")]
    return [(word, rest.strip()) for word, _, rest in (one.partition(" ") for one in lines)]


def told(word: str) -> list[str]:
    return [rest for name, rest in steps() if name == word]


def parsed(words: list[str]) -> None:
    """Return only if the program takes these words; nothing is run."""
    name, *rest = words
    # A command keeps the words for help that it was first asked with: those of the program.
    above = click.Context(cheget, help_option_names=["-h", "--help"])
    command = cheget.get_command(above, name)
    assert command is not None
    command.make_context(name, rest, parent=above)


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


def test_it_names_no_registry_and_no_root_and_copies_what_is_there() -> None:
    (base,) = told("FROM")
    assert "/" not in base
    assert told("USER") == ["10001:10001"]
    names = [name for name, _ in steps()]
    assert "RUN" not in names[names.index("USER") :]
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    for source in (one.split()[0] for one in told("COPY")):
        assert (ROOT / source).exists()
        assert f"!{source}" in ignored
    assert ignored[0] == "*"


def test_its_lock_has_hashes_and_what_serving_needs() -> None:
    import tomllib

    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*extras["dependencies"], *extras["optional-dependencies"]["serve"],
              *extras["optional-dependencies"]["seal"]]  # fmt: skip
    lock = (ROOT / "requirements" / "serve.lock").read_text()
    for name in (re.split(r"[>=<\[]", one)[0] for one in wanted):
        assert re.search(rf"^{name.lower()}==", lock, re.MULTILINE), name
    assert "numpy" not in lock
    assert lock.count("--hash=sha256:") > lock.count("==")
    (install,) = [one for one in told("RUN") if "pip install" in one]
    assert "--require-hashes" in install
    demo = (ROOT / "requirements" / "demo.lock").read_text()
    assert set(re.findall(r"^\S+==\S+", lock, re.MULTILINE)) <= set(
        re.findall(r"^\S+==\S+", demo, re.MULTILINE)
    )


@pytest.mark.slow
def test_its_commands_make_something_that_serves_and_is_found_healthy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from terminal import Stage

    opt = tmp_path / "opt"

    def here(text: str) -> str:
        return text.replace("/opt/", f"{opt}/")

    for name, rest in steps():
        if name == "COPY":
            source, target = rest.split()
            place = Path(here(target))
            place.parent.mkdir(parents=True, exist_ok=True)
            whole = (ROOT / source).is_dir()
            (shutil.copytree if whole else shutil.copy)(ROOT / source, place)
        if name == "RUN" and "/opt/" in rest:
            command = here(rest) if not rest.startswith("python ") else (
                f"{sys.executable} {here(rest).partition(' ')[2]}"
            )  # fmt: skip
            subprocess.run(command, shell=True, check=True, cwd=tmp_path)  # noqa: S602
    (tmp_path / "stage").mkdir()
    (tmp_path / "house").mkdir()
    house = Stage(tmp_path / "stage").at("founded", tmp_path / "house", monkeypatch)
    env = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "CHEGET_HEALTH": "http://127.0.0.1:1"}
    for text in told("ENV"):
        env |= {name: here(value) for name, value in (one.split("=", 1) for one in text.split())}
    env["XDG_STATE_HOME"] = str(tmp_path / "state")
    entry, more = (json.loads(here(told(one)[0])) for one in ("ENTRYPOINT", "CMD"))
    process = subprocess.Popen([*entry, *more, "--port", "0"], cwd=house.here, env=env, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        check = json.loads(here(told("HEALTHCHECK")[0].partition("CMD ")[2]))
        env["CHEGET_HEALTH"] = env["CHEGET_HEALTH"].replace(":8080", f":{said['port']}")
        assert subprocess.run(check, env=env, check=False).returncode == 0
        assert subprocess.run([*entry, "doctor"], cwd=house.here, env=env, check=False,
                              capture_output=True).returncode == 0  # fmt: skip
    finally:
        process.terminate()
        process.communicate(timeout=20)
    assert subprocess.run(check, env=env, check=False, capture_output=True).returncode != 0


def test_the_unit_for_systemd_is_one_and_its_options_are_the_programs(tmp_path: Path) -> None:
    text = block("ini")
    (run,) = re.findall(r"^ExecStart=\S+/cheget (.*)$", text, re.MULTILINE)
    parsed(shlex.split(run))
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd here")
    unit = tmp_path / "cheget.service"
    unit.write_text(text.replace("/opt/cheget/bin/cheget", "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True,
                          check=False)  # fmt: skip
    ours = [one for one in done.stderr.splitlines() if unit.name in one]
    assert (done.returncode, ours) == (0, []), done.stderr


def test_the_services_beside_each_other_are_yaml_and_know_each_other() -> None:
    found: Any = yaml.safe_load("services:\n" + block("yaml\nservices:"))
    desk, proxy = found["services"]["desk"], found["services"]["proxy"]
    parsed(desk["command"])
    assert proxy["networks"]["inside"]["ipv4_address"] in desk["command"]
    assert desk["read_only"] is True
    volumes = {one.partition(":")[0] for each in found["services"].values()
               for one in each["volumes"]}  # fmt: skip
    assert {one for one in volumes if not one.startswith(".")} == found["volumes"].keys()
    assert found["secrets"].keys() == {"password", "pgpass"}
    for one in found["services"].values():
        assert "/" not in one.get("image", "")
