"""Runs the notebook's cells in order; as a program, writes what they print into it."""

import contextlib
import io
import json
from pathlib import Path
from typing import Any

NOTEBOOK = Path(__file__).parent.parent / "docs" / "notebook.ipynb"


def run(cells: list[dict[str, Any]]) -> list[str]:
    """What each code cell prints; a value at its end is shown as text."""
    names: dict[str, Any] = {}
    printed = []
    for cell in cells:
        if cell["cell_type"] != "code":
            continue
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile("".join(cell["source"]), "cell", "exec"), names)  # noqa: S102
        printed.append(out.getvalue())
    return printed


def outputs(cells: list[dict[str, Any]]) -> list[str]:
    return ["".join(text for one in cell["outputs"] for text in one["text"])
            for cell in cells if cell["cell_type"] == "code"]  # fmt: skip


def main() -> None:
    book = json.loads(NOTEBOOK.read_text())
    printed = iter(run(book["cells"]))
    count = 0
    for cell in book["cells"]:
        if cell["cell_type"] == "code":
            count += 1
            text = next(printed).splitlines(keepends=True)
            cell["execution_count"] = count
            cell["outputs"] = (
                [{"name": "stdout", "output_type": "stream", "text": text}] if text else []
            )
    NOTEBOOK.write_text(json.dumps(book, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
