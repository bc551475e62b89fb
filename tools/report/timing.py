"""Timing two functions against each other: alternately, many times, the best of each.

Other work on the machine only ever adds time, so that the least of many repeats is the figure that
repeats itself; alternating gives both functions the same neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from timeit import Timer
from typing import Any

# A repeat takes at least this long, so that the clock's own cost does not show.
REPEAT_SECONDS = 60e-6


@dataclass(frozen=True)
class Timed:
    """A call to time: function(*operands, **keywords)."""

    function: Any
    operands: Sequence[Any]
    keywords: dict[str, Any]

    def timer(self) -> Timer:
        """A loop around the plain call, without a wrapper's cost."""
        names = {f"a{index}": operand for index, operand in enumerate(self.operands)}
        given = [*names, *(f"{key}={key}" for key in self.keywords)]
        scope = {"f": self.function, **names, **self.keywords}
        return Timer(f"f({', '.join(given)})", globals=scope)


def _calls_per_repeat(timer: Timer) -> int:
    calls = 1
    while True:
        seconds = timer.timeit(calls)
        if seconds >= REPEAT_SECONDS:
            return calls
        calls = max(calls * 2, min(calls * 20, int(calls * REPEAT_SECONDS / max(seconds, 1e-9))))


def best_of(calls: Sequence[Timed], repeats: int) -> list[float]:
    """Seconds per call of each, the least of `repeats` interleaved measurements."""
    timers = [call.timer() for call in calls]
    counts = [_calls_per_repeat(timer) for timer in timers]
    best = [float("inf")] * len(timers)
    for _ in range(repeats):
        for index, (timer, count) in enumerate(zip(timers, counts, strict=True)):
            best[index] = min(best[index], timer.timeit(count) / count)
    return best
