"""The class quern.Array: attributes, subscripts, views, operators, conversions."""

import itertools
import operator

import numpy as np
import pytest
from conftest import JUDGED, JUDGED_DTYPES, assert_same, beyond, judge, layouts, outcome, sample

import quern

# What Python calls the operators: this is Python's own vocabulary.
OPERATORS = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod, "**": operator.pow, "&": operator.and_, "|": operator.or_, "^": operator.xor,
    "<<": operator.lshift, ">>": operator.rshift, "<": operator.lt, "<=": operator.le, "==": operator.eq,
    "!=": operator.ne, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
IN_PLACE = {
    "+": operator.iadd, "-": operator.isub, "*": operator.imul, "/": operator.itruediv, "//": operator.ifloordiv,
    "%": operator.imod, "**": operator.ipow, "&": operator.iand, "|": operator.ior, "^": operator.ixor,
    "<<": operator.ilshift, ">>": operator.irshift,
}  # fmt: skip
UNARY = {"-": operator.neg, "+": operator.pos, "~": operator.invert}
BINARY_SYMBOLS = [u.operator for u in JUDGED if u.nin == 2 and u.operator]
UNARY_SYMBOLS = [u.operator for u in JUDGED if u.nin == 1 and u.operator]


def steps(array):
    """Strides of the axes along which there is a step to make."""
    return [step for extent, step in zip(array.shape, array.strides, strict=True) if extent > 1]


def wrapped(value):
    return quern.asarray(value) if isinstance(value, np.ndarray) else value


def both(function, *arrays):
    """The outcome with quern's arrays and the outcome with NumPy's."""
    return outcome(lambda: function(*map(wrapped, arrays))), outcome(lambda: function(*arrays))


def compare(function, *arrays):
    judge(lambda: function(*map(wrapped, arrays)), lambda: function(*arrays), note=arrays)


@pytest.mark.parametrize("symbol", BINARY_SYMBOLS)
def test_binary_operators(symbol, rng):
    apply = OPERATORS[symbol]
    for first, second in itertools.product(JUDGED_DTYPES, repeat=2):
        a, b = sample(first.str, (3, 4), rng), sample(second.str, (4,), rng)
        compare(apply, a, b)
    for dtype in JUDGED_DTYPES:
        a = sample(dtype.str, (4,), rng)
        if symbol == "**" and dtype.kind == "b":
            continue  # NumPy's operator squares instead, in another dtype
        for number in (2, 2.5, True, 300, -1, 2**70):
            if dtype.kind == "b" and number == 2**70:
                continue  # test_weak_scalars.py has these
            compare(apply, a, number)
            compare(lambda x, y: apply(y, x), a, number)
        mine = quern.asarray(a)
        for other in (a, a.tolist(), tuple(a.tolist()), a[0]):
            expected = outcome(lambda other=other: apply(a, other))
            found = outcome(lambda other=other: apply(mine, other))
            reflected = outcome(lambda other=other: apply(other, mine))
            if beyond(expected[1]) or found[0] == "unsupported":
                continue
            assert found[0] == expected[0]
            if found[0] == "value":
                assert isinstance(found[1], quern.Array)
                assert_same(found[1], expected[1], 4.0)
                if reflected[0] == "value":
                    assert isinstance(reflected[1], quern.Array)
                    assert_same(reflected[1], apply(np.asarray(other), a), 4.0)


@pytest.mark.parametrize("symbol", [s for s in BINARY_SYMBOLS if s in IN_PLACE])
def test_in_place_operators(symbol, rng):
    apply = IN_PLACE[symbol]
    for first, second in itertools.product(JUDGED_DTYPES, repeat=2):
        a, b = sample(first.str, (3, 4), rng), sample(second.str, (4,), rng)

        def call(array, b=b):
            kept = array
            result = apply(array, b)
            assert result is kept
            return np.array(result)

        expected = outcome(lambda a=a: call(a.copy()))
        found = outcome(lambda a=a: call(quern.asarray(a.copy())))
        if found[0] == "unsupported":
            continue
        assert found[0] == expected[0], (first, second, found, expected)
        if found[0] == "value":
            assert_same(found[1], expected[1], 4.0)


@pytest.mark.parametrize("symbol", UNARY_SYMBOLS)
def test_unary_operators(symbol, rng):
    for dtype in JUDGED_DTYPES:
        compare(UNARY[symbol], sample(dtype.str, (3, 4), rng))


@pytest.mark.parametrize("symbol", ["-", "~"])
def test_unary_operators_exist(symbol):
    assert symbol in UNARY_SYMBOLS, "no ufunc's spec claims this operator"


def test_abs():
    assert_same(abs(quern.asarray([-1, 2])), np.array([1, 2]))


def test_operators_with_strangers():
    mine = quern.asarray([1, 2])

    class Reflecting:
        def __radd__(self, other):
            return "mine"

        def __array__(self):
            raise AssertionError("not to be asked")

    class OptsOut(np.ndarray):
        __array_ufunc__ = None

        def __radd__(self, other):
            return "mine"

    assert mine + Reflecting() == "mine"
    assert mine + np.zeros(2).view(OptsOut) == "mine"
    for stranger in ("a", None, object(), {}, b"ab"):
        with pytest.raises(TypeError):
            mine + stranger
        with pytest.raises(TypeError):
            stranger + mine
        assert (mine == stranger) is False
        assert (mine != stranger) is True
        with pytest.raises(TypeError):
            mine < stranger  # noqa: B015
    with pytest.raises(ValueError):
        mine + [1, 2, 3]


SUBSCRIPTS = [
    0, -1, 2, 5, -6, slice(None), slice(1, 3), slice(None, None, -1), slice(3, 0, -2), slice(10, 20), slice(-100, 100),
    slice(2**70, None), slice(None, None, 2**62), slice(-(2**63), 2**63 - 1), slice(None, None, -(2**63)),
    None, ..., (), (..., 0), (0, ...), (None, 0), (0, None), (slice(None), 1), (1, 2), (1, 2, 3), (0, 0, 0, 0),
    (None, ..., None), (..., ...), (slice(None, None, -1), slice(None, None, 2)), (0, slice(5, 1)), (..., slice(1, 2)),
    (-1, -1, -1), (3,), (0, 5), 2**70, -(2**70), slice(None, None, 0), "a", 1.5, (1.0,), (None,) * 62,
]  # fmt: skip


@pytest.mark.parametrize("subscript", SUBSCRIPTS, ids=str)
@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 3, 4), (), (0, 3)], ids=str)
def test_subscripts(subscript, shape):
    if shape == () and isinstance(subscript, slice):
        return  # NumPy complains of the axis first, quern of a step of zero
    source = np.arange(int(np.prod(shape))).reshape(shape)
    mine, theirs = both(lambda array: array[subscript], source)
    assert mine[0] == theirs[0], (mine, theirs)
    if mine[0] == "error":
        assert mine[1] is theirs[1]
        return
    assert_same(mine[1], theirs[1])
    if isinstance(theirs[1], np.ndarray) and theirs[1].size:
        assert np.shares_memory(np.asarray(mine[1]), source)
        assert steps(mine[1]) == steps(theirs[1])


@pytest.mark.parametrize("subscript", [[0, 1], np.array([0, 1]), np.array([True, False, True]), True, ([0], [1])])
def test_subscripts_not_supported(subscript):
    with pytest.raises(NotImplementedError):
        quern.zeros((3, 3))[subscript]


def test_subscripts_by_integer_objects():
    mine = quern.asarray([10, 20, 30])
    assert mine[np.int8(1)].item() == 20
    assert mine[np.array(1)].item() == 20
    assert mine[quern.asarray(2)].item() == 30


@pytest.mark.parametrize(
    "subscript, value",
    [
        (0, 5),
        (slice(None), 5),
        (..., 5),
        (slice(1, 3), [[1], [2]]),
        ((slice(None), 1), np.arange(3.0)),
        ((..., None), np.arange(3.0).reshape(3, 1, 1)),
        (slice(None, None, -1), np.arange(12).reshape(3, 4)),
        (0, [1, 2, 3]),
        (0, np.arange(5)),
        (7, 0),
        (0, "a"),
        (0, None),
        ("a", 1),
        (slice(0, 0), 3),
    ],
)
@pytest.mark.parametrize("dtype", JUDGED_DTYPES, ids=str)
def test_assignment(subscript, value, dtype):
    mine, theirs = np.zeros((3, 4), dtype.str), np.zeros((3, 4), dtype.str)
    view = quern.asarray(mine)
    expected = outcome(lambda: theirs.__setitem__(subscript, value))
    found = outcome(lambda: view.__setitem__(subscript, value))
    if isinstance(value, (str, type(None))):
        assert found[0] == "error"  # NumPy reads numbers out of text; quern does not
        return
    assert found == expected
    assert mine.tolist() == theirs.tolist()


def test_assignment_within_one_array():
    mine, theirs = np.arange(10), np.arange(10)
    view = quern.asarray(mine)
    view[1:] = view[:-1]
    theirs[1:] = theirs[:-1]
    assert mine.tolist() == theirs.tolist()
    view[:] = view[::-1]
    theirs[:] = theirs[::-1]
    assert mine.tolist() == theirs.tolist()


def test_write_protection():
    locked = np.arange(3.0)
    locked.flags.writeable = False
    mine = quern.asarray(locked)
    for write in (
        lambda: mine.__setitem__(0, 1),
        lambda: mine.__iadd__(1),
        lambda: quern.add(mine, 1, out=mine),
        lambda: quern.add(mine, 1, out=locked),
        lambda: mine[1:].__setitem__(0, 1),
        lambda: quern.broadcast_to(quern.zeros(1), (3,)).__setitem__(0, 1),
    ):
        with pytest.raises(quern.ReadOnlyError):
            write()
    with pytest.raises((ValueError, TypeError)):
        del mine[0]


def test_sequence_protocol():
    mine = quern.asarray([[1, 2], [3, 4]])
    assert len(mine) == 2
    assert [row.tolist() for row in mine] == [[1, 2], [3, 4]]
    assert [row.tolist() for row in reversed(mine)] == [[3, 4], [1, 2]]
    assert 3 in mine and 7 not in mine and "a" not in mine
    first, second = mine
    assert first.tolist() == [1, 2] and second.tolist() == [3, 4]
    scalar = quern.asarray(5)
    for call in (len, iter, list):
        with pytest.raises(TypeError):
            call(scalar)
    with pytest.raises(TypeError):
        hash(mine)


RESHAPES = [(6,), (3, 2), (-1,), (2, -1), (1, 6, 1), (-1, -1), (5,), (0,), (6, 0), (2, 3, -1), (), (2**63,)]


@pytest.mark.parametrize("shape", RESHAPES, ids=str)
@pytest.mark.parametrize("order", ["C", "F", "A"])
def test_reshape(shape, order, rng):
    for source in layouts(np.arange(6.0).reshape(2, 3)).values():
        mine, theirs = both(lambda array: array.reshape(shape, order=order), source)
        assert mine[0] == theirs[0]
        if mine[0] == "value":
            assert_same(mine[1], theirs[1])
            assert np.shares_memory(np.asarray(mine[1]), source) == np.shares_memory(theirs[1], source)


def test_reshape_forms():
    mine = quern.asarray(np.arange(6))
    assert mine.reshape(2, 3).shape == mine.reshape([2, 3]).shape == mine.reshape((2, 3)).shape == (2, 3)
    assert mine.reshape(-1, 2).shape == (3, 2)
    for bad in (("a",), (1.5,), (None,)):
        with pytest.raises(TypeError):
            mine.reshape(*bad)
    with pytest.raises(ValueError):
        mine.reshape(2, 3, order="K")


def test_transpose_ravel_squeeze():
    source = np.arange(24).reshape(2, 3, 4)
    compare(lambda a: a.T, source)
    for axes in ((), (None,), (1, 0, 2), ((2, 0, 1),), (-1, 0, 1), (0, 1), (0, 0, 1), (0, 1, 3)):
        compare(lambda a, axes=axes: a.transpose(*axes), source)
    for order in ("C", "F"):
        compare(lambda a, order=order: a.ravel(order), source.transpose(1, 0, 2))
    single = np.arange(6).reshape(1, 2, 1, 3)
    for axis in (None, 0, 2, -2, (0, 2), (), 1, 4, (0, 1)):
        compare(lambda a, axis=axis: a.squeeze(axis=axis), single)
    assert np.shares_memory(np.asarray(quern.asarray(source).T), source)


def test_broadcast_to():
    source = np.arange(3)
    for shape in ((3,), (2, 3), 3, (3, 3), (3, 2), (0, 3), ()):
        mine = outcome(lambda shape=shape: quern.broadcast_to(source, shape))
        theirs = outcome(lambda shape=shape: np.broadcast_to(source, shape))
        assert mine[0] == theirs[0]
        if mine[0] == "value":
            assert_same(mine[1], theirs[1])
            assert not mine[1].flags.writeable


@pytest.mark.parametrize("dtype", JUDGED_DTYPES, ids=str)
@pytest.mark.parametrize("value", [0, 1, [1], [[0]], [], [1, 2], [[1, 0], [0, 1]]], ids=str)
@pytest.mark.parametrize("convert", [bool, int, float, operator.index])
def test_conversion_to_python_numbers(dtype, value, convert):
    theirs = np.array(value, dtype.str)
    found = outcome(lambda: convert(quern.asarray(theirs)))
    expected = outcome(lambda: convert(theirs))
    assert found == expected


def test_no_constructor():
    with pytest.raises(TypeError):
        quern.Array()
    with pytest.raises(TypeError):
        quern.Array.__new__(quern.Array)
    with pytest.raises(TypeError):

        class Derived(quern.Array):
            pass

    with pytest.raises((TypeError, AttributeError)):
        quern.zeros(3).unknown = 1
    with pytest.raises((TypeError, AttributeError)):
        quern.zeros(3).shape = (1, 3)


def numpy_representation(array):
    """NumPy's text under our name and always with the dtype, on a line of its own where it does not fit."""
    text = "Array(" + np.array2string(array, separator=", ", prefix="Array(", suffix=")")
    shape = f"shape={array.shape}, " if array.size > 1000 or array.size == 0 and array.ndim != 1 else ""
    rest = f"{shape}dtype={array.dtype.name})"
    column = len(text) - text.rfind("\n")
    return text + (", " if column + 1 + len(rest) <= 75 else ",\n      ") + rest


def printed_values(dtype, shape, rng):
    """Arrays that need few digits, many, exponents, signs and words."""
    yield sample(dtype.str, shape, rng)
    limits = np.iinfo(dtype.str) if dtype.kind in "iu" else None
    if limits is not None:
        yield rng.integers(limits.min, limits.max, shape, dtype.str, endpoint=True)
    if dtype.kind == "f":
        for scale in (1.0, 1e-3, 1e5, 1e7, 1e20):
            yield (rng.standard_normal(shape) * scale).astype(dtype.str)
        yield rng.choice([np.nan, np.inf, -np.inf, 0.0, -0.0, 0.5, 1e-5, 12345.678], shape).astype(dtype.str)
    yield np.ones(shape, dtype.str)


@pytest.mark.parametrize("shape", [(0, 2), (1,), (7,), (40,), (1200,), (3, 5), (30, 17), (4, 300), (2, 3, 4), (3, 2, 25)])
def test_printing_is_numpys(shape):
    rng = np.random.default_rng(8)
    for dtype in JUDGED_DTYPES:
        for source in printed_values(dtype, shape, rng):
            mine = quern.asarray(source)
            assert str(mine) == str(source)
            assert repr(mine) == numpy_representation(source)


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (2, 2, 2), (2000,)], ids=str)
def test_printing(shape):
    for dtype in JUDGED_DTYPES:
        source = np.arange(int(np.prod(shape))).reshape(shape).astype(dtype.str)
        mine = quern.asarray(source)
        assert str(mine) == (str(source) if shape else str(source[()]))
        assert repr(mine) == numpy_representation(source)
    assert repr(quern.asarray([[1, 2], [3, 4]])) == "Array([[1, 2],\n       [3, 4]], dtype=int64)"
    assert f"{quern.asarray(2.5):.2f}" == "2.50"


def test_flags():
    flags = quern.zeros((2, 3)).flags
    assert flags.c_contiguous and flags["C_CONTIGUOUS"] and not flags.f_contiguous
    assert "WRITEABLE : True" in repr(flags)
