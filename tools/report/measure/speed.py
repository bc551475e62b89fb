"""Time per call of every loop beside NumPy's, at several sizes, both on one thread.

Calls are timed alternately in this process, results go to existing arrays. The figures tell of this
machine at this hour; none of them counts as a failure.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterator

import numpy as np

from ..basics import Array, Json, error_text
from ..context import Context, Section
from ..ledger import Subject
from ..spec import Loop
from ..timing import Timed, best_of

CHECK = "speed"

# Below this share of NumPy's speed a loop is called slower.
SLOWER = 0.95


def sample(dtype: str, size: int) -> Array:
    """Numbers from 1 to 100 in an order without a short pattern; no special values."""
    steps = np.arange(size, dtype=np.uint64)
    return ((steps * np.uint64(2654435761) >> np.uint64(9)) % np.uint64(100) + np.uint64(1)).astype(dtype)


def time_pair(context: Context, loop: Loop, size: int) -> tuple[float, float]:
    """Seconds per call: quern's and NumPy's."""
    inputs = [sample(dtype, size) for dtype in loop.operands]
    calls = []
    for library in (context.library, context.oracle):
        outs = [library.native(np.zeros(size, dtype)) for dtype in loop.results]
        out = outs[0] if len(outs) == 1 else tuple(outs)
        operands = [library.native(column) for column in inputs]
        calls.append(Timed(library.ufunc(loop.ufunc), operands, {"out": out}))
    ours, numpys = best_of(calls, context.scale.repeats)
    return ours, numpys


def _rows(context: Context) -> Iterator[Json]:
    loops = context.loops()
    for loop in context.progress.track(loops, len(loops)):
        times = {}
        for size in context.scale.sizes:
            try:
                with context.library.quiet(), context.oracle.quiet():
                    ours, numpys = time_pair(context, loop, size)
            except Exception as error:
                subject = Subject(CHECK, loop.ufunc, loop.types, context.targets[0])
                context.ledger.differs(subject, f"{size} elements", error_text(error), "a time")
                continue
            times[str(size)] = {
                "quern_ns": ours * 1e9,
                "numpy_ns": numpys * 1e9,
                "ratio": numpys / ours,
            }
        yield {"ufunc": loop.ufunc, "types": loop.types, "sizes": times}


def measure(context: Context) -> Section:
    context.library.use_target(context.targets[0])
    context.library.use_threads(1)
    load = os.getloadavg()[0]
    rows = list(_rows(context))
    ratios = {
        str(size): [row["sizes"][str(size)]["ratio"] for row in rows if str(size) in row["sizes"]]
        for size in context.scale.sizes
    }
    return {
        "target": context.targets[0],
        "load": round(load, 2),
        "loops": rows,
        "median": {size: statistics.median(found) for size, found in ratios.items() if found},
        "slower": {size: sum(r < SLOWER for r in found) for size, found in ratios.items()},
        "sizes": list(context.scale.sizes),
    }
