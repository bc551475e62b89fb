"""astype(casting="same_value"): which elements keep their values. NumPy is the judge where it knows both dtypes."""

import itertools
import warnings

import numpy as np
import pytest
from conftest import DTYPES, JUDGED_DTYPES, layouts, outcome

import quern


def specials(dtype):
    """Numbers at the edges of every dtype, as far as this one holds them."""
    edges = {0, 1, 2, 255, 2049, *(sign * 2**bits + more for bits in (7, 8, 11, 15, 16, 24, 31, 32, 53, 63)
                                   for sign in (1, -1) for more in (-1, 0, 1))}
    fractions = [0.5, 0.1, -0.5, 65504.0, 65520.0, 1e38, 3.5e38, 1e300, 1e-40, 1e-300, 2.0**-24, 2.0**-149, 2.0**-150]
    reals = [*map(float, sorted(edges)), *fractions, -0.0, np.nan, -np.nan, np.inf, -np.inf]
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if dtype.kind in "iu":
            info = np.iinfo(dtype)
            return np.array([n for n in sorted(edges | {2**64 - 1}) if info.min <= n <= info.max], dtype)
        if dtype.kind == "c":
            pairs = itertools.product(reals, (0.0, -0.0, 0.5, 0.1, 1e300, np.nan, np.inf))
            return np.array([complex(*pair) for pair in pairs]).astype(dtype)
        return np.array(reals).astype(dtype) if dtype.kind == "f" else np.array([False, True])


def same_value(array, dtype):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return array.astype(dtype, casting="same_value")


def numpy_refuses_halves(element, target):
    """Where halves take part NumPy compares bits, so that zeros of either sign differ, and refuses the largest half."""
    if target == "float16":
        return abs(complex(element).real) == 65504 or (element.imag == 0 and np.signbit(element.imag))
    return element.dtype == "f2" and target.kind in "iu" and element == 0 and np.signbit(element)


@pytest.mark.parametrize("source", JUDGED_DTYPES, ids=str)
def test_every_pair(source):
    elements = specials(source.numpy)
    for target in JUDGED_DTYPES:
        kept = []
        for element in elements:
            if numpy_refuses_halves(element, target):
                continue
            array = element.reshape(1)
            theirs = outcome(lambda: same_value(array, target.numpy))
            mine = outcome(lambda: same_value(quern.asarray(array), target))
            assert mine[0] == theirs[0], (element, target)
            if mine[0] == "error":
                assert mine[1] is theirs[1] is ValueError
                continue
            assert np.asarray(mine[1]).tobytes() == theirs[1].tobytes() or np.isnan(element)
            kept.append(element)
        many = np.array(kept * 50, source.numpy)
        np.testing.assert_array_equal(same_value(quern.asarray(many), target), same_value(many, target.numpy))
        for element in elements:
            if numpy_refuses_halves(element, target):
                continue
            if outcome(lambda: same_value(element.reshape(1), target.numpy))[0] == "error":
                with pytest.raises(ValueError, match="same_value"):
                    same_value(quern.asarray(np.append(many, element)), target)


def test_layouts():
    whole = np.arange(1000.0).reshape(10, 20, 5)
    broken = whole.copy()
    broken[7, 3, 2] = 0.5
    for name, array in layouts(whole).items():
        np.testing.assert_array_equal(same_value(quern.asarray(array), "i4"), whole.astype("i4"), err_msg=name)
    for array in layouts(broken).values():
        with pytest.raises(ValueError):
            same_value(quern.asarray(array), "i4")


def test_byte_order_of_the_result():
    """NumPy checks nothing where the result's bytes are swapped."""
    assert same_value(quern.asarray([1.5]), ">f4").dtype == ">f4"
    with pytest.raises(ValueError):
        same_value(quern.asarray([0.1]), ">f4")


@pytest.mark.parametrize("target", [dtype for dtype in DTYPES if dtype not in JUDGED_DTYPES], ids=str)
def test_dtypes_that_numpy_learns(target):
    """Elements keep their values if the results are equal to them."""
    with quern.errstate(all="ignore"):
        for source in (quern.float64, quern.float16, quern.int16):
            for element in specials(source.numpy):
                array = quern.asarray(element.reshape(1))
                kept = np.asarray(array.astype(target).astype(quern.float64))  # which holds all of these
                exact = (kept == float(element)).all() or (np.isnan(kept).all() and np.isnan(element))
                assert (outcome(lambda: same_value(array, target))[0] == "value") == bool(exact), element


def test_it_is_for_astype_alone():
    array = quern.asarray([1.0])
    message = r"casting must be one of 'no', 'equiv', 'safe', 'same_kind', 'unsafe' \(got 'same_value'\)"
    for refused in (
        lambda module, a: module.can_cast("f8", "i4", "same_value"),
        lambda module, a: module.add(a, a, casting="same_value"),
        lambda module, a: module.add(a, a, dtype="f4", casting="same_value"),
        lambda module, a: module.matmul(a, a, casting="same_value"),
    ):
        for module, operand in ((quern, array), (np, np.ones(1))):
            with pytest.raises(ValueError, match=message):
                refused(module, operand)
    for operand in (array, np.ones(1)):
        with pytest.raises(ValueError, match=r"'unsafe', 'same_value' \(got 'same_val'\)"):
            operand.astype("i4", casting="same_val")


def test_lost_imaginary_parts_are_warned_of():
    with pytest.warns(np.exceptions.ComplexWarning):
        np.array([1 + 0j]).astype("f8", casting="same_value")
    with pytest.warns(quern.ComplexWarning):
        quern.asarray([1 + 0j]).astype("f8", casting="same_value")
