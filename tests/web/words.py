"""The pages' messages, collected into their catalogues and compiled: ``make words``.

Then translate what has an empty ``msgstr``, and run it again. Needs Babel, as the tests do.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

SRC = Path(__file__).parents[2] / "src" / "cheget"
LOCALE = SRC / "web" / "locale"
SOURCES = (
    ("python", ("chain", "order", "report"), "**.py", {"said": None}),
    ("python", ("service/notices",), "preview.py", {"said": None}),
    ("python", ("web",), "**.py", {"said": None, "tell": None}),
    ("jinja2", ("web/templates",), "**.html", {"_": None, "gettext": None, "ngettext": (1, 2)}),
    ("javascript", ("web/static",), "cheget.js", {"_": None}),
)
JINJA = {"newstyle_gettext": "true", "trim_blocks": "true", "lstrip_blocks": "true",
         "silent": "false"}  # fmt: skip
HEADER = """\
# The pages' messages. One word for one thing: docs/glossary.md. Collected by `make words`.
msgid ""
msgstr ""
"Language: {code}\\n"
"Plural-Forms: {plurals}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"""


def catalogues() -> Iterator[Path]:
    """Every catalogue, as translators have it."""
    return LOCALE.glob("*/LC_MESSAGES/cheget.po")


def collected() -> Catalog:
    """Every message that a page can say, from the code."""
    found = Catalog()
    for method, folders, pattern, keywords in SOURCES:
        for folder in folders:
            for name, _, message, comments, context in extract_from_dir(
                SRC / folder, [(pattern, method)], {pattern: JINJA}, keywords
            ):
                found.add(message, None, [(f"{folder}/{name}", 1)], auto_comments=comments,
                          context=context)  # fmt: skip
    return found


def read(path: Path) -> Catalog:
    """A catalogue."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3], abort_invalid=True)


def compiled(catalogue: Catalog) -> bytes:
    """What the pages load of it; the same whenever it is compiled."""
    catalogue.creation_date = catalogue.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    out = BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def main() -> None:
    """Bring every catalogue up to date."""
    messages = collected()
    for path in catalogues():
        known = read(path)
        known.update(messages, no_fuzzy_matching=True)
        known.obsolete.clear()
        text = BytesIO()
        write_po(text, known, width=0, sort_by_file=True, omit_header=True, include_lineno=False)
        header = HEADER.format(code=path.parts[-3], plurals=known.plural_forms)
        path.write_text(f"{header}\n{text.getvalue().decode()}")
        path.with_suffix(".mo").write_bytes(compiled(read(path)))
        empty = [one.id for one in known if one.id and not one.string]
        print(f"{path}: {len(known)} messages, {len(empty)} without a translation")


if __name__ == "__main__":
    main()
