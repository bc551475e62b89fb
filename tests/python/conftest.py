"""What the tests of the Python package share. NumPy is the judge; what there is to test comes from the registry."""

import warnings
from typing import Any

import numpy as np
import pytest

import quern

UFUNCS = sorted(
    {value for name in quern.__all__ if isinstance(value := getattr(quern, name), quern.ufunc)},
    key=lambda ufunc: ufunc.name,
)
DTYPES = [value for name in quern.__all__ if isinstance(value := getattr(quern, name), quern.dtype)]
REDUCTIONS = [(name, ufunc) for ufunc in UFUNCS for name in ufunc.reduction_functions]


def numpy_ufunc(ufunc: quern.ufunc) -> Any:
    """NumPy's ufunc of the same name, None where it has none."""
    found = getattr(np, ufunc.name, None)
    return found if isinstance(found, np.ufunc) else getattr(np._core.umath, ufunc.name, None)


# Ufuncs that NumPy has too; others come from packages and have tests of their own. Left out is one that
# test_ufunc_call.py compares by itself: what NumPy takes for the dtypes of ldexp follows rules of its own beside numbers
# and with dtype=.
APART = {"ldexp"}
# Those with a signature have test_gufunc.py.
JUDGED = [u for u in UFUNCS if numpy_ufunc(u) is not None and u.name not in APART and not u.signature]


def has_numpy(dtype: quern.dtype) -> bool:
    try:
        return np.dtype(dtype.str).isbuiltin == 1  # packages may have added others
    except TypeError:
        return False


# Times have units, and test_times.py to themselves.
JUDGED_DTYPES = [dtype for dtype in DTYPES if has_numpy(dtype) and dtype.kind not in "mM"]


def sample(dtype: Any, shape: Any, rng: np.random.Generator) -> np.ndarray:
    """Small values of both signs, zeros among them; fractions are eighths, so that sums are exact."""
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return rng.integers(0, 2, shape).astype(dtype)
    if dtype.kind == "f":
        return np.asarray(rng.integers(-72, 73, shape) / 8).astype(dtype)
    if dtype.kind == "c":
        parts = rng.integers(-72, 73, (2, *np.atleast_1d(shape).astype(int))) / 8
        return np.asarray(parts[0] + 1j * parts[1]).reshape(shape).astype(dtype)
    return np.asarray(rng.integers(0 if dtype.kind == "u" else -9, 10, shape)).astype(dtype)


def layouts(array: np.ndarray) -> dict[str, np.ndarray]:
    """The same values laid out in memory in many ways."""
    padded = np.zeros(tuple(2 * n + 1 for n in array.shape), array.dtype)
    stepped = padded[tuple(slice(1, 2 * n + 1, 2) for n in array.shape)]
    stepped[...] = array
    raw = np.zeros(array.nbytes + 16, np.uint8)
    misaligned = raw[1 : 1 + array.nbytes].view(array.dtype).reshape(array.shape)
    misaligned[...] = array
    reverse = (slice(None, None, -1),) * array.ndim
    reversed_ = array[reverse].copy()[reverse]
    locked = array.copy()
    locked.flags.writeable = False
    return {
        "contiguous": array.copy(),
        "fortran": np.asfortranarray(array),
        "stepped": stepped,
        "reversed": reversed_,
        "misaligned": misaligned,
        "swapped": array.astype(array.dtype.newbyteorder()),
        "transposed": array.T.copy().T,
        "read-only": locked,
        "broadcast": np.broadcast_to(array, (2, *array.shape))[1],
    }


def assert_same(mine: Any, theirs: Any, ulps: float = 0.0, note: Any = None) -> None:
    """Same shape, dtype and values; floats within a number of last places, NaN equal to NaN."""
    mine_np = np.asarray(mine)
    theirs_np = np.asarray(theirs)
    assert mine_np.shape == theirs_np.shape, note
    assert mine_np.dtype == theirs_np.dtype, note
    if theirs_np.dtype.kind in "fc" and ulps:
        np.testing.assert_allclose(mine_np, theirs_np, rtol=ulps * float(np.finfo(theirs_np.dtype).eps), atol=0,
                                   err_msg=str(note))
    else:
        np.testing.assert_array_equal(mine_np, theirs_np, err_msg=str(note))


def outcome(function: Any) -> tuple[str, Any]:
    """What a call gives: ("value", result), ("error", the builtin class of its error), or ("unsupported", that class) where
    quern says that it has no such loop (powers of complex numbers)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return "value", function()
        except Exception as error:
            builtin = next(cls for cls in type(error).__mro__ if cls.__module__ == "builtins")
            return "unsupported" if "numbers are not supported" in str(error) else "error", builtin


def beyond(result: Any) -> bool:
    """Whether NumPy's result has a dtype that quern lacks: then the loops differ, and so may all else."""
    results = result if isinstance(result, tuple) else (result,)
    known = {np.dtype(dtype.str) for dtype in JUDGED_DTYPES}
    return any(hasattr(each, "dtype") and each.dtype.newbyteorder("=") not in known for each in results)


def judge(mine: Any, theirs: Any, ulps: float = 4.0, note: Any = None, any_error: bool = False) -> None:
    """Both calls give the same values, or errors of the same builtin class (or just errors, where a call has several
    faults and it is open which comes first)."""
    expected = outcome(theirs)
    if expected[0] == "value" and beyond(expected[1]):
        return
    found = outcome(mine)
    if found[0] == "unsupported":
        return
    assert found[0] == expected[0], (note, found, expected)
    if found[0] == "error":
        assert any_error or found[1] is expected[1], (note, found, expected)
    elif isinstance(expected[1], tuple):
        for one, other in zip(found[1], expected[1], strict=True):
            assert_same(one, other, ulps, note)
    else:
        assert_same(found[1], expected[1], ulps, note)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(12345)
