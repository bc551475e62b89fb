"""Errors against MPFR, in units in the last place. Runs in processes of its own as well."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import gmpy2  # type: ignore[import-untyped]
import numpy as np

from .basics import Array

# Bits beyond any dtype measured here, so that the reference's own error cannot be seen.
PRECISION = 140


def _named(name: str) -> Any:
    """MPFR's powers are an operator."""
    return operator.pow if name.endswith("power") else getattr(gmpy2, name, None)


def _function(names: Sequence[str]) -> Callable[..., Any] | None:
    return next((function for function in map(_named, names) if callable(function)), None)


def has_function(names: Sequence[str]) -> bool:
    """Whether MPFR has a function under one of the names."""
    return _function(names) is not None


class _Scales:
    """1 / ulp by binary exponent of the true value."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        limits: Any = np.finfo(dtype)
        self._digits = int(limits.nmant) + 1
        self._least = int(limits.minexp) - int(limits.nmant)
        self._known: dict[int, Any] = {}

    def __getitem__(self, exponent: int) -> Any:
        scale = self._known.get(exponent)
        if scale is None:
            scale = gmpy2.exp2(-max(exponent - self._digits, self._least))
            self._known[exponent] = scale
        return scale


def _error(result: float, true: Any, scales: _Scales, limit: Any) -> float:
    """|result - true| in ULP; an infinity stands for any true value that rounds to it."""
    if result != result or gmpy2.is_nan(true):
        return 0.0 if result != result and gmpy2.is_nan(true) else float("inf")
    if result in (float("inf"), float("-inf")):
        return 0.0 if abs(true) >= limit and (true > 0) == (result > 0) else float("inf")
    if gmpy2.is_infinite(true):
        return float("inf")
    exponent = gmpy2.get_exp(true) if gmpy2.is_regular(true) else -(1 << 30)
    return float(abs(gmpy2.mpfr(result) - true) * scales[exponent])


def errors_of(
    names: Sequence[str], inputs: Array, results: Sequence[Array]
) -> list[np.ndarray[Any, np.dtype[np.float64]]]:
    """For each column of results its errors in ULP of the true values at the inputs."""
    function = _function(names)
    assert function is not None
    dtype = results[0].dtype
    scales = _Scales(dtype)
    columns = [column.astype(np.float64).tolist() for column in results]
    errors: list[list[float]] = [[] for _ in columns]
    with gmpy2.context(precision=PRECISION):
        limits: Any = np.finfo(dtype)
        # Halfway between the greatest number and the power of two above it.
        limit = gmpy2.exp2(int(limits.maxexp)) - gmpy2.exp2(
            int(limits.maxexp) - int(limits.nmant) - 2
        )
        for index, value in enumerate(inputs.astype(np.float64).tolist()):
            true = function(gmpy2.mpfr(value))
            for column, kept in zip(columns, errors, strict=True):
                kept.append(_error(column[index], true, scales, limit))
    return [np.array(kept) for kept in errors]
