"""Python's numbers and lists become arrays as NumPy makes them."""

import copy
import enum
import pickle

import numpy as np
import pytest
from conftest import JUDGED_DTYPES, assert_same, outcome

import quern

LISTS = [
    [],
    [[]],
    [[], []],
    [1, 2, 3],
    [1, 2.5],
    [True, False],
    [True, 2],
    [True, 2.5],
    [[1, 2], [3, 4]],
    [[[1], [2]], [[3], [4]]],
    (1, (2)),
    ((1, 2), [3, 4]),
    range(5),
    [range(2), range(2)],
    [2**63],
    [2**64 - 1],
    [1, 2**63],
    [-(2**63)],
    [float("nan"), float("inf")],
    [np.float32(1.5), np.float32(2)],
    [np.float32(1.5), 2.0],
    [np.int8(1), 2],
    [np.uint8(1), np.int8(-1)],
    [np.arange(3), np.arange(3.0)],
    [np.arange(3), [1, 2, 3]],
    [[np.arange(2), np.arange(2)], [np.zeros(2), np.ones(2)]],
    [np.array(5), 6],
    [np.zeros((0, 2)), np.zeros((0, 2))],
    5,
    -5,
    2**63,
    2.5,
    True,
]


@pytest.mark.parametrize("value", LISTS, ids=repr)
def test_like_numpy(value):
    assert_same(quern.asarray(value), np.asarray(value))


def test_lists_of_own_arrays():
    rows = [quern.asarray([1, 2]), quern.asarray([3.5, 4.5])]
    assert_same(quern.asarray(rows), np.asarray([[1, 2], [3.5, 4.5]]))


@pytest.mark.parametrize(
    "value",
    [
        [[1], [1, 2]],
        [1, [2]],
        [[1], 2],
        [[[1]], [1]],
        [np.arange(2), np.arange(3)],
        [np.arange(2), 5],
        [[], 1],
        [[1, 2], np.zeros((2, 2))],
    ],
    ids=repr,
)
def test_ragged(value):
    with pytest.raises(ValueError):
        quern.asarray(value)


@pytest.mark.parametrize("value", [["a"], [None], [1, "b"], [b"x"], [[object()]], [{}]], ids=repr)
def test_lists_of_other_things(value):
    with pytest.raises(TypeError):
        quern.asarray(value)


def test_lists_too_deep():
    deep = 1
    for _ in range(64):
        deep = [deep]
    assert quern.asarray(deep).ndim == 64
    with pytest.raises(ValueError):
        quern.asarray([deep])
    endless = []
    endless.append(endless)
    with pytest.raises(ValueError):
        quern.asarray(endless)


def test_lists_that_change_while_they_are_read():
    victim = []

    class Hostile:
        @property
        def __array_interface__(self):
            victim.clear()
            return np.zeros(()).__array_interface__

    victim.extend([Hostile(), [1.0], 2.0, 3.0])
    outcome(lambda: quern.asarray(victim))
    victim.extend([1.0, Hostile(), 3.0, 4.0])
    outcome(lambda: quern.asarray(victim))


class BadSequence:
    def __len__(self):
        return 3

    def __getitem__(self, index):
        raise ZeroDivisionError


def test_errors_of_sequences_pass_through():
    with pytest.raises(ZeroDivisionError):
        quern.asarray(BadSequence())


@pytest.mark.parametrize("dtype", JUDGED_DTYPES, ids=str)
@pytest.mark.parametrize(
    "value", [0, 1, -1, 127, 128, 255, 256, -129, 2**31, 2**63, 2**64, -(2**63) - 1, 2.75, -2.75, True]
)
def test_values_for_a_dtype(dtype, value):
    kind, theirs = outcome(lambda: np.array([value, 1], dtype=dtype.str))
    mine_kind, mine = outcome(lambda: quern.asarray([value, 1], dtype=dtype))
    assert mine_kind == kind, (mine, theirs)
    if kind == "value":
        assert_same(mine, theirs)
    else:
        assert mine is theirs


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_floats_without_a_whole_part(value):
    for dtype in (quern.int8, quern.uint64):
        error = outcome(lambda dtype=dtype: np.array([value], dtype=dtype.str))[1]
        with pytest.raises(error):
            quern.asarray([value], dtype=dtype)


def test_too_large_for_any_integer():
    with pytest.raises(OverflowError):
        quern.asarray([2**64])
    assert quern.asarray([2**70], dtype="float64").tolist() == [float(2**70)]
    with pytest.raises(OverflowError, match="too large to convert to float"):
        quern.asarray([10**400], dtype="float64")


def test_out_of_range_message():
    with pytest.raises(OverflowError, match="Python integer 300 out of bounds for uint8"):
        quern.asarray([300], dtype="uint8")
    with pytest.raises(OverflowError, match="Python int too large to convert to C long"):
        quern.asarray([2**70], dtype="uint8")


class Level(enum.IntEnum):
    HIGH = 3


def test_subclasses_of_int():
    assert quern.asarray(Level.HIGH).item() == 3
    assert quern.asarray([Level.HIGH, 2]).tolist() == [3, 2]
    assert str((quern.asarray([1], dtype="uint8") + Level.HIGH).dtype) == "uint8"


@pytest.mark.parametrize("dtype", JUDGED_DTYPES, ids=str)
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0,), (2, 0), (1, 2, 3)])
def test_tolist_and_item(dtype, shape, rng):
    source = (rng.integers(0, 2, shape) * 3).astype(dtype.str)
    mine = quern.asarray(source)
    assert mine.tolist() == source.tolist()
    if source.size == 1:
        assert mine.item() == source.item()
        assert type(mine.item()) is type(source.item())
    elif source.ndim:
        with pytest.raises(ValueError):
            mine.item()
    if source.size:
        last = tuple(n - 1 for n in shape)
        assert mine.item(*last) == source.item(*last)
        if shape:
            assert mine.item(source.size - 1) == source.item(source.size - 1)


@pytest.mark.parametrize("dtype", JUDGED_DTYPES, ids=str)
def test_pickle_and_copy(dtype, rng):
    mine = quern.asarray(rng.integers(0, 2, (2, 3)).astype(dtype.str))
    for twin in (pickle.loads(pickle.dumps(mine)), copy.copy(mine), copy.deepcopy(mine), mine.copy()):
        assert_same(twin, np.asarray(mine))
        assert not np.shares_memory(np.asarray(twin), np.asarray(mine))


@pytest.mark.parametrize("dtype", JUDGED_DTYPES, ids=str)
@pytest.mark.parametrize("shape", [3, (2, 3), [], (0, 2)])
def test_creation(dtype, shape):
    for name in ("zeros", "ones"):
        assert_same(getattr(quern, name)(shape, dtype), getattr(np, name)(shape, dtype.str))
    assert quern.empty(shape, dtype=dtype).shape == np.empty(shape).shape
    assert_same(quern.full(shape, 1, dtype), np.full(shape, 1, dtype.str))


def test_creation_defaults_and_errors():
    assert_same(quern.zeros(2), np.zeros(2))
    assert_same(quern.full(2, 3), np.full(2, 3))
    assert_same(quern.full(2, 3.5), np.full(2, 3.5))
    assert_same(quern.full((2, 2), [1, 2]), np.full((2, 2), [1, 2]))
    assert quern.zeros((2, 3), order="F").strides == (8, 16)
    for bad in (-1, (2, -1), (2**62, 2**62), (1,) * 65):
        with pytest.raises(ValueError):
            quern.empty(bad)
    for bad in (1.5, "3", None, (1.5,)):
        with pytest.raises(TypeError):
            quern.empty(bad)
    with pytest.raises(OverflowError):
        quern.empty(2**70)
    with pytest.raises(OverflowError):
        quern.full(2, 300, dtype="uint8")
    with pytest.raises(MemoryError):
        quern.empty(2**58)


@pytest.mark.parametrize(
    "arguments",
    [
        (5,),
        (0,),
        (-3,),
        (2, 5),
        (5, 2),
        (5, 2, -1),
        (0, 10, 3),
        (10, 0, -3),
        (0, 9, 3),
        (2**62, 2**62 + 3),
        (0.0, 1.0, 0.25),
        (1.0,),
        (0, 1, 0.1),
        (5.0, 2.0),
        (-(2**63), -(2**63) + 2),
    ],
)
def test_arange(arguments):
    assert_same(quern.arange(*arguments), np.arange(*arguments))


def test_arange_refusals():
    with pytest.raises((ValueError, ZeroDivisionError)):
        quern.arange(0, 5, 0)
    with pytest.raises((ValueError, MemoryError, OverflowError)):
        quern.arange(-(2**63), 2**63 - 1)
    assert_same(quern.arange(3, dtype="f4"), np.arange(3, dtype="f4"))
