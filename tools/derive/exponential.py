"""Derive the constants of exp and write them to runtime/simd/exponential_tables.h.

exp(x) = 2^m * 2^(j/16) * (1 + p(r)) with k = 16 m + j = round(16 x / ln 2) and
r = x - k ln 2 / 16, so |r| <= ln 2 / 32. This script makes the table of 2^(j/16), the two-part
ln 2 / 16, the polynomials p(r) = r + r^2 q(r) and the arguments at which results leave the normal
range.

The table holds 2^(j/16) rounded, with j taken off its exponent and upper fraction bits as
k = 16 m + j will be added there (both at bit 48), and beside it the relative error of that rounding.

q is fitted by least squares at Chebyshev nodes, which comes within some ten per cent of the minimax
polynomial, with the weight r^2, the effect of an error of q on the result. Its coefficients are
rounded to double one after the other from the lowest, the rest being fitted again each time, so that
the others make good the rounding of one.

Usage: python tools/derive/exponential.py          (needs gmpy2)
"""

from __future__ import annotations

import math
import pathlib
import struct
from collections.abc import Callable, Iterable, Sequence

import gmpy2
from gmpy2 import mpfr

OUTPUT = pathlib.Path(__file__).parents[2] / "runtime/simd/exponential_tables.h"
TABLE_SIZE = 16
# |k| < 2^15, so a head of 53 - 15 bits makes k * head exact.
HEAD_BITS = 38
# k is the rounding of a rounded product: r may pass ln 2 / 32 by a little.
MARGIN = 1 + 2.0**-10
NODES = 64

Function = Callable[[mpfr], mpfr]


def rounded(x: mpfr, bits: int = 53) -> mpfr:
    """x rounded to nearest with `bits` bits of precision."""
    with gmpy2.context(gmpy2.get_context(), precision=bits):
        return mpfr(x)


def total(terms: Iterable[mpfr]) -> mpfr:
    return sum(terms, mpfr(0))


def solve(matrix: list[list[mpfr]], right: list[mpfr]) -> list[mpfr]:
    """The solution of a linear system, by elimination with row pivots."""
    n = len(right)
    rows = [row + [value] for row, value in zip(matrix, right, strict=True)]
    for i in range(n):
        pivot = max(range(i, n), key=lambda r: abs(rows[r][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for r in range(n):
            if r != i:
                factor = rows[r][i] / rows[i][i]
                rows[r] = [a - factor * b for a, b in zip(rows[r], rows[i], strict=True)]
    return [rows[i][n] / rows[i][i] for i in range(n)]


def evaluate(coefficients: Sequence[mpfr], x: mpfr) -> mpfr:
    result = mpfr(0)
    for c in reversed(coefficients):
        result = result * x + c
    return result


def least_squares(target: Function, powers: Sequence[int], radius: mpfr) -> list[mpfr]:
    """Coefficients of the powers closest to `target` at Chebyshev nodes, errors weighted by r^2."""
    nodes = [radius * gmpy2.cos(gmpy2.const_pi() * (i + mpfr(0.5)) / NODES) for i in range(NODES)]
    weights = [r**4 for r in nodes]
    values = [target(r) for r in nodes]
    matrix = [
        [total(w * r ** (i + j) for w, r in zip(weights, nodes, strict=True)) for j in powers]
        for i in powers
    ]
    right = [
        total(w * r**i * v for w, r, v in zip(weights, nodes, values, strict=True)) for i in powers
    ]
    return solve(matrix, right)


def exp_tail(r: mpfr) -> mpfr:
    """(e^r - 1 - r) / r^2."""
    return (gmpy2.expm1(r) - r) / (r * r) if r != 0 else mpfr(0.5)


def fit(count: int, radius: mpfr) -> tuple[list[mpfr], mpfr]:
    """`count` double coefficients of q and the greatest error of r^2 q(r)."""
    fixed: list[mpfr] = []
    for done in range(count):

        def rest(r: mpfr, known: tuple[mpfr, ...] = tuple(fixed)) -> mpfr:
            return exp_tail(r) - evaluate(known, r)

        free = least_squares(rest, range(done, count), radius)
        fixed.append(rounded(free[0]))
    grid = [radius * (i - 500) / 500 for i in range(1001)]
    worst = max(abs(r * r * (evaluate(fixed, r) - exp_tail(r))) for r in grid)
    return fixed, worst


def literal(x: mpfr | float) -> str:
    """A hexadecimal float literal without trailing zeros."""
    digits, exponent = float(x).hex().split("p")
    return f"{digits.rstrip('0').rstrip('.') if '.' in digits else digits}p{exponent}"


def array(name: str, values: Sequence[mpfr | float], comment: str) -> str:
    lines = [f"// {comment}", f"inline constexpr double {name}[] = {{"]
    lines += [f"    {literal(value)}," for value in values]
    return "\n".join([*lines, "};"])


def scalar(name: str, value: mpfr | float, comment: str, kind: str = "double") -> str:
    suffix = "f" if kind == "float" else ""
    return f"// {comment}\ninline constexpr {kind} {name} = {literal(value)}{suffix};"


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


def render() -> str:
    step = gmpy2.log(mpfr(2)) / TABLE_SIZE
    head = rounded(step, HEAD_BITS)
    exact = [gmpy2.exp2(mpfr(j) / TABLE_SIZE) for j in range(TABLE_SIZE)]
    power = [minus_index(rounded(value), j) for j, value in enumerate(exact)]
    tail = [rounded((value - rounded(value)) / rounded(value)) for value in exact]
    radius = step / 2 * MARGIN
    q64, worst64 = fit(6, radius)
    q32, worst32 = fit(3, radius)
    pairs = [part for pair in zip(power, tail, strict=True) for part in pair]
    parts = [
        scalar("kExpSteps", rounded(1 / step), f"{TABLE_SIZE} / ln 2."),
        scalar("kExpStepHead", head, f"ln 2 / {TABLE_SIZE} to {HEAD_BITS} bits."),
        scalar("kExpStepTail", rounded(step - head), "What the head leaves."),
        array("kExpPower", power, f"2^(j/{TABLE_SIZE}) rounded, less j * 2^48 in its bits."),
        array("kExpTail", tail, "Relative error of that rounding."),
        array("kExpRows", pairs, "The two interleaved: row j at 2 j."),
        array(
            "kExp64Polynomial",
            q64,
            f"q, lowest power first: |error| of 1 + r + r^2 q(r) at most {float(worst64):.2g}.",
        ),
        array("kExp32Polynomial", q32, f"The same for float32 results: {float(worst32):.2g}."),
        *limits(),
    ]
    banner = (
        "// Constants of exp. Written by tools/derive/exponential.py; change that, not this.\n"
        "// One value per line.\n// clang-format off\n"
        "#ifndef QUERN_SIMD_EXPONENTIAL_TABLES_H_\n#define QUERN_SIMD_EXPONENTIAL_TABLES_H_\n"
    )
    opening, closing = "namespace quern::exponential {", "}  // namespace quern::exponential"
    body = "\n\n".join([opening, *parts, closing])
    return f"{banner}\n{body}\n\n#endif  // QUERN_SIMD_EXPONENTIAL_TABLES_H_\n"


if __name__ == "__main__":
    gmpy2.get_context().precision = 250
    OUTPUT.write_text(render(), encoding="utf-8")
