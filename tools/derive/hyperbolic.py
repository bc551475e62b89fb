"""Derive the constants of sinh and cosh and write them to runtime/simd/hyperbolic_tables.h.

With the table of exp, |x| = k ln 2 / 16 + r, both functions are combinations of 2^(k/16), 2^(-k/16),
cosh r and sinh r. This script makes the polynomials cosh r = 1 + r^2 c(r^2) and sinh r = r + r^3
s(r^2) for |r| <= ln 2 / 32, and the last arguments with finite results.

Usage: python tools/derive/hyperbolic.py          (needs gmpy2)
"""

from __future__ import annotations

import gmpy2
from exponential import MARGIN, TABLE_SIZE, last_argument
from fitting import PRECISION, Function, array, evaluate, fit, rounded, scalar, write_tables
from gmpy2 import mpfr


def cosh_tail(square: mpfr) -> mpfr:
    """(cosh r - 1) / r^2 as a function of r^2, which may be negative: cosh(i t) is cos t."""
    if square == 0:
        return mpfr(1) / 2
    r = gmpy2.sqrt(abs(square))
    return ((gmpy2.cosh(r) if square > 0 else gmpy2.cos(r)) - 1) / square


def sinh_tail(square: mpfr) -> mpfr:
    """(sinh r - r) / r^3, likewise."""
    if square == 0:
        return mpfr(1) / 6
    r = gmpy2.sqrt(abs(square))
    return ((gmpy2.sinh(r) if square > 0 else gmpy2.sin(r)) / r - 1) / square


def polynomial(name: str, what: str, tail: Function, power: int, count: int, radius: mpfr) -> str:
    """The coefficients of a tail, whose error counts times r to a power."""
    coefficients, _ = fit(tail, count, radius**2)
    grid = [radius * i / 500 for i in range(1, 501)]
    worst = max(abs(r**power * (evaluate(coefficients, r * r) - tail(r * r))) for r in grid)
    return array(name, coefficients, f"{what}, lowest power first: |error| at most {float(worst):.2g}.")


def last(single: bool) -> str:
    top, digits = (128, 24) if single else (1024, 53)
    # Half of e^x, rounded to nearest; the other half of either function is far below.
    finite = gmpy2.log(2 * (mpfr(2) ** top - mpfr(2) ** (top - digits - 1)))
    return scalar(
        f"kSinh{32 if single else 64}Last",
        last_argument(finite, single, below=True),
        "Greatest argument with a finite result.",
        "float" if single else "double",
    )


def parts() -> list[str]:
    step = gmpy2.log(mpfr(2)) / TABLE_SIZE
    radius = step / 2 * MARGIN
    return [
        scalar("kExpStep", rounded(step), f"ln 2 / {TABLE_SIZE}."),
        polynomial("kCosh64Polynomial", "cosh r = 1 + r^2 c(r^2)", cosh_tail, 2, 3, radius),
        polynomial("kSinh64Polynomial", "sinh r = r + r^3 s(r^2)", sinh_tail, 3, 3, radius),
        polynomial("kCosh32Polynomial", "c for float32 results", cosh_tail, 2, 2, radius),
        polynomial("kSinh32Polynomial", "s for float32 results", sinh_tail, 3, 2, radius),
        last(single=False),
        last(single=True),
    ]


if __name__ == "__main__":
    gmpy2.get_context().precision = PRECISION
    write_tables("hyperbolic", "sinh and cosh", parts())
