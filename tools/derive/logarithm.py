"""Derive the constants of the logarithms and write them to runtime/simd/logarithm_tables.h.

log(x) = e ln 2 + log(m) with x = 2^e m, and log(m) = l + log(1 + r) with r = m c - 1, where the row
(c, l = -log c) is chosen by the place of m in [least, 2 least), cut into 16 intervals of equal
length in the bits of a double: those below 1 are half as long as those above. This script makes the
rows, ln 2 in two parts and the polynomials of log(1 + r) = r + r^2 q(r).

One interval holds 1; its row is c = 1, l = 0, so that results near 0 come from the polynomial
alone. Its upper end is placed where log(m) passes 2^-5: the results just above, where r is greatest
beside the result, then have the larger unit in the last place.

Every l is a multiple of 2^-43, and so is the head of ln 2: e times the head plus l is exact for all
exponents. Such an l needs no second part, because c is free: of the c near the middle of an
interval that are closest to the exponential of a multiple of 2^-43, the script takes the one that
comes closest, within some 2^-65.

Usage: python tools/derive/logarithm.py          (needs gmpy2)
"""

from __future__ import annotations

import gmpy2
from fitting import PRECISION, array, fit, interleaved, rounded, scalar, write_tables
from gmpy2 import mpfr

TABLE_SIZE = 16
# Intervals below the one that holds 1.
BELOW_ONE = 9
INTERVAL = 1 << 48  # in the bits of a double
ONE = 0x3FF << 52
# |e| <= 1075: e ln 2 is below 2^10, 53 bits above this one.
GRID = 43
# Exponents stand at bit 52 of a double and are used as multiples of this.
UNIT = 1 << 52
CANDIDATES = 1 << 13


def value_of(bits: int) -> mpfr:
    """The double in [1/2, 2) with these bits."""
    exponent = (bits >> 52) - 0x3FF
    return mpfr((bits & ((1 << 52) - 1)) | (1 << 52)) * mpfr(2) ** (exponent - 52)


def least_bits() -> int:
    """Bits of the least m."""
    upper = gmpy2.exp(mpfr(2) ** -5)
    above = int(gmpy2.ceil((upper - 1) * mpfr(2) ** 52))
    return ONE + above - (BELOW_ONE + 1) * INTERVAL


def row_ends() -> list[mpfr]:
    """The ends of the rows' intervals, from the least m to twice that."""
    least = least_bits()
    return [value_of(least + j * INTERVAL) for j in range(TABLE_SIZE + 1)]


def radius_of(inverse: list[mpfr], ends: list[mpfr]) -> mpfr:
    """The greatest |m c - 1|."""
    return max(
        abs(c * end - 1)
        for c, low, high in zip(inverse, ends, ends[1:], strict=False)
        for end in (low, high)
    )


def row(low: mpfr, high: mpfr) -> tuple[mpfr, mpfr, mpfr]:
    """c and l for m between low and high, and the error of l."""
    if low < 1 < high:
        return mpfr(1), mpfr(0), mpfr(0)
    middle = int(gmpy2.rint(gmpy2.log((low + high) / 2) * mpfr(2) ** GRID))
    best = None
    for offset in range(-CANDIDATES // 2, CANDIDATES // 2):
        logarithm = mpfr(middle + offset) * mpfr(2) ** -GRID
        inverse = rounded(gmpy2.exp(-logarithm))
        error = -gmpy2.log(inverse) - logarithm
        if best is None or abs(error) < abs(best[2]):
            best = inverse, logarithm, error
    assert best is not None
    return best


def log_tail(r: mpfr) -> mpfr:
    """(log(1 + r) - r) / r^2."""
    return (gmpy2.log1p(r) - r) / (r * r) if r != 0 else mpfr(-0.5)


def scaled_parts(name: str, base: int) -> list[str]:
    factor = 1 / gmpy2.log(mpfr(base))
    head = rounded(factor)
    return [
        scalar(f"k{name}Head", head, f"1 / ln {base}."),
        scalar(f"k{name}Tail", rounded(factor - head), "What the head leaves."),
    ]


def parts() -> list[str]:
    ends = row_ends()
    rows = [row(low, high) for low, high in zip(ends, ends[1:], strict=False)]
    inverse = [c for c, _, _ in rows]
    logarithm = [value for _, value, _ in rows]
    error = max(abs(value) for _, _, value in rows)
    radius = radius_of(inverse, ends)
    q64, worst64 = fit(log_tail, 9, radius)
    q32, worst32 = fit(log_tail, 5, radius)
    ln2 = gmpy2.log(mpfr(2))
    head = gmpy2.rint(ln2 * mpfr(2) ** GRID) * mpfr(2) ** -GRID
    return [
        scalar("kLogLeast", ends[0], "The least m; the greatest is twice that."),
        scalar("kLogTwoHead", head / UNIT, f"ln 2 to a multiple of 2^-{GRID}, over 2^52."),
        scalar("kLogTwoTail", rounded(ln2 - head) / UNIT, "What the head leaves, over 2^52."),
        array("kLogInverse", inverse, "c, the inverse of an m near the middle of each interval."),
        array(
            "kLogRow",
            logarithm,
            f"-log c, a multiple of 2^-{GRID}: |error| at most {float(error):.2g}.",
        ),
        array("kLogRows", interleaved(inverse, logarithm), "The two interleaved: row j at 2 j."),
        array(
            "kLog64Polynomial",
            q64,
            "q, lowest power first: "
            f"|error| of r + r^2 q(r) at most {float(worst64):.2g} for |r| <= {float(radius):.3g}.",
        ),
        array("kLog32Polynomial", q32, f"The same for float32 results: {float(worst32):.2g}."),
        *scaled_parts("LogBaseTwo", 2),
        *scaled_parts("LogBaseTen", 10),
    ]


if __name__ == "__main__":
    gmpy2.get_context().precision = PRECISION
    write_tables("logarithm", "log, log2, log10 and log1p", parts())
