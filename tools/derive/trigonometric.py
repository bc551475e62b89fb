"""Derive the constants of sin, cos, tan and sinc: runtime/simd/trigonometric_tables.h.

x = k pi / 16 + r, |r| <= pi / 32, with k = 16 m + j, so that sin x = (-1)^m (S cos r + C sin r)
with the sine S and the cosine C of j pi / 16. This script makes the table of S, in two parts, pi /
16 in three parts, and the polynomials sin r = r + r^3 s(r^2), cos r = 1 + r^2 c(r^2) and tan r = r
+ r^3 t(r^2). C is S eight rows on, so the table has eight rows more.

For float32 x = n pi + r, |r| <= pi / 2, with pi in two parts and a longer polynomial; tan takes a
quotient of two polynomials on half of that.

For huge arguments there are the bits of 1 / (2 pi): 1136 after the point, as many as the greatest
double takes.

Usage: python tools/derive/trigonometric.py          (needs gmpy2)
"""

from __future__ import annotations

import gmpy2
from fitting import (
    PRECISION,
    array,
    evaluate,
    fit,
    interleaved,
    rounded,
    scalar,
    solve,
    total,
    write_tables,
)
from gmpy2 import mpfr

TABLE_SIZE = 16
# k r2 is exact, and x - k r1 - k r2 is where it cancels, for |k| < 2^24.
MIDDLE_BITS = 29
# n times the head is exact for |n| < 2^20, where n is a multiple of 1/2.
HEAD_BITS = 32
# k is the rounding of a rounded product: r may pass pi / 32 by a little.
MARGIN = 1 + 2.0**-10
# The words of zeros before the bits of 1 / (2 pi), and the words in all.
TURN_ZEROS = 1
TURN_WORDS = 20


def sine_tail(r: mpfr) -> mpfr:
    """(sin r - r) / r^3."""
    return (gmpy2.sin(r) - r) / r**3 if r != 0 else mpfr(-1) / 6


def cosine_tail(r: mpfr) -> mpfr:
    """(cos r - 1) / r^2."""
    return (gmpy2.cos(r) - 1) / r**2 if r != 0 else mpfr(-0.5)


def tangent_tail(r: mpfr) -> mpfr:
    """(tan r - r) / r^3."""
    return (gmpy2.tan(r) - r) / r**3 if r != 0 else mpfr(1) / 3


def sine_less_one(r: mpfr) -> mpfr:
    """(sin r / r - 1) / r^2."""
    return (gmpy2.sin(r) / r - 1) / r**2 if r != 0 else mpfr(-1) / 6


def fit_tangent(terms: int, radius: mpfr) -> tuple[list[mpfr], list[mpfr], mpfr]:
    """Polynomials p and q of r^2, both of 1 and more terms, for |r| <= radius, and their error.

    tan r = r p / q. Least squares of p - q tan r / r, weighted anew by the last q until the error
    of the quotient is what is weighed.
    """
    nodes = [radius * gmpy2.cos(gmpy2.const_pi() * (i + mpfr(0.5)) / 64) for i in range(32)]
    wanted = [gmpy2.tan(r) / r for r in nodes]
    powers = range(1, terms + 1)
    upper = lower = [mpfr(1)]
    for _ in range(4):
        rows = []
        for r, value in zip(nodes, wanted, strict=True):
            weight = 1 / (evaluate(lower, r * r) * value)
            row = [r ** (2 * i) for i in powers] + [-value * r ** (2 * i) for i in powers]
            rows.append([weight * entry for entry in [*row, value - 1]])
        places = range(2 * terms)
        matrix = [[total(row[i] * row[j] for row in rows) for j in places] for i in places]
        solution = solve(matrix, [total(row[i] * row[-1] for row in rows) for i in places])
        upper = [mpfr(1), *(rounded(c) for c in solution[:terms])]
        lower = [mpfr(1), *(rounded(c) for c in solution[terms:])]
    grid = [radius * i / 500 for i in range(1, 501)]
    worst = max(
        abs(r * evaluate(upper, r * r) / evaluate(lower, r * r) / gmpy2.tan(r) - 1) for r in grid
    )
    return upper, lower, worst


def turn_words() -> list[int]:
    with gmpy2.context(gmpy2.get_context(), precision=64 * TURN_WORDS + 64):
        scaled = mpfr(2) ** (64 * (TURN_WORDS - TURN_ZEROS)) / (2 * gmpy2.const_pi())
        bits = int(gmpy2.floor(scaled))
    return [bits >> (64 * i) & (1 << 64) - 1 for i in reversed(range(TURN_WORDS))]


def words(name: str, values: list[int], comment: str) -> str:
    lines = [f"// {comment}", f"inline constexpr std::uint64_t {name}[] = {{"]
    return "\n".join([*lines, *(f"    {value:#x}," for value in values), "};"])


def polynomial(name: str, what: str, fitted: tuple[list[mpfr], mpfr]) -> str:
    coefficients, worst = fitted
    comment = f"{what}, lowest power first: |error| at most {float(worst):.2g}."
    return array(name, coefficients, comment)


def parts() -> list[str]:
    pi = gmpy2.const_pi()
    step = pi / TABLE_SIZE
    head = rounded(step)
    middle = rounded(step - head, MIDDLE_BITS)
    exact = [gmpy2.sin(mpfr(j) * pi / TABLE_SIZE) for j in range(TABLE_SIZE * 3 // 2)]
    exact[0] = exact[TABLE_SIZE] = mpfr(0)
    sine = [rounded(value) for value in exact]
    tail = [rounded(value - rounded(value)) for value in exact]
    radius = step / 2 * MARGIN
    half_head = rounded(pi, HEAD_BITS)
    upper, lower, worst = fit_tangent(2, pi / 4 * MARGIN)
    return [
        scalar("kSteps", rounded(1 / step), f"{TABLE_SIZE} / pi."),
        scalar("kStepHead", head, f"pi / {TABLE_SIZE}."),
        scalar("kStepMiddle", middle, f"What the head leaves, to {MIDDLE_BITS} bits."),
        scalar("kStepTail", rounded(step - head - middle), "What these leave."),
        scalar("kStepLow", rounded(step - head), "What the head leaves, to 53 bits."),
        array("kSine", sine, f"sin(j pi / {TABLE_SIZE}) rounded."),
        array("kSineTail", tail, "What it lost."),
        array("kSineRows", interleaved(sine, tail), "The two interleaved: row j at 2 j."),
        polynomial("kSine64Polynomial", "(sin r - r) / r^3", fit(sine_tail, 4, radius, stride=2)),
        polynomial(
            "kCosine64Polynomial", "(cos r - 1) / r^2", fit(cosine_tail, 4, radius, stride=2)
        ),
        polynomial(
            "kTangent64Polynomial", "(tan r - r) / r^3", fit(tangent_tail, 6, radius, stride=2)
        ),
        scalar("kHalfTurns", rounded(1 / pi), "1 / pi."),
        scalar("kHalfTurnHead", half_head, f"pi to {HEAD_BITS} bits."),
        scalar("kHalfTurnTail", rounded(pi - half_head), "What the head leaves."),
        polynomial(
            "kSine32Polynomial",
            "(sin r / r - 1) / r^2 for |r| <= pi / 2",
            fit(sine_less_one, 5, pi / 2 * MARGIN, stride=2),
        ),
        array(
            "kTangent32Upper",
            upper,
            "p of tan r = r p(r^2) / q(r^2), |r| <= pi / 4: "
            f"|error / tan r| at most {float(worst):.2g}.",
        ),
        array("kTangent32Lower", lower, "q."),
        scalar("kPi", rounded(pi), "pi."),
        scalar("kPiLow", rounded(pi - rounded(pi)), "What that leaves."),
        words(
            "kTurnWords",
            turn_words(),
            f"The bits of 1 / (2 pi) after the point, behind {TURN_ZEROS} word of zeros.",
        ),
    ]


if __name__ == "__main__":
    gmpy2.get_context().precision = PRECISION
    write_tables("trigonometric", "trigonometry", parts(), includes=["<cstdint>"])
