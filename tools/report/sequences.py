"""Sequences to reduce: finite values of both signs whose sums and products stay in range."""

from __future__ import annotations

import random
from functools import lru_cache
from typing import Any

import numpy as np

from .basics import Array, without_sign
from .spec import Loop
from .times import NOT_A_TIME, counted, counts_time

# Sequences of times no longer than this hold times alone; longer ones of odd length hold one that is none.
ALL_TIMES = 1_000


def loop_sequence(loop: Loop, dtype: str, length: int) -> Array:
    """The values of a dtype that the loop reduces: none are negative if it refuses some."""
    values = sequence(dtype, length)
    return without_sign(values) if loop.refuses else values


@lru_cache(maxsize=256)
def sequence(dtype: str, length: int) -> Array:
    """The same read-only values each time; magnitudes of floats and complex numbers lie between 0.71 and 1.41."""
    kind = np.dtype(dtype)
    if kind.kind == "c":
        return complex_sequence(kind, length)
    words = np.frombuffer(
        random.Random(f"quern sequence {dtype} {length}").randbytes(8 * length), "<u8"
    )
    if kind.kind == "b":
        values = np.asarray(words % 16 != 0)
    elif kind.kind in "iu":
        values = words.astype(f"u{kind.itemsize}").view(kind)
    elif counts_time(kind):
        counts = words.view(np.int64).copy()
        if length % 2 and length > ALL_TIMES:
            counts[length // 2] = NOT_A_TIME
        values = counted(counts, kind)
    else:
        exponent = (words >> 11).astype(np.float64) * 2.0**-53 - 0.5
        magnitude = 1.0 + exponent * (0.6931471805599453 + 0.2402265069591007 * exponent)
        values = np.where(words & np.uint64(1) == 1, magnitude, -magnitude).astype(kind)
    values.flags.writeable = False
    return np.asarray(values)


def complex_sequence(kind: np.dtype[Any], length: int) -> Array:
    """Numbers of such magnitudes in all directions."""
    part = kind.type().real.dtype.name
    turned = np.array(sequence(part, 2 * length)).view(kind)
    values = (turned / np.abs(turned) * sequence(part, length)).astype(kind)
    values.flags.writeable = False
    return np.asarray(values)
