"""Floats that NumPy has from the package ml_dtypes alone: loops and promotion beside it, where it is installed.

Values of dtypes of one byte are compared for every tuple, of two bytes for every value of one operand and
for a corpus of pairs. Functions within a bound may differ by one place.
"""

from __future__ import annotations

import importlib
import itertools
from typing import Any

import numpy as np

from ..basics import Array, loop_text, tuple_text, value_text
from ..context import Context, Section
from ..corpus import random_words
from ..ledger import Subject
from ..spec import Loop
from ..times import ones
from .refusals import Outcome, outcome_of
from .values import SIGN_OF_ZERO

CHECK = "ml_dtypes"
PAIRS = 20_000


def extension_dtypes(context: Context) -> dict[str, np.dtype[Any]]:
    """The dtypes of the spec that ml_dtypes has and NumPy has not."""
    try:
        package = importlib.import_module("ml_dtypes")
    except ImportError:
        return {}
    names = [name for name in context.spec.dtypes if name not in context.names_of_dtypes]
    return {name: np.dtype(getattr(package, name)) for name in names if hasattr(package, name)}


def _patterns(dtype: np.dtype[Any]) -> Array:
    return np.arange(1 << (8 * dtype.itemsize), dtype=f"u{dtype.itemsize}").view(dtype)


def operands(dtype: np.dtype[Any], count: int) -> tuple[Array, ...]:
    """Every tuple of values, or random ones where they are too many."""
    values = _patterns(dtype)
    if count == 1:
        return (values,)
    if count == 2 and dtype.itemsize == 1:
        return tuple(side.ravel() for side in np.meshgrid(values, values, indexing="ij"))
    words = [random_words(f"{dtype.name} operand {index}", PAIRS) for index in range(count)]
    return tuple(values[(column % np.uint64(len(values))).astype(np.intp)] for column in words)


def steps_between(ours: Array, theirs: Array) -> Array:
    """Places from one to the other; two NaNs are the same."""
    if ours.dtype.kind in "biu":
        return np.asarray((ours != theirs).astype(float))
    width = ours.dtype.itemsize
    sign = 1 << (8 * width - 1)
    places = [side.view(f"u{width}").astype(np.int64) for side in (ours, theirs)]
    ordered = [np.where(word >= sign, sign - word, word) for word in places]
    distance = np.abs(ordered[0] - ordered[1]).astype(float)
    distance[(places[0] != places[1]) & (distance == 0)] = np.inf  # zeros of different sign
    nan = [np.isnan(side) for side in (ours, theirs)]
    distance[nan[0] != nan[1]] = np.inf
    distance[nan[0] & nan[1]] = 0.0
    return np.asarray(distance)


def tags_of(columns: tuple[Array, ...], ours: Array, theirs: Array, index: int) -> list[str]:
    """What is special about a tuple that both judge differently."""
    if ours[index] == theirs[index] == 0:
        return [SIGN_OF_ZERO]
    values = [float(column[index]) for column in columns]
    found = []
    if any(np.isinf(value) for value in values):
        found.append("infinite operand")
    if any(np.isnan(value) for value in values):
        found.append("NaN operand")
    if len(values) == 2 and values[1] == 0:
        found.append("zero divisor")
    return found or ["finite"]


def _compare_loop(context: Context, loop: Loop, dtype: np.dtype[Any]) -> None:
    columns = operands(dtype, len(loop.inputs))
    with np.errstate(all="ignore"):
        try:
            theirs = context.oracle.call(loop.ufunc, *columns)
        except TypeError:  # ml_dtypes has no such loop
            return
    for target in context.targets:
        context.library.use_target(target)
        subject = Subject(CHECK, loop.ufunc, loop.types, target)
        with context.library.quiet():
            outputs = context.library.call(loop.ufunc, *columns)
        for ours, expected in zip(outputs, theirs, strict=True):
            if ours.dtype != expected.dtype:
                if ours.dtype.kind in "biu" and expected.dtype.kind in "biu":
                    expected = expected.astype(ours.dtype)
                else:
                    context.ledger.differs(subject, "dtype", ours.dtype.name, expected.dtype.name, tags=["dtype"])
                    continue
            allowed = 1 if context.is_approximate(loop) else 0
            _enter(context, subject, columns, ours, expected, allowed)


def _enter(
    context: Context, subject: Subject, columns: tuple[Array, ...], ours: Array, theirs: Array, allowed: int
) -> None:
    wrong = np.flatnonzero(steps_between(ours, theirs) > allowed)
    context.ledger.passed(subject, len(ours) - len(wrong))
    groups: dict[tuple[str, ...], list[int]] = {}
    for index in wrong.tolist():
        groups.setdefault(tuple(tags_of(columns, ours, theirs, index)), []).append(index)
    for tags, found in groups.items():
        case = tuple_text(columns, found[0])
        mine, other = value_text(ours[found[0]]), value_text(theirs[found[0]])
        context.ledger.differs(subject, case, mine, other, tags=tags, count=len(found))


def _compare_promotion(context: Context, known: dict[str, np.dtype[Any]]) -> None:
    """What adding arrays of two dtypes gives; the package's own table refuses pairs that it adds."""
    everything = {**{name: np.dtype(name) for name in context.dtypes}, **known}
    for first, second in itertools.product(everything, repeat=2):
        if first not in known and second not in known:
            continue
        pair = [ones(1, everything[name]) for name in (first, second)]
        ours, theirs = (_added(library, pair) for library in (context.library, context.oracle))
        subject = Subject(CHECK, "add", f"{first}, {second}")
        if ours.agrees_with(theirs):
            context.ledger.passed(subject)
        else:
            context.ledger.differs(subject, subject.types, ours.text, theirs.text, tags=["promotion"])


def _added(library: Any, pair: list[Array]) -> Outcome:
    return outcome_of(lambda: str(library.call("add", *pair)[0].dtype.name))


def measure(context: Context) -> Section:
    known = extension_dtypes(context)
    loops = [
        loop
        for ufunc in context.spec.elementwise
        for loop in ufunc.loops
        if loop.ufunc in context.oracle.ufuncs() and set(loop.inputs) <= set(known) and len(set(loop.inputs)) == 1
    ]
    for loop in context.progress.track(loops, len(loops)):
        _compare_loop(context, loop, known[loop.inputs[0]])
    if known:
        _compare_promotion(context, known)
    return {"dtypes": list(known), "loops": [loop_text(loop.inputs, loop.outputs) for loop in loops]}
