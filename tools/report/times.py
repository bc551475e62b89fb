"""Dtypes that count time: the units in which they are tried, and their elements as counts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .basics import Array

# Units that tables of types and casts are made for: none, the two of the calendar, the day between it and the clock, one of
# the clock with a multiple of it, and a fine one.
UNITS = ("", "Y", "M", "D", "s", "25s", "ns")

# Beside them every other base, and multiples: promotion and casting are compared in all of these.
FURTHER_UNITS = ("W", "h", "m", "ms", "us", "ps", "fs", "as", "6M", "7D", "2W", "90m", "1000ms", "2147483647s")

# What loops are run in; their kernels see counts alone.
LOOP_UNIT = "s"

NOT_A_TIME = -(1 << 63)


def counts_time(dtype: np.dtype[Any]) -> bool:
    return dtype.kind in "mM"


def counts_time_by_name(name: str) -> bool:
    try:
        return counts_time(np.dtype(name))
    except TypeError:  # a dtype that NumPy lacks
        return False


def is_unsettled(dtype: np.dtype[Any]) -> bool:
    """Whether it counts points in time without a unit: NumPy knows NaT alone of these, and crashes on conversions of others."""
    return dtype.kind == "M" and np.datetime_data(dtype)[0] == "generic"


def in_unit(name: str, unit: str) -> str:
    """The name of a dtype without a unit in one."""
    return f"{name}[{unit}]" if unit else name


def without_unit(name: str) -> str:
    return name.partition("[")[0]


def in_units(names: Iterable[str], units: Iterable[str]) -> tuple[str, ...]:
    """The names, with those of dtypes that count time once in each unit."""
    units = tuple(units)
    return tuple(form for name in names for form in ([in_unit(name, u) for u in units] if counts_time_by_name(name) else [name]))


def run_as(name: str) -> str:
    """The dtype in which loops over a dtype of the spec are run."""
    return in_unit(name, LOOP_UNIT) if counts_time_by_name(name) else name


def counted(counts: Any, dtype: str | np.dtype[Any]) -> Array:
    """An array of these counts; NumPy itself makes points in time without a unit from no numbers."""
    return np.array(counts, np.int64).view(dtype)


def ones(count: int, dtype: str | np.dtype[Any]) -> Array:
    """So many ones of any dtype."""
    return counted([1] * count, dtype) if counts_time(np.dtype(dtype)) else np.ones(count, dtype)


def year_ends(dtype: np.dtype[Any]) -> list[int]:
    """The first counts of some years and the last ones before them, as far as the dtype's unit can say them."""
    if np.datetime_data(dtype)[0] == "generic":
        return []
    years = np.array(["0000", "0001", "1600", "1900", "2000", "2001", "2262", "10000"], "M8[Y]")
    with np.errstate(all="ignore"):
        firsts = years.astype(f"M8[{np.datetime_data(dtype)[1]}{np.datetime_data(dtype)[0]}]")
        there = firsts.astype("M8[Y]") == years
    found = firsts[there].view(np.int64).tolist()
    return [count for first in found for count in (first - 1, first)]
