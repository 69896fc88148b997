"""A question that many ask at once: nobody is answered by what was begun before they asked."""

from __future__ import annotations

import threading

import pytest

from cheget.errors import StoreError
from cheget.service.shared import Shared
from serving import until


def test_who_asks_while_it_is_answered_gets_the_next_answer_with_all_others() -> None:
    began: list[int] = []
    go, answers = threading.Event(), []

    def ask() -> int:
        began.append(len(began))
        go.wait()
        return began[-1]

    shared = Shared(ask)
    first = threading.Thread(target=lambda: answers.append(shared()))
    first.start()
    until(lambda: began)
    later = [threading.Thread(target=lambda: answers.append(shared())) for _ in range(20)]
    for one in later:
        one.start()
    until(lambda: shared._next is not None)
    go.set()
    for one in (first, *later):
        one.join()
    assert answers.count(0) == 1
    assert all(one > 0 for one in answers if one != 0)
    assert len(began) < 21


def test_an_error_is_told_to_whoever_asked_and_to_nobody_after() -> None:
    faults = [StoreError("away")]

    def ask() -> str:
        if faults:
            raise faults.pop()
        return "there"

    shared = Shared(ask)
    with pytest.raises(StoreError, match="away"):
        shared()
    assert shared() == "there"
