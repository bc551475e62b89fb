"""What the report says while it works."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TextIO, TypeVar

Item = TypeVar("Item")


class Progress:
    """Lines on a stream: how far a step is, not more often than it helps."""

    def __init__(self, stream: TextIO | None = None, interval: float = 5.0) -> None:
        self._stream = stream or sys.stdout
        self._interval = interval
        self._step = ""

    def start(self, title: str) -> None:
        self._step = title

    def say(self, text: str) -> None:
        print(f"      {text}", file=self._stream, flush=True)

    def track(self, items: Iterable[Item], count: int) -> Iterator[Item]:
        """The items, with a line now and then if the step takes longer than the interval."""
        last = time.monotonic()
        for index, item in enumerate(items):
            yield item
            if time.monotonic() - last >= self._interval:
                last = time.monotonic()
                self.say(f"{self._step}: {index + 1} of {count}")
