"""The page on the log shows real bytes; these tests read them from it."""

import json
import re
from pathlib import Path

from cheget.audit.checkpoint import verify_checkpoint
from cheget.audit.header import decode
from cheget.audit.merkle import leaf_hash
from cheget.audit.slice import Slice

PAGE = (Path(__file__).parents[2] / "spec" / "log.md").read_text()


def specimen(name: str) -> str:
    found = re.search(rf"```{name}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


PIECE = Slice.from_json(json.loads(specimen("slice")))


def test_the_header_is_the_first_of_the_slice_and_has_the_leaf_hash_shown() -> None:
    leaf = specimen("header").strip().encode()
    assert decode(leaf).encode() == leaf == PIECE.headers[0]
    assert f"leaf hash is `{leaf_hash(leaf).hex()}`" in PAGE
    assert [position for position, _ in PIECE.entries()] == [2, 3, 4]


def test_the_checkpoint_is_that_of_the_slice_and_verifies() -> None:
    found = re.search(r"signed by the key `([0-9a-f]{64})`", PAGE)
    assert found is not None
    note = specimen("checkpoint").encode()
    head = verify_checkpoint(note, origin="example.test/orders", key=bytes.fromhex(found[1]))
    assert head.size == PIECE.size
    assert PIECE.roots({5}) == {5: head.root}


def test_the_roots_on_the_way_are_those_shown() -> None:
    shown = {int(size): bytes.fromhex(root) for size, root in re.findall(
        r"\| (\d) \| `([0-9a-f]{64})` \|", PAGE)}  # fmt: skip
    assert shown == PIECE.roots({2, 3, 4, 5})
