"""Inputs: every combination of special values, then random tuples that never change.

Random bits come from Python's generator, seeded by the types alone, and are shaped into values here,
so that neither NumPy's version nor the CPU changes a corpus or a hash over its results.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from .basics import Array, without_sign
from .spec import Loop
from .times import NOT_A_TIME, counted, counts_time, is_unsettled, year_ends

# Loops with at most this many input tuples in all are tried on every one of them.
EXHAUSTIVE_LIMIT = 1 << 16

# Random tuples of the corpus that hashes are made over. Changing it changes every hash.
HASHED = 2_000

# Rows of every corpus come in multiples of this, so that layouts can fold it into two axes.
UNIT = 48


@dataclass(frozen=True)
class Corpus:
    """Columns of equal length, one per operand.

    grid: numbers of special values of each operand; the first prod(grid) tuples are their grid.
    """

    types: tuple[str, ...]
    columns: tuple[Array, ...]
    grid: tuple[int, ...]

    @property
    def count(self) -> int:
        return len(self.columns[0])

    @property
    def special(self) -> int:
        return prod(self.grid)


def special_values(dtype: np.dtype[Any], few: bool = False) -> Array:
    """Limits, zeros of both signs, ones, subnormals, infinities, NaN: what the dtype has of these."""
    if dtype.kind == "b":
        return np.array([False, True])
    if dtype.kind in "iu":
        return _special_integers(dtype, few)
    if dtype.kind == "f":
        return _special_floats(dtype, few)
    if dtype.kind == "c":
        limits = np.finfo(dtype)
        parts = [0.0, -0.0, 1.0, np.inf, np.nan]
        if not few:
            parts += [-1.0, -np.inf, float(limits.max), float(limits.smallest_normal)]
        return np.array([complex(*pair) for pair in itertools.product(parts, parts)], dtype)
    if counts_time(dtype):
        return _special_times(dtype, few)
    raise ValueError(f"no special values are known for {dtype.name}")


def _special_times(dtype: np.dtype[Any], few: bool) -> Array:
    """No time, limits, small counts, both sides of the beginnings of years."""
    if is_unsettled(dtype):
        return counted([NOT_A_TIME], dtype)
    high = -NOT_A_TIME - 1
    if few:
        return counted([NOT_A_TIME, 0, 1, -1, 7, high], dtype)
    small = [0, 1, -1, 2, -2, 7, -7, 1000]
    return counted(list(dict.fromkeys([NOT_A_TIME, -high, high, *small, *year_ends(dtype)])), dtype)


def _special_integers(dtype: np.dtype[Any], few: bool) -> Array:
    limits = np.iinfo(dtype)
    low, high, width = int(limits.min), int(limits.max), int(limits.bits)
    middle = high // 2
    if few:
        values = [low, -1 if low else middle, 0, 1, high]
    elif low:
        values = [low, low + 1, -2, -1, 0, 1, 2, 3, 7, width - 1, width, high - 1, high]
    else:
        values = [0, 1, 2, 3, 7, width - 1, width, middle, middle + 1, high - 1, high]
    return np.array(list(dict.fromkeys(values)), dtype)


def _special_floats(dtype: np.dtype[Any], few: bool) -> Array:
    limits = np.finfo(dtype)
    if few:
        return np.array([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan], dtype)
    tiny, least = float(limits.smallest_normal), float(limits.smallest_subnormal)
    sizes = [0.0, 1.0, 3.7, tiny, least, float(limits.max), np.inf]
    pairs = [value for size in sizes for value in (size, -size)]
    return np.array([*pairs, 0.5, 2.0, 1.0 + float(limits.eps), np.nan], dtype)


def random_words(seed: str, count: int) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """64 random bits each, the same for a seed on any machine."""
    bits = random.Random(f"quern report {seed}").randbytes(8 * count)
    return np.frombuffer(bits, "<u8").astype(np.uint64)


def _patterns(words: Array, dtype: np.dtype[Any]) -> Array:
    """The words' low bits as values of the dtype."""
    return words.astype(f"u{dtype.itemsize}").view(dtype)


def random_values(dtype: np.dtype[Any], seed: str, count: int) -> Array:
    """Any bit pattern, moderate and small values, small whole numbers."""
    words = random_words(seed, count)
    choices = (random_words(seed + " choice", count) % np.uint64(4)).astype(np.intp)
    if dtype.kind == "b":
        return (words & np.uint64(1)).astype(bool)
    if dtype.kind == "c":
        part = np.zeros(0, dtype).real.dtype
        real, imaginary = (random_values(part, f"{seed} {name}", count) for name in ("re", "im"))
        values = np.empty(count, dtype)
        values.real, values.imag = real, imaginary
        return values
    if is_unsettled(dtype):
        return counted([NOT_A_TIME] * count, dtype)
    if counts_time(dtype):
        # Counts of every length, so that some products and quotients fit.
        shifts = (random_words(seed + " shift", count) % np.uint64(60)).astype(np.int64)
        counts = np.where(choices == 0, words.view(np.int64), words.view(np.int64) >> shifts)
        return counted(np.where(choices == 1, (words % np.uint64(33)).astype(np.int64) - 16, counts), dtype)
    if dtype.kind in "iu":
        small = (words % np.uint64(33)).astype(np.int64) - (0 if dtype.kind == "u" else 16)
        return np.where(choices < 2, _patterns(words, dtype), small.astype(dtype))
    unit = (words >> np.uint64(11)).astype(np.float64) * 2.0**-52 - 1.0
    whole = (words % np.uint64(41)).astype(np.float64) - 20.0
    shaped = np.choose(choices, [unit, unit * 100.0, unit * 2.0, whole]).astype(dtype)
    return np.where(choices == 0, _patterns(words, dtype), shaped)


def _random_columns(types: Sequence[np.dtype[Any]], seed: str, count: int) -> list[Array]:
    """One tuple in eight repeats its first value where the types allow it, so that ties occur."""
    columns = [
        random_values(dtype, f"{seed} operand {index}", count) for index, dtype in enumerate(types)
    ]
    if len(set(types)) == 1:
        repeat = random_words(f"{seed} repeat", count) % np.uint64(8) == 0
        columns = [np.where(repeat, columns[0], column) for column in columns]
    return columns


def _grid(values: Sequence[Array]) -> list[Array]:
    return [axis.ravel() for axis in np.meshgrid(*values, indexing="ij")]


def _all_tuples(types: Sequence[np.dtype[Any]]) -> list[Array] | None:
    """Every tuple of values there is, or None where they are too many."""
    bits = [1 if dtype.kind == "b" else 8 * dtype.itemsize for dtype in types]
    if 1 << sum(bits) > EXHAUSTIVE_LIMIT:
        return None
    values = [
        np.arange(1 << width, dtype=np.uint64).astype(bool)
        if dtype.kind == "b"
        else _patterns(np.arange(1 << width, dtype=np.uint64), dtype)
        for width, dtype in zip(bits, types, strict=True)
    ]
    return _grid(values)


def loop_corpus(loop: Loop, count: int, exhaustive: bool = False) -> Corpus:
    """A corpus of values that the loop takes."""
    found = corpus(loop.operands, count, exhaustive)
    return accepted(found) if loop.refuses else found


def accepted(inputs: Corpus) -> Corpus:
    """A corpus for loops that refuse some values: no last operand is negative."""
    *others, last = inputs.columns
    return replace(inputs, columns=(*others, without_sign(last)))


@lru_cache(maxsize=64)
def corpus(types: tuple[str, ...], count: int, exhaustive: bool = False) -> Corpus:
    """Special tuples and `count` random ones, in all a multiple of UNIT.

    exhaustive: every tuple instead of random ones where EXHAUSTIVE_LIMIT allows it.
    """
    dtypes = [np.dtype(name) for name in types]
    specials = [special_values(dtype, few=len(types) > 2) for dtype in dtypes]
    grid = tuple(len(values) for values in specials)
    fill = count + -(prod(grid) + count) % UNIT
    rest = _all_tuples(dtypes) if exhaustive else None
    if rest is None:
        rest = _random_columns(dtypes, ",".join(types), fill)
    columns = tuple(
        np.concatenate([special, more]) for special, more in zip(_grid(specials), rest, strict=True)
    )
    for column in columns:
        column.flags.writeable = False
    return Corpus(types, columns, grid)
