"""Spans and points of time beside NumPy's: units, casts, arithmetic, text, Python's objects, files."""

import datetime
import io
import itertools
import operator
import pickle
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import quern

UNITS = ["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as"]
MULTIPLES = ["", *UNITS, "2Y", "6M", "7D", "2W", "12h", "90m", "25s", "1000ms", "3us", "2147483647s", "7as"]
KINDS = ["m8", "M8"]
LEVELS = ["no", "equiv", "safe", "same_kind", "unsafe"]
NAT = -(2**63)


def dtype_text(kind: str, unit: str) -> str:
    return f"{kind}[{unit}]" if unit else kind


EVERY = [dtype_text(kind, unit) for kind in KINDS for unit in MULTIPLES]
COMMON = [dtype_text(kind, unit) for kind in KINDS for unit in ("", "Y", "M", "W", "D", "25s", "ms", "ns")]
NUMBERS = ["b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"]


def outcome(action: Callable[[], Any]) -> Any:
    """What comes out, or the first class of the exception that Python itself has."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return action()
        except Exception as error:
            return next(entry for entry in type(error).__mro__ if entry.__module__ == "builtins")


def counts(values: Any, dtype: str) -> np.ndarray:
    """An array of these counts; NumPy makes none of points in time without a unit from numbers."""
    return np.array(values, np.int64).view(dtype)


SMALL = [NAT, 0, 1, -1, 7, -7, 5, 100, -12345, 86400, 2**31]
LARGE = [2**62, -(2**62), 2**63 - 1, 1 - 2**63]


def same(ours: Any, theirs: Any) -> bool:
    """Equal dtypes and bits, or equal exceptions."""
    if isinstance(theirs, type) or isinstance(ours, type):
        return ours is theirs
    if isinstance(theirs, tuple):
        return all(map(same, ours, theirs))
    found, wanted = np.asarray(ours), np.asarray(theirs)
    if found.dtype != wanted.dtype or found.shape != wanted.shape:
        return False
    if wanted.dtype.kind == "f":
        return np.array_equal(found, wanted, equal_nan=True)
    return found.tobytes() == wanted.tobytes()


@pytest.mark.parametrize("text", EVERY)
def test_dtypes_have_numpys_names(text: str) -> None:
    for order in ("<", ">"):
        ours, theirs = quern.dtype(order + text), np.dtype(order + text)
        assert (ours.str, ours.name, ours.kind, ours.char) == (theirs.str, theirs.name, theirs.kind, theirs.char)
        assert (ours.itemsize, ours.alignment, ours.isnative) == (8, 8, theirs.isnative)
        assert repr(ours) == repr(theirs)
        assert quern.dtype(theirs) == ours and ours.numpy == theirs
        assert quern.dtype(theirs.name).newbyteorder(order) == ours
        assert pickle.loads(pickle.dumps(ours)) == ours and hash(quern.dtype(theirs)) == hash(ours)


@pytest.mark.parametrize(
    "text", ["s/10", "10ms/5", "Y/4", "Y/7", "M/2", "W/7", "s/7", "\u03bcs", "generic", "D/24", "1s", "01s"]
)
def test_units_are_read_as_numpy_reads_them(text: str) -> None:
    theirs = outcome(lambda: np.dtype(f"m8[{text}]").str)
    ours = outcome(lambda: quern.dtype(f"m8[{text}]").str)
    assert ours == theirs


@pytest.mark.parametrize("text", ["m8[]", "m8[x]", "m8[-1s]", "m8[s", "m8s]", "m8[3000000000s]", "m8[ s]", "m8[s]x",
                                  "m8[s][2]", "i8[s]", "float64[s]", "m8[0s]", "m8[s/]", "m8[s/0]", "m8[s/2/2]"])  # fmt: skip
def test_what_is_no_unit_is_refused(text: str) -> None:
    with pytest.raises(TypeError):
        quern.dtype(text)


def test_a_unit_that_is_none_says_which_are() -> None:
    with pytest.raises(TypeError, match=r"invalid unit of time 'x'; accepted are .* generic, Y, M, W, D, h"):
        quern.dtype("datetime64[x]")


def test_promotion_of_all_units() -> None:
    for first, second in itertools.product(EVERY, repeat=2):
        theirs = outcome(lambda: np.promote_types(first, second).str)
        ours = outcome(lambda: quern.promote_types(first, second).str)
        assert ours == theirs, (first, second)


def test_promotion_with_numbers() -> None:
    for first, second in itertools.product([*COMMON, *NUMBERS], repeat=2):
        theirs = outcome(lambda: np.promote_types(first, second).str)
        ours = outcome(lambda: quern.promote_types(first, second).str)
        assert ours == theirs, (first, second)


@pytest.mark.parametrize("level", LEVELS)
def test_casts_of_all_units_and_numbers(level: Any) -> None:
    for first, second in itertools.product([*EVERY, *NUMBERS, ">m8[s]", ">M8[ms]"], repeat=2):
        assert quern.can_cast(first, second, level) == np.can_cast(first, second, level), (first, second)


def test_result_type_beside_python_numbers() -> None:
    for dtype, number in itertools.product(["m8[s]", "m8", "M8[s]"], [1, 1.5, 1j, True]):
        ours = outcome(lambda: quern.result_type(quern.dtype(dtype), number).str)
        assert ours == outcome(lambda: np.result_type(np.dtype(dtype), number).str), (dtype, number)


def test_casts_between_units_convert_as_numpy() -> None:
    for kind in KINDS:
        units = [unit for unit in MULTIPLES if unit and not unit.startswith("2147")]
        for first, second in itertools.product(units, repeat=2):
            source, target = dtype_text(kind, first), dtype_text(kind, second)
            years = {first[-1], second[-1]} & {"Y", "M"}
            if kind == "m8" and years and {first[-2:], second[-2:]} & {"ns"}:
                continue  # NumPy's factor overflows
            fine = {first[-2:], second[-2:]} & {"ns", "ps", "fs", "as"}
            values = counts([NAT, 0, 1, -1, 7, -7, 5] if fine else SMALL, source)
            theirs = outcome(lambda: values.astype(target))
            ours = outcome(lambda: quern.asarray(values).astype(target))
            assert same(ours, theirs), (source, target, ours, theirs)


def test_average_years_in_fine_units_are_exact() -> None:
    years = quern.asarray(counts([1, -2, NAT], "m8[Y]")).astype("m8[ns]")
    assert np.asarray(years).view(np.int64).tolist() == [31556952 * 10**9, -2 * 31556952 * 10**9, NAT]


def test_conversions_that_leave_64_bits_wrap_as_numpys() -> None:
    for kind, (first, second) in itertools.product(KINDS, [("h", "s"), ("D", "us"), ("25s", "s")]):
        source, target = dtype_text(kind, first), dtype_text(kind, second)
        values = counts(LARGE, source)
        assert same(quern.asarray(values).astype(target), values.astype(target)), (source, target)


def test_the_calendar_of_four_centuries_and_more() -> None:
    days = counts(np.arange(-900_000, 900_000, 379), "M8[D]")
    for unit in ("Y", "M", "3M", "W", "h", "s"):
        target = dtype_text("M8", unit)
        assert same(quern.asarray(days).astype(target), days.astype(target)), unit
    months = counts(np.arange(-40_000, 40_000, 7), "M8[M]")
    for unit in ("Y", "D", "W", "s", "10D"):
        target = dtype_text("M8", unit)
        assert same(quern.asarray(months).astype(target), months.astype(target)), unit


@pytest.mark.parametrize("target", ["m8[s]", "M8[s]"])
def test_casts_from_numbers(target: str) -> None:
    for source in NUMBERS:
        values = np.array([0, 1, 2, 100]).astype(source)
        if values.dtype.kind in "if":
            values = np.concatenate([values, -values])
        if values.dtype.kind in "fc":
            values = np.concatenate([values, np.array([np.nan, 2.5], source), values / 7])
        if values.dtype.kind == "c":  # the imaginary part plays no role
            values = np.concatenate([values, np.array([complex(3, np.nan), complex(np.nan, 3), complex(-2, np.inf)], source)])
        assert same(quern.asarray(values).astype(target), values.astype(target)), source
    large = np.array([2**63, 2**64 - 1], np.uint64)
    assert same(quern.asarray(large).astype(target), large.astype(target))


def test_numbers_too_large_become_nat_with_the_flag() -> None:
    for dtype, kind in itertools.product(("f4", "f8", "D"), KINDS):
        values = np.array([np.inf, -np.inf, 1e30, -1e30, 2.0**63]).astype(dtype)
        with quern.errstate(invalid="raise"), pytest.raises(FloatingPointError):
            quern.asarray(values).astype(f"{kind}[s]")
        with quern.errstate(invalid="ignore"):
            got = np.asarray(quern.asarray(values).astype(f"{kind}[s]"))
        assert np.isnat(got).all()
        with quern.errstate(all="raise"):
            assert np.isnat(np.asarray(quern.asarray(np.array([np.nan], dtype)).astype(f"{kind}[s]"))).all()


@pytest.mark.parametrize("source", ["m8[s]", "M8[25s]"])
def test_casts_to_numbers(source: str) -> None:
    values = counts([*SMALL, *LARGE], source)
    for target in NUMBERS:
        if np.dtype(target).kind == "f" and np.dtype(target).itemsize == 2:
            values = counts([0, 1, -7], source)
        assert same(quern.asarray(values).astype(target), values.astype(target)), target
    for target in ("m8[ms]", "M8[Y]"):
        assert same(quern.asarray(values).astype(target), values.astype(target)), target


def test_astype_without_a_unit_keeps_it() -> None:
    assert quern.asarray(counts([1], "m8[s]")).astype("m8").dtype.str == "<m8[s]"
    assert quern.asarray(counts([1], "m8[s]")).astype("M8").dtype.str == "<M8[s]"


def layouts(values: np.ndarray) -> list[np.ndarray]:
    """The values in several layouts and byte orders."""
    raw = np.zeros(values.nbytes + 1, np.uint8)[1:].view(values.dtype)
    raw[...] = values
    return [values, np.repeat(values, 2)[::2], values[::-1].copy()[::-1], values.astype(values.dtype.newbyteorder()), raw]


BINARY = [u for u in vars(quern).values() if isinstance(u, quern.ufunc) and u.nin == 2 and not u.signature]
BINARY = list({u.name: u for u in BINARY if isinstance(getattr(np, u.name, None), np.ufunc)}.values())
UNARY = [u for u in vars(quern).values() if isinstance(u, quern.ufunc) and u.nin == 1 and not u.signature]
UNARY = list({u.name: u for u in UNARY if isinstance(getattr(np, u.name, None), np.ufunc)}.values())


def operand(dtype: str) -> np.ndarray:
    if dtype[0] in "mM":
        return counts([NAT, 0, 1, -1, 7, -7, 5, 1000], dtype)
    return np.array([3, 0, 1, 2, 2, 2, 4, 7]).astype(dtype)


PAIRS = ["m8[s]", "m8[ms]", "m8[25s]", "m8[Y]", "m8[M]", "m8", "m8[as]", "M8[s]", "M8[M]", "M8[D]", "M8[ns]", "M8[as]",
         "b1", "i1", "i8", "u4", "u8", "f4", "f8", "c16"]  # fmt: skip


@pytest.mark.parametrize("ufunc", BINARY, ids=lambda ufunc: ufunc.name)
def test_binary_ufuncs_on_every_pair_of_units(ufunc: Any) -> None:
    theirs = getattr(np, ufunc.name)
    for first, second in itertools.product(PAIRS, repeat=2):
        if not {first[0], second[0]} & {"m", "M"}:
            continue
        a, b = operand(first), operand(second)[::-1].copy()
        expected = outcome(lambda: theirs(a, b))
        got = outcome(lambda: ufunc(a, b))
        if expected is OverflowError and got is TypeError:
            continue  # there is no such loop; NumPy looks at the units first
        assert same(got, expected), (first, second, got, expected)
        resolved = outcome(lambda: [d.str for d in theirs.resolve_dtypes((a.dtype, b.dtype, *[None] * theirs.nout))])
        ours = outcome(lambda: [d.str for d in ufunc.resolve_dtypes((a.dtype, b.dtype))])
        assert ours == resolved or {ours, resolved} <= {TypeError, OverflowError}, (first, second)


@pytest.mark.parametrize("ufunc", UNARY, ids=lambda ufunc: ufunc.name)
def test_unary_ufuncs(ufunc: Any) -> None:
    for dtype in ("m8[s]", "M8[25s]", "m8"):
        values = counts([*SMALL, *LARGE], dtype)
        expected = outcome(lambda: getattr(np, ufunc.name)(values))
        assert same(outcome(lambda: ufunc(values)), expected), (dtype, outcome(lambda: ufunc(values)))


@pytest.mark.parametrize("name", ["add", "subtract", "less", "maximum", "floor_divide", "remainder", "divide", "fmin"])
def test_layouts_byte_orders_masks_and_threads(name: str, rng: np.random.Generator) -> None:
    ours, theirs = getattr(quern, name), getattr(np, name)
    for n in (1, 3, 37, 5000, 200_000):
        a = counts(rng.integers(-(10**12), 10**12, n), "m8[s]")
        b = counts(rng.integers(1, 10**6, n), "m8[ms]")
        a[::5] = "NaT"
        b[::7] = "NaT"
        for left, right in itertools.product(layouts(a), layouts(b)):
            with np.errstate(all="ignore"), quern.errstate(all="ignore"):
                assert same(ours(left, right), theirs(left, right)), n
            if n > 5000:
                break
        mask = rng.integers(0, 2, n).astype(bool)
        with np.errstate(all="ignore"), quern.errstate(all="ignore"):
            out = theirs(a, b)
            got = quern.asarray(out.copy())
            ours(b, a, where=mask, out=got)
            theirs(b, a, where=mask, out=out)
        assert same(got, out)


def test_random_quotients(rng: np.random.Generator) -> None:
    a = counts(rng.integers(-(2**62), 2**62, 3000) >> rng.integers(0, 60, 3000), "m8[s]")
    b = rng.integers(-(2**62), 2**62, 3000) >> rng.integers(0, 60, 3000)
    b[b == 0] = 3
    for name in ("floor_divide", "divide", "multiply"):
        ours, theirs = getattr(quern, name), getattr(np, name)
        with np.errstate(all="ignore"), quern.errstate(all="ignore"):
            assert same(ours(a, b), theirs(a, b)), name
            assert same(ours(a, b / 7), theirs(a, b / 7)), name
            if name != "multiply":
                assert same(ours(a, counts(b, "m8[s]")), theirs(a, counts(b, "m8[s]"))), name


@pytest.mark.parametrize("symbol", ["+", "-", "*", "/", "//", "%"])
def test_operators_beside_python_numbers(symbol: str) -> None:
    for dtype, number in itertools.product(["m8[s]", "M8[D]"], [2, -3, 2.5, True, 2**70, np.int32(4), np.float32(2)]):
        a = counts([NAT, 7, -7, 100], dtype)
        for expression in (f"a {symbol} number", f"number {symbol} a"):
            expected = outcome(lambda: eval(expression, {"a": a, "number": number}))
            got = outcome(lambda: eval(expression, {"a": quern.asarray(a), "number": number}))
            if number == 2**70:
                assert {got, expected} <= {OverflowError, TypeError}
                continue
            assert same(got, expected), (dtype, expression, number, got, expected)


@pytest.mark.parametrize("large", [2**64, -(2**63) - 1])
@pytest.mark.parametrize("dtype", ["m8", "m8[s]", "M8[D]"])
def test_integers_beyond_64_bits_are_refused_as_numpy_refuses_them(dtype: str, large: int) -> None:
    for ufunc in BINARY:
        theirs, array = getattr(np, ufunc.name), operand(dtype)
        for pair, wanted in (((quern.asarray(array), large), (array, large)), ((large, quern.asarray(array)), (large, array))):
            expected, got = outcome(lambda: theirs(*wanted)), outcome(lambda: ufunc(*pair))
            assert isinstance(expected, type) and got is expected, (ufunc.name, dtype, got, expected)


def test_flags_of_quotients() -> None:
    span = quern.asarray(counts([5, NAT, 0], "m8[s]"))
    zero = quern.asarray(counts([0, 1, 0], "m8[s]"))
    raised: list[str] = []
    with quern.errstate(all="call", call=lambda kind, bits: raised.append(kind)):
        quern.floor_divide(span[:1], zero[:1])
        assert raised == ["divide by zero"]
        raised.clear()
        quern.floor_divide(span[1:2], zero[1:2])
        assert raised == ["invalid value"]
        raised.clear()
        quern.remainder(span[1:2], zero[1:2])
        quern.divide(span[1:2], zero[1:2])
        quern.divide(span[1:2], 0)
        assert raised == []
        quern.divide(span[2:], zero[2:])
        assert raised == ["invalid value"]


def test_outputs_take_the_unit_of_out_where_casting_allows() -> None:
    a = counts([7, NAT], "m8[s]")
    for out in ("m8[ms]", "m8[m]", "m8[M]", "m8", "i8", "M8[s]"):
        first, second = counts([0, 0], out), counts([0, 0], out)
        expected = outcome(lambda: np.add(a, a, out=first))
        assert same(outcome(lambda: quern.add(a, a, out=second)), expected), out


def test_casting_levels_concern_units() -> None:
    a = counts([7], "m8[s]")
    for other, level in itertools.product(["m8[s]", "m8[ms]", "i8"], LEVELS):
        b = counts([1], other)
        expected = outcome(lambda: np.add(a, b, casting=level))
        assert same(outcome(lambda: quern.add(a, b, casting=level)), expected), (other, level)


def test_dtype_and_signature_name_no_unit() -> None:
    a = counts([7], "m8[s]")
    assert same(quern.add(a, a, dtype="m8"), np.add(a, a, dtype="m8"))
    with pytest.raises(TypeError, match="not their unit"):
        quern.add(a, a, dtype="m8[ms]")
    with pytest.raises(TypeError, match="not their unit"):
        quern.add(a, a, signature=(None, None, "m8[ms]"))


def test_units_without_a_common_one_are_refused_by_name() -> None:
    years, days = quern.asarray(counts([1], "m8[Y]")), quern.asarray(counts([1], "m8[D]"))
    with pytest.raises(TypeError, match=r"\[Y\] and \[D\] have no common unit"):
        quern.add(years, days)
    with pytest.raises(OverflowError, match=r"\[W\] and \[as\]"):
        quern.add(quern.asarray(counts([1], "m8[W]")), quern.asarray(counts([1], "m8[as]")))
    with pytest.raises(TypeError, match=r"timedelta64\[M\]'\) to dtype\('timedelta64\[s\]'\)"):
        quern.add(quern.asarray(counts([1], "M8[s]")), quern.asarray(counts([1], "m8[M]")))


def test_nan_to_num_keeps_times() -> None:
    for dtype in ("m8", "m8[25s]", "M8[D]"):
        values = counts([*SMALL, *LARGE], dtype)
        for array in layouts(values):
            assert same(quern.nan_to_num(array, 0.0, 1.0, -1.0), np.nan_to_num(values)), dtype


def test_clip() -> None:
    for dtype in ("m8[s]", "M8[s]"):
        a, low, high = counts([NAT, 1, 5, 90, 5], dtype), counts([2], dtype), counts([1], f"{dtype[:2]}[m]")
        assert same(quern.clip(a, low, high), np.clip(a, low, high))
        assert same(quern.clip(a, low, counts([NAT], dtype)), np.clip(a, low, counts([NAT], dtype)))


REDUCTIONS = ["add", "subtract", "multiply", "maximum", "minimum", "fmax", "fmin", "remainder", "logical_and",
              "logical_or", "logical_xor", "less", "floor_divide"]  # fmt: skip


@pytest.mark.parametrize("name", REDUCTIONS)
def test_reductions(name: str, rng: np.random.Generator) -> None:
    ours, theirs = getattr(quern, name), getattr(np, name)
    for dtype, nat in itertools.product(["m8[25s]", "M8[ms]", "m8"], [False, True]):
        values = counts(rng.integers(1, 10**9, (7, 60)), dtype)
        if nat:
            values[3, 5:9] = "NaT"
        swapped = values.astype(values.dtype.newbyteorder())
        for array, axis in itertools.product([values, swapped, values[:, ::3]], [0, 1]):
            with np.errstate(all="ignore"), quern.errstate(all="ignore"):
                expected = outcome(lambda: theirs.reduce(array, axis=axis))
                got = outcome(lambda: ours.reduce(array, axis=axis))
                assert same(got, expected), (dtype, axis, got, expected)
                for method in ("accumulate",):
                    expected = outcome(lambda: getattr(theirs, method)(array, axis=axis))
                    assert same(outcome(lambda: getattr(ours, method)(array, axis=axis)), expected), (dtype, method)
                expected = outcome(lambda: theirs.reduceat(array, [0, 3, 1], axis=axis))
                assert same(outcome(lambda: ours.reduceat(array, [0, 3, 1], axis=axis)), expected), dtype


def test_sums_max_min_means_and_initial_values() -> None:
    spans, points = counts([7, 3, -2], "m8[s]"), counts([7, 3, -2], "M8[s]")
    assert same(quern.sum(spans), np.sum(spans))
    assert same(quern.sum(spans[:0]), np.sum(spans[:0]))
    assert same(quern.max(points), np.max(points)) and same(quern.min(points), np.min(points))
    assert same(quern.mean(spans), np.mean(spans))
    assert outcome(lambda: quern.mean(points)) is TypeError
    assert outcome(lambda: quern.max(points[:0])) is ValueError
    for initial in (5, np.timedelta64(5, "m"), np.timedelta64(1500, "ms")):
        assert same(quern.add.reduce(spans, initial=initial), np.add.reduce(spans, initial=initial)), initial
    assert same(quern.max(points, initial=np.datetime64(1, "m")), np.max(points, initial=np.datetime64(1, "m")))
    assert same(quern.any(points), np.any(points)) and same(quern.all(points), np.all(points))
    with pytest.raises(TypeError, match="not folded as int64"):
        quern.sum(spans, dtype="i8")  # NumPy ignores the dtype
    with pytest.raises(TypeError, match="not their unit"):
        quern.sum(spans, dtype="m8[ms]")
    out = counts(0, "m8[ms]")
    assert same(quern.add.reduce(spans, out=out), counts(8000, "m8[ms]"))
    mask = np.array([True, False, True])
    assert same(quern.sum(spans, where=mask), np.sum(spans, where=mask))
    assert same(quern.max(points, where=mask, initial=0), np.max(points, where=mask, initial=0))


def test_outer_and_at() -> None:
    a, b = counts([7, 3], "m8[s]"), counts([1, 2, 3], "m8[m]")
    assert same(quern.add.outer(a, b), np.add.outer(a, b))
    for dtype, second in [("m8[s]", "m8[s]"), ("m8[s]", "m8[m]"), ("M8[s]", "m8[s]")]:
        mine, wanted = counts([1, 2, 3], dtype), counts([1, 2, 3], dtype)
        quern.add.at(mine, [0, 0, 2], counts([5], second))
        np.add.at(wanted, [0, 0, 2], counts([5], second))
        assert same(mine, wanted), (dtype, second)


@pytest.mark.parametrize("unit", [unit for unit in MULTIPLES if unit])
def test_text_is_numpys(unit: str) -> None:
    for kind in KINDS:
        dtype = dtype_text(kind, unit)
        values = [0, 1, -1, 12345, -54321, 10**6, NAT] if not unit.startswith("2147") else [0, 1, NAT]
        array = counts(values, dtype)
        assert str(quern.asarray(array)) == str(array)
        body = repr(quern.asarray(array)).replace("Array(", "array(").split("dtype=")[0]
        assert body.split() == repr(array).split("dtype=")[0].split()
        assert repr(quern.asarray(array)).endswith(f"dtype='{array.dtype.name}')")
        for value in values:
            assert str(quern.asarray(counts(value, dtype))) == str(counts(value, dtype)), (dtype, value)


def test_text_of_far_years() -> None:
    array = counts([-62167219201, 253402300800, -(10**15), 10**15, 2**62, NAT, 2**63 - 1, 1 - 2**63], "M8[s]")
    assert str(quern.asarray(array)) == str(array)
    assert str(quern.asarray(counts([-(10**7), 10**7], "M8[Y]"))) == str(counts([-(10**7), 10**7], "M8[Y]"))
    assert str(quern.asarray(counts([3, NAT], "m8"))) == str(counts([3, NAT], "m8"))
    assert str(quern.asarray(counts(5, "m8"))) == "5 generic time units"


@pytest.mark.parametrize("dtype", EVERY)
def test_items_are_numpys(dtype: str) -> None:
    if dtype == "M8":
        return  # NumPy has no such elements but NaT
    for value in (0, 1, -1, 5, 100_000, 2**40, 2**60, NAT, -(2**61)):
        array = counts(value, dtype)
        expected = outcome(array.item)
        if ("2147483647" in dtype and value not in (0, 1, NAT)) or ("1000" in dtype and abs(value) > 2**50 and value != NAT):
            continue  # NumPy's products leave 64 bits
        assert outcome(quern.asarray(array).item) == expected, (dtype, value)
        assert type(quern.asarray(array).item()) is type(expected)
    assert quern.asarray(counts([1, NAT], dtype)).tolist() == counts([1, NAT], dtype).tolist()


def test_arrays_go_both_ways_without_a_copy() -> None:
    for dtype in ("M8[ns]", ">m8[25s]", "m8"):
        array = counts(range(6), "i8").view(dtype).reshape(2, 3)[:, ::2]
        ours = quern.asarray(array)
        assert ours.dtype.str == array.dtype.str and ours.strides == array.strides
        assert ours.__array_interface__["data"] == array.__array_interface__["data"]
        assert ours.__array_interface__["typestr"] == array.dtype.str
        back = np.asarray(ours)
        assert back.dtype == array.dtype and np.shares_memory(back, array)
        with pytest.raises(BufferError, match="no format"):
            memoryview(ours)
        with pytest.raises(BufferError, match="DLPack (has no code|knows only native)"):
            ours.__dlpack__()


def test_scalars_of_numpy() -> None:
    for scalar in (np.datetime64("2000-01-31T12:30", "s"), np.timedelta64(7, "25s"), np.datetime64("NaT", "ns")):
        assert same(quern.asarray(scalar), np.asarray(scalar))
        made = [quern.asarray(scalar) for _ in range(50)]  # their memory is their own
        assert all(same(array, np.asarray(scalar)) for array in made)
    mixed = [np.timedelta64(1, "s"), np.timedelta64(1, "ms"), 5]
    assert same(quern.asarray(mixed), np.array(mixed))
    assert same(quern.asarray([[np.datetime64(5, "D")]]), np.array([[np.datetime64(5, "D")]]))
    array = counts([1, 2], "M8[D]")
    assert same(quern.asarray(array) + np.timedelta64(1, "h"), array + np.timedelta64(1, "h"))
    assert same(np.timedelta64(1, "h") + quern.asarray(array), array + np.timedelta64(1, "h"))
    assert quern.dtype(np.datetime64).str == "<M8" and quern.dtype(np.timedelta64) == "m8"


def test_python_objects() -> None:
    moment, day = datetime.datetime(2000, 2, 29, 12, 30, 15, 250_001), datetime.date(1969, 12, 31)
    span = datetime.timedelta(days=-3, seconds=5, microseconds=7)
    for value in (moment, day, span):
        kind = "m8" if value is span else "M8"
        ours = quern.asarray(value)
        assert ours.dtype.str == ("<M8[D]" if value is day else f"<{kind}[us]") and ours.item() == value
        for unit in ("W", "D", "h", "ms", "us", "ns", "25s"):
            dtype = f"{kind}[{unit}]"
            assert same(quern.asarray(value, dtype=dtype), np.asarray(value, dtype=dtype)), (value, dtype)
            assert same(quern.asarray([value, None], dtype=dtype), np.array([value, None], dtype=dtype))
        assert quern.asarray([value]).tolist() == [value]
    assert same(quern.asarray([moment, day]), np.array([moment, day], "M8[us]"))
    array = counts([1, 2], "M8[D]")
    assert same(quern.asarray(array) + datetime.timedelta(hours=1), array + np.timedelta64(3_600_000_000, "us"))
    assert quern.asarray(["NaT", None, 5], dtype="m8[s]").tolist() == [None, None, datetime.timedelta(seconds=5)]
    texts = ["2000-01-31", "1999", "2001-05", "2000-01-31T12:30:15.25", "NaT"]
    assert same(quern.asarray(texts, dtype="M8[ms]"), np.array(texts, "M8[ms]"))


def test_objects_that_do_not_fit_are_refused() -> None:
    zoned = datetime.datetime(2000, 1, 1, tzinfo=datetime.timezone.utc)
    with pytest.raises(ValueError, match="time zone"):
        quern.asarray(zoned)
    with pytest.raises(TypeError, match="datetime.timedelta"):
        quern.asarray([datetime.date(2000, 1, 1)], dtype="m8[s]")
    with pytest.raises(TypeError):
        quern.asarray([datetime.timedelta(1)], dtype="M8[s]")
    with pytest.raises(ValueError, match="no unit"):
        quern.asarray([datetime.timedelta(1)], dtype="m8")
    with pytest.raises(OverflowError, match="64 bits"):
        quern.asarray(datetime.timedelta.max)
    with pytest.raises(ValueError):
        quern.asarray(["yesterday"], dtype="M8[s]")
    with pytest.raises(TypeError):
        quern.asarray(["2000-01-01"])


def test_truth_and_numbers() -> None:
    assert bool(quern.asarray(counts(5, "m8[s]"))) and bool(quern.asarray(counts(NAT, "M8[s]")))
    assert not bool(quern.asarray(counts(0, "m8[s]")))
    with pytest.raises(TypeError):
        int(quern.asarray(counts(5, "m8[s]")))
    with pytest.raises(TypeError):
        operator.index(quern.asarray(counts(1, "m8[s]")))


@pytest.mark.parametrize("dtype", ["M8[ns]", "<m8[25s]", ">M8[D]", "m8", ">m8[Y]"])
def test_files(dtype: str) -> None:
    array = counts(range(6), "i8").view(dtype).reshape(2, 3)
    ours, theirs = io.BytesIO(), io.BytesIO()
    quern.save(ours, quern.asarray(array))
    np.save(theirs, array)
    assert ours.getvalue() == theirs.getvalue()
    assert same(quern.load(io.BytesIO(theirs.getvalue())), array)
    assert same(pickle.loads(pickle.dumps(quern.asarray(array))), array)


def test_creation() -> None:
    for make in (
        lambda module: module.zeros(3, "m8[s]"),
        lambda module: module.ones((2, 2), "M8[D]"),
        lambda module: module.full(2, 5, "M8[s]"),
        lambda module: module.full(2, "NaT", "M8[s]"),
        lambda module: module.arange(5, dtype="m8[s]"),
    ):
        assert same(make(quern), make(np))


def test_views_and_assignment() -> None:
    array = quern.asarray(counts([1, 2, 3], "M8[s]").copy())
    array[1] = np.datetime64(1, "m")
    assert array.tolist()[1] == datetime.datetime(1970, 1, 1, 0, 1)
    array[0] = datetime.datetime(1970, 1, 1, 1)
    array[2] = None
    assert np.asarray(array).view(np.int64).tolist() == [3600, 60, NAT]
