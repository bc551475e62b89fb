"""A stand-in for quern made of NumPy, which does what quern promises, and faults to plant in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from report.basics import Array
from report.bits import returns_an_input
from report.context import Context
from report.corpus import corpus
from report.library import FlagWatch
from report.measure.shapes import OnCopies
from report.mpfr import has_function
from report.oracle import NumpyLibrary, find_dtype, find_ufunc
from report.spec import Loop, Spec, Ufunc
from report.times import without_unit

DIVIDE_BY_ZERO, UNDERFLOW, INVALID = 1, 4, 8

MakeContext = Callable[..., Context]


def part_of(spec: Spec, only: Sequence[str]) -> Spec:
    """The spec with some of its ufuncs, or with all if none is named, and with the dtypes that NumPy has."""
    dtypes = tuple(name for name in spec.dtypes if find_dtype(name) is not None)
    ufuncs = [ufunc for ufunc in spec.ufuncs if not only or ufunc.name in only]
    return dataclasses.replace(spec, dtypes=dtypes, ufuncs=tuple(with_dtypes(ufunc, dtypes) for ufunc in ufuncs))


def with_dtypes(ufunc: Ufunc, dtypes: Sequence[str]) -> Ufunc:
    """The ufunc with its loops of these dtypes."""
    loops = tuple(loop for loop in ufunc.loops if {*loop.inputs, *loop.outputs} <= set(dtypes))
    return dataclasses.replace(ufunc, loops=loops)


def saturate(array: Array, dtype: str) -> Array:
    """A cast to integers as quern promises it."""
    limits, array = np.iinfo(dtype), np.asarray(array).real
    low, high = np.longdouble(limits.min), np.longdouble(limits.max)
    with np.errstate(all="ignore"):
        whole = np.trunc(np.asarray(array).astype(np.longdouble))
        inside = (whole >= low) & (whole <= high)
        kept = np.where(inside, whole, 0).astype(dtype)
    ends = np.where(whole > 0, limits.max, limits.min).astype(dtype)
    result: Array = np.where(inside | np.isnan(whole), kept, ends)
    return result


def plain_copy(operand: Any) -> Any:
    """Arrays contiguous and in native byte order; numbers as they are."""
    if not isinstance(operand, np.ndarray):
        return operand
    return np.array(operand, operand.dtype.newbyteorder("="), order="C")


def selects(loop: Loop) -> bool:
    """Whether a loop of two floats returns one of them."""
    if loop.signature is not None or (len(loop.inputs), len(loop.outputs)) != (2, 1):
        return False
    if np.dtype(loop.inputs[0]).kind != "f":
        return False
    columns = corpus(loop.inputs, 0).columns
    function = find_ufunc(loop.ufunc)
    if function is None:
        return False
    with np.errstate(all="ignore"):
        return returns_an_input(columns, np.asarray(function(*columns)))


def settle_zeros(operands: Sequence[Any], result: Array) -> Array:
    """Of two zeros the second."""
    arrays = [operand for operand in operands if isinstance(operand, np.ndarray)]
    if len(arrays) < 2 or any(array.dtype.kind == "c" for array in arrays):
        return result
    if np.broadcast_shapes(*(array.shape for array in arrays)) != result.shape:
        return result
    tied = np.logical_and.reduce(np.broadcast_arrays(*(array == 0 for array in arrays)))
    settled: Array = np.where(tied, arrays[1], result)
    return settled


def by_zero(dividend: Array, divisor: Array) -> bool:
    """Whether a span is divided by whole zero."""
    if np.asarray(dividend).dtype.kind != "m" or np.asarray(divisor).dtype.kind not in "iu":
        return False
    return bool(np.any((divisor == 0) & ~np.isnat(dividend)))


def store(result: Array, out: Any, where: Any) -> Array:
    """The result, in `out` where that is given: an array, or the first of a tuple for several outputs."""
    target = out[0] if isinstance(out, tuple) else out
    if target is None:
        return result
    np.copyto(target, result, where=where)
    return np.asarray(target)


class Careful(OnCopies):
    """NumPy's ufunc without its fault where `out` overlaps an operand."""

    def __call__(self, *operands: Any, **keywords: Any) -> Any:
        if set(keywords) == {"out", "where"} and all(hasattr(op, "copy") for op in operands):
            return super().__call__(*operands, **keywords)
        return self._function(*operands, **keywords)


class FakeQuern(NumpyLibrary):
    """Everything as NumPy, but for targets, correctly rounded functions and saturating casts."""

    name = "fake"

    def __init__(self, spec: Spec) -> None:
        super().__init__(spec.dtypes, [ufunc.name for ufunc in spec.ufuncs])
        self.spec = spec
        self.target = spec.whole_targets[-1]
        self.threads = 1
        self._watch: FlagWatch | None = None
        self._selecting = {loop.ufunc for loop in spec.loops if selects(loop)}
        self._rounding = {
            (loop.ufunc, loop.outputs[0]) for loop in spec.loops if loop.neutral and loop.accuracy
        }
        self._loops = {
            ufunc.name: {loop.inputs + loop.outputs for loop in ufunc.loops} for ufunc in spec.ufuncs
        }
        self._approximate = {
            loop.ufunc
            for loop in spec.loops
            if not loop.is_rounded_correctly and has_function((loop.ufunc,))
            if np.dtype(loop.inputs[0]).kind != "c"  # their parts are NumPy's
        }

    def targets(self) -> tuple[str, ...]:
        return tuple(reversed(self.spec.targets))

    def use_target(self, name: str) -> None:
        self.target = name

    def use_threads(self, count: int) -> None:
        self.threads = count

    def ran_on(self, ufunc: str, inputs: Sequence[str]) -> str:
        at = self.spec.targets.index(self.target)
        built = self._loop(ufunc, inputs).targets
        return next(target for target in self.spec.targets[at::-1] if target in built)

    def kind_of(self, ufunc: str, inputs: Sequence[str]) -> str:
        return self._loop(ufunc, inputs).kinds[self.ran_on(ufunc, inputs)]

    def _loop(self, ufunc: str, inputs: Sequence[str]) -> Loop:
        wanted = (ufunc, tuple(inputs))
        return next(loop for loop in self.spec.loops if (loop.ufunc, loop.inputs) == wanted)

    def ufunc(self, name: str) -> Any:
        return Careful(super().ufunc(name))

    def resolve(self, ufunc: str, inputs: Sequence[str]) -> tuple[str, ...]:
        types = super().resolve(ufunc, inputs)
        names = tuple(map(without_unit, types))
        if not set(names) <= set(self.spec.dtypes):
            raise TypeError("a dtype that the spec lacks")
        if names not in self._loops[ufunc]:
            raise TypeError("a loop that the spec lacks")
        return types

    def call(self, ufunc: str, *operands: Any, **keywords: Any) -> tuple[Array, ...]:
        """NumPy on plain copies: its results depend on where operands and results lie."""
        out, where = keywords.pop("out", None), keywords.pop("where", True)
        if where is not True and not np.any(where):
            return (np.asarray(out),)
        plain = [plain_copy(operand) for operand in operands]
        results = self._results(ufunc, plain, **keywords)
        outs = out if isinstance(out, tuple) else (out,) * len(results)
        for given, result in zip(outs, results, strict=True):
            if given is not None:
                np.copyto(given, result, where=where)
        return tuple(
            result if given is None else np.asarray(given) for given, result in zip(outs, results, strict=True)
        )

    def _results(self, ufunc: str, plain: Sequence[Array], **keywords: Any) -> tuple[Array, ...]:
        if ufunc in self._approximate and all(isinstance(each, np.ndarray) for each in plain):
            return (self._rounded(ufunc, plain),)
        results = super().call(ufunc, *plain, **keywords)
        if ufunc in ("floor_divide", "divmod") and self._watch is not None:
            self._watch.raised &= ~UNDERFLOW
        if self._watch is not None and ufunc in ("divide", "floor_divide") and by_zero(*plain):
            self._watch.raised |= DIVIDE_BY_ZERO
        if ufunc in self._selecting:
            results = (settle_zeros(plain, results[0]),)
        return results

    def _rounded(self, ufunc: str, operands: Sequence[Array]) -> Array:
        """Correctly rounded, but for one case in a thousand, by way of a longer format."""
        with np.errstate(all="ignore"):
            (long,) = super().call(ufunc, *(op.astype(np.longdouble) for op in operands))
            result = long.astype(np.result_type(*operands))
        finite = np.logical_and.reduce([np.isfinite(operand) for operand in operands])
        self._note_rounded(long, result, finite)
        return result

    def method(self, ufunc: str, method: str, *operands: Any, **keywords: Any) -> Array:
        """Rounded reductions by way of a longer format, so that their order does not show."""
        array = operands[0]
        rounds = (ufunc, array.dtype.name) in self._rounding
        multiplies = ufunc == "multiply" and array.dtype.kind == "c"
        if method != "reduce" or not (rounds or multiplies):
            return super().method(ufunc, method, *operands, **keywords)
        axis = keywords.get("axis", 0)
        # Products of complex numbers are NumPy's for contiguous ones.
        longer = np.result_type(array, np.longdouble) if rounds else array.dtype.newbyteorder("=")
        long = np.array(array, longer, order="C")
        if isinstance(axis, int):
            long = np.ascontiguousarray(np.moveaxis(long, axis, -1))
            axis = -1
        result = super().method(ufunc, "reduce", long, axis=axis)
        return np.asarray(result.astype(array.dtype.newbyteorder("=")))

    def _note_rounded(self, long: Array, result: Array, finite: Array) -> None:
        """Overflow and underflow of a rounded result, as the golden data has them."""
        if self._watch is None:
            return
        tiny = np.finfo(result.dtype).smallest_normal
        if np.any(np.isinf(result) & finite):
            self._watch.raised |= 2
        inexact = (long == 0) | (long != result.astype(np.longdouble))
        if np.any((np.abs(long) < tiny) & inexact & finite):
            self._watch.raised |= 4

    def astype(self, array: Array, dtype: str) -> Array:
        source = np.asarray(array)
        if source.dtype.kind not in "fc" or np.dtype(dtype).kind not in "iu":
            return super().astype(source, dtype)
        result = saturate(source, dtype)
        back = np.trunc(source.real.astype(np.longdouble)) != result.astype(np.longdouble)
        if self._watch is not None and np.any(back):
            self._watch.raised |= INVALID
        return result

    @contextmanager
    def watching(self) -> Iterator[FlagWatch]:
        with super().watching() as watch:
            self._watch = watch
            try:
                yield watch
            finally:
                self._watch = None


class Faulty(FakeQuern):
    """A fake with one fault: `fault(self, method, arguments, result)` may return another result."""

    def __init__(self, spec: Spec, fault: Callable[..., Any]) -> None:
        super().__init__(spec)
        self._fault = fault

    def resolve(self, ufunc: str, inputs: Sequence[str]) -> tuple[str, ...]:
        result = super().resolve(ufunc, inputs)
        return tuple(self._fault(self, "resolve", (ufunc, *inputs), result))

    def ran_on(self, ufunc: str, inputs: Sequence[str]) -> str:
        return str(self._fault(self, "ran_on", (ufunc, *inputs), super().ran_on(ufunc, inputs)))

    def kind_of(self, ufunc: str, inputs: Sequence[str]) -> str:
        return str(self._fault(self, "kind_of", (ufunc, *inputs), super().kind_of(ufunc, inputs)))

    def can_cast(self, source: str, target: str, level: Any) -> bool:
        result = super().can_cast(source, target, level)
        return bool(self._fault(self, "can_cast", (source, target, level), result))

    def promote_types(self, first: str, second: str) -> str:
        result = super().promote_types(first, second)
        return str(self._fault(self, "promote_types", (first, second), result))

    def call(self, ufunc: str, *operands: Any, **keywords: Any) -> tuple[Array, ...]:
        result = super().call(ufunc, *operands, **keywords)
        return tuple(self._fault(self, "call", (ufunc, *operands), result))

    def method(self, ufunc: str, method: str, *operands: Any, **keywords: Any) -> Array:
        result = super().method(ufunc, method, *operands, **keywords)
        return np.asarray(self._fault(self, method, (ufunc, *operands), result))

    def astype(self, array: Array, dtype: str) -> Array:
        result = super().astype(array, dtype)
        return np.asarray(self._fault(self, "astype", (array, dtype), result))

    def ufunc(self, name: str) -> Any:
        return self._fault(self, "ufunc", (name,), super().ufunc(name))
