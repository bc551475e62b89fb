"""What dtypes hold and are. NumPy is the judge, ml_dtypes that of the dtypes that it adds."""

import itertools
import warnings

import numpy as np
import pytest
from conftest import DTYPES, JUDGED_DTYPES, has_numpy, outcome

import quern

ml_dtypes = pytest.importorskip("ml_dtypes")

COUNTS = ("bits", "nmant", "nexp", "iexp", "precision", "machep", "negep", "minexp", "maxexp")
VALUES = ("eps", "epsneg", "min", "max", "smallest_normal", "tiny", "smallest_subnormal", "resolution")


def judged(name):
    """A dtype as its judge knows it; None for those of packages."""
    try:
        return np.dtype(name)
    except TypeError:
        return np.dtype(getattr(ml_dtypes, name)) if hasattr(ml_dtypes, name) else None


KNOWN = [dtype for dtype in DTYPES if judged(dtype.name) is not None]


@pytest.mark.parametrize("dtype", KNOWN, ids=str)
def test_finfo(dtype):
    if dtype.kind not in "fc":
        with pytest.raises(ValueError, match=f"finfo: {dtype} is not inexact"):
            quern.finfo(dtype)
        return
    mine, theirs = quern.finfo(dtype), ml_dtypes.finfo(judged(dtype.name))
    for name in COUNTS:
        assert getattr(mine, name) == getattr(theirs, name), name
        assert type(getattr(mine, name)) is int
    for name in VALUES:
        value = getattr(mine, name)
        assert value.dtype == mine.dtype and value.ndim == 0
        assert float(value) == float(getattr(theirs, name)), name
    assert mine.dtype.numpy == theirs.dtype


@pytest.mark.parametrize("dtype", KNOWN, ids=str)
def test_iinfo(dtype):
    if dtype.kind not in "iu":
        with pytest.raises(ValueError, match=f"iinfo: {dtype} is not an integer"):
            quern.iinfo(dtype)
        return
    mine, theirs = quern.iinfo(dtype), np.iinfo(dtype.numpy)
    for name in ("min", "max", "bits", "kind", "key"):
        assert getattr(mine, name) == getattr(theirs, name), name
    assert mine.dtype == dtype
    assert repr(mine) == repr(theirs) and str(mine) == str(theirs)
    assert quern.iinfo(dtype.newbyteorder()).dtype == np.iinfo(dtype.numpy.newbyteorder()).dtype


def test_text_of_finfo():
    for dtype in (quern.float16, quern.float32, quern.float64):
        assert str(quern.finfo(dtype)) == str(np.finfo(dtype.numpy))
    for dtype in (quern.float32, quern.float64):
        assert repr(quern.finfo(dtype)) == repr(np.finfo(dtype.numpy))


def test_limits_of_numbers_and_names():
    for number in (1.5, 1j, np.float32(2), "f2", float, np.complex64):
        assert quern.finfo(number).bits == np.finfo(number).bits
    assert quern.finfo(quern.asarray(2.0)).bits == 64
    for number in (1, int, "u2", np.int8(1)):
        assert quern.iinfo(number).max == np.iinfo(number).max
    for number in (1, True, bool):
        with pytest.raises(ValueError):
            quern.finfo(number)
    for number in (1.5, True, 1j):
        with pytest.raises(ValueError):
            quern.iinfo(number)
    with pytest.raises(TypeError):
        quern.finfo("nonsense")


NUMBERS = [
    *(sign * 2**bits + more for bits in range(64) for sign in (1, -1) for more in (-1, 0, 1)),
    *(0.0, -0.0, 0.1, 64999.9, 65000.0, -65000.0, 65504.0, 1e38, 3.4e38, np.nextafter(3.4e38, 0).item(), 1e300),
    *(np.inf, -np.inf, np.nan, 1e-300, True, False, 1j, 3.4e38j, 1e300 + 1j, complex(np.inf, 0), complex(np.nan, 1)),
]


def test_min_scalar_type_of_numbers():
    for number in NUMBERS:
        theirs = np.min_scalar_type(number)
        if theirs == object:
            with pytest.raises(OverflowError, match="out of bounds for every dtype"):
                quern.min_scalar_type(number)
        else:
            assert quern.min_scalar_type(number) == theirs, number


@pytest.mark.parametrize("dtype", JUDGED_DTYPES, ids=str)
def test_min_scalar_type_of_elements(dtype):
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        elements = [np.array(number).astype(dtype.str) for number in NUMBERS if abs(number) < 2**63]
    for element in [*elements, *(element.astype(element.dtype.newbyteorder()) for element in elements)]:
        assert quern.min_scalar_type(element) == np.min_scalar_type(element), element
    lists = [element.item() for element in elements]
    for array in (np.zeros(2, dtype.str), np.zeros((0, 3), dtype.newbyteorder().str), lists):
        assert quern.min_scalar_type(array) == np.min_scalar_type(array)


@pytest.mark.parametrize("dtype", [dtype for dtype in KNOWN if dtype not in JUDGED_DTYPES], ids=str)
def test_min_scalar_type_keeps_dtypes_that_numpy_learns(dtype):
    element = np.zeros((), dtype.numpy)
    assert quern.min_scalar_type(element) == dtype == np.min_scalar_type(element)


def test_common_type():
    for count in (0, 1, 2, 3):
        for dtypes in itertools.product(JUDGED_DTYPES, repeat=count):
            arrays = [np.ones(1, dtype.str) for dtype in dtypes]
            mine, theirs = outcome(lambda: quern.common_type(*arrays)), outcome(lambda: np.common_type(*arrays))
            assert mine[0] == theirs[0] and mine[1] == theirs[1], dtypes
    span, point = (np.zeros(1, f"{letter}8[s]") for letter in "mM")
    assert quern.common_type(span) == np.dtype(np.common_type(span))
    for library in (quern, np):
        with pytest.raises(TypeError):
            library.common_type(point)
    with pytest.raises(AttributeError):
        quern.common_type(1.0)
    assert quern.common_type(quern.zeros(1, dtype="bfloat16"), quern.zeros(1, dtype="float16")) == "float32"


def test_mintypecode():
    letters = [dtype.char for dtype in JUDGED_DTYPES]
    for count in (0, 1, 2, 3):
        for chosen in itertools.product(letters, repeat=count):
            for options in ((), ("FDfd",), ("bBhHiIlL?", "?")):
                assert quern.mintypecode(chosen, *options) == np.mintypecode(chosen, *options), (chosen, options)
    assert quern.mintypecode("iS") == np.mintypecode("iS") == "d"
    assert quern.mintypecode("abc", default="whatever") == np.mintypecode("abc", default="whatever")
    arrays = [np.ones(1, "f4"), 1j, "F"]
    assert quern.mintypecode(arrays) == np.mintypecode(arrays)


INTEGERS = ("signed integer", "unsigned integer", "integral")
STANDARD_KINDS = ("bool", *INTEGERS, "real floating", "complex floating", "numeric")


@pytest.mark.parametrize("dtype", JUDGED_DTYPES, ids=str)
def test_isdtype(dtype):
    theirs = dtype.numpy
    for kind in [*STANDARD_KINDS, *itertools.combinations(STANDARD_KINDS, 2), ()]:
        expected = np.isdtype(theirs, kind)
        for form in (dtype, theirs, theirs.type, dtype.newbyteorder()):
            assert quern.isdtype(form, kind) is expected, kind
    for other in JUDGED_DTYPES:
        for kind in (other.numpy, other.numpy.type, (other.numpy, "bool")):
            assert quern.isdtype(dtype, kind) is np.isdtype(theirs, kind)
        assert quern.isdtype(dtype, other) is (dtype == other)


def test_isdtype_of_dtypes_that_numpy_learns():
    assert quern.isdtype(quern.bfloat16, "real floating") and quern.isdtype(ml_dtypes.bfloat16, "numeric")
    assert not quern.isdtype(quern.float8_e5m2, "integral")


def test_isdtype_refusals():
    for dtype, kind in (("f4", "bool"), (float, "bool"), (None, "bool"), (np.ones(2), "bool"), (1.0, "bool")):
        with pytest.raises(TypeError, match="isdtype: dtype must be a dtype"):
            quern.isdtype(dtype, kind)
    for kind in (["bool"], float, 1, None, (("bool",),)):
        with pytest.raises(TypeError):
            np.isdtype(np.dtype("f4"), kind)
        with pytest.raises(TypeError, match="isdtype: a kind"):
            quern.isdtype(quern.float32, kind)
    for kind in ("f4", "nope", ("bool", "nope"), ("real floating", "nope")):
        with pytest.raises(ValueError, match="'real floating'"):
            quern.isdtype(quern.float32, kind)
    assert quern.isdtype(quern.float32, quern.inexact) is np.isdtype(np.float32, np.inexact) is False
    assert quern.isdtype(quern.inexact, "numeric") is np.isdtype(np.inexact, "numeric") is False


CLASSES = {name: value for name, value in vars(quern).items() if isinstance(value, type)}
ABSTRACT = [name for name, value in CLASSES.items() if issubclass(value, quern.generic)]


def test_abstract_classes_are_numpys():
    above = {cls for dtype in JUDGED_DTYPES for cls in dtype.numpy.type.__mro__[1:] if issubclass(cls, np.generic)}
    assert set(ABSTRACT) == {cls.__name__ for cls in above}
    for first, second in itertools.product(ABSTRACT, repeat=2):
        expected = np.issubdtype(getattr(np, first), getattr(np, second))
        assert quern.issubdtype(getattr(quern, first), getattr(quern, second)) is expected
        assert quern.issubdtype(getattr(np, first), getattr(quern, second)) is expected
        assert issubclass(getattr(quern, first), getattr(quern, second)) is expected
    assert quern.floating.__doc__ and quern.floating.__name__ == "floating"


@pytest.mark.parametrize("dtype", [dtype for dtype in DTYPES if has_numpy(dtype)], ids=str)
def test_issubdtype(dtype):
    for name in ABSTRACT:
        expected = np.issubdtype(dtype.numpy, getattr(np, name))
        for form in (dtype, dtype.str, dtype.numpy, dtype.numpy.type, dtype.newbyteorder()):
            assert quern.issubdtype(form, getattr(quern, name)) is expected
            assert quern.issubdtype(form, getattr(np, name)) is expected
        assert quern.issubdtype(getattr(quern, name), dtype) is np.issubdtype(getattr(np, name), dtype.numpy) is False
    for other in (*JUDGED_DTYPES, float, int, bool, complex):
        theirs = other.numpy if isinstance(other, quern.dtype) else other
        assert quern.issubdtype(dtype, other) is np.issubdtype(dtype.numpy, theirs)


def test_issubdtype_of_dtypes_that_numpy_learns():
    assert quern.issubdtype(quern.bfloat16, quern.floating) and quern.issubdtype(ml_dtypes.float8_e5m2, quern.inexact)


def test_issubdtype_refusals():
    for first, second in (("f4", "nope"), (1.0, quern.floating), (1, 2), ("floating", "f4"), (quern.floating, 1.5)):
        with pytest.raises(TypeError):
            quern.issubdtype(first, second)
    with pytest.raises(TypeError):
        quern.dtype(quern.floating)
