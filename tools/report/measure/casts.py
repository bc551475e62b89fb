"""Conversions between every ordered pair of dtypes: values and flags.

Floats that an integer dtype cannot hold are where quern means to differ from NumPy. There the values
are held to quern's own promise (saturate, 0 for NaN) and counted as differences where NumPy's differ.
"""

from __future__ import annotations

import itertools

import numpy as np

from ..basics import Array, error_text, flags_text, tuple_text, value_text
from ..bits import canonical, differing, shape_fault
from ..context import Context, Section
from ..corpus import corpus
from ..ledger import Subject
from ..library import FlagWatch, Library
from .flags import from_golden

CHECK = "casts"
OUT_OF_RANGE = "out of range"


def beyond(values: Array, dtype: str) -> Array:
    """Which values have no place in the dtype: NaN, infinities, whole parts outside the limits."""
    kind = np.dtype(dtype)
    if values.dtype.kind not in "fc" or kind.kind not in "iu":
        return np.zeros(len(values), bool)
    values = values.real  # all that is left of a complex number
    limits = np.iinfo(kind)
    with np.errstate(all="ignore"):
        whole = np.trunc(values).astype(np.longdouble)
    inside = (whole >= np.longdouble(limits.min)) & (whole <= np.longdouble(limits.max))
    return np.asarray(~inside)


def saturated(values: Array, dtype: str) -> Array:
    """What quern promises for values beyond the dtype's limits."""
    limits, values = np.iinfo(dtype), values.real
    ends = np.where(values > 0, limits.max, limits.min).astype(dtype)
    return np.where(np.isnan(values), np.zeros(1, dtype), ends)


def _enter_values(context: Context, subject: Subject, source: Array, ours: Array) -> None:
    dtype = ours.dtype.name
    with context.oracle.quiet():
        numpys = context.oracle.astype(source, dtype)
    if fault := shape_fault(ours, numpys):
        context.ledger.differs(subject, "the result", fault, "", count=len(source))
        return
    outside = beyond(source, dtype)
    promised = np.where(outside, saturated(source, dtype), numpys) if outside.any() else numpys
    broken = differing(ours, promised)
    meant = np.setdiff1d(differing(ours, numpys), broken)
    context.ledger.passed(subject, len(source) - len(broken) - len(meant))
    for positions, expected, tags in ((broken, promised, []), (meant, numpys, [OUT_OF_RANGE])):
        if len(positions):
            first = int(positions[0])
            context.ledger.differs(
                subject, tuple_text((source,), first), value_text(ours[first]),
                value_text(expected[first]), tags=tags, count=len(positions),
            )  # fmt: skip


def _compare_values(context: Context, source: str, target: str) -> None:
    inputs = corpus((source,), context.scale.values, exhaustive=True).columns[0]
    for name in context.targets:
        context.library.use_target(name)
        subject = Subject(CHECK, types=f"{source} -> {target}", target=name)
        try:
            with context.library.quiet():
                ours = context.library.astype(inputs, target)
        except Exception as error:
            context.ledger.differs(
                subject, "the cast", error_text(error), "results", count=len(inputs)
            )
            continue
        _enter_values(context, subject, inputs, ours)


def _flags_of(library: Library, watch: FlagWatch, value: Array, dtype: str) -> str:
    watch.raised = 0
    library.astype(value, dtype)
    return flags_text(watch.raised)


def _compare_flags(context: Context) -> None:
    """The flags of each special value, beside the golden ones; `invalid` where it does not fit."""
    for recorded in context.golden.casts():
        if not {recorded.source, recorded.target} <= set(context.dtypes):
            continue
        inputs = recorded.inputs
        (kept,) = from_golden(inputs.types, inputs.columns, inputs.special)
        (left_out,) = from_golden(inputs.types, [b"".join(recorded.left_out)], len(recorded.left_out))
        expected = [flags_text(flags) for flags in recorded.flags] + ["invalid"] * len(left_out)
        values = np.concatenate([kept, left_out])
        types = f"{recorded.source} -> {recorded.target}"
        for name in context.targets:
            context.library.use_target(name)
            subject = Subject(CHECK, types=types, target=name)
            with context.library.watching() as watch:
                for index, wanted in enumerate(expected):
                    one = values[index : index + 1]
                    ours = _flags_of(context.library, watch, one, recorded.target)
                    case = f"flags of {value_text(canonical(one)[0])}"
                    context.ledger.compare(subject, case, ours, wanted)


def measure(context: Context) -> Section:
    pairs = list(itertools.product(context.dtypes, repeat=2))
    for source, target in context.progress.track(pairs, len(pairs)):
        _compare_values(context, source, target)
    _compare_flags(context)
    return {}
