"""Counts of time in another unit, exactly: what quern promises where steps in 64 bits, NumPy's, overflow."""

from __future__ import annotations

from datetime import date
from math import gcd
from typing import Any

import numpy as np

from .basics import Array
from .times import NOT_A_TIME, counts_time

DAY = 86_400 * 10**18  # in attoseconds
MONTHS = {"Y": 12, "M": 1}
TICKS = {"W": 7 * DAY, "D": DAY, "h": DAY // 24, "m": DAY // 1440} | {
    base: 10 ** (18 - 3 * place) for place, base in enumerate(("s", "ms", "us", "ns", "ps", "fs", "as"))
}
DAYS_OF_CYCLE = 146_097  # of 400 years, after which the calendar repeats
AVERAGE_MONTH = DAYS_OF_CYCLE * DAY // 4800
FIRST_DAY, FIRST_CYCLE = date(1970, 1, 1).toordinal(), date(400, 1, 1).toordinal()
DAYS_TO_2000 = date(2000, 1, 1).toordinal() - FIRST_DAY  # from where NumPy counts days


def month_of_year(month: int) -> tuple[int, int]:
    """The year, which has 64 bits, and the place in it of a month since 1970 began."""
    year, index = divmod(1970 * 12 + month, 12)
    return wrapped(year), index


def day_of_month(month: int) -> int:
    """The first day of a month; both are counted since 1970 began."""
    year, index = month_of_year(month)
    cycle, rest = divmod(year, 400)
    return cycle * DAYS_OF_CYCLE + date(400 + rest, index + 1, 1).toordinal() - DAYS_OF_CYCLE - FIRST_DAY


def month_of_day(day: int) -> int:
    """The month in which a day lies."""
    cycle, rest = divmod(day + FIRST_DAY - FIRST_CYCLE, DAYS_OF_CYCLE)
    found = date.fromordinal(FIRST_CYCLE + rest)
    return (found.year + 400 * cycle - 1970) * 12 + found.month - 1


def fits(count: int) -> bool:
    return abs(count) < 1 << 63


def wrapped(count: int) -> int:
    return (count + (1 << 63)) % (1 << 64) - (1 << 63)


def point_in(count: int, source: tuple[str, int], target: tuple[str, int]) -> tuple[int, bool]:
    """A point in time in another unit, one of them of the calendar, rounded down, and whether no step leaves 64 bits."""
    units, day = count * source[1], 0
    if source[0] in MONTHS:
        year, index = month_of_year(units * MONTHS[source[0]])
        month = (year - 1970) * 12 + index
        found = month // MONTHS[target[0]] if target[0] in MONTHS else day_of_month(month) * DAY // TICKS[target[0]]
    else:
        day = units * TICKS[source[0]] // DAY
        found = month_of_day(day) // MONTHS[target[0]]
    return wrapped(found) // target[1], fits(units) and fits(found) and fits(day - DAYS_TO_2000)


def span_in(count: int, source: tuple[str, int], target: tuple[str, int]) -> tuple[int, bool]:
    """The same of a span, whose years and months are average ones."""
    lengths = {base: months * AVERAGE_MONTH for base, months in MONTHS.items()} | TICKS
    multiplier, divisor = source[1] * lengths[source[0]], target[1] * lengths[target[0]]
    common = gcd(multiplier, divisor)
    product, parts = count * (multiplier // common), divisor // common
    # NumPy rounds down by taking away almost a whole part first.
    return wrapped(product) // parts, fits(product) and fits(product - parts + 1)


def in_unit_of(count: int, source: np.dtype[Any], target: np.dtype[Any]) -> tuple[int, bool]:
    """What a count of one dtype that counts time is in another of the same kind, and whether no step leaves 64 bits."""
    units = np.datetime_data(source), np.datetime_data(target)
    if count == NOT_A_TIME or units[0] == units[1] or "generic" in (units[0][0], units[1][0]):
        return count, True
    calendar = {units[0][0], units[1][0]} & set(MONTHS)
    return point_in(count, *units) if source.kind == "M" and calendar else span_in(count, *units)


def leave_64_bits(values: Array, target: np.dtype[Any]) -> Array:
    """Which values do on their way to another dtype."""
    source = values.dtype
    if not counts_time(source) or source.kind != target.kind or source == target:
        return np.zeros(len(values), bool)
    return np.array([not in_unit_of(count, source, target)[1] for count in values.view(np.int64).tolist()], bool)
