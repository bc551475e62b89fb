"""Which floating-point conditions special operands raise, beside the NumPy at hand, by ufunc and dtype.

`flags.py` compares with what one NumPy recorded on one CPU. Here every ufunc meets every tuple of special operands
beside the NumPy that is installed. Underflow counts only where NumPy agrees with itself, with this CPU's instruction
sets and with its baseline alone: which of its loops report underflow depends on them. A second process, this module
run by itself, tells what NumPy reports without them.
"""

from __future__ import annotations

import importlib
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..basics import FLAG_BITS, Array, flags_text, tuple_text
from ..context import Context, Section
from ..ledger import Subject
from ..oracle import NumpyLibrary
from ..spec import Loop
from ..times import NOT_A_TIME, counted, counts_time
from .flags import raised_by_each, tags_of

CHECK = "conditions"
UNDERFLOW = FLAG_BITS["underflow"]

# Operands of a unary ufunc, and of each input of one that has more; the more tuples, the fewer of each.
_REALS = (0.0, -0.0, 1.0, 2.0, -2.0, 0.5, 3.7, 100.0, -100.0, 1000.0, -1000.0)
_FEW_REALS = (0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, 3.7)
_FEWEST_REALS = (0.0, 1.0, 3.7)


def _floats(dtype: str, inputs: int) -> Array:
    info = np.finfo(dtype)
    numbers = (_REALS, _FEW_REALS, _FEWEST_REALS)[min(inputs, 3) - 1]
    ends = (info.max, -info.max, info.tiny, info.smallest_subnormal, np.inf, -np.inf, np.nan)
    return np.array((*numbers, *ends), dtype)


def special_operands(dtype: str, inputs: int) -> Array:
    """Special values of a dtype for a ufunc with so many inputs."""
    kind = np.dtype(dtype)
    if kind.kind == "b":
        return np.array([False, True])
    if kind.kind in "iu":
        info = np.iinfo(kind)
        numbers = {0, 1, 2, 7, info.max, info.max - 1, info.min, info.min + 1}
        return np.array(sorted(numbers | ({-1, -2} if kind.kind == "i" else set())), kind)
    if counts_time(kind):
        return counted([NOT_A_TIME, NOT_A_TIME + 1, -7, -1, 0, 1, 2, 7, -NOT_A_TIME - 1], kind)
    if kind.kind == "c":
        part = "f4" if dtype == "complex64" else "f8"
        parts = _floats(part, 3) if inputs == 1 else _floats(part, 3)[[0, 1, 3, 6, 7, 9]]
        return np.array([complex(a, b) for a in parts for b in parts], kind)
    return _floats(dtype, inputs)


def special_columns(inputs: Sequence[str]) -> tuple[Array, ...]:
    """A column for each input, of all tuples of its special values."""
    values = [special_operands(dtype, len(inputs)) for dtype in inputs]
    tuples = list(itertools.product(*(range(len(each)) for each in values)))
    return tuple(each[[index[i] for index in tuples]] for i, each in enumerate(values))


Rows = Sequence[tuple[str, Sequence[str]]]  # ufuncs and the dtypes of their inputs


def flags_of_numpy(rows: Rows) -> Iterator[list[int]]:
    """The flags of every tuple, row by row."""
    oracle = NumpyLibrary([], sorted({ufunc for ufunc, _ in rows}))
    for ufunc, inputs in rows:
        with oracle.watching() as watch:
            yield list(raised_by_each(oracle, watch, ufunc, special_columns(inputs)))


def further_features() -> list[str]:
    """This CPU's instruction sets that NumPy uses beyond its baseline."""
    features = importlib.import_module("numpy._core._multiarray_umath")
    return [name for name in features.__cpu_dispatch__ if features.__cpu_features__[name]]


def flags_of_baseline(rows: Rows) -> list[list[int]]:
    """The same of NumPy without them, from a process of its own."""
    environment = {**os.environ, "NPY_DISABLE_CPU_FEATURES": " ".join(further_features())}
    environment["PYTHONPATH"] = str(Path(__file__).resolve().parents[2])
    made = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "report.measure.conditions"],
        input=json.dumps(rows), env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    flags: list[list[int]] = json.loads(made.stdout)
    return flags


def _compare(context: Context, loop: Loop, numpys: Sequence[int], baseline: Sequence[int]) -> None:
    library, columns = context.library, special_columns(loop.operands)
    for target in context.targets:
        library.use_target(target)
        subject = Subject(CHECK, loop.ufunc, loop.types, target)
        with library.watching() as watch:
            raised = list(raised_by_each(library, watch, loop.ufunc, columns))
        for index, (ours, wanted) in enumerate(zip(raised, numpys, strict=True)):
            if (wanted ^ baseline[index]) & UNDERFLOW:
                ours, wanted = ours & ~UNDERFLOW, wanted & ~UNDERFLOW
            if ours == wanted:
                context.ledger.passed(subject)
                continue
            case = tuple_text(columns, index)
            context.ledger.differs(
                subject, case, flags_text(ours), flags_text(wanted), tags=tags_of(ours, wanted)
            )


def measure(context: Context) -> Section:
    loops = [loop for loop in context.loops() if not loop.refuses]
    rows = [(loop.ufunc, loop.operands) for loop in loops]
    numpys, baseline = list(flags_of_numpy(rows)), flags_of_baseline(rows)
    tracked = context.progress.track(zip(loops, numpys, baseline, strict=True), len(loops))
    for loop, live, without in tracked:
        _compare(context, loop, live, without)
    return {"further_features": further_features(), "tuples": sum(map(len, numpys))}


def main() -> Any:
    json.dump(list(flags_of_numpy(json.load(sys.stdin))), sys.stdout)


if __name__ == "__main__":
    main()
