"""Derive the constants of arctan, arctan2, arcsin and arccos: inverse_trigonometric_tables.h.

The angle of (x, y), both positive, is that of (15 - j, j) and what remains, u, with tan u = (15 -
j) y - j x over (15 - j) x + j y; j is near 15 y / (x + y), so |u| is at most 0.08. This script
makes the table of these 16 angles in two parts, and of the same in the second quadrant, pi / 2
more, and the polynomial arctan t = t + t^3 p(t^2). For float32, which has no table, another serves
all |t| <= 1.

arcsin s = s + s^3 p(s^2) for |s| <= 1/2; beyond that and for arccos s comes from half the angle.

Usage: python tools/derive/inverse_trigonometric.py          (needs gmpy2)
"""

from __future__ import annotations

from collections.abc import Callable

import gmpy2
from fitting import PRECISION, array, fit, interleaved, rounded, scalar, write_tables
from gmpy2 import mpfr

TABLE_SIZE = 16
# The greatest |tan u|, with the error of an approximate j.
RADIUS = 0.08


def tail_of(function: Callable[[mpfr], mpfr], first: mpfr) -> Callable[[mpfr], mpfr]:
    """(f(t) - t) / t^3, where it is `first` at 0."""
    return lambda t: (function(t) - t) / t**3 if t != 0 else first


def polynomial(name: str, what: str, fitted: tuple[list[mpfr], mpfr]) -> str:
    coefficients, worst = fitted
    return array(name, coefficients, f"{what}: |error| at most {float(worst):.2g}.")


def table(name: str, values: list[mpfr], comment: str) -> list[str]:
    head = [rounded(value) for value in values]
    tail = [rounded(value - rounded(value)) for value in values]
    return [
        array(f"k{name}", head, comment),
        array(f"k{name}Tail", tail, "What it lost."),
        array(f"k{name}Rows", interleaved(head, tail), "The two interleaved: row j at 2 j."),
    ]


def parts() -> list[str]:
    last = TABLE_SIZE - 1
    right = gmpy2.const_pi() / 2
    angles = [gmpy2.atan2(mpfr(j), mpfr(last - j)) for j in range(TABLE_SIZE)]
    arctan = tail_of(gmpy2.atan, mpfr(-1) / 3)
    arcsin = tail_of(gmpy2.asin, mpfr(1) / 6)
    return [
        *table("Angle", angles, f"arctan2(j, {last} - j)."),
        *table("Obtuse", [angle + right for angle in angles], "pi / 2 more."),
        polynomial(
            "kArctan64Polynomial",
            f"(arctan t - t) / t^3, |t| <= {RADIUS}, lowest power first",
            fit(arctan, 6, mpfr(RADIUS), stride=2),
        ),
        polynomial(
            "kArctan32Polynomial",
            "(arctan t - t) / t^3, |t| <= 1",
            fit(arctan, 12, mpfr(1), stride=2),
        ),
        polynomial(
            "kArcsin64Polynomial",
            "(arcsin t - t) / t^3, |t| <= 1/2",
            fit(arcsin, 13, mpfr(0.5), stride=2),
        ),
        polynomial(
            "kArcsin32Polynomial",
            "The same for float32 results",
            fit(arcsin, 7, mpfr(0.5), stride=2),
        ),
        scalar("kRightAngle", rounded(right), "pi / 2."),
        scalar("kRightAngleTail", rounded(right - rounded(right)), "What that lost."),
    ]


if __name__ == "__main__":
    gmpy2.get_context().precision = PRECISION
    write_tables("inverse_trigonometric", "angles", parts())
