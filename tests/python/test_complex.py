"""Complex arrays and Python's complex numbers, beside NumPy."""

import itertools
import warnings

import numpy as np
import pytest
from conftest import assert_same

import quern

PARTS = [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan]


def special(dtype):
    """Every pair of special parts, limits among them."""
    limits = np.finfo(dtype)
    parts = [*PARTS, float(limits.max), float(limits.tiny)]
    return np.array([complex(*pair) for pair in itertools.product(parts, parts)], dtype)


def multiply(left, right):
    """NumPy's product without fused operations, which it uses on some machines."""
    result = np.empty(left.shape, left.dtype)
    result.real = left.real * right.real - left.imag * right.imag
    result.imag = left.real * right.imag + left.imag * right.real
    return result


ORACLES = {"multiply": multiply, "square": lambda values: multiply(values, values)}


def assert_same_parts(mine, theirs):
    """The same bits but for those of NaN."""
    mine, theirs = np.asarray(mine), np.asarray(theirs)
    assert mine.dtype == theirs.dtype
    for name in ("real", "imag"):
        ours, wanted = getattr(mine, name), getattr(theirs, name)
        np.testing.assert_array_equal(ours, wanted)
        known = ~np.isnan(wanted) if wanted.dtype.kind == "f" else np.zeros(wanted.shape, bool)
        np.testing.assert_array_equal(np.signbit(ours[known]), np.signbit(wanted[known]))


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize(
    "name",
    [
        "add", "subtract", "multiply", "divide", "maximum", "minimum", "fmax", "fmin",
        "less", "less_equal", "greater", "greater_equal", "equal", "not_equal",
        "logical_and", "logical_or", "logical_xor",
    ],
)  # fmt: skip
def test_special_by_special(name, dtype):
    values = special(dtype)
    left, right = (grid.ravel() for grid in np.meshgrid(values, values, indexing="ij"))
    with np.errstate(all="ignore"), quern.errstate(all="ignore"):
        oracle = ORACLES.get(name, getattr(np, name))
        assert_same_parts(getattr(quern, name)(left, right), oracle(left, right))


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize(
    "name",
    [
        "negative", "positive", "conjugate", "rint", "square", "reciprocal", "absolute", "sqrt",
        "isnan", "isinf", "isfinite", "logical_not",
    ],
)  # fmt: skip
def test_special_values(name, dtype):
    values = special(dtype)
    with np.errstate(all="ignore"), quern.errstate(all="ignore"):
        mine, theirs = np.asarray(getattr(quern, name)(values)), ORACLES.get(name, getattr(np, name))(values)
    if name not in ("absolute", "sqrt"):
        assert_same_parts(mine, theirs)
        return
    # NumPy's magnitudes and roots depend on its C library and on the machine: they are neighbours.
    for part in ("real", "imag"):
        ours, wanted = getattr(mine, part), getattr(theirs, part)
        np.testing.assert_allclose(ours, wanted, rtol=4 * np.finfo(dtype).eps, atol=np.finfo(dtype).smallest_subnormal)
        known = ~np.isnan(wanted)
        np.testing.assert_array_equal(np.signbit(ours[known]), np.signbit(wanted[known]))


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_signs_are_directions(dtype):
    values = special(dtype)
    mine = np.asarray(quern.sign(values))
    with np.errstate(all="ignore"):
        theirs = np.sign(values)
        long = values.astype("clongdouble")
        exact = (long / np.abs(long)).astype(dtype)
    # NumPy's magnitude overflows where both parts are near the limits.
    beyond = np.isfinite(values) & ~np.isfinite(np.abs(values))
    assert 0 < np.count_nonzero(beyond) < 10
    theirs[beyond] = exact[beyond]
    for part in ("real", "imag"):
        ours, wanted = getattr(mine, part), getattr(theirs, part)
        np.testing.assert_allclose(ours, wanted, rtol=2 * np.finfo(dtype).eps, atol=0)
        known = ~np.isnan(wanted)
        np.testing.assert_array_equal(np.signbit(ours[known]), np.signbit(wanted[known]))


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_signs_report_lost_bits_alone(dtype):
    least = float(np.finfo(dtype).smallest_subnormal)
    large = float(np.finfo(dtype).max)
    for value, expected in [
        (3 + 4j, set()), (complex(1, least), set()), (complex(3, least), {"underflow"}), (complex(large, 1e-30), {"underflow"}),
        (complex(large, large), set()), (complex(least, least), set()), (0j, set()), (complex(np.inf, least), set()),
        (complex(np.nan, 1), set()),
    ]:  # fmt: skip
        raised = set()
        with quern.errstate(all="call", call=lambda kind, _, raised=raised: raised.add(kind)):
            quern.sign(np.array([value], dtype))
        assert raised == expected, value


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize("name", ["add", "multiply", "divide", "less", "greater_equal", "maximum", "square", "absolute", "reciprocal"])
def test_flags(name, dtype):
    """Conditions, element by element; underflow depends on the machine in NumPy's magnitudes."""
    values = special(dtype)[::5]
    arity = getattr(quern, name).nin
    for operands in itertools.product(values, repeat=arity):
        arrays = [np.array([value], dtype) for value in operands]
        seen = {}
        for module, function in ((np, ORACLES.get(name, getattr(np, name))), (quern, getattr(quern, name))):
            raised = set()
            with module.errstate(all="call", call=lambda kind, _, raised=raised: raised.add(kind)):
                function(*arrays)
            seen[module] = raised
        assert seen[np] == seen[quern], operands


@pytest.mark.parametrize("name", ["sum", "prod", "max", "min", "any", "all", "mean"])
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_reductions(name, axis, rng):
    values = (rng.integers(-3, 4, (5, 7)) + 1j * rng.integers(-3, 4, (5, 7))).astype("complex64")
    assert_same(getattr(quern, name)(values, axis=axis), getattr(np, name)(values, axis=axis))


def test_numbers_take_the_dtype_of_their_array():
    for dtype, expected in [("f4", "c8"), ("f8", "c16"), ("i4", "c16"), ("?", "c16"), ("c8", "c8"), ("c16", "c16")]:
        array = np.ones(2, dtype)
        assert_same(quern.add(array, 2j), np.add(array, 2j))
        assert_same(1j - quern.asarray(array), 1j - array)
        assert quern.add(array, 1j).dtype == np.dtype(expected)
        assert quern.result_type(quern.asarray(array), 1j) == np.result_type(array, 1j)
    assert quern.add(2, 1j).item() == 2 + 1j
    assert quern.add(np.ones(1, "f4"), np.complex128(1j)).dtype == quern.complex128


def test_conversions():
    assert quern.asarray(1 + 2j).dtype == quern.complex128
    assert quern.asarray([1, 2.5, 1j]).tolist() == [1, 2.5, 1j]
    assert quern.asarray([[1j, 2], [3, 4]], dtype="complex64").dtype == quern.complex64
    assert quern.asarray(1 + 2j).item() == 1 + 2j
    assert complex(quern.asarray(1 + 2j)) == 1 + 2j
    assert complex(quern.asarray(2)) == 2
    assert quern.dtype(complex) == quern.complex128
    with pytest.raises(TypeError):
        quern.asarray([1j], dtype="float64")


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_memory_is_shared(dtype):
    values = np.arange(6, dtype=dtype).reshape(2, 3) * 1j
    shared = quern.asarray(values[:, ::2])
    shared[0, 0] = 7 - 1j
    assert values[0, 0] == 7 - 1j
    assert np.shares_memory(np.asarray(shared), values)
    assert np.asarray(memoryview(shared)).dtype == dtype
    assert memoryview(shared).format == {"complex64": "Zf", "complex128": "Zd"}[dtype]
    assert_same(quern.from_dlpack(values), values)
    assert_same(np.from_dlpack(quern.asarray(values)), values)
    swapped = values.astype(values.dtype.newbyteorder())
    assert_same(quern.add(swapped, 1), np.add(swapped, 1))


@pytest.mark.parametrize("dtype", ["complex64", "complex128", ">c8", ">c16"])
def test_parts_are_views(dtype):
    values = (np.arange(12).reshape(3, 4) * (1 - 2j)).astype(dtype)
    array = quern.asarray(values)
    for mine, theirs in ((array[::-1, ::2].real, values[::-1, ::2].real), (array.T.imag, values.T.imag)):
        assert_same(mine, theirs)
        assert np.asarray(mine).strides == theirs.strides
        assert np.shares_memory(np.asarray(mine), values)
    array.imag[0] = 7
    array.real = 0.5
    array[1].imag = [1, 2, 3, 4]
    assert values[0, 3] == 0.5 + 7j
    assert values[1].tolist() == [0.5 + 1j, 0.5 + 2j, 0.5 + 3j, 0.5 + 4j]


def test_parts_of_real_arrays():
    values = np.arange(4.0)
    array = quern.asarray(values)
    array.real[1] = 9
    assert values[1] == 9
    assert_same(array.imag, values.imag)
    assert not array.imag.flags.writeable
    with pytest.raises(TypeError, match="an array of float64 has no imaginary parts to set"):
        array.imag = 1
    with pytest.raises(ValueError, match="read-only"):
        quern.asarray(np.broadcast_to(1j, 3)).real = 1


def test_lost_parts_are_told():
    values = quern.asarray([1 + 2j, 3])
    target = quern.asarray([0.0, 0.0])
    with pytest.warns(quern.ComplexWarning, match="discards the imaginary part"):
        assert values.astype("float64").tolist() == [1.0, 3.0]
    with pytest.warns(quern.ComplexWarning):
        target[...] = values
    for convert in (int, float):
        with pytest.raises(TypeError):
            convert(values[0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert values.astype("bool").tolist() == [True, True]
        assert values.astype("complex64").tolist() == [1 + 2j, 3]
        with pytest.raises(TypeError):
            values.astype("float64", casting="same_kind")


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_prints_as_numpy(dtype):
    values = special(dtype)[:40].reshape(8, 5)
    for array in (values, values[:2, :2], np.array(1 + 2j, dtype), np.array([1e-5 + 3j, 2], dtype), np.array(-0.5j)):
        assert str(quern.asarray(array)) == str(array)


@pytest.mark.parametrize("dtype", ["c8", "c16"])
def test_nan_to_num_replaces_parts(dtype):
    values = special(dtype)
    theirs = np.nan_to_num(values, nan=0.5, posinf=2.0, neginf=-2.0)
    assert_same_parts(quern.nan_to_num(values, 0.5, 2.0, -2.0), theirs)
    assert_same_parts(quern.nan_to_num(values[::-2], 0.5, 2.0, -2.0), theirs[::-2])
    parts = np.array([0.5, 2.0, -2.0])
    table = np.asarray(quern.nan_to_num(values[:, None], parts, 2.0, -2.0))
    assert_same_parts(table[:, 1], np.nan_to_num(values, nan=2.0, posinf=2.0, neginf=-2.0))
