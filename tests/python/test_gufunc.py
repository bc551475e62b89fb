"""Ufuncs with a signature, beside NumPy."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import quern

DTYPES = ("?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16")
SHAPES = {
    "matmul": (((3, 4), (4, 5)), ((4,), (4,)), ((4,), (2, 4, 3)), ((2, 1, 3, 4), (5, 4, 2)), ((70, 90), (90, 60))),
    "vecdot": (((4,), (4,)), ((3, 1, 40), (5, 40)), ((6, 0), (6, 0))),
    "matvec": (((3, 4), (4,)), ((2, 30, 20), (20,)), ((3, 4), (5, 4))),
    "vecmat": (((3,), (3, 4)), ((20,), (2, 20, 30)), ((5, 3), (3, 4))),
}


def elements(shape: tuple[int, ...], dtype: str, seed: int) -> np.ndarray[Any, Any]:
    draw = np.random.default_rng(seed)
    if dtype == "?":
        return draw.random(shape) < 0.4
    if dtype[0] == "f":
        return draw.integers(-9, 10, shape).astype(dtype)  # sums are exact
    if dtype[0] == "c":
        parts = draw.integers(-9, 10, (2, *shape))
        return (parts[0] + 1j * parts[1]).astype(dtype)
    limits = np.iinfo(dtype)
    return draw.integers(limits.min, limits.max, shape, dtype, endpoint=True)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize(("first", "second"), list(itertools.product(DTYPES, DTYPES)))
def test_values_and_types_are_numpys(name: str, first: str, second: str) -> None:
    for shapes in SHAPES[name]:
        if first != second and shapes is not SHAPES[name][0]:
            continue
        a, b = elements(shapes[0], first, 1), elements(shapes[1], second, 2)
        expected = getattr(np, name)(a, b)
        got = np.asarray(getattr(quern, name)(a, b))
        assert got.dtype == expected.dtype
        if {first, second} >= {"u8"} and expected.dtype.kind in "fc" or {"i8", "u8"} & {first, second}:
            np.testing.assert_allclose(got, expected, rtol=1e-12)
        else:
            np.testing.assert_array_equal(got, expected)


def test_signature_operator_and_form() -> None:
    assert quern.matmul.signature == np.matmul.signature
    assert quern.add.signature is None
    a = quern.asarray(np.arange(6.0).reshape(2, 3))
    np.testing.assert_array_equal(np.asarray(a @ np.ones(3)), [3.0, 12.0])
    assert "axes=[]" in quern.matmul.__doc__ and "where" not in quern.matmul.__doc__


O = np.ones
REFUSALS: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ("core mismatch", lambda m: m.matmul(O((2, 3)), O((2, 3)))),
    ("few axes", lambda m: m.matmul(3.0, O(3))),
    ("axis", lambda m: m.matmul(O((2, 3)), O((3, 2)), axis=0)),
    ("keepdims", lambda m: m.matvec(O((2, 3)), O(3), keepdims=True)),
    ("axis and axes", lambda m: m.vecdot(O((2, 3)), O((2, 3)), axis=0, axes=[0, 0, ()])),
    ("few entries", lambda m: m.matmul(O((2, 3)), O((3, 2)), axes=[(0, 1)])),
    ("no list", lambda m: m.matmul(O((2, 3)), O((3, 2)), axes=3)),
    ("short tuple", lambda m: m.matmul(O((2, 3)), O((3, 2)), axes=[(0, 1), (0, 1), (0,)])),
    ("repeated", lambda m: m.matmul(O((2, 3)), O((3, 2)), axes=[(0, 1), (0, 0), (0, 1)])),
    ("one integer", lambda m: m.matmul(O((2, 3)), O((3, 2)), axes=[(0, 1), 0, (0, 1)])),
    ("no tuple", lambda m: m.matmul(O((2, 3)), O((3, 2)), axes=[(0, 1), "a", (0, 1)])),
    ("no truth", lambda m: m.vecdot(O(3), O(3), keepdims=1)),
    ("where", lambda m: m.matmul(O((2, 3)), O((3, 2)), where=True)),
    ("at", lambda m: m.matmul.at(O(3), [0], O(3))),
    ("axes of add", lambda m: m.add(1.0, 2.0, axes=[0])),
)


@pytest.mark.parametrize(("what", "call"), REFUSALS, ids=[what for what, _ in REFUSALS])
def test_refusals_are_numpys(what: str, call: Callable[[Any], Any]) -> None:
    with pytest.raises(Exception) as numpys:
        call(np)
    with pytest.raises(Exception) as ours:
        call(quern)
    assert str(ours.value) == str(numpys.value)
    assert isinstance(ours.value, TypeError) == isinstance(numpys.value, TypeError)


def test_methods_are_refused() -> None:
    for method in ("reduce", "accumulate"):
        with pytest.raises(RuntimeError, match="Reduction not defined on ufunc with signature"):
            getattr(quern.matmul, method)(O(3))
    with pytest.raises(TypeError, match="method outer is not allowed in ufunc with non-trivial signature"):
        quern.matmul.outer(O(3), O(3))


@pytest.mark.parametrize(
    "keywords",
    [
        {"axes": [(0, 1), (0, 1), (0, 1)]},
        {"axes": [(1, 0), (-1, 0), (1, 0)]},
        {"order": "F"},
        {"dtype": "f4", "casting": "unsafe"},
        {"out": np.zeros((3, 3), "f4")},
        {"dtype": "f2", "casting": "same_kind"},
        {"dtype": "f2", "casting": "same_kind", "order": "F"},
        {"dtype": "f2", "casting": "same_kind", "axes": [(1, 0), (0, 1), (1, 0)]},
        {"dtype": "f2", "casting": "same_kind", "out": np.zeros((3, 3), "f4")},
        {"dtype": "f2", "casting": "same_kind", "out": np.zeros((3, 3), "f2")},
        {"dtype": "f2", "casting": "same_kind", "out": np.zeros((3, 3), ">f2").T},
    ],
)
def test_keywords_are_numpys(keywords: dict[str, Any]) -> None:
    a, b = elements((3, 3), "f8", 3), elements((3, 3), "f8", 4) * (1 + 2.0**-30)  # beyond float32
    expected = np.matmul(a, b, **keywords).copy()
    got = np.asarray(quern.matmul(a, b, **keywords))
    np.testing.assert_array_equal(got, expected)
    assert got.dtype == expected.dtype


def test_reproducible_products() -> None:
    a, b = np.random.default_rng(5).standard_normal((2, 90, 90))
    assert not quern.reproducible_products()
    quern.set_reproducible_products(True)
    try:
        got = np.asarray(quern.matmul(a, b))
    finally:
        quern.set_reproducible_products(False)
    expected = np.asarray(quern.sum(a[:, None, :] * b.T, axis=2))
    assert got.tobytes() == expected.tobytes()


@pytest.mark.parametrize("dtype", ["c8", "c16"])
def test_complex_products(dtype: str) -> None:
    """Sums of rounded products along the tree, whose first factor vecdot and vecmat conjugate."""
    draw = np.random.default_rng(6)
    a, b = (draw.standard_normal((2, 70, 70)) + 1j * draw.standard_normal((2, 70, 70))).astype(dtype)
    sums = np.asarray(quern.sum(quern.multiply(a[:, None, :], b.T), axis=2))
    conjugated = np.asarray(quern.sum(quern.multiply(a[:, None, :].conj(), b.T), axis=2))
    np.testing.assert_allclose(np.asarray(quern.matmul(a, b)), a @ b, rtol=1e-3 if dtype == "c8" else 1e-11)
    quern.set_reproducible_products(True)
    try:
        assert np.asarray(quern.matmul(a, b)).tobytes() == sums.tobytes()
    finally:
        quern.set_reproducible_products(False)
    for row in (0, 69):
        assert np.asarray(quern.vecmat(a[row], b)).tobytes() == conjugated[row].tobytes()
        assert np.asarray(quern.vecdot(a[row], b.T)).tobytes() == conjugated[row].tobytes()
        assert np.asarray(quern.matvec(b.T, a[row])).tobytes() == sums[row].tobytes()
        assert np.asarray(quern.matmul(a[row], b)).tobytes() == sums[row].tobytes()
