"""Ufuncs with a signature on random stacks of core operands, beside NumPy.

Whole numbers and truth values are NumPy's; floating-point sums may differ from NumPy's by the promised
bound per term, of either library, on the sum of magnitudes. Flags are compared on single elements, but
for underflow, which depends on how products and sums are fused. Sums along the fixed tree have the same
bits on every target and for every number of threads, which the unit tests prove.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

import numpy as np

from ..basics import FLAG_BITS, Array, error_text, flags_text
from ..bits import differing, shape_fault
from ..context import Context, Section
from ..corpus import corpus
from ..ledger import Subject
from ..spec import Loop
from .dispatch import expected_target

CHECK = "products"
CALLS = 60
EXTENTS = (0, 1, 1, 2, 3, 4, 7, 8, 16, 17, 33, 64, 65, 100)
STACKS: Sequence[tuple[int, ...]] = ((), (), (3,), (2, 1))
REORDERED = 4
FLAGGED = 200


def core_dimensions(signature: str) -> list[list[str]]:
    """The names of each input's core dimensions."""
    operands = re.findall(r"\(([^()]*)\)", signature.partition("->")[0])
    return [[word.strip().rstrip("?") for word in operand.split(",") if word.strip()] for operand in operands]


def operand(draw: random.Random, dtype: str, shape: Sequence[int]) -> Array:
    """Random elements in a random layout of the last two axes."""
    made = np.random.default_rng(draw.randrange(1 << 30))
    kind = np.dtype(dtype)
    if kind.kind == "f":
        values = made.standard_normal(shape).astype(dtype)
    elif kind.kind == "c":
        values = (made.standard_normal(shape) + 1j * made.standard_normal(shape)).astype(dtype)
    else:
        values = made.integers(0, 256, (*shape, kind.itemsize), np.uint8).view(dtype)[..., 0]
        values = values if kind.kind != "b" else made.integers(0, 4, shape) == 0
    layout = draw.randrange(REORDERED)
    if layout == 1:
        return np.asfortranarray(values)
    if layout == 2:
        return np.ascontiguousarray(values[..., ::-1])[..., ::-1]
    if layout == 3:
        return np.repeat(values, 2, axis=-1)[..., ::2]
    return values


def operands_for(draw: random.Random, loop: Loop) -> tuple[list[Array], int]:
    """Operands of one call, and how many terms an element of the result sums at most."""
    cores = core_dimensions(loop.signature or "")
    names = sorted({name for core in cores for name in core})
    extents = {name: draw.choice(EXTENTS) for name in names}
    made = []
    for core, dtype in zip(cores, loop.inputs, strict=True):
        shape = (*draw.choice(STACKS), *(extents[name] for name in core))
        made.append(operand(draw, dtype, shape))
    return made, max(extents.values(), default=1)


def _fault(loop: Loop, given: Sequence[Array], terms: int, ours: Array, numpys: Array, context: Context) -> str:
    """What is wrong with a result; nothing if it is right."""
    if fault := shape_fault(ours, numpys):
        return fault
    if loop.accuracy is None:
        wrong = differing(ours, numpys)
        return f"{len(wrong)} elements differ" if len(wrong) else ""
    wide = np.complex128 if ours.dtype.kind == "c" else np.float64
    (size,) = context.oracle.call(loop.ufunc, *(np.abs(array.astype(wide)) for array in given))
    bound = 2 * loop.accuracy * (terms + 1) * np.finfo(ours.dtype).eps * size
    off = np.abs(ours.astype(wide) - numpys.astype(wide)) > bound
    return f"{np.count_nonzero(off)} elements beyond the bound" if off.any() else ""


def _compare_values(context: Context, loop: Loop, draw: random.Random) -> None:
    for _ in range(CALLS):
        given, terms = operands_for(draw, loop)
        (numpys,) = context.oracle.call(loop.ufunc, *given)
        case = " ".join(f"{list(array.shape)}" for array in given)
        for target in context.all_targets:
            context.library.use_target(target)
            subject = Subject(CHECK, loop.ufunc, loop.types, target)
            try:
                (ours,) = context.library.call(loop.ufunc, *given)
                fault = _fault(loop, given, terms, ours, numpys, context)
            except Exception as error:
                fault = error_text(error)
            context.ledger.compare(subject, case, fault, "")


def _compare_flags(context: Context, loop: Loop) -> None:
    """Every special pair as core operands of single elements."""
    cores = core_dimensions(loop.signature or "")
    columns = corpus(loop.inputs, 0).columns
    counted = ~FLAG_BITS["underflow"]
    for target in context.all_targets:
        context.library.use_target(target)
        subject = Subject(CHECK, loop.ufunc, loop.types, target)
        for index in range(min(len(columns[0]), FLAGGED)):
            given = [c[index].reshape((1,) * len(core)) for c, core in zip(columns, cores, strict=True)]
            with context.library.watching() as watch:
                context.library.call(loop.ufunc, *given)
                ours = watch.raised & counted
            with context.oracle.watching() as watch:
                context.oracle.call(loop.ufunc, *given)
                numpys = watch.raised & counted
            case = ", ".join(str(array.reshape(-1)[0]) for array in given)
            context.ledger.compare(subject, case, flags_text(ours), flags_text(numpys))


def _compare_types(context: Context, loop: Loop) -> None:
    """Whether the loop runs on the target in use, or on the best below that its kernels are built for."""
    for target in context.all_targets:
        context.library.use_target(target)
        ran = context.library.ran_on(loop.ufunc, loop.inputs)
        subject = Subject(CHECK, loop.ufunc, loop.types, target)
        context.ledger.compare(subject, "target", ran, expected_target(context, loop, target))


def measure(context: Context) -> Section:
    loops = context.core_loops()
    draw = random.Random("products")
    with context.library.quiet(), context.oracle.quiet():
        for loop in context.progress.track(loops, len(loops)):
            _compare_types(context, loop)
            _compare_values(context, loop, draw)
    for loop in loops:
        _compare_flags(context, loop)
    return {"ufuncs": sorted({loop.ufunc for loop in loops}), "calls": CALLS}
