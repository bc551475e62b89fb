"""Memory goes in and out without copies, in every layout, and lives as long as somebody looks at it."""

import array
import ctypes
import gc
import weakref

import numpy as np
import pytest
from conftest import JUDGED_DTYPES, layouts, sample

import quern


def steps(array):
    """Strides of the axes along which there is a step to make: of the others NumPy hands out what it likes."""
    return [step for extent, step in zip(array.shape, array.strides, strict=True) if extent > 1]


def address(object_: object) -> int:
    return object_.__array_interface__["data"][0]


@pytest.mark.parametrize("dtype", JUDGED_DTYPES, ids=str)
@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 3, 2), (1, 1, 7)])
def test_every_layout_is_shared_both_ways(dtype, shape, rng):
    for name, source in layouts(sample(dtype, shape, rng)).items():
        mine = quern.asarray(source)
        back = np.asarray(mine)
        assert address(mine) == address(source) == address(back), name
        assert mine.shape == source.shape == back.shape, name
        assert steps(mine) == steps(source) == steps(back), name
        assert back.dtype == source.dtype, name
        assert mine.flags.writeable == source.flags.writeable == back.flags.writeable, name
        assert mine.flags.c_contiguous == source.flags.c_contiguous, name
        assert mine.flags.f_contiguous == source.flags.f_contiguous, name
        assert mine.flags.aligned == source.flags.aligned, name
        np.testing.assert_array_equal(back, source, err_msg=name)


@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (0, 0, 2), (1,) * 20])
def test_scalars_empty_and_deep_arrays(shape):
    source = np.zeros(shape)
    mine = quern.asarray(source)
    back = np.asarray(mine)
    assert back.shape == mine.shape == shape
    assert back.dtype == source.dtype
    assert mine.size == source.size and mine.nbytes == source.nbytes
    if source.size:
        assert address(back) == address(source)


def test_sixty_four_axes():
    assert quern.asarray(np.zeros((1,) * 64)).ndim == 64
    assert np.asarray(quern.asarray(np.zeros((1,) * 64))).ndim == 64


def test_writes_are_seen_on_the_other_side():
    source = np.zeros((3, 4))
    mine = quern.asarray(source)
    source[1, 2] = 7
    assert mine[1, 2].item() == 7
    mine[0, 3] = 5
    assert source[0, 3] == 5


def test_native_dtypes_come_back_as_numpys_own():
    for dtype in JUDGED_DTYPES:
        native = np.zeros(3, dtype.str)
        assert np.asarray(quern.asarray(native)).dtype.char == native.dtype.char


@pytest.mark.parametrize(
    "source",
    [
        bytearray(range(8)),
        memoryview(bytes(8)),
        array.array("d", [1.5, 2.5]),
        array.array("l", [-1, 2]),
        (ctypes.c_int * 3)(1, 2, 3),
        (ctypes.c_long * 3)(1, 2, 3),
        (ctypes.c_double * 2)(1.0, 2.0),
        memoryview(np.arange(12).reshape(3, 4))[::2],
        np.float32(2.5),
        np.int16(-3),
        np.bool_(True),
    ],
    ids=lambda source: type(source).__name__,
)
def test_other_exporters(source):
    theirs = np.asarray(source)
    mine = quern.asarray(source)
    assert str(mine.dtype) == theirs.dtype.name
    np.testing.assert_array_equal(np.asarray(mine), theirs)


class Interface:
    def __init__(self, **parts):
        self.__array_interface__ = parts


def test_array_interface():
    data = np.arange(6.0).reshape(2, 3)
    whole = dict(data.__array_interface__)
    mine = quern.asarray(Interface(**whole))
    assert address(mine) == address(data)
    assert mine.tolist() == data.tolist()
    over_buffer = Interface(version=3, typestr="<i2", shape=(2, 2), data=bytes(range(10)), offset=2)
    assert quern.asarray(over_buffer).tolist() == [[0x0302, 0x0504], [0x0706, 0x0908]]
    assert not quern.asarray(over_buffer).flags.writeable


@pytest.mark.parametrize(
    "parts, error",
    [
        ({"typestr": "<f8", "shape": (3,), "data": bytes(8)}, ValueError),
        ({"typestr": "<f8", "shape": (1,), "data": bytes(8), "offset": 1}, ValueError),
        ({"typestr": "<f8", "shape": (2,), "data": bytes(16), "strides": (-8,)}, ValueError),
        ({"typestr": "<f8", "shape": (1,), "data": bytes(8), "strides": (8, 8)}, ValueError),
        ({"typestr": "<f8", "shape": (-1,), "data": bytes(8)}, ValueError),
        ({"typestr": "<M8[xs]", "shape": (1,), "data": bytes(8)}, TypeError),
        ({"typestr": 5, "shape": (1,), "data": bytes(8)}, TypeError),
        ({"typestr": "<f8", "shape": None, "data": bytes(8)}, TypeError),
        ({"typestr": "<f8", "shape": (1,) * 65, "data": bytes(8)}, ValueError),
        ({"typestr": "<f8", "shape": (2**62, 2**62), "data": (0, True)}, ValueError),
        ({"typestr": "<f8", "shape": (1,), "data": (None, True)}, TypeError),
        ({"typestr": "<f8", "shape": (2**70,), "data": bytes(8)}, OverflowError),
    ],
)
def test_contradicting_array_interfaces(parts, error):
    with pytest.raises(error):
        quern.asarray(Interface(**parts))


class Dlpack:
    """Exports by DLPack alone."""

    def __init__(self, source, versioned=True):
        self.source = source
        self.versioned = versioned

    def __dlpack__(self, **options):
        if not self.versioned and options:
            raise TypeError("unexpected argument")
        return self.source.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.source.__dlpack_device__()


@pytest.mark.parametrize("dtype", JUDGED_DTYPES, ids=str)
@pytest.mark.parametrize("versioned", [True, False])
def test_dlpack_both_ways(dtype, versioned, rng):
    source = sample(dtype, (3, 4), rng)
    for view in (source, source[:, ::2], source[::-1], source.T, source[:0]):
        mine = quern.from_dlpack(Dlpack(view, versioned))
        assert mine.shape == view.shape and str(mine.dtype) == view.dtype.name
        np.testing.assert_array_equal(np.asarray(mine), view)
        back = np.from_dlpack(Dlpack(mine, versioned))
        np.testing.assert_array_equal(back, view)
        if view.size:
            assert address(mine) == address(view) == address(back)


def test_dlpack_carries_write_protection():
    source = np.arange(3)
    source.flags.writeable = False
    mine = quern.from_dlpack(source)
    assert not mine.flags.writeable
    assert not np.from_dlpack(mine).flags.writeable
    with pytest.raises(BufferError):
        mine.__dlpack__()


def test_dlpack_refusals():
    with pytest.raises(BufferError):
        quern.asarray(np.arange(3, dtype=">i4")).__dlpack__()
    raw = np.zeros(64, np.uint8)
    skewed = np.ndarray((3,), np.float64, raw, strides=(12,))
    with pytest.raises(BufferError):
        quern.asarray(skewed).__dlpack__()
    plain = quern.asarray(np.arange(3))
    with pytest.raises(BufferError):
        plain.__dlpack__(dl_device=(2, 0))
    with pytest.raises(BufferError):
        plain.__dlpack__(stream=1)
    assert plain.__dlpack_device__() == (1, 0)
    with pytest.raises(TypeError):
        quern.from_dlpack([1, 2])
    copied = np.from_dlpack(Dlpack(plain), copy=True)
    assert copied.ctypes.data != address(plain)


def test_unused_capsules_release_what_they_hold():
    source = np.arange(3)
    count = weakref.ref(source)
    capsule = quern.asarray(source).__dlpack__(max_version=(1, 0))
    del source
    gc.collect()
    assert count() is not None
    del capsule
    gc.collect()
    assert count() is None


def test_sources_live_as_long_as_their_views():
    source = np.arange(10.0)
    alive = weakref.ref(source)
    mine = quern.asarray(source)[2:5]
    del source
    gc.collect()
    assert alive() is not None
    assert mine.tolist() == [2.0, 3.0, 4.0]
    del mine
    gc.collect()
    assert alive() is None


def test_arrays_live_as_long_as_numpys_views():
    mine = quern.arange(5) + quern.ones(5)
    alive = weakref.ref(mine)
    theirs = np.asarray(mine)[1:]
    del mine
    gc.collect()
    assert alive() is not None
    assert theirs.tolist() == [2, 3, 4, 5]
    del theirs
    gc.collect()
    assert alive() is None


def test_many_round_trips_leave_nothing_behind():
    source = np.arange(1000.0)
    alive = weakref.ref(source)
    for _ in range(200):
        view = np.asarray(quern.asarray(source))
        source = view
    del view, source
    gc.collect()
    assert alive() is None


def test_bytearray_is_locked_while_it_is_shared():
    data = bytearray(8)
    mine = quern.asarray(data)
    with pytest.raises(BufferError):
        data.append(1)
    del mine
    data.append(1)


def test_buffer_requests():
    mine = quern.asarray(np.arange(12.0).reshape(3, 4))
    view = memoryview(mine)
    assert view.format == "d" and view.shape == (3, 4) and view.strides == (32, 8)
    assert not view.readonly
    assert bytes(view) == np.asarray(mine).tobytes()
    with pytest.raises((BufferError, TypeError)):
        ctypes.c_char.from_buffer(mine.T)
    locked = np.arange(3)
    locked.flags.writeable = False
    assert memoryview(quern.asarray(locked)).readonly
    with pytest.raises((BufferError, TypeError)):
        ctypes.c_char.from_buffer(quern.asarray(locked))


def test_array_protocol():
    mine = quern.asarray([1, 2, 3])
    assert mine.__array__().dtype == np.int64
    assert mine.__array__(np.float32).dtype == np.float32
    assert mine.__array__(copy=True).ctypes.data != address(mine)
    assert address(mine.__array__()) == address(mine)
    assert np.array(mine).ctypes.data != address(mine)
    assert np.asarray(mine, dtype="f4").tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    "source",
    [
        np.zeros(3, "V4"),
        np.zeros(3, "clongdouble"),
        np.zeros(3, "U4"),
        np.zeros(3, "S4"),
        np.zeros(3, object),
        np.zeros(3, "i4,f8"),
        np.zeros(3, "longdouble"),
        b"bytes",
        "text",
        None,
        object(),
        {1: 2},
        {1, 2},
        dict,
        quern.Array,
        np.ndarray,
    ],
    ids=lambda source: f"{type(source).__name__}-{str(getattr(source, 'dtype', ''))[:20]}",
)
def test_what_is_no_array_of_numbers(source):
    """Records, strings, objects and longdoubles among them, which are refused by name."""
    wanted = "is not supported: " if isinstance(source, np.ndarray) else None
    with pytest.raises(TypeError, match=wanted):
        quern.asarray(source)


LAYOUTS = {
    "contiguous": lambda a: a,
    "reversed": lambda a: a[::-1],
    "strided": lambda a: a[:, ::3],
    "transposed": lambda a: a.T,
    "swapped": lambda a: a.astype(a.dtype.newbyteorder()),
    "misaligned": lambda a: np.frombuffer(b"." + a.tobytes(), a.dtype, offset=1).reshape(a.shape),
    "a number": lambda a: a[1, 1],
    "no axes": lambda a: np.array(a[1, 1]),
    "many axes": lambda a: a.reshape(a.shape + (1,) * 40),
    "empty": lambda a: a[:, :0],
    "with metadata": lambda a: a.astype(np.dtype(a.dtype, metadata={"unit": "m"})),
    "a subclass": lambda a: a.view(type("Mine", (np.ndarray,), {})),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ["bool", "int16", "q", "float16", "float64", "complex64", "m8[s]"])
def test_numpy_arrays_take_part_in_calls(dtype, layout):
    given = LAYOUTS[layout](np.arange(5 * 6).reshape(5, 6).astype(dtype))
    expected = np.add(given, given)
    result = quern.add(given, given)
    assert np.array_equal(np.asarray(result), np.asarray(expected))
    assert np.asarray(result).dtype == np.asarray(expected).dtype
    if isinstance(expected, np.ndarray):
        out = np.empty_like(expected, subok=False)
        assert quern.add(given, given, out=out) is out
        assert np.array_equal(out, expected)


@pytest.mark.parametrize(
    "call",
    [
        lambda a: quern.positive(a),
        lambda a: quern.add.reduce(a, axis=()),
        lambda a: quern.max(a[None], axis=0),
        lambda a: quern.max(a[0, :1], where=np.array([True]), initial=0),
        lambda a: quern.mean(a, axis=()),
        lambda a: quern.add.accumulate(a[:1], axis=0),
        lambda a: quern.add.reduceat(a, [0, 1], axis=0),
    ],
)
def test_results_hold_memory_of_their_own(call):
    """Arrays of NumPy's are borrowed for the call alone."""
    given = np.arange(6.0).reshape(2, 3)
    assert not np.shares_memory(np.asarray(call(given)), given)


def test_outputs_of_numpy_that_refuse_to_be_written():
    locked = np.zeros(3)
    locked.flags.writeable = False
    for out in (locked, np.broadcast_to(np.zeros(3), (2, 3)), np.broadcast_arrays(np.zeros(3), np.zeros((2, 3)))[0]):
        with pytest.raises(ValueError, match="read-only"):
            quern.add(np.ones(3), 1, out=out)
    assert not locked.any()


def test_more_dtype_objects_than_are_kept():
    for number in range(100):
        tagged = np.ones(3, np.dtype("f8", metadata={"number": number}))
        assert quern.add(tagged, tagged).tolist() == [2.0, 2.0, 2.0]


def test_copy_argument():
    source = np.arange(3)
    assert address(quern.asarray(source, copy=True)) != address(source)
    assert address(quern.asarray(source, copy=False)) == address(source)
    mine = quern.asarray(source)
    assert quern.asarray(mine) is mine
    assert quern.asarray(mine, dtype=mine.dtype) is mine
    with pytest.raises(ValueError):
        quern.asarray(source, dtype="f8", copy=False)
    with pytest.raises(ValueError):
        quern.asarray([1, 2], copy=False)
    assert str(quern.asarray(source, dtype="f4").dtype) == "float32"
