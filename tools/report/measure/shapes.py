"""Calls and reductions of random shapes: broadcasting, strides, overlap, `where`, every method.

Each call is made twice over equal memory, once by quern and once by NumPy, and all of that memory is
compared afterwards, so that a stray write shows as well. Operations are exact ones, and operands
whole numbers, so that order and rounding play no part.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..basics import Array, error_text, value_text
from ..bits import differing
from ..context import Context, Section
from ..ledger import Subject
from ..spec import Ufunc

CHECK = "shapes"
CALLS = 2_000
BUFFER = 4_096
EXTENTS = (0, 1, 1, 2, 3, 4, 5, 7, 8, 17, 33)
LARGEST = 900

Draw = random.Random


@dataclass
class Memory:
    """One buffer of elements that all operands of a call may lie in."""

    dtype: str
    buffer: Array
    places: list[str] = field(default_factory=list)

    @classmethod
    def filled(cls, dtype: str, seed: int) -> Memory:
        kind = np.dtype(dtype)
        draw = np.array(random.Random(seed).choices(range(-40 if kind.kind in "if" else 0, 41),
                                                    k=BUFFER))  # fmt: skip
        return cls(dtype, draw.astype(dtype))

    def view(self, draw: Draw, shape: Sequence[int]) -> Array:
        """A view of the shape: axes in any order, steps of either sign, anywhere in the buffer."""
        order = list(range(len(shape)))
        draw.shuffle(order)
        strides, step = [0] * len(shape), draw.choice((1, 1, 1, 2, 3))
        for axis in order:
            strides[axis] = step
            step *= max(shape[axis], 1) + draw.choice((0, 0, 0, 1))
        if step > BUFFER:
            strides, step = [0] * len(shape), 1
        start = draw.randrange(0, BUFFER - step + 1) if step < BUFFER else 0
        for axis, extent in enumerate(shape):
            if extent > 0 and draw.random() < 0.2:
                start += strides[axis] * (extent - 1)
                strides[axis] = -strides[axis]
        size = self.buffer.itemsize
        self.places.append(f"{list(shape)} at {start} by {strides}")
        return np.ndarray(
            tuple(shape), self.buffer.dtype, self.buffer.view(np.uint8).data, start * size,
            tuple(stride * size for stride in strides),
        )  # fmt: skip


def random_shape(draw: Draw, most: int = 4) -> tuple[int, ...]:
    extents = EXTENTS if draw.random() < 0.95 else (0, 0, 3)
    shape = tuple(draw.choice(extents) for _ in range(draw.randint(0, most)))
    return shape if int(np.prod(shape)) <= LARGEST else shape[:1]


def part_of(draw: Draw, shape: Sequence[int]) -> tuple[int, ...]:
    """A shape that broadcasts to the given one."""
    kept = [1 if draw.random() < 0.25 else extent for extent in shape]
    return tuple(kept[draw.choice((0, 0, 0, min(1, len(kept)))) :])


def mask_of(draw: Draw, shape: Sequence[int]) -> Array:
    bits = [draw.random() < 0.5 for _ in range(int(np.prod(shape)))]
    return np.array(bits, bool).reshape(shape)


# A call as a function of the library's ufunc; what it returns is compared, and the memory too.
Job = Callable[[Any], Any]


def elementwise(draw: Draw, memory: Memory, ufunc: Ufunc) -> Job:
    shape = random_shape(draw)
    operands = [memory.view(draw, part_of(draw, shape)) for _ in range(ufunc.nin)]
    # As some operands may have fewer or narrower axes, the result may too.
    shape = np.broadcast_shapes(*(operand.shape for operand in operands))
    keywords: dict[str, Any] = {}
    if draw.random() < 0.6:
        out = memory.view(draw, shape)
        # Results that lie over each other have no meaning.
        if all(stride for stride, extent in zip(out.strides, shape, strict=True) if extent > 1):
            keywords["out"] = out if ufunc.nout == 1 else (out, *[None] * (ufunc.nout - 1))
    if "out" in keywords and draw.random() < 0.4:
        keywords["where"] = mask_of(draw, part_of(draw, shape))
    return lambda function: function(*operands, **keywords)


def reduction(draw: Draw, memory: Memory, ufunc: Ufunc) -> Job:
    shape = random_shape(draw)
    array = memory.view(draw, shape)
    axes = draw.sample(range(len(shape)), draw.randint(0, len(shape)))
    keywords: dict[str, Any] = {"axis": draw.choice((None, tuple(axes))), "keepdims": draw.random() < 0.3}
    if not ufunc.reorderable:
        keywords["axis"] = axes[0] if axes else (None if len(shape) < 2 else 0)
    if draw.random() < 0.5:
        keywords["initial"] = draw.randint(0, 3)
        if ufunc.reorderable and draw.random() < 0.5:
            keywords["where"] = mask_of(draw, part_of(draw, shape))
    return lambda function: function.reduce(array, **keywords)


def accumulation(draw: Draw, memory: Memory, ufunc: Ufunc) -> Job:
    shape = random_shape(draw, 3) or (5,)
    array, axis = memory.view(draw, shape), draw.randrange(-len(shape), len(shape))
    if draw.random() < 0.5 or shape[axis] == 0:
        return lambda function: function.accumulate(array, axis=axis)
    places = np.array([draw.randrange(shape[axis]) for _ in range(draw.randint(0, 6))], np.int64)
    return lambda function: function.reduceat(array, places, axis=axis)


def outer(draw: Draw, memory: Memory, ufunc: Ufunc) -> Job:
    left, right = (memory.view(draw, random_shape(draw, 2)) for _ in range(2))
    if left.size * right.size > 20_000:
        left = left.reshape(-1)[:4]
    return lambda function: function.outer(left, right)


def at_positions(draw: Draw, memory: Memory, ufunc: Ufunc) -> Job:
    target = memory.view(draw, (draw.randint(1, 30),))
    places = np.array([draw.randrange(-len(target), len(target)) for _ in range(20)], np.int64)
    values = np.array([draw.randint(0, 9) for _ in places], target.dtype)
    one = draw.random() < 0.3
    return lambda function: function.at(target, places, values[:1] if one else values)


class OnCopies:
    """NumPy's ufunc on copies of its operands.

    NumPy 2.4 itself goes wrong where `out` overlaps an operand, is of another dtype than the loop's
    result, and `where` is given.
    """

    def __init__(self, function: Any) -> None:
        self._function = function

    def __call__(self, *operands: Array, out: Any = None, where: Any = True) -> Any:
        found = self._function(*(operand.copy() for operand in operands))
        results = list(found) if isinstance(found, tuple) else [found]
        target = out[0] if isinstance(out, tuple) else out
        if target is not None:
            np.copyto(target, results[0], where=where, casting="same_kind")
            results[0] = target
        # quern leaves zeros where a mask leaves out elements of a result that it makes.
        results[1:] = [np.where(where, result, np.zeros_like(result)) for result in results[1:]]
        return tuple(results) if isinstance(found, tuple) else results[0]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._function, name)


Plan = Callable[[Draw, Memory, Ufunc], Job]


def plans_for(ufunc: Ufunc) -> list[Plan]:
    if (ufunc.nin, ufunc.nout) != (2, 1):
        return [elementwise]
    return [elementwise, elementwise, reduction, accumulation, outer, at_positions]


def _run(function: Any, plan: Plan, ufunc: Ufunc, dtype: str, seed: int) -> tuple[Any, Memory]:
    """The job of a seed on memory of its own: the results or the exception, and the memory."""
    memory = Memory.filled(dtype, seed)
    job = plan(random.Random(f"shapes {seed}"), memory, ufunc)
    try:
        result = job(function)
        results = result if isinstance(result, tuple) else () if result is None else (result,)
        return tuple(map(np.asarray, results)), memory
    except Exception as error:
        return error, memory


def _fault(ours: Any, numpys: Any, mine: Memory, theirs: Memory) -> tuple[str, str] | None:
    """What both gave where they differ, or None."""
    if isinstance(numpys, Exception) or isinstance(ours, Exception):
        both = isinstance(numpys, Exception) and isinstance(ours, Exception)
        same_kind = both and any(isinstance(ours, kind) for kind in (ValueError, TypeError, IndexError)
                                 if isinstance(numpys, kind))  # fmt: skip
        texts = (error_text(x) if isinstance(x, Exception) else "a result" for x in (ours, numpys))
        first, second = texts
        return None if same_kind else (first, second)
    pairs = [*zip(ours, numpys, strict=True), (mine.buffer, theirs.buffer)]
    names = [*["result"] * len(numpys), "memory"]
    for what, (left, right) in zip(names, pairs, strict=True):
        if (left.dtype, left.shape) != (right.dtype, right.shape):
            return f"{left.dtype.name}{list(left.shape)}", f"{right.dtype.name}{list(right.shape)}"
        wrong = differing(left, right)
        if len(wrong):
            first, second = (side.reshape(-1)[wrong[0]] for side in (left, right))
            return f"{what}[{wrong[0]}] = {value_text(first)}", value_text(second)
    return None


def exact_dtypes(context: Context, ufunc: Ufunc) -> list[str]:
    """Dtypes whose loop is exact and takes all operands, whatever their values, in it."""
    return [
        loop.operands[0]
        for loop in ufunc.loops
        if loop.accuracy is None and len(set(loop.inputs)) == 1 and loop.operands[0] in context.loop_dtypes
        if not loop.refuses
    ]


def measure(context: Context) -> Section:
    draw = random.Random("shapes")
    known = set(context.library.ufuncs()) & set(context.oracle.ufuncs())
    elementwise = [u for u in context.spec.elementwise if u.name in known and u.nout == 1]
    ufuncs = [u for u in elementwise if exact_dtypes(context, u)]
    calls = CALLS if context.scale.name != "full" else 20 * CALLS
    context.library.use_target(context.targets[0])
    with context.library.quiet(), context.oracle.quiet():
        for seed in context.progress.track(range(calls), calls):
            ufunc = draw.choice(ufuncs)
            dtype = draw.choice(exact_dtypes(context, ufunc))
            plan = draw.choice(plans_for(ufunc))
            oracle = OnCopies(context.oracle.ufunc(ufunc.name))
            numpys, theirs = _run(oracle, plan, ufunc, dtype, seed)
            ours, mine = _run(context.library.ufunc(ufunc.name), plan, ufunc, dtype, seed)
            subject = Subject(CHECK, ufunc.name, dtype, context.targets[0])
            fault = _fault(ours, numpys, mine, theirs)
            if fault is None:
                context.ledger.passed(subject)
            else:
                case = f"{plan.__name__} {seed}: " + ", ".join(mine.places)
                context.ledger.differs(subject, case, *fault)
    return {}
