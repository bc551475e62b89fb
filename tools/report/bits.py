"""Comparing results by their bits. A NaN is a NaN: its sign and payload are not promised."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from .basics import Array

HASH_BYTES = 16


def canonical(values: Array) -> Array:
    """The values contiguous, little-endian, every NaN with the same bits."""
    little = np.array(values, dtype=values.dtype.newbyteorder("<"), order="C")
    parts = little.reshape(-1).view(little.real.dtype) if little.dtype.kind == "c" else little
    if parts.dtype.kind == "f":
        parts[np.isnan(parts)] = np.nan
    return little


def digest(*arrays: Array) -> str:
    """One hash over dtypes and elements of the arrays."""
    state = hashlib.blake2b(digest_size=HASH_BYTES)
    for array in arrays:
        state.update(array.dtype.name.encode())
        state.update(canonical(array).tobytes())
    return state.hexdigest()


def _words(values: Array) -> np.ndarray[Any, np.dtype[Any]]:
    little = canonical(values).reshape(-1)
    if little.dtype.itemsize in (1, 2, 4, 8):
        return little.view(f"u{little.dtype.itemsize}")
    return little.view(np.uint8).reshape(little.size, little.itemsize)


def differing(left: Array, right: Array) -> np.ndarray[Any, np.dtype[np.intp]]:
    """Positions, in C order, at which two arrays of one dtype and size differ."""
    unequal = _words(left) != _words(right)
    if unequal.ndim > 1:
        unequal = unequal.any(axis=1)
    return np.flatnonzero(unequal)


def shape_fault(got: Array, expected: Array) -> str | None:
    """Why two results cannot be compared element by element, or None."""
    if got.dtype.name != expected.dtype.name or got.shape != expected.shape:
        return f"{got.dtype.name}{list(got.shape)}, not {expected.dtype.name}{list(expected.shape)}"
    return None


def returns_an_input(columns: tuple[Array, ...], output: Array) -> bool:
    """Whether every result is NaN or, bit for bit, one of its inputs.

    Such an operation may meet two equal zeros of different sign, and NumPy's choice between them
    depends on the CPU and on the length of the array.
    """
    if output.dtype.kind != "f" or any(column.dtype != output.dtype for column in columns):
        return False
    left = set(range(len(output)))
    for column in columns:
        left &= set(differing(column, output).tolist())
    return not left or bool(np.isnan(output[list(left)]).all())
