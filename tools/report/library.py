"""The library under test behind a small interface, so that a test can put a faulty one in its place.

Operands and results are NumPy arrays; quern takes them without copying. Dtypes, ufuncs and targets
go by their names.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from .basics import Array


class FlagWatch:
    """The floating-point flags reported since `raised` was last set to 0."""

    def __init__(self) -> None:
        self.raised = 0

    def note(self, _kind: str, flags: int) -> None:
        self.raised |= flags


class Library(Protocol):
    """What the measurements ask of quern, and of NumPy."""

    name: str
    version: str

    def dtypes(self) -> tuple[str, ...]: ...

    def ufuncs(self) -> tuple[str, ...]:
        """Names without aliases."""

    def targets(self) -> tuple[str, ...]:
        """Instruction-set targets that this CPU runs, best first."""

    def use_target(self, name: str) -> None: ...

    def use_threads(self, count: int) -> None: ...

    def ufunc(self, name: str) -> Any:
        """The ufunc as the object that users call."""

    def native(self, array: Array) -> Any:
        """The array as an object of the library's own, for timing."""

    def resolve(self, ufunc: str, inputs: Sequence[str]) -> tuple[str, ...]:
        """Types of the loop that arrays of these dtypes choose, inputs and outputs."""

    def resolve_reduction(self, ufunc: str, dtype: str) -> tuple[str, ...]:
        """Types of the loop that folds elements of this dtype."""

    def ran_on(self, ufunc: str, inputs: Sequence[str]) -> str:
        """The target whose kernel runs for these dtypes under the target in use."""

    def kind_of(self, ufunc: str, inputs: Sequence[str]) -> str:
        """How that kernel runs there: a word of the spec's loop kinds."""

    def can_cast(self, source: str, target: str, level: str) -> bool: ...

    def promote_types(self, first: str, second: str) -> str: ...

    def result_type(self, *dtypes: str) -> str: ...

    def call(self, ufunc: str, *operands: Any, **keywords: Any) -> tuple[Array, ...]:
        """Applies the ufunc; all outputs."""

    def method(self, ufunc: str, method: str, *operands: Any, **keywords: Any) -> Array:
        """`reduce`, `accumulate`, `reduceat`, `outer`: the result."""

    def astype(self, array: Array, dtype: str) -> Array:
        """The array's elements converted, at the level `unsafe`."""

    def watching(self) -> AbstractContextManager[FlagWatch]:
        """Collects flags; no other report of them is made meanwhile."""

    def quiet(self) -> AbstractContextManager[Any]:
        """Ignores flags."""


def as_tuple(result: Any) -> tuple[Array, ...]:
    parts = result if isinstance(result, tuple) else (result,)
    return tuple(np.asarray(part) for part in parts)


def import_quern(build: Path) -> Any:
    """The package in the build tree; the installed one where the tree has none."""
    package = build / "python"
    if (package / "quern").is_dir():
        sys.path.insert(0, str(package))
    return importlib.import_module("quern")


class QuernLibrary:
    """quern's Python module."""

    name = "quern"

    def __init__(self, module: Any) -> None:
        self._module = module
        self.version = str(module.__version__)
        self._ufuncs = {
            name: value
            for name, value in vars(module).items()
            if isinstance(value, module.ufunc) and value.name == name
        }

    def dtypes(self) -> tuple[str, ...]:
        module = self._module
        return tuple(name for name, v in vars(module).items() if isinstance(v, module.dtype))

    def ufuncs(self) -> tuple[str, ...]:
        return tuple(sorted(self._ufuncs))

    def targets(self) -> tuple[str, ...]:
        return tuple(self._module.targets())

    def use_target(self, name: str) -> None:
        self._module.set_target(name)

    def use_threads(self, count: int) -> None:
        self._module.set_thread_limit(count)

    def ufunc(self, name: str) -> Any:
        return self._ufuncs[name]

    def native(self, array: Array) -> Any:
        return self._module.asarray(array)

    def resolve(self, ufunc: str, inputs: Sequence[str]) -> tuple[str, ...]:
        return tuple(dtype.name for dtype in self._ufuncs[ufunc].resolve_dtypes(tuple(inputs)))

    def resolve_reduction(self, ufunc: str, dtype: str) -> tuple[str, ...]:
        types = self._ufuncs[ufunc].resolve_dtypes((None, dtype, None), reduction=True)
        return tuple(each.name for each in types)

    def ran_on(self, ufunc: str, inputs: Sequence[str]) -> str:
        return str(self._ufuncs[ufunc].explain(*inputs)[2])

    def kind_of(self, ufunc: str, inputs: Sequence[str]) -> str:
        return str(self._ufuncs[ufunc].explain(*inputs)[3])

    def can_cast(self, source: str, target: str, level: str) -> bool:
        return bool(self._module.can_cast(source, target, level))

    def promote_types(self, first: str, second: str) -> str:
        return str(self._module.promote_types(first, second).name)

    def result_type(self, *dtypes: str) -> str:
        return str(self._module.result_type(*dtypes).name)

    def call(self, ufunc: str, *operands: Any, **keywords: Any) -> tuple[Array, ...]:
        return as_tuple(self._ufuncs[ufunc](*operands, **keywords))

    def method(self, ufunc: str, method: str, *operands: Any, **keywords: Any) -> Array:
        return np.asarray(getattr(self._ufuncs[ufunc], method)(*operands, **keywords))

    def astype(self, array: Array, dtype: str) -> Array:
        return np.asarray(self._module.asarray(array).astype(dtype))

    @contextmanager
    def watching(self) -> Iterator[FlagWatch]:
        watch = FlagWatch()
        with self._module.errstate(all="call", call=watch.note):
            yield watch

    def quiet(self) -> AbstractContextManager[Any]:
        return self._module.errstate(all="ignore")  # type: ignore[no-any-return]
