"""A stand-in for quern made of NumPy, which does what quern promises, and faults to plant in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from report.basics import Array
from report.library import FlagWatch
from report.oracle import NumpyLibrary
from report.spec import Spec

INVALID = 8


def saturate(array: Array, dtype: str) -> Array:
    """A cast to integers as quern promises it."""
    limits = np.iinfo(dtype)
    low, high = np.longdouble(limits.min), np.longdouble(limits.max)
    with np.errstate(all="ignore"):
        whole = np.trunc(np.asarray(array).astype(np.longdouble))
        inside = (whole >= low) & (whole <= high)
        kept = np.where(inside, whole, 0).astype(dtype)
    ends = np.where(whole > 0, limits.max, limits.min).astype(dtype)
    result: Array = np.where(inside | np.isnan(whole), kept, ends)
    return result


class FakeQuern(NumpyLibrary):
    """Everything as NumPy, but for targets, correctly rounded functions and saturating casts."""

    name = "fake"

    def __init__(self, spec: Spec) -> None:
        super().__init__(spec.dtypes, [ufunc.name for ufunc in spec.ufuncs])
        self.spec = spec
        self.target = spec.targets[-1]
        self.threads = 1
        self._watch: FlagWatch | None = None
        self._approximate = {loop.ufunc for loop in spec.loops if loop.is_approximate}
        self._golden_flags = {
            (loop.ufunc, loop.inputs[0]): loop for loop in spec.loops if loop.is_approximate
        }

    def targets(self) -> tuple[str, ...]:
        return tuple(reversed(self.spec.targets))

    def use_target(self, name: str) -> None:
        self.target = name

    def use_threads(self, count: int) -> None:
        self.threads = count

    def ran_on(self, ufunc: str, inputs: Sequence[str]) -> str:
        return self.target

    def resolve(self, ufunc: str, inputs: Sequence[str]) -> tuple[str, ...]:
        types = super().resolve(ufunc, inputs)
        if not set(types) <= set(self.spec.dtypes):
            raise TypeError("a dtype that the spec lacks")
        return types

    def call(self, ufunc: str, *operands: Any, **keywords: Any) -> tuple[Array, ...]:
        if ufunc not in self._approximate:
            return super().call(ufunc, *operands, **keywords)
        wide = [np.asarray(operand).astype(np.longdouble) for operand in operands]
        dtype = np.result_type(*operands)
        out = keywords.pop("out", None)
        with np.errstate(all="ignore"):
            (long,) = super().call(ufunc, *wide, **keywords)
            result = long.astype(dtype)
        self._note_rounded(long, result)
        if out is None:
            return (result,)
        np.copyto(out, result, where=keywords.get("where", True))
        return (np.asarray(out),)

    def _note_rounded(self, long: Array, result: Array) -> None:
        """Overflow and underflow of a rounded result, as the golden data has them."""
        if self._watch is None:
            return
        tiny = np.finfo(result.dtype).smallest_normal
        if np.any(np.isinf(result) & np.isfinite(long)) or np.any(np.isinf(result) & (long == 0)):
            self._watch.raised |= 2
        if np.any((np.abs(long) < tiny) & (long != result.astype(np.longdouble))):
            self._watch.raised |= 4

    def astype(self, array: Array, dtype: str) -> Array:
        source = np.asarray(array)
        if source.dtype.kind != "f" or np.dtype(dtype).kind not in "iu":
            return super().astype(source, dtype)
        result = saturate(source, dtype)
        back = np.trunc(source.astype(np.longdouble)) != result.astype(np.longdouble)
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
