"""Conversions between every ordered pair of dtypes: values and flags.

Floats that an integer dtype cannot hold, or a count of time, are where quern means to differ from NumPy. There the
values are held to quern's own promise (saturate, 0 for NaN; of times NaT) and counted as differences where NumPy's differ.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from ..basics import Array, error_text, flags_text, tuple_text, value_text
from ..bits import canonical, differing, shape_fault
from ..calendar import MONTHS, in_unit_of
from ..context import Context, Section
from ..corpus import corpus
from ..ledger import Subject
from ..library import FlagWatch, Library
from ..times import NOT_A_TIME, counted, counts_time
from .flags import from_golden
from .refusals import Outcome, outcome_of

CHECK = "casts"
OUT_OF_RANGE = "out of range"
BEYOND = "beyond 64 bits"
AVERAGES = "average years"

# Times come in many units, so that each pair gets a smaller share of the values.
FEWER = 5


def beyond(values: Array, dtype: str) -> Array:
    """Which values have no place in the dtype: NaN, infinities, whole parts outside the limits."""
    kind = np.dtype(dtype)
    if values.dtype.kind not in "fc" or kind.kind not in "iumM":
        return np.zeros(len(values), bool)
    values = values.real  # all that is left of a complex number
    limits = np.iinfo(np.int64 if counts_time(kind) else kind)
    with np.errstate(all="ignore"):
        whole = np.trunc(values).astype(np.longdouble)
    inside = (whole >= np.longdouble(limits.min)) & (whole <= np.longdouble(limits.max))
    return np.asarray(~inside)


def saturated(values: Array, dtype: str) -> Array:
    """What quern promises for values beyond the dtype's limits."""
    if counts_time(np.dtype(dtype)):
        return counted([NOT_A_TIME] * len(values), dtype)
    limits, values = np.iinfo(dtype), values.real
    ends = np.where(values > 0, limits.max, limits.min).astype(dtype)
    return np.where(np.isnan(values), np.zeros(1, dtype), ends)


def _average_years(source: np.dtype[Any], target: np.dtype[Any]) -> bool:
    """Whether spans of years or months are to become spans of weeks or shorter units, or the other way."""
    return source.kind == "m" and len({np.datetime_data(dtype)[0] in MONTHS for dtype in (source, target)}) > 1


def promise(source: Array, ours: Array, numpys: Array) -> tuple[Array, str]:
    """What the values are to become, and the tag of differences from NumPy that this implies."""
    dtype = numpys.dtype
    if not counts_time(dtype) or source.dtype.kind != dtype.kind:
        outside = beyond(source, dtype.name)
        return np.where(outside, saturated(source, dtype.name), numpys) if outside.any() else numpys, OUT_OF_RANGE
    promised, averages = numpys.copy(), _average_years(source.dtype, dtype)
    for position in differing(ours, numpys).tolist():
        count, fits = in_unit_of(int(source[position].view(np.int64)), source.dtype, dtype)
        if averages or not fits:
            promised[position] = counted(count, dtype)
    return promised, AVERAGES if averages else BEYOND


def _enter_values(context: Context, subject: Subject, source: Array, ours: Array, numpys: Array) -> None:
    if fault := shape_fault(ours, numpys):
        context.ledger.differs(subject, "the result", fault, "", count=len(source))
        return
    promised, tag = promise(source, ours, numpys)
    broken = differing(ours, promised)
    meant = np.setdiff1d(differing(ours, numpys), broken)
    context.ledger.passed(subject, len(source) - len(broken) - len(meant))
    for positions, expected, tags in ((broken, promised, []), (meant, numpys, [tag])):
        if len(positions):
            first = int(positions[0])
            context.ledger.differs(
                subject, tuple_text((source,), first), value_text(ours[first]),
                value_text(expected[first]), tags=tags, count=len(positions),
            )  # fmt: skip


def _cast(library: Library, values: Array, dtype: str) -> Array | Outcome:
    """The values converted, or the refusal."""
    try:
        with library.quiet():
            return library.astype(values, dtype)
    except Exception as error:
        return Outcome(error_text(error), error)


def _compare_values(context: Context, source: str, target: str) -> None:
    timed = any(counts_time(np.dtype(name)) for name in (source, target))
    inputs = corpus((source,), context.scale.values // (FEWER if timed else 1), exhaustive=True).columns[0]
    numpys = _cast(context.oracle, inputs, target)
    for name in context.targets:
        context.library.use_target(name)
        subject = Subject(CHECK, types=f"{source} -> {target}", target=name)
        ours = _cast(context.library, inputs, target)
        if not isinstance(ours, Outcome) and not isinstance(numpys, Outcome):
            _enter_values(context, subject, inputs, ours, numpys)
        elif isinstance(ours, Outcome) and isinstance(numpys, Outcome) and ours.agrees_with(numpys):
            context.ledger.passed(subject, len(inputs))
        else:
            texts = (side.text if isinstance(side, Outcome) else "results" for side in (ours, numpys))
            context.ledger.differs(subject, "the cast", *texts, count=len(inputs))


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


def _compare_live_flags(context: Context, source: str, target: str) -> None:
    """The same of a cast that the golden data does not have, beside the NumPy at hand."""
    values = corpus((source,), 0).columns[0]
    singles = [values[index : index + 1] for index in range(len(values))]

    def outcomes(library: Library) -> list[Outcome]:
        with library.watching() as watch:
            return [outcome_of(lambda one=one: _flags_of(library, watch, one, target)) for one in singles]  # type: ignore[misc]

    numpys = outcomes(context.oracle)
    for name in context.targets:
        context.library.use_target(name)
        subject = Subject(CHECK, types=f"{source} -> {target}", target=name)
        for one, ours, wanted in zip(singles, outcomes(context.library), numpys, strict=True):
            if ours.agrees_with(wanted):
                context.ledger.passed(subject)
                continue
            promised = _invalid(one, target) and ours.text == "invalid"
            tags = [OUT_OF_RANGE] if promised else []
            context.ledger.differs(subject, f"flags of {value_text(one[0])}", ours.text, wanted.text, tags=tags)


def _invalid(value: Array, target: str) -> bool:
    """Whether quern promises the flag for a value: one out of range, but NaN has a place among times."""
    named = counts_time(np.dtype(target)) and np.isnan(value.real[0])
    return bool(beyond(value, target)[0]) and not named


def measure(context: Context) -> Section:
    recorded = {(cast.source, cast.target) for cast in context.golden.casts()}
    pairs = list(itertools.product(context.dtypes, repeat=2))
    for source, target in context.progress.track(pairs, len(pairs)):
        _compare_values(context, source, target)
        if (source, target) not in recorded:
            _compare_live_flags(context, source, target)
    _compare_flags(context)
    return {}
