"""An array beside a Python number: the result's dtype and value, and the flags, or the refusal."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
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

# In range for some dtypes, out of range for others.
SCALARS: tuple[bool | int | float | complex, ...] = (
    True, 1, -1, 200, -200, 40_000, -40_000, 70_000, 3_000_000_000, -3_000_000_000,
    2**63, -(2**63) - 1, 2**64, 1.5, -1e300, float("inf"), float("nan"), 1.5 - 2j,
)  # fmt: skip


def _outcome(library: Library, ufunc: str, operands: Sequence[Any], with_value: bool) -> Outcome:
    def attempt() -> str:
        with library.watching() as watch:
            (result,) = library.call(ufunc, *operands)
        value = value_text(canonical(result)[0]) if with_value else "a value"
        return f"{result.dtype.name} {value}, flags {flags_text(watch.raised)}"

    return outcome_of(attempt)


def _tags(context: Context, ours: Outcome, numpys: Outcome) -> list[str]:
    if isinstance(numpys.error, OverflowError) and ours.error is None:
        dtype = np.dtype(ours.text.split(" ", 1)[0])
        return [ANSWERED, "truth value"] if dtype.kind == "b" else [ANSWERED]
    found = numpys.text.split(" ", 1)[0]
    if numpys.error is not None or without_unit(found) in context.spec.dtypes:
        return []
    return [MISSING_DTYPE, found]


def _compare_ufunc(context: Context, ufunc: Ufunc) -> None:
    exact = not any(context.is_approximate(loop) for loop in ufunc.loops)
    library, oracle = context.library, context.oracle
    for dtype, scalar, first in itertools.product(context.dtypes, SCALARS, (True, False)):
        array = ones(1, dtype)
        operands = (array, scalar) if first else (scalar, array)
        ours = _outcome(library, ufunc.name, operands, exact)
        numpys = _outcome(oracle, ufunc.name, operands, exact)
        types = f"{dtype}, {scalar}" if first else f"{scalar}, {dtype}"
        subject = Subject(CHECK, ufunc.name, types)
        if ours.agrees_with(numpys):
            context.ledger.passed(subject)
        else:
            tags = _tags(context, ours, numpys)
            context.ledger.differs(subject, types, ours.text, numpys.text, tags=tags)


def measure(context: Context) -> Section:
    known = set(context.library.ufuncs()) & set(context.oracle.ufuncs())
    ufuncs = [u for u in context.spec.elementwise if (u.nin, u.nout) == (2, 1) and u.name in known]
    for ufunc in context.progress.track(ufuncs, len(ufuncs)):
        _compare_ufunc(context, ufunc)
    return {}
