"""How far approximate loops are from the true value: every point against MPFR.

Points cover all bit patterns, the range in which results are finite and neither 0 nor constant, that
range on a logarithmic scale, and values of ordinary size. Targets must agree on all of them, so that
the errors of one are those of all.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from ..basics import Array, Json, error_text, tuple_text, value_text
from ..bits import differing
from ..context import Context, Section
from ..corpus import random_values, random_words
from ..ledger import Subject
from ..spec import Loop
from ..mpfr import errors_of

CHECK = "accuracy"
CHUNK = 20_000

# A bound this much above the worst error found claims less than the loop can do; told in a full run.
SLACK = 0.05


def _uniform(seed: str, count: int) -> Array:
    """Numbers of [0, 1), the same each time."""
    words = random_words(seed, count)
    return np.asarray((words >> np.uint64(11)).astype(np.float64) * 2.0**-53)


def _informative_range(context: Context, loop: Loop) -> tuple[float, float]:
    """The least and greatest finite input whose result is finite and neither 0 nor 1."""
    dtype = np.dtype(loop.inputs[0])
    values = random_values(dtype, f"range {loop.ufunc}", 40_000)
    values = values[np.isfinite(values)]
    with context.oracle.quiet():
        (results,) = context.oracle.call(loop.ufunc, values)
    kept = values[np.isfinite(results) & (results != 0) & (results != 1)]
    return (float(kept.min()), float(kept.max())) if len(kept) else (-1.0, 1.0)


def points(context: Context, loop: Loop, count: int) -> Array:
    """Finite inputs of a loop with one operand, where the function is defined."""
    dtype = np.dtype(loop.inputs[0])
    seed = f"accuracy {loop.ufunc} {dtype.name}"
    low, high = (1.05 * end for end in _informative_range(context, loop))
    part = count // 4
    spread = low + (high - low) * _uniform(seed + " spread", part)
    largest = max(abs(low), abs(high), 1.0)
    exponents = np.log2(largest) - 60.0 * _uniform(seed + " log", part)
    signs = np.where(_uniform(seed + " sign", part) < 0.5, -1.0, 1.0)
    ordinary = 8.0 * _uniform(seed + " ordinary", part) - 4.0
    patterns = random_values(dtype, seed, count - 3 * part)
    with np.errstate(all="ignore"):
        shaped = np.concatenate([spread, signs * np.exp2(exponents), ordinary]).astype(dtype)
    values = np.concatenate([shaped, patterns])
    with context.oracle.quiet():
        (results,) = context.oracle.call(loop.ufunc, values)
    return np.asarray(values[np.isfinite(values) & ~np.isnan(results)])


def _errors(names: tuple[str, ...], inputs: Array, results: Sequence[Array]) -> list[Array]:
    """Errors in ULP of several columns of results, over processes."""
    jobs = [
        (names, inputs[start : start + CHUNK], [r[start : start + CHUNK] for r in results])
        for start in range(0, len(inputs), CHUNK)
    ]
    workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    if workers < 2 or len(jobs) < 4:
        parts = [errors_of(*job) for job in jobs]
    else:
        # Children start afresh: the parent has run OpenMP threads, which do not survive a fork.
        start = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, mp_context=start) as pool:
            parts = list(pool.map(errors_of, *zip(*jobs, strict=True)))
    return [np.concatenate(columns) for columns in zip(*parts, strict=True)]


def _figures(errors: Array, inputs: Array) -> dict[str, Json]:
    worst = int(np.argmax(errors))
    return {
        "worst": float(errors[worst]),
        "worst_input": value_text(inputs[worst]),
        "worst_input_hex": float(inputs[worst]).hex(),
        "mean": float(np.mean(errors)),
        "correctly_rounded": float(np.mean(errors <= 0.5)),
    }


def _compare_targets(context: Context, loop: Loop, inputs: Array, reference: Array) -> None:
    for target in context.targets[1:]:
        context.library.use_target(target)
        subject = Subject(CHECK, loop.ufunc, loop.types, target)
        (ours,) = context.library.call(loop.ufunc, inputs)
        wrong = differing(ours, reference)
        context.ledger.passed(subject, len(inputs) - len(wrong))
        if len(wrong):
            first = int(wrong[0])
            context.ledger.differs(
                subject, tuple_text((inputs,), first), value_text(ours[first]),
                f"{value_text(reference[first])} on {context.targets[0]}", count=len(wrong),
            )  # fmt: skip


def _enter_errors(
    context: Context, loop: Loop, inputs: Array, results: Array, errors: Array
) -> None:
    bound = float(loop.accuracy or 0.0)
    subject = Subject(CHECK, loop.ufunc, loop.types, context.targets[0])
    beyond = np.flatnonzero(~(errors <= bound))
    context.ledger.passed(subject, len(inputs) - len(beyond))
    if len(beyond):
        worst = int(beyond[np.argmax(errors[beyond])])
        context.ledger.differs(
            subject, tuple_text((inputs,), worst),
            f"{value_text(results[worst])}, {errors[worst]:.4f} ULP off",
            f"at most {bound} ULP", count=len(beyond),
        )  # fmt: skip
    if context.scale.name == "full":
        idle = bound - float(errors.max()) > SLACK
        context.ledger.compare(
            subject, "the bound", f"{SLACK} ULP above the worst error" if idle else "near", "near"
        )


def _measure_loop(context: Context, loop: Loop) -> Json:
    inputs = points(context, loop, context.scale.accuracy)
    context.library.use_target(context.targets[0])
    with context.library.quiet(), context.oracle.quiet():
        (ours,) = context.library.call(loop.ufunc, inputs)
        (numpys,) = context.oracle.call(loop.ufunc, inputs)
        _compare_targets(context, loop, inputs, ours)
    errors, numpys_errors = _errors(context.names[loop.ufunc], inputs, [ours, numpys])
    _enter_errors(context, loop, inputs, ours, errors)
    return {
        "ufunc": loop.ufunc, "types": loop.types, "bound": loop.accuracy, "points": len(inputs),
        "quern": _figures(errors, inputs), "numpy": _figures(numpys_errors, inputs),
    }  # fmt: skip


def measurable(context: Context, loop: Loop) -> bool:
    """Approximate real functions of one operand."""
    one_operand = len(loop.inputs) == len(loop.outputs) == 1
    return context.is_approximate(loop) and one_operand and np.dtype(loop.inputs[0]).kind == "f"


def measure(context: Context) -> Section:
    rows = []
    for loop in context.loops():
        if not measurable(context, loop):
            continue
        try:
            rows.append(_measure_loop(context, loop))
        except Exception as error:
            subject = Subject(CHECK, loop.ufunc, loop.types, context.targets[0])
            context.ledger.differs(subject, "the measurement", error_text(error), "figures")
    return {"loops": rows}
