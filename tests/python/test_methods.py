"""reduce, accumulate, reduceat, outer, at, and the functions and methods named after reductions."""

import itertools

import numpy as np
import pytest
from conftest import JUDGED, JUDGED_DTYPES, REDUCTIONS, UFUNCS, judge, numpy_ufunc, outcome, sample

import quern

BINARY = [ufunc for ufunc in JUDGED if ufunc.nin == 2 and ufunc.nout == 1]
# NumPy's code for AVX-512 reduces floats to the first and the last element alone; and folds of powers multiply the last
# place's error by every exponent.
UNFOLDED = {"power", "float_power", "arctan2"}
FOLDS = [ufunc for ufunc in BINARY if ufunc.name not in UNFOLDED]
# Applied twice they enlarge a last place in which NumPy's first result differs.
STEEP = {"tan", "sinh", "cosh"}
SHAPES = [(6,), (1,), (0,), (3, 4), (0, 3), (3, 0), (2, 3, 4), (1, 5, 1), ()]


def axes_of(shape):
    yield from range(-len(shape), len(shape))
    yield None
    yield ()
    yield from itertools.combinations(range(len(shape)), 2)
    yield len(shape)
    yield (0, 0)


@pytest.mark.parametrize("ufunc", FOLDS, ids=lambda u: u.name)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_reduce(ufunc, shape, rng):
    theirs = numpy_ufunc(ufunc)
    for dtype in JUDGED_DTYPES:
        array = sample(dtype.str, shape, rng)
        for axis, keepdims in itertools.product(axes_of(shape), (False, True)):
            options = {"axis": axis, "keepdims": keepdims}
            judge(
                lambda options=options: ufunc.reduce(array, **options),
                lambda options=options: theirs.reduce(array, **options),
                note=(dtype, options),
                any_error=not isinstance(axis, int),
            )


@pytest.mark.parametrize("ufunc", FOLDS, ids=lambda u: u.name)
def test_reduce_options(ufunc, rng):
    theirs = numpy_ufunc(ufunc)
    mask = rng.random((3, 4)) < 0.5
    none = np.zeros((3, 4), bool)
    choices = [
        {"initial": 3},
        {"initial": None},
        {"where": mask},
        {"where": mask, "initial": 2},
        {"where": none, "initial": 2},
        {"where": mask[0], "initial": 1, "axis": 1},
        {"where": mask, "initial": None},
        {"dtype": "f8"},
        {"dtype": "i2"},
        {"initial": 1.5},
        {"where": False, "initial": 1},
    ]
    for dtype, options in itertools.product(JUDGED_DTYPES, choices):
        array = sample(dtype.str, (3, 4), rng)
        judge(lambda: ufunc.reduce(array, **options), lambda: theirs.reduce(array, **options), note=(dtype, options))


@pytest.mark.parametrize("ufunc", FOLDS, ids=lambda u: u.name)
@pytest.mark.parametrize("shape", [(6,), (0,), (3, 4), (2, 3, 4), (2, 0)], ids=str)
def test_accumulate(ufunc, shape, rng):
    theirs = numpy_ufunc(ufunc)
    for dtype in JUDGED_DTYPES:
        array = sample(dtype.str, shape, rng)
        for axis in (*range(-len(shape), len(shape)), len(shape), (0, 1)):
            judge(lambda axis=axis: ufunc.accumulate(array, axis), lambda axis=axis: theirs.accumulate(array, axis))
        judge(lambda: ufunc.accumulate(array, dtype="f8"), lambda: theirs.accumulate(array, dtype="f8"))


@pytest.mark.parametrize("ufunc", FOLDS, ids=lambda u: u.name)
def test_reduceat(ufunc, rng):
    theirs = numpy_ufunc(ufunc)
    choices = [[0], [0, 3], [0, 2, 4, 1], [5, 0, 0], [], [3, 3, 3], [0, 6], [-1], [7]]
    for dtype, indices in itertools.product(JUDGED_DTYPES, choices):
        array = sample(dtype.str, (6,), rng)
        judge(
            lambda: ufunc.reduceat(array, np.array(indices, int)),
            lambda: theirs.reduceat(array, np.array(indices, int)),
        )
        square = sample(dtype.str, (3, 6), rng)
        judge(lambda: ufunc.reduceat(square, [0, 2], 1), lambda: theirs.reduceat(square, [0, 2], 1))


@pytest.mark.parametrize("ufunc", BINARY, ids=lambda u: u.name)
def test_outer(ufunc, rng):
    theirs = numpy_ufunc(ufunc)
    for dtype in JUDGED_DTYPES:
        for first, second in (((3,), (4,)), ((2, 2), (3,)), ((), (3,)), ((0,), (2,))):
            a, b = sample(dtype.str, first, rng), sample(dtype.str, second, rng)
            judge(lambda: ufunc.outer(a, b), lambda: theirs.outer(a, b))
        a = sample(dtype.str, (3,), rng)
        judge(lambda: ufunc.outer(a, 2), lambda: theirs.outer(a, 2))
        judge(lambda: ufunc.outer(a, a, dtype="f4"), lambda: theirs.outer(a, a, dtype="f4"))


@pytest.mark.parametrize("ufunc", [u for u in BINARY if u.name in UNFOLDED], ids=lambda u: u.name)
def test_folds_of_powers_are_their_steps(ufunc, rng):
    for dtype in JUDGED_DTYPES:
        if dtype.kind != "f":
            continue
        steps = [np.asarray(column) for column in abs(sample(dtype.str, (6, 9), rng))]
        with np.errstate(all="ignore"), quern.errstate(all="ignore"):
            expected = list(itertools.accumulate(steps, lambda a, b: np.asarray(ufunc(a, b))))
            folded = np.asarray(ufunc.accumulate(np.array(steps)))
            np.testing.assert_array_equal(folded, np.array(expected, folded.dtype))
            if folded.itemsize > 2:  # float16 is folded in float32 and rounded once
                np.testing.assert_array_equal(np.asarray(ufunc.reduce(np.array(steps))), expected[-1])


@pytest.mark.parametrize("ufunc", [u for u in JUDGED if u.nout == 1 and u.nin <= 2], ids=lambda u: u.name)
def test_at(ufunc, rng):
    theirs = numpy_ufunc(ufunc)
    for dtype, shape in itertools.product(JUDGED_DTYPES, [(6,), (6, 2)]):
        source = sample(dtype.str, shape, rng)
        for indices in ([0, 1, 1, 5, -1, 1], 2, [], [[0, 1], [1, 0]]):
            if ufunc.name in UNFOLDED:
                indices = np.unique(np.mod(indices, 6))
            indices = np.array(indices, int)
            values = () if ufunc.nin == 1 else (sample(dtype.str, (), rng),)

            def call(function, indices=indices, values=values, source=source):
                array = source.copy()
                assert function.at(array, indices, *values) is None
                return array

            result = outcome(lambda: theirs(source, *values))
            if result[0] == "value" and not np.can_cast(result[1].dtype, source.dtype, "same_kind"):
                continue  # casts that NumPy leaves undefined
            ulps = 1000.0 if ufunc.name in STEEP else 4.0
            judge(lambda: call(ufunc), lambda: call(theirs), ulps, note=(source, indices, values))


def test_at_refusals():
    with pytest.raises(IndexError):
        quern.add.at(np.zeros(3), [3], 1)
    with pytest.raises(TypeError):
        quern.add.at([1, 2], [0], 1)
    with pytest.raises(ValueError):
        quern.add.at(np.zeros(3), [0])
    with pytest.raises(NotImplementedError):
        quern.add.at(np.zeros(3), np.array([True, False, True]), 1)
    with pytest.raises(NotImplementedError):
        quern.add.at(np.zeros((3, 3)), ([0], [1]), 1)
    locked = np.zeros(3)
    locked.flags.writeable = False
    with pytest.raises(ValueError):
        quern.add.at(locked, [0], 1)


@pytest.mark.parametrize("ufunc", [u for u in UFUNCS if u.nin != 2], ids=lambda u: u.name)
def test_methods_need_two_inputs(ufunc):
    array = np.ones(3)
    calls = [
        lambda: ufunc.reduce(array),
        lambda: ufunc.accumulate(array),
        lambda: ufunc.reduceat(array, [0]),
        lambda: ufunc.outer(array, array),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="only supported for binary functions"):
            call()


@pytest.mark.parametrize("name, ufunc", REDUCTIONS, ids=lambda x: str(getattr(x, "name", x)))
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_reduction_functions(name, ufunc, shape, rng):
    mine, theirs = getattr(quern, name), getattr(np, name)
    for dtype in JUDGED_DTYPES:
        array = sample(dtype.str, shape, rng)
        for axis in axes_of(shape):
            judge(lambda axis=axis: mine(array, axis), lambda axis=axis: theirs(array, axis))
            judge(
                lambda axis=axis: mine(array, axis=axis, keepdims=True),
                lambda axis=axis: theirs(array, axis=axis, keepdims=True),
            )


@pytest.mark.parametrize("name, ufunc", REDUCTIONS, ids=lambda x: str(getattr(x, "name", x)))
def test_reduction_methods(name, ufunc, rng):
    for dtype in JUDGED_DTYPES:
        array = sample(dtype.str, (3, 4), rng)
        if not hasattr(array, name):
            continue  # a second name that only the function has
        mine = quern.asarray(array)
        judge(lambda: getattr(mine, name)(), lambda: getattr(array, name)())
        judge(lambda: getattr(mine, name)(1), lambda: getattr(array, name)(1))

        def call(function):
            out = np.zeros(4, outcome(lambda: getattr(array, name)(0).dtype)[1])
            assert function(axis=0, out=out) is out
            return out

        judge(lambda: call(getattr(mine, name)), lambda: call(getattr(array, name)))


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape], ids=str)
def test_mean(shape, rng):
    for dtype in JUDGED_DTYPES:
        array = sample(dtype.str, shape, rng)
        mine = quern.asarray(array)
        for axis in axes_of(shape):
            judge(lambda axis=axis: quern.mean(array, axis), lambda axis=axis: np.mean(array, axis))
            judge(
                lambda axis=axis: mine.mean(axis, keepdims=True), lambda axis=axis: array.mean(axis, keepdims=True)
            )


def test_out_of_reductions():
    array = np.arange(6.0).reshape(2, 3)
    for out in (np.zeros(3), quern.zeros(3)):
        assert quern.add.reduce(array, out=out) is out
        assert quern.add.reduce(array, out=(out,)) is out
        assert np.asarray(out).tolist() == [3.0, 5.0, 7.0]
    running = np.zeros((2, 3))
    assert quern.add.accumulate(array, out=running) is running
    assert running.tolist() == [[0, 1, 2], [3, 5, 7]]
    for bad in (np.zeros(2), np.zeros((2, 3))):
        with pytest.raises(ValueError):
            quern.add.reduce(array, out=bad)


def test_larger_reductions_beside_numpy(rng):
    for shape in ((1000,), (33, 77), (7, 11, 13), (2000, 3), (3, 2000)):
        array = rng.standard_normal(shape)
        exact = array.astype(np.longdouble)
        for axis in (*range(array.ndim), None):
            mine = np.asarray(quern.sum(array, axis))
            scale = np.abs(array).sum(axis)
            assert np.all(np.abs(mine - exact.sum(axis)) <= 1e-15 * scale)


@pytest.mark.parametrize("axis", ["0", 1.5, [0], object()])
def test_axes_that_are_none(axis):
    with pytest.raises(TypeError):
        quern.sum(np.zeros((2, 2)), axis)


def test_axis_error_is_both():
    with pytest.raises(quern.AxisError) as caught:
        quern.sum([[1]], axis=2)
    assert isinstance(caught.value, ValueError) and isinstance(caught.value, IndexError)
    assert "axis 2 is out of bounds for array of dimension 2" in str(caught.value)
    with pytest.raises(OverflowError):
        quern.sum([[1]], axis=2**70)
