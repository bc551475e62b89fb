"""Calls of operands of any dtypes: what conversion and loop compute together, for every tuple.

`types` proves which loop is chosen and `values` what loops compute; here both work in one call.
"""

from __future__ import annotations

import itertools

import numpy as np

from ..basics import Array, error_text
from ..context import Context, Section
from ..corpus import Corpus, accepted, corpus
from ..ledger import Subject
from ..spec import Ufunc
from .refusals import Outcome
from .resolution import chosen_loop, missing_tags
from .values import enter

CHECK = "mixed types"

# Random tuples beside the special ones; there are thousands of calls.
RANDOM = 60


def _converts(inputs: tuple[str, ...], numpys: Outcome) -> bool:
    """Whether NumPy accepts these inputs and converts one of them."""
    return numpys.error is None and numpys.text.split(" -> ")[0] != ", ".join(inputs)


def _compare(context: Context, subject: Subject, inputs: Corpus) -> None:
    with context.oracle.quiet(), context.library.quiet():
        expected = context.oracle.call(subject.ufunc, *inputs.columns)
        try:
            outputs = context.library.call(subject.ufunc, *inputs.columns)
        except Exception as error:
            context.ledger.differs(
                subject, "the call", error_text(error), "results", count=inputs.count
            )
            return
    for ours, numpys in zip(outputs, expected, strict=True):
        enter(context, subject, _as_computed(inputs.columns, numpys), ours, numpys)


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
        _compare(context, subject, accepted(found) if refuses else found)


def measure(context: Context) -> Section:
    context.library.use_target(context.targets[0])
    known = set(context.library.ufuncs()) & set(context.oracle.ufuncs())
    ufuncs = [ufunc for ufunc in context.spec.elementwise if ufunc.name in known]
    for ufunc in context.progress.track(ufuncs, len(ufuncs)):
        _compare_ufunc(context, ufunc)
    return {}

