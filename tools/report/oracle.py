"""NumPy behind the interface of `library`: what quern is compared with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import numpy as np
from numpy._core import umath  # the private home of ufuncs that NumPy wraps in functions

from .basics import Array
from .library import FlagWatch, as_tuple
from .times import counts_time

# A result that names no target: NumPy does not tell which one ran.
UNKNOWN_TARGET = "NumPy's choice"


def find_dtype(name: str) -> np.dtype[Any] | None:
    """NumPy's own dtype of this name in native byte order, or None; packages may have added others.

    Those that count time are made anew for each unit, which NumPy takes for not built in.
    """
    try:
        found = np.dtype(name)
    except TypeError:
        return None
    return found if found.isbuiltin == 1 or counts_time(found) else None


def find_ufunc(name: str) -> np.ufunc | None:
    """NumPy's ufunc of this name, public or in its umath module, or None."""
    for module in (np, umath):
        found = getattr(module, name, None)
        if isinstance(found, np.ufunc):
            return found
    return None


class NumpyLibrary:
    """NumPy, for the dtypes and ufuncs named."""

    name = "NumPy"
    version = np.__version__

    def __init__(self, dtypes: Sequence[str], ufuncs: Sequence[str]) -> None:
        self._dtypes = tuple(name for name in dtypes if find_dtype(name) is not None)
        found = ((name, find_ufunc(name)) for name in ufuncs)
        self._ufuncs = {name: ufunc for name, ufunc in found if ufunc is not None}

    def dtypes(self) -> tuple[str, ...]:
        return self._dtypes

    def ufuncs(self) -> tuple[str, ...]:
        return tuple(self._ufuncs)

    def targets(self) -> tuple[str, ...]:
        return (UNKNOWN_TARGET,)

    def use_target(self, name: str) -> None:
        """NumPy chooses by itself."""

    def use_threads(self, count: int) -> None:
        """NumPy's ufuncs run on one thread."""

    def ufunc(self, name: str) -> Any:
        return self._ufuncs[name]

    def function(self, name: str) -> Any:
        """NumPy's function of this name that is no ufunc, or None."""
        found = getattr(np, name, None)
        return found if callable(found) and name not in self._ufuncs else None

    def native(self, array: Array) -> Any:
        return array

    def resolve(self, ufunc: str, inputs: Sequence[str]) -> tuple[str, ...]:
        function = self._ufuncs[ufunc]
        operands = [*map(np.dtype, inputs), *([None] * function.nout)]
        return tuple(dtype.name for dtype in function.resolve_dtypes(tuple(operands)))

    def resolve_reduction(self, ufunc: str, dtype: str) -> tuple[str, ...]:
        operands = (None, np.dtype(dtype), None)
        found = self._ufuncs[ufunc].resolve_dtypes(operands, reduction=True)
        return tuple(each.name for each in found)

    def ran_on(self, ufunc: str, inputs: Sequence[str]) -> str:
        return UNKNOWN_TARGET

    def kind_of(self, ufunc: str, inputs: Sequence[str]) -> str:
        return UNKNOWN_TARGET

    def can_cast(self, source: str, target: str, level: Any) -> bool:
        return bool(np.can_cast(np.dtype(source), np.dtype(target), level))

    def promote_types(self, first: str, second: str) -> str:
        return str(np.promote_types(first, second).name)

    def result_type(self, *dtypes: str) -> str:
        return str(np.result_type(*map(np.dtype, dtypes)).name)

    def call(self, ufunc: str, *operands: Any, **keywords: Any) -> tuple[Array, ...]:
        return as_tuple(self._ufuncs[ufunc](*operands, **keywords))

    def method(self, ufunc: str, method: str, *operands: Any, **keywords: Any) -> Array:
        return np.asarray(getattr(self._ufuncs[ufunc], method)(*operands, **keywords))

    def astype(self, array: Array, dtype: str) -> Array:
        return np.asarray(array).astype(dtype)

    @contextmanager
    def watching(self) -> Iterator[FlagWatch]:
        watch = FlagWatch()
        with np.errstate(all="call", call=watch.note):
            yield watch

    def quiet(self) -> AbstractContextManager[Any]:
        return np.errstate(all="ignore")
