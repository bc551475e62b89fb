"""Calls that NumPy refuses, made of both libraries: the classes of exceptions are NumPy's own, live.

A case is a function of the library; `of` finds ufuncs by name. Calls of ufuncs that a library lacks are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Of = Callable[[str], Any]
Case = Callable[[Of], Any]

_WHOLE, _REAL = np.arange(3), np.ones(3)
_BYTES, _SQUARE = np.ones(3, np.uint8), np.ones((2, 2))
_SIGNED_BYTES = np.ones(3, np.int8)
_EMPTY, _MASK = np.empty(0), np.array([True, False, True])
_SPANS, _POINTS = _WHOLE.astype("m8[s]"), _WHOLE.astype("M8[D]")
_MONTHS = _WHOLE.astype("m8[M]")


def _read_only() -> Any:
    array = np.ones(3)
    array.flags.writeable = False
    return array


# By the name of the case; the ufunc that the report counts it for comes first.
CASES: dict[str, tuple[str, Case]] = {
    # Shapes
    "shapes that do not broadcast": ("add", lambda of: of("add")(np.ones(2), np.ones(3))),
    "three shapes that do not broadcast": ("clip", lambda of: of("clip")(np.ones(2), np.ones(3), 1)),
    "out smaller than the result": ("add", lambda of: of("add")(np.ones(2), np.ones(2), out=np.ones(1))),
    "out of another shape": ("add", lambda of: of("add")(np.ones(2), np.ones(2), out=np.ones(3))),
    "out of lower rank": ("add", lambda of: of("add")(_SQUARE, _SQUARE, out=np.ones(2))),
    "out that is read-only": ("add", lambda of: of("add")(_REAL, 1, out=_read_only())),
    "where of another shape": ("add", lambda of: of("add")(_REAL, 1, where=np.array([True, False]))),
    # Casting
    "output cast": ("add", lambda of: of("add")(_WHOLE, 1.5, out=np.arange(3))),
    "input cast": ("add", lambda of: of("add")(np.array([1.5]), 1, dtype=int)),
    "cast of a complex output": ("add", lambda of: of("add")(_REAL, 1j, out=np.ones(3))),
    "cast to unsigned": ("negative", lambda of: of("negative")(_WHOLE, out=np.ones(3, np.uint8))),
    "casting='no'": ("add", lambda of: of("add")(_WHOLE, _REAL, casting="no")),
    "casting='safe'": ("add", lambda of: of("add")(_REAL, 1, out=np.ones(3, "f4"), casting="safe")),
    "where of numbers": ("add", lambda of: of("add")(1, 2, where=np.array([1]))),
    # Loops
    "no loop for floats": ("bitwise_and", lambda of: of("bitwise_and")(1.0, 2.0)),
    "no loop for int64 and uint64": ("bitwise_or", lambda of: of("bitwise_or")(np.int64(1), np.ones(1, "u8"))),
    "no loop for complex numbers": ("floor", lambda of: of("floor")(np.ones(1, complex))),
    "no loop for truth values": ("subtract", lambda of: of("subtract")(_MASK, _MASK)),
    "no sign of truth values": ("negative", lambda of: of("negative")(_MASK)),
    "no positive truth values": ("positive", lambda of: of("positive")(_MASK)),
    "no divisors of truth values": ("gcd", lambda of: of("gcd")(_MASK, _MASK)),
    "no loop of the dtype": ("sqrt", lambda of: of("sqrt")(1, dtype=int)),
    "no loop of the signature": ("add", lambda of: of("add")(1, 2, signature="ff->d")),
    "text": ("add", lambda of: of("add")("a", 1)),
    "None": ("add", lambda of: of("add")(None, 1)),
    "an exponent of float64": ("ldexp", lambda of: of("ldexp")(1.0, np.ones(1))),
    # Numbers beside arrays
    "a number beyond uint8": ("add", lambda of: of("add")(_BYTES, 256)),
    "a negative number beside uint8": ("maximum", lambda of: of("maximum")(_BYTES, -1)),
    "a number beyond 64 bits": ("add", lambda of: of("add")(_WHOLE, 2**70)),
    "a number beyond floats": ("add", lambda of: of("add")(_REAL, 10**400)),
    "a negative power": ("power", lambda of: of("power")(_WHOLE, -1)),
    "a negative power beside int8": ("power", lambda of: of("power")(_SIGNED_BYTES, -1)),
    "a bound beyond uint8": ("clip", lambda of: of("clip")(_BYTES, -1, 300)),
    # Keywords
    "an unknown casting": ("add", lambda of: of("add")(1, 2, casting="bogus")),
    "a casting that is no text": ("add", lambda of: of("add")(1, 2, casting=5)),
    "an unknown order": ("add", lambda of: of("add")(1, 2, order="X")),
    "an unknown keyword": ("add", lambda of: of("add")(1, 2, foo=1)),
    "an unknown dtype": ("add", lambda of: of("add")(1, 2, dtype="bogus")),
    "dtype and signature": ("add", lambda of: of("add")(1, 2, dtype=float, signature="dd->d")),
    "out twice": ("add", lambda of: of("add")(_REAL, 1, np.ones(3), out=np.ones(3))),
    "too many outs": ("add", lambda of: of("add")(1, 2, out=(None, None))),
    "too few outs": ("divmod", lambda of: of("divmod")(1, 2, out=(np.ones(1),))),
    "an out that is no array": ("add", lambda of: of("add")(1, 2, out=[1])),
    "too few operands": ("add", lambda of: of("add")(1)),
    "no operands": ("negative", lambda of: of("negative")()),
    "too many operands": ("negative", lambda of: of("negative")(1, np.ones(1), 3)),
    "axis of an elementwise ufunc": ("add", lambda of: of("add")(_REAL, 1, axis=0)),
    "keepdims of an elementwise ufunc": ("add", lambda of: of("add")(_REAL, 1, keepdims=True)),
    # Reductions
    "reduce of a unary ufunc": ("negative", lambda of: of("negative").reduce(_REAL)),
    "reduce of a ternary ufunc": ("clip", lambda of: of("clip").reduce(_REAL)),
    "reduce of several results": ("divmod", lambda of: of("divmod").reduce(_REAL)),
    "reduce of a product": ("matmul", lambda of: of("matmul").reduce(_SQUARE)),
    "an axis too many": ("add", lambda of: of("add").reduce(_SQUARE, axis=2)),
    "a negative axis too many": ("add", lambda of: of("add").reduce(_SQUARE, axis=-3)),
    "an axis twice": ("add", lambda of: of("add").reduce(_SQUARE, axis=(0, 0))),
    "an axis that is no integer": ("add", lambda of: of("add").reduce(_SQUARE, axis=0.5)),
    "several axes in order": ("subtract", lambda of: of("subtract").reduce(_SQUARE, axis=(0, 1))),
    "nothing to reduce": ("maximum", lambda of: of("maximum").reduce(_EMPTY)),
    "nothing and no identity": ("add", lambda of: of("add").reduce(_EMPTY, initial=None)),
    "where without an identity": ("maximum", lambda of: of("maximum").reduce(_REAL, where=_MASK)),
    "reduce without a loop": ("bitwise_and", lambda of: of("bitwise_and").reduce(_REAL)),
    "reduce of comparisons": ("equal", lambda of: of("equal").reduce(_REAL)),
    "reduce to another shape": ("add", lambda of: of("add").reduce(_REAL, out=np.ones(2))),
    "reduce to a read-only out": ("add", lambda of: of("add").reduce(np.ones((2, 3)), out=_read_only())),
    "reduce of an unknown keyword": ("add", lambda of: of("add").reduce(_REAL, foo=1)),
    "reduce to a dtype without a loop": ("bitwise_or", lambda of: of("bitwise_or").reduce(_WHOLE, dtype=float)),
    # Accumulations
    "accumulate of a unary ufunc": ("negative", lambda of: of("negative").accumulate(_REAL)),
    "accumulate of a single element": ("add", lambda of: of("add").accumulate(np.ones(()))),
    "accumulate along two axes": ("add", lambda of: of("add").accumulate(_SQUARE, axis=(0, 1))),
    "accumulate along an axis too many": ("add", lambda of: of("add").accumulate(_REAL, axis=1)),
    "accumulate where": ("add", lambda of: of("add").accumulate(_REAL, where=_MASK)),
    "accumulate keepdims": ("add", lambda of: of("add").accumulate(_REAL, keepdims=True)),
    "accumulate of a product": ("matmul", lambda of: of("matmul").accumulate(_SQUARE)),
    "reduceat beyond the end": ("add", lambda of: of("add").reduceat(_REAL, [5])),
    "reduceat before the start": ("add", lambda of: of("add").reduceat(_REAL, [-1])),
    "reduceat of nothing": ("add", lambda of: of("add").reduceat(_EMPTY, [0])),
    "reduceat of a unary ufunc": ("negative", lambda of: of("negative").reduceat(_REAL, [0])),
    "reduceat of a product": ("matmul", lambda of: of("matmul").reduceat(_SQUARE, [0])),
    # outer and at
    "outer of a unary ufunc": ("negative", lambda of: of("negative").outer(_REAL, _REAL)),
    "outer of a product": ("matmul", lambda of: of("matmul").outer(_SQUARE, _SQUARE)),
    "at beyond the end": ("add", lambda of: of("add").at(np.ones(3), [3], 1)),
    "at without values": ("add", lambda of: of("add").at(np.ones(3), [0])),
    "at of a unary ufunc with values": ("negative", lambda of: of("negative").at(np.ones(3), [0], 1)),
    "at of a ternary ufunc": ("clip", lambda of: of("clip").at(np.ones(3), [0], 1)),
    "at of several results": ("divmod", lambda of: of("divmod").at(np.ones(3), [0], 1)),
    "at of a product": ("matmul", lambda of: of("matmul").at(np.ones((2, 2)), [0], 1)),
    "at of a read-only array": ("add", lambda of: of("add").at(_read_only(), [0], 1)),
    "at with floats as indices": ("add", lambda of: of("add").at(np.ones(3), [0.5], 1)),
    "at with values of another shape": ("add", lambda of: of("add").at(np.ones(3), [0, 1], np.ones(3))),
    # Times
    "two points in time added": ("add", lambda of: of("add")(_POINTS, _POINTS)),
    "a point less a number that is real": ("subtract", lambda of: of("subtract")(_POINTS, 1.5)),
    "a span less a point": ("subtract", lambda of: of("subtract")(_SPANS, _POINTS)),
    "a product of spans": ("multiply", lambda of: of("multiply")(_SPANS, _SPANS)),
    "a product of a point": ("multiply", lambda of: of("multiply")(_POINTS, 2)),
    "a span over truth values": ("divide", lambda of: of("divide")(_SPANS, _MASK)),
    "a number over a span": ("divide", lambda of: of("divide")(_WHOLE, _SPANS)),
    "a point beside a span": ("less", lambda of: of("less")(_POINTS, _SPANS)),
    "a point beside a number": ("equal", lambda of: of("equal")(_POINTS, 1)),
    "no root of a span": ("sqrt", lambda of: of("sqrt")(_SPANS)),
    "no sign of a point": ("negative", lambda of: of("negative")(_POINTS)),
    "no bits of spans": ("bitwise_and", lambda of: of("bitwise_and")(_SPANS, 1)),
    "no NaT among numbers": ("isnat", lambda of: of("isnat")(_REAL)),
    "no product of matrices of spans": ("matmul", lambda of: of("matmul")(_SPANS, _SPANS)),
    "months beside seconds": ("add", lambda of: of("add")(_MONTHS, _SPANS)),
    "months beside a day": ("add", lambda of: of("add")(_POINTS, _MONTHS)),
    "units too far apart": ("add", lambda of: of("add")(_WHOLE.astype("m8[W]"), _WHOLE.astype("m8[as]"))),
    "an integer beyond 64 bits beside spans": ("add", lambda of: of("add")(_SPANS, 2**64)),
    "an integer beyond 64 bits beside points": ("maximum", lambda of: of("maximum")(_POINTS, 2**64)),
    "a unit as dtype": ("add", lambda of: of("add")(_SPANS, _SPANS, dtype="m8[ms]")),
    "a sum of spans as number": ("add", lambda of: of("add")(_SPANS, _SPANS, out=np.ones(3))),
    "a sum of spans as point": ("add", lambda of: of("add")(_SPANS, _SPANS, out=_POINTS.copy())),
    "a sum of spans as months": ("add", lambda of: of("add")(_SPANS, _SPANS, out=_MONTHS.copy())),
    "casting='no' between units": ("add", lambda of: of("add")(_SPANS, _WHOLE.astype("m8[ms]"), casting="no")),
    "a sum of points": ("add", lambda of: of("add").reduce(_POINTS)),
    "a product of a sequence of spans": ("multiply", lambda of: of("multiply").reduce(_SPANS)),
    "the latest of no points": ("maximum", lambda of: of("maximum").reduce(_POINTS[:0])),
    "accumulated points": ("add", lambda of: of("add").accumulate(_POINTS)),
    "sums of points by index": ("add", lambda of: of("add").reduceat(_POINTS, [0])),
    "points added at points": ("add", lambda of: of("add").at(_POINTS.copy(), [0], _POINTS[:1])),
    "an outer product of spans": ("multiply", lambda of: of("multiply").outer(_SPANS, _SPANS)),
    # Products of matrices
    "core dimensions that differ": ("matmul", lambda of: of("matmul")(np.ones((2, 3)), np.ones((2, 3)))),
    "numbers as matrices": ("matmul", lambda of: of("matmul")(1, 2)),
    "numbers as vectors": ("vecdot", lambda of: of("vecdot")(1, _REAL)),
    "where of a product": ("matmul", lambda of: of("matmul")(_SQUARE, _SQUARE, where=True)),
    "axis of a matrix product": ("matmul", lambda of: of("matmul")(_SQUARE, _SQUARE, axis=0)),
    "keepdims of a matrix product": ("matmul", lambda of: of("matmul")(_SQUARE, _SQUARE, keepdims=True)),
    "axes of too few operands": ("matmul", lambda of: of("matmul")(_SQUARE, _SQUARE, axes=[(0, 1)])),
    "axes and axis": ("vecdot", lambda of: of("vecdot")(_REAL, _REAL, axes=[0, 0, ()], axis=0)),
    "an axis of a product too many": ("vecdot", lambda of: of("vecdot")(_REAL, _REAL, axis=3)),
}
