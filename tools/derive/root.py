"""Derive the constants of cbrt and write them to runtime/simd/root_tables.h.

The bits of a positive double are its binary logarithm, linear between powers of two. A constant
less a third of the bits is therefore the inverse cube root y of x, some 3 % off. With r = 1 - x y^3
the inverse cube root is y (1 - r)^(-1/3) = y (1 + r (1/3 + r q(r))). This script makes the constant
for which r is largest on both sides alike, and the polynomials q.

Usage: python tools/derive/root.py          (needs gmpy2)
"""

from __future__ import annotations

import struct

import gmpy2
from fitting import PRECISION, array, fit, rounded, scalar, write_tables
from gmpy2 import mpfr

# A third of the upper half of the bits, as a factor that leaves it in the upper half of the product.
THIRD = 0x55555555
ONE = 0x3FF << 52
# The kernel's estimate of r is rounded, and its third is of fewer bits.
MARGIN = 1 + 2.0**-15


def double_of(bits: int) -> mpfr:
    return mpfr(struct.unpack("<d", struct.pack("<q", bits))[0])


def ends(start: int) -> tuple[mpfr, mpfr]:
    """The least and the greatest r for a constant: in a period of three octaves, x being 2^e (1 + f)
    with r as a function of f, which has its extremes at the ends of pieces and where the slope is 0."""
    least, greatest = mpfr(1), mpfr(-1)
    for i in range(3 * 4096):
        bits = ONE + (i << 40)
        y = double_of(start - bits // 3)
        r = 1 - double_of(bits) * y**3
        least, greatest = min(least, r), max(greatest, r)
    return least, greatest


def best_start() -> tuple[int, mpfr]:
    """The constant, a multiple of 2^32, and the radius of r."""
    low, high = 0x553 << 52, 0x555 << 52
    while high - low > 1 << 32:
        middle = (low + high) // 2 & ~0xFFFFFFFF
        least, greatest = ends(middle)
        # A greater constant means a greater y and a lesser r.
        if -least > greatest:
            high = middle
        else:
            low = middle
    least, greatest = ends(low)
    return low, max(-least, greatest) * MARGIN


def root_tail(r: mpfr) -> mpfr:
    """((1 - r)^(-1/3) - 1 - r / 3) / r^2."""
    if r == 0:
        return mpfr(2) / 9
    return (1 / gmpy2.cbrt(1 - r) - 1 - r / 3) / (r * r)


def parts() -> list[str]:
    start, radius = best_start()
    q64, worst64 = fit(root_tail, 5, radius)
    q32, worst32 = fit(root_tail, 7, radius)
    third = rounded(mpfr(1) / 3)
    return [
        f"// Less a third of x's bits, those of x^(-1/3) to within {float(radius) / 3:.2g}.\n"
        f"inline constexpr std::int64_t kRootStart = 0x{start:x};",
        f"// A third as a factor of 32-bit numbers.\n"
        f"inline constexpr std::uint32_t kRootThird = 0x{THIRD:x};",
        scalar("kThird", third, "1 / 3."),
        array(
            "kRoot64Polynomial",
            [third, *q64],
            "1 / 3 and q, lowest power first: |error| of (1 - r)^(-1/3) at most "
            f"{float(worst64):.2g} for |r| <= {float(radius):.3g}.",
        ),
        array(
            "kRoot32Polynomial", [third, *q32], f"The same for float32 results: {float(worst32):.2g}."
        ),
    ]


if __name__ == "__main__":
    gmpy2.get_context().precision = PRECISION
    write_tables("root", "cbrt", parts(), includes=["<cstdint>"])
