"""Derive the constants of exp, exp2 and expm1 and write them to runtime/simd/exponential_tables.h.

exp(x) = 2^m * 2^(j/16) * (1 + p(r)) with k = 16 m + j = round(16 x / ln 2) and r = x - k ln 2 / 16,
so |r| <= ln 2 / 32. This script makes the table of 2^(j/16), the two-part ln 2 / 16, the
polynomials p(r) = r + r^2 q(r) and the arguments at which results leave the normal range. exp2
takes 2^(k/16) from the same table with k = round(16 x), expm1 is e^x - 1 from the same parts.

The table holds 2^(j/16) rounded, with j taken off its exponent and upper fraction bits as k = 16 m
+ j will be added there (both at bit 48), and beside it the relative error of that rounding.

Usage: python tools/derive/exponential.py          (needs gmpy2)
"""

from __future__ import annotations

import math
import struct

import gmpy2
from fitting import PRECISION, array, fit, interleaved, rounded, scalar, write_tables
from gmpy2 import mpfr

TABLE_SIZE = 16
# |k| < 2^15, so a head of 53 - 15 bits makes k * head exact.
HEAD_BITS = 38
# k is the rounding of a rounded product: r may pass ln 2 / 32 by a little.
MARGIN = 1 + 2.0**-10


def exp_tail(r: mpfr) -> mpfr:
    """(e^r - 1 - r) / r^2."""
    return (gmpy2.expm1(r) - r) / (r * r) if r != 0 else mpfr(0.5)


def next_float(x: float, up: bool) -> float:
    """The neighbour of a float32 value."""
    bits = struct.unpack("<i", struct.pack("<f", x))[0]
    step = 1 if (x > 0) == up else -1
    return struct.unpack("<f", struct.pack("<i", bits + step))[0]


def last_argument(bound: mpfr, single: bool, below: bool) -> float:
    """The argument next to `bound` on the named side, as a double or float32."""
    value = float(bound)
    if single:
        value = struct.unpack("<f", struct.pack("<f", value))[0]
    while (mpfr(value) > bound) if below else (mpfr(value) < bound):
        if single:
            value = next_float(value, up=not below)
        else:
            value = math.nextafter(value, -math.inf if below else math.inf)
    return value


def limits() -> list[str]:
    """The last arguments with finite and the first with normal results, for both formats."""
    lines = []
    for single, kind, digits, top, bottom in (
        (False, "double", 53, 1024, -1022),
        (True, "float", 24, 128, -126),
    ):
        bits = 32 if single else 64
        # Results from the midpoint between the greatest number and 2^top round to infinity.
        finite = gmpy2.log(mpfr(2) ** top - mpfr(2) ** (top - digits - 1))
        normal = gmpy2.log(mpfr(2) ** bottom)
        lines.append(
            scalar(
                f"kExp{bits}Last",
                last_argument(finite, single, below=True),
                "Greatest argument with a finite result.",
                kind,
            )
        )
        lines.append(
            scalar(
                f"kExp{bits}First",
                last_argument(normal, single, below=False),
                "Least argument whose result is not below the normal range.",
                kind,
            )
        )
    return lines


def minus_index(value: mpfr, j: int) -> float:
    """The double whose bits are those of `value` less j * 2^48."""
    bits = struct.unpack("<q", struct.pack("<d", float(value)))[0]
    return struct.unpack("<d", struct.pack("<q", bits - (j << 48)))[0]


def parts() -> list[str]:
    step = gmpy2.log(mpfr(2)) / TABLE_SIZE
    head = rounded(step, HEAD_BITS)
    exact = [gmpy2.exp2(mpfr(j) / TABLE_SIZE) for j in range(TABLE_SIZE)]
    power = [minus_index(rounded(value), j) for j, value in enumerate(exact)]
    tail = [rounded((value - rounded(value)) / rounded(value)) for value in exact]
    radius = step / 2 * MARGIN
    q64, worst64 = fit(exp_tail, 6, radius)
    q32, worst32 = fit(exp_tail, 3, radius)
    less32, worst_less32 = fit(exp_tail, 4, radius)
    return [
        scalar("kExpSteps", rounded(1 / step), f"{TABLE_SIZE} / ln 2."),
        scalar("kExpStepHead", head, f"ln 2 / {TABLE_SIZE} to {HEAD_BITS} bits."),
        scalar("kExpStepTail", rounded(step - head), "What the head leaves."),
        array("kExpPower", power, f"2^(j/{TABLE_SIZE}) rounded, less j * 2^48 in its bits."),
        array("kExpTail", tail, "Relative error of that rounding."),
        array("kExpRows", interleaved(power, tail), "The two interleaved: row j at 2 j."),
        array(
            "kExp64Polynomial",
            q64,
            f"q, lowest power first: |error| of 1 + r + r^2 q(r) at most {float(worst64):.2g}.",
        ),
        array("kExp32Polynomial", q32, f"The same for float32 results: {float(worst32):.2g}."),
        array(
            "kExpLessOne32Polynomial",
            less32,
            f"With a term more, for expm1: {float(worst_less32):.2g}.",
        ),
        scalar("kLogTwo", rounded(gmpy2.log(mpfr(2))), "ln 2."),
        *limits(),
    ]


if __name__ == "__main__":
    gmpy2.get_context().precision = PRECISION
    write_tables("exponential", "exp, exp2 and expm1", parts())
