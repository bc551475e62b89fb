"""Casting at every level, and the common dtype of two and of three."""

from __future__ import annotations

import itertools

from ..basics import Json
from ..context import Context, Section
from ..ledger import Subject
from .refusals import outcome_of
from .resolution import compare_cell

LEVELS = ("no", "equiv", "safe", "same_kind", "unsafe")


def _can_cast(context: Context) -> list[list[str]]:
    """Compares every cell at every level; the least level that allows each cast."""
    least = []
    for source in context.dtypes:
        row = []
        for target in context.dtypes:
            allowed = [_compare_level(context, source, target, level) for level in LEVELS]
            row.append(next((lv for lv, ok in zip(LEVELS, allowed, strict=True) if ok), "never"))
        least.append(row)
    return least


def _compare_level(context: Context, source: str, target: str, level: str) -> bool:
    ours, numpys = (
        outcome_of(lambda lib=lib: str(lib.can_cast(source, target, level)))  # type: ignore[misc]
        for lib in (context.library, context.oracle)
    )
    compare_cell(context, Subject("casting", types=f"{source} to {target}, {level}"), ours, numpys)
    return ours.text == "True"


def _promotion(context: Context) -> list[list[str]]:
    cells = []
    for first in context.dtypes:
        row = []
        for second in context.dtypes:
            ours = outcome_of(lambda: context.library.promote_types(first, second))
            numpys = outcome_of(lambda: context.oracle.promote_types(first, second))
            compare_cell(context, Subject("promotion", types=f"{first}, {second}"), ours, numpys)
            row.append("refused" if ours.error else ours.text)
        cells.append(row)
    return cells


def _result_types(context: Context) -> None:
    for triple in itertools.product(context.dtypes, repeat=3):
        ours = outcome_of(lambda: context.library.result_type(*triple))
        numpys = outcome_of(lambda: context.oracle.result_type(*triple))
        compare_cell(context, Subject("promotion", types=", ".join(triple)), ours, numpys)


def measure(context: Context) -> Section:
    casting: list[list[Json]] = _can_cast(context)
    promotion: list[list[Json]] = _promotion(context)
    _result_types(context)
    return {"dtypes": list(context.dtypes), "casting": casting, "promotion": promotion}
