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


# Ufuncs that NumPy has too; others come from packages and have tests of their own.
JUDGED = [ufunc for ufunc in UFUNCS if numpy_ufunc(ufunc) is not None]


def has_numpy(dtype: quern.dtype) -> bool:
    try:
        return np.dtype(dtype.str).name == dtype.name
    except TypeError:
        return False


JUDGED_DTYPES = [dtype for dtype in DTYPES if has_numpy(dtype)]


def sample(dtype: Any, shape: Any, rng: np.random.Generator) -> np.ndarray:
    """Small values, zeros, both signs; a few in a thousand of the extremes of the dtype."""
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return rng.integers(0, 2, shape).astype(dtype)
    low = 0 if dtype.kind == "u" else -9
    values = np.asarray(rng.integers(low, 10, shape)).astype(dtype)
    if dtype.kind == "f":
        values = np.asarray(values + rng.random(shape).astype(dtype), dtype=dtype)
    return values


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


def assert_same(mine: Any, theirs: Any, ulps: float = 0.0) -> None:
    """Same shape, dtype and values; floats within a number of last places, NaN equal to NaN."""
    mine_np = np.asarray(mine)
    theirs_np = np.asarray(theirs)
    assert mine_np.shape == theirs_np.shape
    assert mine_np.dtype == theirs_np.dtype
    if theirs_np.dtype.kind == "f" and ulps:
        np.testing.assert_allclose(mine_np, theirs_np, rtol=ulps * np.finfo(theirs_np.dtype).eps, atol=0)
    else:
        np.testing.assert_array_equal(mine_np, theirs_np)


def outcome(function: Any) -> tuple[str, Any]:
    """What a call gives: ("value", result) or ("error", the builtin class of its error)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return "value", function()
        except Exception as error:
            builtin = next(cls for cls in type(error).__mro__ if cls.__module__ == "builtins")
            return "error", builtin


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(12345)
