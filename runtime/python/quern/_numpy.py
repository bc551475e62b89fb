"""Handing calls over to NumPy."""

from typing import Any

import numpy

from quern._quern import Array


def _unwrap(value: Any) -> Any:
    if isinstance(value, Array):
        return numpy.asarray(value)
    if isinstance(value, tuple):
        return tuple(_unwrap(item) for item in value)
    return value


def call(ufunc: Any, method: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """Calls a NumPy ufunc, or one of its methods, on the memory of quern's arrays."""
    arrays = (_unwrap(item) for item in inputs)
    return getattr(ufunc, method)(*arrays, **{key: _unwrap(item) for key, item in options.items()})
