"""Derive the constants of power and write them to runtime/simd/powers_tables.h.

log(x) is what tools/derive/logarithm.py describes, x = 2^e m and log(m) = l + log(1 + r) with the
same intervals, but to some 70 bits, for the exponent multiplies its error: the rows (c, l = -log c)
are chosen among so many candidates that the multiple of 2^-43 is right to 71 bits of every log(m),
and log(1 + r) = r + r^2 (-1/2 + r (1/3 + r q(r))), where 1/3 has two parts and q is a polynomial.

Usage: python tools/derive/powers.py          (needs gmpy2; takes some ten seconds)
"""

from __future__ import annotations

import gmpy2
from fitting import PRECISION, array, fit, interleaved, rounded, scalar, write_tables
from gmpy2 import mpfr
from logarithm import GRID, log_tail, radius_of, row_ends

# What errors of l may be, beside the least magnitude of a logarithm in the interval.
TOLERANCE = 2.0**-71
# Fixed-point digits of the search, the last 75 or 76 of which are below a double's last place.
DIGITS = 128


def row(low: mpfr, high: mpfr) -> tuple[mpfr, mpfr, mpfr]:
    """c and l for m between low and high, and the error of l: the first from the middle on."""
    if low < 1 < high:
        return mpfr(1), mpfr(0), mpfr(0)
    step = int(gmpy2.exp(-(mpfr(2) ** -GRID)) * mpfr(2) ** DIGITS)
    candidate = int(gmpy2.rint(gmpy2.log((low + high) / 2) * mpfr(2) ** GRID))
    start = gmpy2.exp(-candidate * mpfr(2) ** -GRID)
    inverse = int(start * mpfr(2) ** DIGITS)
    half = 1 << (DIGITS - (54 if start < 1 else 53))
    least = min(abs(gmpy2.log(low)), abs(gmpy2.log(high)))
    allowed = int(TOLERANCE * least * start * mpfr(2) ** DIGITS)
    while abs(((inverse + half) & (2 * half - 1)) - half) > allowed:
        inverse = (inverse * step) >> DIGITS
        candidate += 1
    logarithm = candidate * mpfr(2) ** -GRID
    found = rounded(gmpy2.exp(-logarithm))
    return found, logarithm, -gmpy2.log(found) - logarithm


def log_rest(r: mpfr) -> mpfr:
    """(log(1 + r) - r + r^2/2 - r^3/3) / r^4."""
    return ((log_tail(r) + mpfr(1) / 2) / r - mpfr(1) / 3) / r if r != 0 else mpfr(-0.25)


def parts() -> list[str]:
    ends = row_ends()
    rows = [row(low, high) for low, high in zip(ends, ends[1:], strict=False)]
    inverse = [c for c, _, _ in rows]
    logarithm = [value for _, value, _ in rows]
    radius = radius_of(inverse, ends)
    third = mpfr(1) / 3
    q64, worst64 = fit(log_rest, 9, radius)
    q32, worst32 = fit(log_tail, 6, radius)
    return [
        array("kPowerInverse", inverse, "c, the inverse of an m near the middle of each interval."),
        array(
            "kPowerRow",
            logarithm,
            f"-log c, a multiple of 2^-{GRID}: |error| at most {TOLERANCE:.2g} of any log m.",
        ),
        array("kPowerRows", interleaved(inverse, logarithm), "The two interleaved: row j at 2 j."),
        scalar("kThirdHead", rounded(third), "1/3."),
        scalar("kThirdTail", rounded(third - rounded(third)), "What the head leaves."),
        array(
            "kPower64Polynomial",
            q64,
            "q, lowest power first: "
            f"|error| of log(1 + r) at most {float(worst64 * radius**2):.2g} for |r| <= {float(radius):.3g}.",
        ),
        array(
            "kPower32Polynomial",
            q32,
            "For float32 results, log(1 + r) = r + r^2 q(r): "
            f"|error| at most {float(worst32):.2g}.",
        ),
    ]


if __name__ == "__main__":
    gmpy2.get_context().precision = PRECISION
    write_tables("powers", "power", parts())
