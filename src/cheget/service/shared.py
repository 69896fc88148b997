"""A question that many ask at once, asked once for all of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")


class Shared(Generic[T]):
    """Answers of one question, each begun after all who get it had asked: none is of before."""

    def __init__(self, ask: Callable[[], T]) -> None:
        """Ask nothing yet."""
        self._ask = ask
        self._asking, self._lock = threading.Lock(), threading.Lock()
        self._next: Future[T] | None = None  # which nobody has begun

    def __call__(self) -> T:
        """The answer. Raises what asking raises."""
        with self._lock:
            is_first = self._next is None
            answer = self._next = self._next or Future()
        if is_first:
            with self._asking:
                with self._lock:
                    self._next = None
                try:
                    answer.set_result(self._ask())
                except BaseException as error:  # noqa: BLE001 - told to all
                    answer.set_exception(error)
        return answer.result()
