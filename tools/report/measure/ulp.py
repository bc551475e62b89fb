"""Distances between floating-point numbers, counted in representable values."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..basics import Array


def ordered(values: Array) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Numbers in the order of the values, one apart for neighbours; both zeros are one number."""
    width = values.dtype.itemsize
    words = values.view(f"i{width}").astype(object if width > 4 else np.int64)
    low = -(1 << (8 * width - 1))
    return np.where(words < 0, low - words, words)


def ulp_distance(left: Array, right: Array) -> Array:
    """Representable values from one to the other; 0 for two NaNs, infinite for one, and also for
    two zeros, or a zero and a tiny number, of different sign."""
    steps = np.abs(ordered(left) - ordered(right)).astype(np.float64)
    one_nan = np.isnan(left) != np.isnan(right)
    both_nan = np.isnan(left) & np.isnan(right)
    signs_differ = (np.signbit(left) != np.signbit(right)) & ~both_nan
    return np.where(both_nan, 0.0, np.where(one_nan | signs_differ, np.inf, steps))
