"""Dtypes and casting rules."""

import itertools
import pickle

import numpy as np
import pytest
from conftest import DTYPES, JUDGED_DTYPES, outcome

import quern


@pytest.mark.parametrize("dtype", JUDGED_DTYPES, ids=str)
@pytest.mark.parametrize("order", ["=", ">", "<"])
def test_facts_are_numpys(dtype, order):
    theirs = np.dtype(dtype.str).newbyteorder(order)
    mine = dtype.newbyteorder(order)
    for fact in ("name", "str", "kind", "char", "itemsize", "alignment", "isnative"):
        assert getattr(mine, fact) == getattr(theirs, fact), fact
    assert mine.numpy == theirs == np.dtype(mine)
    assert np.zeros(2, dtype=mine).dtype == theirs
    assert quern.dtype(theirs) == mine == theirs
    assert quern.dtype(theirs.str) == mine
    assert pickle.loads(pickle.dumps(mine)) == mine


@pytest.mark.parametrize("dtype", JUDGED_DTYPES, ids=str)
def test_ways_to_name_a_dtype(dtype):
    scalar_type = np.dtype(dtype.str).type
    for name in (dtype, dtype.name, dtype.str, np.dtype(dtype.str), scalar_type, scalar_type(1)):
        assert quern.dtype(name) == dtype
        assert dtype == name
        assert not dtype != name
        assert quern.zeros(1, dtype=name).dtype is dtype
    assert hash(quern.dtype(dtype.name)) == hash(dtype)


def test_python_types_and_others():
    for python_type in (bool, int, float):
        assert quern.dtype(python_type) == np.dtype(python_type)
    assert quern.dtype(np.longlong) == "int64"
    assert quern.float64 != quern.float32
    assert quern.float64 != "float32"
    assert quern.float64 != "no such dtype"
    assert quern.float64 != None  # noqa: E711
    assert (quern.float64 == 5) is False
    assert repr(quern.float64) == "dtype('float64')"
    assert repr(quern.float64.newbyteorder()) == "dtype('>f8')"
    assert str(quern.float64) == "float64"
    assert len({quern.float64, quern.float32, quern.dtype("f8")}) == 2


@pytest.mark.parametrize("name", ["flaot64", "", "f9", "<f3", "complex256", "\0", "x" * 1000, 5, 1.5, [], object])
def test_what_names_no_dtype(name):
    with pytest.raises(TypeError):
        quern.dtype(name)


def test_nearest_name():
    with pytest.raises(TypeError, match="float64"):
        quern.dtype("flaot64")


LEVELS = ["no", "equiv", "safe", "same_kind", "unsafe"]


@pytest.mark.parametrize("level", LEVELS)
def test_can_cast(level):
    orders = [(a, b) for a, b in itertools.product(DTYPES, repeat=2) if a in JUDGED_DTYPES and b in JUDGED_DTYPES]
    for a, b in orders:
        for c, d in ((a, b), (a.newbyteorder(), b), (a, b.newbyteorder())):
            assert quern.can_cast(c, d, level) == np.can_cast(c.str, d.str, level), (c, d)


def test_can_cast_refusals():
    with pytest.raises(ValueError):
        quern.can_cast("i4", "i8", "bogus")
    with pytest.raises(TypeError):
        quern.can_cast("i4", "i8", 5)
    with pytest.raises(TypeError):
        quern.can_cast(1, "i8")
    assert quern.can_cast(np.zeros(2, "i4"), "i8")


def test_promotion():
    for a, b in itertools.product(JUDGED_DTYPES, repeat=2):
        assert quern.promote_types(a, b) == np.promote_types(a.str, b.str)
        assert quern.result_type(a, b) == np.result_type(a.str, b.str)
        assert quern.result_type(a, b, "i1") == np.result_type(a.str, b.str, "i1")


def test_result_type_with_numbers():
    for dtype in JUDGED_DTYPES:
        for number in (1, 300, 2.5, True):
            assert quern.result_type(dtype, number) == np.result_type(np.dtype(dtype.str), number)
    assert quern.result_type(1, 2) == "int64"
    assert quern.result_type(1, 2.0) == "float64"
    assert quern.result_type(np.zeros(2, "f4"), 1) == "float32"
    with pytest.raises(ValueError):
        quern.result_type()


@pytest.mark.parametrize("source", JUDGED_DTYPES, ids=str)
@pytest.mark.parametrize("target", JUDGED_DTYPES, ids=str)
def test_astype(source, target):
    values = np.array([0, 1, 1, 0, 5, 100]).astype(source.str)
    for level in LEVELS:
        theirs = outcome(lambda level=level: values.astype(target.str, casting=level))
        mine = outcome(lambda level=level: quern.asarray(values).astype(target, casting=level))
        assert mine[0] == theirs[0], level
        if mine[0] == "value":
            np.testing.assert_array_equal(np.asarray(mine[1]), theirs[1])
            assert np.asarray(mine[1]).dtype == theirs[1].dtype
        else:
            assert mine[1] is theirs[1]


def test_astype_arguments():
    values = quern.asarray(np.arange(6.0).reshape(2, 3))
    assert values.astype("f8", copy=False) is values
    assert values.astype("f8") is not values
    assert values.astype("i4", order="F").flags.f_contiguous
    assert values.astype(">f8").dtype.str == ">f8"
    assert values.astype(">f8").tolist() == values.tolist()
    with pytest.raises(ValueError):
        values.astype("f8", order="X")
    with pytest.raises(quern.CastError):
        values.astype("i4", casting="same_kind")


def test_casts_saturate():
    """A documented difference: where C leaves a cast undefined, quern saturates and NaN gives 0."""
    with quern.errstate(invalid="ignore"):
        mine = quern.asarray([300.0, -1.0, float("nan"), float("inf")]).astype("uint8")
    assert mine.tolist() == [255, 0, 0, 255]
