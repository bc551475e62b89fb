"""Calls of operands of any dtypes: what conversion and loop compute together, for every tuple.

`types` proves which loop is chosen and `values` what loops compute; here both work in one call.
"""

from __future__ import annotations

import itertools
from functools import partial

import numpy as np

from ..basics import Array, error_text
from ..calendar import leave_64_bits
from ..context import Context, Section
from ..corpus import Corpus, accepted, corpus
from ..ledger import Subject
from ..library import Library
from ..spec import Ufunc
from .casts import BEYOND
from .refusals import Outcome
from .resolution import chosen_loop, missing_tags
from .values import enter

CHECK = "mixed types"

# Random tuples beside the special ones; there are thousands of calls.
RANDOM = 60


def _converts(inputs: tuple[str, ...], numpys: Outcome) -> bool:
    """Whether NumPy accepts these inputs and converts one of them."""
    return numpys.error is None and numpys.text.split(" -> ")[0] != ", ".join(inputs)


def _far(columns: tuple[Array, ...], loop: str, positions: Array) -> Array:
    """Which operands at the positions leave 64 bits in the unit of the loop."""
    dtypes = map(np.dtype, loop.split(" -> ")[0].split(", "))
    far = [leave_64_bits(column[positions], dtype) for column, dtype in zip(columns, dtypes, strict=True)]
    return np.asarray(np.logical_or.reduce(far))


def _compare(context: Context, subject: Subject, inputs: Corpus, loop: str) -> None:
    ours, numpys = (_call(library, subject.ufunc, inputs) for library in (context.library, context.oracle))
    if not isinstance(ours, Outcome) and not isinstance(numpys, Outcome):
        for mine, theirs in zip(ours, numpys, strict=True):
            columns = _as_computed(inputs.columns, theirs)
            enter(context, subject, columns, mine, theirs, (BEYOND, partial(_far, inputs.columns, loop)))
    elif isinstance(ours, Outcome) and isinstance(numpys, Outcome) and ours.agrees_with(numpys):
        context.ledger.passed(subject, inputs.count)
    else:
        texts = (side.text if isinstance(side, Outcome) else "results" for side in (ours, numpys))
        context.ledger.differs(subject, "the call", *texts, count=inputs.count)


def _call(library: Library, ufunc: str, inputs: Corpus) -> tuple[Array, ...] | Outcome:
    """The outputs, or the refusal."""
    try:
        with library.quiet():
            return library.call(ufunc, *inputs.columns)
    except Exception as error:
        return Outcome(error_text(error), error)


def _as_computed(columns: tuple[Array, ...], results: Array) -> tuple[Array, ...]:
    """The operands in the floating-point dtype of the results, which some of them may be."""
    if results.dtype.kind != "f":
        return columns
    with np.errstate(all="ignore"):
        return tuple(column.astype(results.dtype) for column in columns)


def _compare_ufunc(context: Context, ufunc: Ufunc) -> None:
    rounded = {loop.types for loop in ufunc.loops if context.is_approximate(loop)}
    for inputs in itertools.product(context.dtypes, repeat=ufunc.nin):
        numpys = chosen_loop(context.oracle, ufunc.name, inputs)
        if not _converts(inputs, numpys) or numpys.text in rounded:
            continue
        if missing_tags(context, numpys):  # counted by `types`
            continue
        subject = Subject(CHECK, ufunc.name, ", ".join(inputs), context.targets[0])
        refuses = any(loop.refuses for loop in ufunc.loops) and np.dtype(inputs[-1]).kind in "biu"
        found = corpus(inputs, RANDOM)
        _compare(context, subject, accepted(found) if refuses else found, numpys.text)


def measure(context: Context) -> Section:
    context.library.use_target(context.targets[0])
    known = set(context.library.ufuncs()) & set(context.oracle.ufuncs())
    ufuncs = [ufunc for ufunc in context.spec.elementwise if ufunc.name in known]
    for ufunc in context.progress.track(ufuncs, len(ufuncs)):
        _compare_ufunc(context, ufunc)
    return {}

