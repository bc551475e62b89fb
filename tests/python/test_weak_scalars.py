"""Python's numbers beside arrays (NEP 50)."""

import itertools

import numpy as np
import pytest
from conftest import JUDGED, JUDGED_DTYPES, assert_same, judge, numpy_ufunc, outcome, sample

import quern

NUMBERS = [
    0, 1, -1, 2, 127, 128, -128, -129, 255, 256, 65535, 65536, 2**31, 2**32, 2**63 - 1, 2**63, 2**64 - 1, 2**64,
    -(2**63), -(2**63) - 1, 2**70, -(2**70), 0.5, -2.0, True, False, 1.5 - 2j,
]  # fmt: skip


def exactly(ufunc, inputs):
    """NumPy's answer for Python's integers: objects have an order and a truth value, but no exclusive or."""
    if ufunc is np.logical_xor:
        return ufunc(*(np.asarray(each, dtype=bool) if isinstance(each, np.ndarray) else bool(each) for each in inputs))
    return ufunc(*(each.astype(object) if isinstance(each, np.ndarray) else each for each in inputs))


@pytest.mark.parametrize("ufunc", [u for u in JUDGED if u.nin == 2], ids=lambda u: u.name)
@pytest.mark.parametrize("number", NUMBERS, ids=str)
def test_beside_every_dtype(ufunc, number, rng):
    theirs = numpy_ufunc(ufunc)
    for dtype in JUDGED_DTYPES:
        array = sample(dtype.str, (5,), rng)
        for inputs in ((array, number), (number, array)):
            found = outcome(lambda inputs=inputs: ufunc(*inputs))
            refused = outcome(lambda inputs=inputs: theirs(*inputs)) == ("error", OverflowError)
            if refused and found[0] == "value" and found[1].dtype == quern.bool:
                # NumPy refuses some questions of truth or order about large integers; quern answers them all.
                exact = exactly(theirs, inputs)
                assert found[1].tolist() == [bool(each) for each in exact], inputs
            else:
                judge(lambda: ufunc(*inputs), lambda: theirs(*inputs), note=inputs)


@pytest.mark.parametrize("ufunc", JUDGED, ids=lambda u: u.name)
def test_numbers_alone(ufunc):
    theirs = numpy_ufunc(ufunc)
    for numbers in itertools.product([3, -2, 1.5, True, 2j], repeat=ufunc.nin):
        judge(lambda: ufunc(*numbers), lambda: theirs(*numbers), note=numbers)


def test_comparisons_are_exact():
    largest = np.array([2**64 - 1], np.uint64)
    assert (quern.asarray(largest) < 2**64).item() is True
    assert (quern.asarray(largest) == 2**64).item() is False
    assert (quern.asarray(largest) == 2**64 - 1).item() is True
    assert (quern.asarray(np.array([255], np.uint8)) < 300).item() is True
    assert (quern.asarray(np.array([0], np.uint8)) == -1).item() is False
    assert (quern.asarray([-(2**63)]) > -(2**63) - 1).item() is True
    assert (2**70 > quern.asarray([1])).item() is True


def test_numpys_scalars_are_strong():
    small = np.array([1], np.uint8)
    for scalar in (np.int64(1), np.float64(1), np.float32(1), np.array(300), np.True_):
        assert_same(quern.add(small, scalar), np.add(small, scalar))
        assert_same(quern.asarray(small) + scalar, small + scalar)
    assert_same(quern.add(np.ones(1, "f4"), np.float64(1)), np.add(np.ones(1, "f4"), np.float64(1)))


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: quern.add(np.zeros(1, "u1"), 300), "Python integer 300 out of bounds for uint8"),
        (lambda: quern.add(np.zeros(1, "u1"), -1), "Python integer -1 out of bounds for uint8"),
        (lambda: quern.add(np.zeros(1, "i8"), 2**63), "Python int"),
        (lambda: quern.add(np.zeros(1, "i8"), 2**70), "Python int too large to convert to C long"),
        (lambda: quern.add(np.zeros(1, "f8"), 10**400), "int too large to convert to float"),
    ],
)
def test_messages(call, message):
    with pytest.raises(OverflowError, match=message):
        call()


def test_setitem_checks_like_numpy():
    for dtype, value in itertools.product(JUDGED_DTYPES, [0, 1, -1, 300, 2**40, 2**70, 1.75, -1.75, True]):
        mine, theirs = np.zeros(2, dtype.str), np.zeros(2, dtype.str)
        view = quern.asarray(mine)
        expected = outcome(lambda theirs=theirs, value=value: theirs.__setitem__(0, value))
        found = outcome(lambda view=view, value=value: view.__setitem__(0, value))
        assert found == expected, (dtype, value)
        assert mine.tolist() == theirs.tolist(), (dtype, value)
