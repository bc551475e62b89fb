"""Arrays beside Python numbers, and numbers alone: the results' dtypes and values, and the flags, or the refusal."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..basics import flags_text, value_text
from ..bits import canonical
from ..context import Context, Section
from ..ledger import Subject
from ..library import Library
from ..spec import Ufunc
from ..times import ones, without_unit
from .refusals import Outcome, outcome_of
from .resolution import MISSING_DTYPE

CHECK = "weak scalars"
ANSWERED = "answered where NumPy overflows"
OBJECT = "an object in NumPy"

# In range for some dtypes, out of range for others.
SCALARS: tuple[bool | int | float | complex, ...] = (
    True, 1, -1, 200, -200, 40_000, -40_000, 70_000, 3_000_000_000, -3_000_000_000,
    2**63, -(2**63) - 1, 2**64, 1.5, -1e300, float("inf"), float("nan"), 1.5 - 2j,
)  # fmt: skip


def _outcome(library: Library, ufunc: str, operands: Sequence[Any], with_value: bool) -> Outcome:
    def attempt() -> str:
        with library.watching() as watch:
            results = library.call(ufunc, *operands)
        values = [value_text(canonical(result).reshape(-1)[0]) if with_value else "a value" for result in results]
        texts = (f"{result.dtype.name} {value}" for result, value in zip(results, values, strict=True))
        return f"{', '.join(texts)}, flags {flags_text(watch.raised)}"

    return outcome_of(attempt)


def _tags(context: Context, operands: Sequence[Any], ours: Outcome, numpys: Outcome) -> list[str]:
    if len(operands) == 1 and np.asarray(operands[0]).dtype == object:
        return [OBJECT]
    if isinstance(numpys.error, OverflowError) and ours.error is None:
        dtype = np.dtype(ours.text.split(" ", 1)[0])
        return [ANSWERED, "truth value"] if dtype.kind == "b" else [ANSWERED]
    found = numpys.text.split(" ", 1)[0]
    if numpys.error is not None or without_unit(found) in context.spec.dtypes:
        return []
    return [MISSING_DTYPE, found]


def _operands(context: Context, count: int) -> Iterator[tuple[Any, ...]]:
    """So many operands, one of them an array of each dtype; numbers alone for a single one."""
    if count == 1:
        yield from ((scalar,) for scalar in SCALARS)
        return
    for dtype, scalar, place in itertools.product(context.dtypes, SCALARS, range(min(count, 2))):
        numbers = [scalar] * (count - 1)
        yield (*numbers[:place], ones(1, dtype), *numbers[place:])


def _compare_ufunc(context: Context, ufunc: Ufunc) -> None:
    exact = not any(context.is_approximate(loop) for loop in ufunc.loops)
    for operands in _operands(context, ufunc.nin):
        ours = _outcome(context.library, ufunc.name, operands, exact)
        numpys = _outcome(context.oracle, ufunc.name, operands, exact)
        types = ", ".join(each.dtype.name if isinstance(each, np.ndarray) else str(each) for each in operands)
        subject = Subject(CHECK, ufunc.name, types)
        if ours.agrees_with(numpys):
            context.ledger.passed(subject)
        else:
            tags = _tags(context, operands, ours, numpys)
            context.ledger.differs(subject, types, ours.text, numpys.text, tags=tags)


def measure(context: Context) -> Section:
    known = set(context.library.ufuncs()) & set(context.oracle.ufuncs())
    ufuncs = [ufunc for ufunc in context.spec.elementwise if ufunc.name in known]
    for ufunc in context.progress.track(ufuncs, len(ufuncs)):
        _compare_ufunc(context, ufunc)
    return {}
