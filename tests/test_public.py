"""What the package shows, and how it hangs together."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import cheget
from cheget import errors

ROOT = Path(__file__).parent.parent


def test_the_public_names_are_exactly_those_listed_and_sorted() -> None:
    assert cheget.__all__ == sorted(cheget._HOMES)
    assert set(dir(cheget)) == {*cheget.__all__, "__version__"}
    for name in cheget.__all__:
        assert getattr(cheget, name).__name__ == name


def test_a_name_that_is_not_public_is_not_there() -> None:
    with pytest.raises(AttributeError, match="cheget has no utils"):
        cheget.utils  # noqa: B018


def test_the_tree_of_errors_is_drawn_as_it_is() -> None:
    """The docstring of the module draws each class below the one it inherits from."""
    drawn: list[tuple[int, str]] = []
    assert errors.__doc__ is not None
    for line in errors.__doc__.splitlines():
        name = next((word for word in line.split() if word.endswith("Error")), None)
        if name is not None and hasattr(errors, name):
            drawn.append((line.index(name), name))
    parents: dict[str, str] = {}
    for place, (depth, name) in enumerate(drawn):
        above = [other for other_depth, other in drawn[:place] if other_depth < depth]
        if above:
            parents[name] = next(o for d, o in reversed(drawn[:place]) if d < depth)
    actual = {
        name: one.__bases__[0].__name__
        for name, one in vars(errors).items()
        if isinstance(one, type) and issubclass(one, errors.ChegetError)
        and one is not errors.ChegetError
    }  # fmt: skip
    assert parents == actual


def test_no_file_is_called_utils_and_none_is_too_long() -> None:
    files = list((ROOT / "src" / "cheget").rglob("*.py"))
    assert not [file for file in files if file.stem in {"utils", "helpers", "common", "misc"}]
    assert not [file for file in files if len(file.read_text().splitlines()) > 500]


def test_no_lock_holds_an_address() -> None:
    for lock in (ROOT / "requirements").glob("*.lock"):
        assert "://" not in lock.read_text()


@pytest.mark.slow
def test_the_wheel_installs_alone_and_runs(tmp_path: Path) -> None:
    """Built from the tree, installed with the locked core into an empty environment."""

    def run(*command: object) -> str:
        done = subprocess.run(
            [str(one) for one in command], cwd=ROOT, capture_output=True, text=True, check=False,
            env={
                "PATH": "/usr/bin:/bin", "HOME": str(tmp_path),
                **{name: value for name, value in os.environ.items() if name.startswith("PIP_")},
            },
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert "cheget/scenarios/cheget.yaml" in names
    assert "cheget/py.typed" in names
    assert "cheget/web/locale/de/LC_MESSAGES/cheget.mo" in names
    assert not [name for name in names if name.startswith(("tests", "bench"))]
    venv = tmp_path / "venv"
    run(sys.executable, "-m", "venv", venv)
    pip = [venv / "bin" / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    run(*pip, "--require-hashes", "--only-binary", ":all:", "-r", "requirements/core.lock")
    run(*pip, "--no-deps", "--no-index", wheel)
    assert "wipe-database" in run(venv / "bin" / "cheget", "scenarios")
