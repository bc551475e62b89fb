"""Floats of 8 and 16 bits, over all their values: float16 against NumPy, the others against ml_dtypes."""

import io

import numpy as np
import pytest
from conftest import JUDGED, numpy_ufunc

import quern

ml_dtypes = pytest.importorskip("ml_dtypes")

HALF = np.dtype("float16")
OTHERS = [
    np.dtype(getattr(ml_dtypes, dtype.name))
    for name in quern.__all__
    if isinstance(dtype := getattr(quern, name), quern.dtype) and hasattr(ml_dtypes, dtype.name)
]
SMALL = [HALF, *OTHERS]
EIGHT_BITS = [dtype for dtype in OTHERS if dtype.itemsize == 1]
# Which of two zeros these return depends on the CPU in NumPy.
TIES = {"maximum", "minimum", "fmax", "fmin"}
# Rounded from a float32 result that NumPy's CPU and library decide.
LIBRARY = {
    "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "power", "cbrt", "hypot", "sin", "cos", "tan",
    "arcsin", "arccos", "arctan", "arctan2", "sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh",
}  # fmt: skip


def patterns(dtype: np.dtype) -> np.ndarray:
    """Every value there is."""
    return np.arange(1 << (8 * dtype.itemsize), dtype=f"u{dtype.itemsize}").view(dtype)


def bits(array: object) -> np.ndarray:
    """Bit patterns, all NaNs as one."""
    values = np.asarray(array)
    values = values.view(values.real.dtype) if values.dtype.kind == "c" else values
    words = values.view(f"u{values.dtype.itemsize}").copy()
    if values.dtype.kind != "b" and values.dtype.kind not in "iu":
        words[np.isnan(values)] = 0x7E7E & ((1 << (8 * values.itemsize)) - 1)
    return words


def takes(ufunc: quern.ufunc, dtype: np.dtype, count: int) -> bool:
    """Whether a ufunc has a loop of just this dtype."""
    if ufunc.nin != count:
        return False
    try:
        return all(str(each) == dtype.name for each in ufunc.resolve_dtypes((dtype,) * count + (None,) * ufunc.nout)[:count])
    except TypeError:
        return False


def assert_same_values(mine: object, theirs: object, steps: int = 0, note: str = "") -> None:
    both = zip(mine, theirs, strict=True) if isinstance(theirs, tuple) else [(mine, theirs)]
    for ours, expected in both:
        ours = np.asarray(ours)
        assert ours.dtype == expected.dtype, note
        if steps and ours.dtype.kind not in "biu":
            distance = np.abs(bits(ours).astype(int) - bits(expected).astype(int))
            assert distance.max() <= steps, note
        else:
            wrong = np.flatnonzero(bits(ours) != bits(expected))
            assert not len(wrong), (note, wrong[:5], ours.ravel()[wrong[:5]], expected.ravel()[wrong[:5]])


@pytest.mark.parametrize("ufunc", [u for u in JUDGED if takes(u, HALF, 1)], ids=lambda u: u.name)
def test_float16_of_one_operand_on_every_value(ufunc):
    values = patterns(HALF)
    with quern.errstate(all="ignore"), np.errstate(all="ignore"):
        assert_same_values(ufunc(values), numpy_ufunc(ufunc)(values), steps=1 if ufunc.name in LIBRARY else 0)


def is_nearest_in_numpy(ufunc, value) -> bool:
    """Whether NumPy's float32 result is the nearest, or NaN."""
    wide, narrow = (numpy_ufunc(ufunc)(value.astype(dtype)) for dtype in (np.float64, np.float32))
    return bool(np.all((narrow == wide.astype(np.float32)) | np.isnan(wide)))


@pytest.mark.parametrize("ufunc", [u for u in JUDGED if takes(u, HALF, 1)], ids=lambda u: u.name)
def test_flags_of_float16(ufunc):
    seen = {"mine": set(), "theirs": set()}
    words = np.unique(np.concatenate([np.arange(0, 1 << 16, 97), np.arange(600), np.arange(32768, 33368)]))
    quiet = (words & 0x7E00 == 0x7E00) | (words & 0x7FFF <= 0x7C00)  # signaling NaNs raise what they raise in hardware
    values = words[quiet].astype("u2").view(HALF)
    with quern.errstate(all="call", call=lambda kind, _: seen["mine"].add(kind)):
        with np.errstate(all="call", call=lambda kind, _: seen["theirs"].add(kind)):
            for index in range(len(values)):
                one = values[index : index + 1]
                if ufunc.name in LIBRARY and not is_nearest_in_numpy(ufunc, one):
                    continue  # that may be exact in float16
                seen["mine"].clear()
                seen["theirs"].clear()
                ufunc(one)
                numpy_ufunc(ufunc)(one)
                assert seen["mine"] == seen["theirs"], (ufunc.name, one)


@pytest.mark.parametrize("ufunc", [u for u in JUDGED if takes(u, HALF, 2)], ids=lambda u: u.name)
def test_float16_of_two_operands(ufunc, rng):
    left = np.concatenate([patterns(HALF)[::7], rng.permutation(patterns(HALF))])
    right = np.concatenate([patterns(HALF)[::7][::-1], rng.permutation(patterns(HALF))])
    tied = (left == 0) & (right == 0)  # NumPy's choice of two zeros depends on the CPU
    left, right = left[~tied], right[~tied]
    with quern.errstate(all="ignore"), np.errstate(all="ignore"):
        steps = 1 if ufunc.name in LIBRARY else 0
        assert_same_values(ufunc(left, right), numpy_ufunc(ufunc)(left, right), steps, note=ufunc.name)


@pytest.mark.parametrize("dtype", EIGHT_BITS, ids=str)
@pytest.mark.parametrize("ufunc", [u for u in JUDGED if any(takes(u, dtype, 2) for dtype in EIGHT_BITS)], ids=lambda u: u.name)
def test_all_pairs_of_eight_bits(dtype, ufunc):
    left, right = (side.ravel() for side in np.meshgrid(patterns(dtype), patterns(dtype), indexing="ij"))
    if ufunc.name in TIES:
        tied = (left == right) & (np.signbit(left) != np.signbit(right))
        left, right = left[~tied], right[~tied]
    with quern.errstate(all="ignore"), np.errstate(all="ignore"):
        assert_same_values(ufunc(left, right), numpy_ufunc(ufunc)(left, right), note=ufunc.name)


@pytest.mark.parametrize("dtype", OTHERS, ids=str)
@pytest.mark.parametrize("ufunc", [u for u in JUDGED if u.nin == 1], ids=lambda u: u.name)
def test_ml_dtypes_of_one_operand_on_every_value(dtype, ufunc):
    if not takes(ufunc, dtype, 1):
        pytest.skip("no loop of this dtype")
    values = patterns(dtype)
    with quern.errstate(all="ignore"), np.errstate(all="ignore"):
        try:
            theirs = numpy_ufunc(ufunc)(values)
        except TypeError:
            pytest.skip("ml_dtypes has no such loop")
        if isinstance(theirs, np.ndarray) and theirs.dtype == np.float32:
            pytest.skip("ml_dtypes has no such loop, for which NumPy takes that of float32")
        if ufunc.name == "sign":  # ml_dtypes alone keeps the sign of zero
            values, theirs = values[values != 0], theirs[values != 0]
        assert_same_values(ufunc(values), theirs, steps=1 if ufunc.name in LIBRARY else 0)


@pytest.mark.filterwarnings("ignore:Casting complex")
@pytest.mark.parametrize("dtype", SMALL, ids=str)
@pytest.mark.parametrize(
    "other", ["float32", "float64", "int8", "int16", "int64", "uint8", "uint64", "bool", "complex64", "complex128"]
)
def test_casts_both_ways(dtype, other, rng):
    values = patterns(dtype)
    other = np.dtype(other)
    with quern.errstate(all="ignore"), np.errstate(all="ignore"):
        if other.kind in "iu":
            limits = np.iinfo(other)
            wide = values.astype(np.float64)
            values = values[(wide > float(limits.min) - 1) & (wide < float(limits.max) + 1)]
        assert_same_values(quern.asarray(values).astype(other), values.astype(other))
        back = rng.integers(0, 256, 8 * 20000, dtype=np.uint8).view(other if other.kind != "b" else np.uint8)
        back = (back & 1).astype(bool) if other.kind == "b" else back
        if other.itemsize >= 8 and other != "complex64" and dtype != HALF:  # ml_dtypes rounds these twice
            narrow = np.complex64 if other.kind == "c" else np.float32
            back = back % 100_000 if other.kind in "iu" else back.astype(narrow).astype(other)
        assert_same_values(quern.asarray(back).astype(dtype), back.astype(dtype))


@pytest.mark.parametrize("dtype", SMALL, ids=str)
def test_promotion_with_complex_numbers(dtype):
    one, two = np.ones(2, dtype), np.array([1 + 2j, 0.5 - 1j])
    for wide in ("complex64", "complex128"):
        assert str(quern.promote_types(dtype, wide)) == wide
        mine = quern.add(one, two.astype(wide))
        assert str(mine.dtype) == wide and mine.tolist() == (1 + two).tolist()
    assert str(quern.multiply(one, 1j).dtype) == "complex64"
    assert str(quern.absolute(two.astype("complex64")).dtype) == "float32"


@pytest.mark.parametrize("dtype", SMALL, ids=str)
def test_products_of_matrices_are_computed_in_float32_and_rounded_once(dtype, rng):
    left, right = (rng.normal(size=shape).astype(dtype) for shape in ((5, 40), (40, 3)))
    calls = {
        "matmul": (left, right), "matvec": (left, right[:, 0]), "vecmat": (left[0], right), "vecdot": (left[0], right[:, 1]),
    }  # fmt: skip
    for name, operands in calls.items():
        mine = getattr(quern, name)(*operands)
        wide = getattr(quern, name)(*(operand.astype(np.float32) for operand in operands))
        assert str(mine.dtype) == dtype.name
        assert (bits(mine) == bits(np.asarray(wide).astype(dtype))).all(), name
    assert str(quern.matmul(left, right.astype(np.float32)).dtype) == "float32"


def test_products_of_matrices_report_what_rounding_them_meets():
    large = np.full((2, 2), 300.0, HALF)
    with quern.errstate(all="raise"), pytest.raises(FloatingPointError, match="overflow"):
        quern.matmul(large, large)
    with quern.errstate(all="ignore"):
        assert np.isinf(np.asarray(quern.matmul(large, large))).all()


def test_casts_of_doubles_round_once():
    """ml_dtypes and a chain of two casts would round 1 + 2**-11 + 2**-40 down, as a tie."""
    tie = np.array([1 + 2.0**-11 + 2.0**-40, 1 + 2.0**-11, 65519.999999, 2.0**-25 * (1 + 2.0**-50)])
    assert quern.asarray(tie).astype(HALF).tolist() == tie.astype(HALF).tolist()
    with pytest.warns(quern.ComplexWarning):
        assert quern.asarray(tie + 1j).astype(HALF).tolist() == tie.astype(HALF).tolist()
    assert quern.asarray([1 + 2.0**-8 + 2.0**-40]).astype("bfloat16").tolist() == [1 + 2.0**-7]


@pytest.mark.parametrize("dtype", SMALL, ids=str)
def test_arrays_go_in_and_out_without_copies(dtype):
    source = patterns(dtype)[:60].reshape(5, 12).copy()
    for view in (source, source.T, source[::2, ::-3], source[0], source[0, 0, None]):
        mine = quern.asarray(view)
        assert str(mine.dtype) == dtype.name
        back = np.asarray(mine)
        assert back.dtype == dtype and back.shape == view.shape
        assert back.ctypes.data == view.ctypes.data
        assert (bits(back) == bits(view)).all()
    mine = quern.from_dlpack(quern.asarray(source))
    assert str(mine.dtype) == dtype.name and (bits(mine) == bits(source)).all()
    assert quern.dtype(dtype) == quern.dtype(dtype.type) == quern.dtype(dtype.name)
    assert quern.dtype(dtype).numpy == dtype
    assert quern.dtype(dtype).char == dtype.char


def test_buffers_name_float16_alone():
    assert memoryview(quern.zeros(3, "float16")).format == "e"
    with pytest.raises(BufferError, match="no format for bfloat16"):
        memoryview(quern.zeros(3, "bfloat16"))


@pytest.mark.parametrize("dtype", SMALL, ids=str)
def test_files_keep_the_dtype(dtype, tmp_path):
    path = tmp_path / "values.npy"
    values = patterns(dtype)
    quern.save(path, values)
    assert (bits(quern.load(path)) == bits(values)).all()
    assert str(quern.load(path).dtype) == dtype.name
    theirs = np.load(io.BytesIO(path.read_bytes()))
    assert theirs.dtype == dtype and (bits(theirs) == bits(values)).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_printing_single_numbers_turns_scientific_where_digits_end(dtype):
    for exponent in range(-6, 19):
        for digits in (1, 1.5, 9.999999, 1.23456789):
            one = np.array(digits * 10.0**exponent, dtype)
            assert str(quern.asarray(one)) == str(one)


def test_printing_float16_on_every_value():
    for value in patterns(HALF):
        one = np.array(value)
        assert str(quern.asarray(one)) == str(one)
        assert str(quern.asarray(one[None])) == str(one[None])


@pytest.mark.parametrize("shape", [(7,), (3, 4)])
def test_printing_arrays_of_float16(shape, rng):
    for _ in range(300):
        values = (rng.normal(size=shape) * 10.0 ** rng.integers(-5, 5)).astype(HALF)
        assert str(quern.asarray(values)) == str(values)


def test_sums_are_computed_in_float32_and_rounded_once(rng):
    values = rng.normal(size=5000).astype(HALF)
    for dtype in SMALL:
        small = values.astype(dtype)
        total = quern.sum(small)
        assert str(total.dtype) == dtype.name
        expected = np.float32(quern.sum(small.astype(np.float32)).item()).astype(dtype)
        assert bits(total) == bits(expected)
    assert quern.sum(np.full(4096, 1.0, HALF)).item() == 4096.0  # a running sum stops at 2048


@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "maximum"])
def test_running_folds_of_float16_round_after_each_step(name, rng):
    values = (rng.normal(size=3000) + 1).astype(HALF)
    with quern.errstate(all="ignore"), np.errstate(all="ignore"):
        for array in (values, values[::3], values.reshape(30, 100), values.reshape(100, 30).T):
            assert_same_values(getattr(quern, name).accumulate(array), getattr(np, name).accumulate(array))


def test_reductions_take_the_options_of_numpys(rng):
    values = rng.integers(-40, 40, (6, 50)).astype(HALF) / 8
    wide = values.astype(np.float64) + 2.0**-14
    mask = rng.integers(0, 2, values.shape).astype(bool)
    for options in (
        {}, {"axis": 0}, {"axis": 1, "keepdims": True}, {"axis": None}, {"initial": 3.25}, {"dtype": "float32"},
        {"where": mask}, {"where": mask, "axis": 1, "initial": 0.5},
    ):  # fmt: skip
        mine = quern.add.reduce(values, **options)
        theirs = np.add.reduce(values, **options)
        assert np.asarray(mine).dtype == theirs.dtype
        np.testing.assert_array_equal(np.asarray(mine), theirs, err_msg=str(options))
    assert_same_values(quern.add.reduce(wide, dtype="float16"), np.add.reduce(wide, dtype="float16"))
    out = np.zeros(50, np.float64)
    quern.add.reduce(values, axis=0, out=out)
    np.testing.assert_array_equal(out, np.add.reduce(values, axis=0, out=np.zeros(50)))
    assert_same_values(quern.add.reduceat(values[0], [0, 7, 3, 40]), np.add.reduceat(values[0], [0, 7, 3, 40]))
    mine, theirs = values.copy(), values.copy()
    quern.add.at(mine, (slice(None), [0, 1, 0])[1], 1.5)
    np.add.at(theirs, [0, 1, 0], 1.5)
    np.testing.assert_array_equal(mine, theirs)


def test_left_out_elements_raise_nothing():
    values = np.array([1e30, 2.0, 3.0])
    with quern.errstate(all="raise"):
        assert quern.add.reduce(values, dtype="float16", where=values < 10).item() == 5.0
        with pytest.raises(FloatingPointError, match="overflow"):
            quern.add.reduce(values, dtype="float16")


@pytest.mark.parametrize("dtype", SMALL, ids=str)
def test_weak_scalars_keep_the_dtype(dtype):
    one = np.ones(2, dtype)
    for number in (2, 0.5, True):
        assert str(quern.multiply(one, number).dtype) == dtype.name
    with pytest.warns(RuntimeWarning, match="overflow"):
        quern.multiply(one, 1e300)


def test_the_bytes_of_a_swapped_array():
    swapped = np.arange(5, dtype=">f2")
    assert (quern.asarray(swapped) + 1).tolist() == [1.0, 2.0, 3.0, 4.0, 5.0]
