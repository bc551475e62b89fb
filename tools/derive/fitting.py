"""What the programs of this folder share: fitting polynomials and writing tables as C++.

A function f(r) = r + r^2 q(r) is fitted in q, by least squares at Chebyshev nodes, which comes
within some ten per cent of the minimax polynomial, with the weight r^2, the effect of an error of q
on the result. The coefficients are rounded to double one after the other from the lowest, the rest
being fitted again each time, so that the others make good the rounding of one.
"""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterable, Sequence

import gmpy2
from gmpy2 import mpfr

TABLES = pathlib.Path(__file__).parents[2] / "runtime/simd"
PRECISION = 250
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


def fit(q: Function, count: int, radius: mpfr) -> tuple[list[mpfr], mpfr]:
    """`count` double coefficients of q for |r| <= radius and the greatest error of r^2 q(r)."""
    fixed: list[mpfr] = []
    for done in range(count):

        def rest(r: mpfr, known: tuple[mpfr, ...] = tuple(fixed)) -> mpfr:
            return q(r) - evaluate(known, r)

        free = least_squares(rest, range(done, count), radius)
        fixed.append(rounded(free[0]))
    grid = [radius * (i - 500) / 500 for i in range(1001)]
    worst = max(abs(r * r * (evaluate(fixed, r) - q(r))) for r in grid)
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


def interleaved(first: Sequence[mpfr | float], second: Sequence[mpfr | float]) -> list[mpfr]:
    """The two, alternating."""
    return [part for pair in zip(first, second, strict=True) for part in pair]


def write_tables(
    family: str, functions: str, parts: Iterable[str], headers: Sequence[str] = ()
) -> None:
    """Writes runtime/simd/<family>_tables.h, constants in namespace quern::<family>."""
    guard = f"QUERN_SIMD_{family.upper()}_TABLES_H_"
    banner = (
        f"// Constants of {functions}. "
        f"Written by tools/derive/{family}.py; change that, not this.\n"
        "// One value per line.\n// clang-format off\n"
        f"#ifndef {guard}\n#define {guard}\n"
    )
    includes = [f"#include <{header}>" for header in headers]
    opening, closing = f"namespace quern::{family} {{", f"}}  // namespace quern::{family}"
    body = "\n\n".join(["\n".join(includes)] * bool(includes) + [opening, *parts, closing])
    output = TABLES / f"{family}_tables.h"
    output.write_text(f"{banner}\n{body}\n\n#endif  // {guard}\n", encoding="utf-8")
