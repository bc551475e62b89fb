"""Result dtypes of the reducing methods, empty reductions, and values of reductions.

Operations without rounding must give NumPy's bits. Rounded ones (sums and products of floats) follow
quern's own tree, whose error is measured beside NumPy's against a longer format.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np

from ..basics import Array, error_text, value_text
from ..bits import canonical
from ..context import Context, Section
from ..ledger import Subject
from ..library import Library
from ..sequences import loop_sequence
from ..spec import Loop, Ufunc
from ..times import ones, without_unit
from .refusals import Outcome, outcome_of
from .resolution import MISSING_DTYPE

CHECK = "reductions"
METHODS = ("reduce", "accumulate", "reduceat", "empty")

# Lengths of reduced sequences: within a block, across blocks, with a remainder.
LENGTHS = (1, 2, 7, 100, 1_000, 4_097, 30_000)

# What a sum by a fixed tree may lose in ULP: one rounding for each of 32 additions to a lane, and
# for each halving of lanes and joining of blocks. Inputs are positive, so that nothing cancels.
TREE_BOUND = 0.5 * (32 + 6 + 10)


def error_bound(ufunc: Ufunc, length: int) -> float:
    """Sums lose by the depth of the tree; the errors of a product's factors add up in any order."""
    return TREE_BOUND if ufunc.identity == "0" else 0.5 * length



def _run(library: Library, ufunc: str, method: str, dtype: str) -> Array:
    if method == "empty":
        return library.method(ufunc, "reduce", ones(0, dtype))
    if method == "reduceat":
        return library.method(ufunc, "reduceat", ones(2, dtype), np.array([0, 1]))
    return library.method(ufunc, method, ones(2, dtype))


def _outcome(library: Library, ufunc: str, method: str, dtype: str) -> Outcome:
    def attempt() -> str:
        result = _run(library, ufunc, method, dtype)
        value = f" {value_text(canonical(result)[()])}" if method == "empty" else ""
        return result.dtype.name + value

    return outcome_of(attempt)


def _compare_types(context: Context, ufunc: Ufunc) -> None:
    for method in METHODS:
        for dtype in context.dtypes:
            ours = _outcome(context.library, ufunc.name, method, dtype)
            numpys = _outcome(context.oracle, ufunc.name, method, dtype)
            subject = Subject(CHECK, ufunc.name, dtype)
            if ours.agrees_with(numpys):
                context.ledger.passed(subject)
                continue
            found = numpys.text.split(" ", 1)[0]
            missing = numpys.error is None and without_unit(found) not in context.spec.dtypes
            tags = [method, MISSING_DTYPE, found] if missing else [method]
            context.ledger.differs(
                subject, f"{method} of {dtype}", ours.text, numpys.text, tags=tags
            )


def reducing(context: Context) -> Iterator[tuple[Ufunc, str, Loop]]:
    """Every ufunc and dtype that NumPy reduces, with the loop that does it here."""
    for ufunc in context.spec.elementwise:
        if ufunc.name not in context.oracle.ufuncs() or (ufunc.nin, ufunc.nout) != (2, 1):
            continue
        loops = {loop.outputs[0]: loop for loop in ufunc.loops if loop.reduces}
        for dtype in context.loop_dtypes:
            try:
                result = _run(context.oracle, ufunc.name, "reduce", dtype)
            except (TypeError, ValueError):
                continue
            loop = loops.get(without_unit(result.dtype.name))
            if loop is not None:
                yield ufunc, dtype, loop


def ulp_error(result: Array, reference: Array) -> float:
    """How far a result without axes is from a reference, in units of its last place."""
    if result.dtype.kind == "c":
        pairs = (result.real, reference.real), (result.imag, reference.imag)
        return max(ulp_error(np.asarray(mine), np.asarray(true)) for mine, true in pairs)
    value, true = result[()], np.longdouble(reference[()])
    with np.errstate(over="ignore"):
        nearest = result.dtype.type(true)
    if not np.isfinite(nearest) or not np.isfinite(value):
        return 0.0 if value == nearest or (value != value and true != true) else float("inf")
    unit = np.spacing(np.abs(result.dtype.type(true)))
    return float(abs(np.longdouble(value) - true) / np.longdouble(unit))


def without_signs(values: Array) -> Array:
    """The magnitudes, of complex numbers those of both parts."""
    if values.dtype.kind != "c":
        return np.abs(values)
    return np.asarray(np.abs(values.view(values.real.dtype)).view(values.dtype))


@dataclass
class Worst:
    """The largest errors met, in ULP."""

    quern: float = 0.0
    numpy: float = 0.0


def _compare_rounded(
    context: Context, ufunc: Ufunc, values: Array, ours: Array, numpys: Array, worst: Worst
) -> None:
    subject = Subject(CHECK, ufunc.name, values.dtype.name)
    bound = error_bound(ufunc, len(values))
    longer = np.result_type(values, np.longdouble)
    with context.oracle.quiet():
        reference = context.oracle.method(subject.ufunc, "reduce", values.astype(longer))
    distance = ulp_error(ours, reference)
    worst.quern = max(worst.quern, distance)
    worst.numpy = max(worst.numpy, ulp_error(numpys, reference))
    if distance <= bound:
        context.ledger.passed(subject)
    else:
        context.ledger.differs(
            subject, f"reduce of {len(values)} elements", f"{ours[()]}, {distance:.1f} ULP off",
            f"at most {bound} ULP from {reference[()]}",
        )  # fmt: skip


def _compare_values(context: Context, ufunc: Ufunc, dtype: str, loop: Loop) -> Worst | None:
    """Enters the reductions of several lengths; the worst errors if they round."""
    rounds = loop.accuracy is not None and loop.neutral is not None
    worst = Worst()
    subject = Subject(CHECK, ufunc.name, dtype)
    for length in LENGTHS:
        values = loop_sequence(loop, dtype, length)
        values = without_signs(values) if rounds else values
        case = f"reduce of {length} elements"
        try:
            with context.library.quiet(), context.oracle.quiet():
                numpys = context.oracle.method(ufunc.name, "reduce", values)
                ours = context.library.method(ufunc.name, "reduce", values)
        except Exception as error:
            context.ledger.differs(subject, case, error_text(error), "a result")
            continue
        if rounds:
            _compare_rounded(context, ufunc, values, ours, numpys, worst)
        else:
            texts = (value_text(canonical(result)[()]) for result in (ours, numpys))
            context.ledger.compare(subject, case, *texts)
    return worst if rounds else None


def measure(context: Context) -> Section:
    known = set(context.library.ufuncs()) & set(context.oracle.ufuncs())
    for ufunc in context.spec.elementwise:
        if ufunc.name in known:
            _compare_types(context, ufunc)
    errors = []
    for ufunc, dtype, loop in reducing(context):
        worst = _compare_values(context, ufunc, dtype, loop)
        if worst is not None:
            errors.append({"ufunc": ufunc.name, "dtype": dtype, **asdict(worst)})
    return {"rounded": errors, "longest": max(LENGTHS)}
