"""Casting at every level, and the common dtype of two and of three."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from ..basics import Json
from ..context import Context, Section
from ..ledger import Subject
from ..times import FURTHER_UNITS, UNITS, in_units
from .refusals import outcome_of
from .resolution import compare_cell

BY_ORDER = "depends on the order"
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
            row.append(_compare_promotion(context, first, second))
        cells.append(row)
    return cells


def _compare_promotion(context: Context, first: str, second: str) -> str:
    ours = outcome_of(lambda: context.library.promote_types(first, second))
    numpys = outcome_of(lambda: context.oracle.promote_types(first, second))
    compare_cell(context, Subject("promotion", types=f"{first}, {second}"), ours, numpys)
    return "refused" if ours.error else ours.text


def _result_types(context: Context) -> None:
    for triple in itertools.product(context.dtypes, repeat=3):
        ours = outcome_of(lambda: context.library.result_type(*triple))
        numpys = outcome_of(lambda: context.oracle.result_type(*triple))
        tags = [] if ours.agrees_with(numpys) or not _depends_on_order(context, triple) else [BY_ORDER]
        compare_cell(context, Subject("promotion", types=", ".join(triple)), ours, numpys, tags)


def _depends_on_order(context: Context, dtypes: Sequence[str]) -> bool:
    """Whether NumPy's common dtype does."""
    orders = itertools.permutations(dtypes)
    found = [outcome_of(lambda order=order: context.oracle.result_type(*order)) for order in orders]  # type: ignore[misc]
    return len({"refused" if outcome.error else outcome.text for outcome in found}) > 1


def _further_units(context: Context) -> None:
    """Promotion and casting of every pair of units beyond those of the tables."""
    pairs = list(itertools.product(in_units(context.names_of_dtypes, UNITS + FURTHER_UNITS), repeat=2))
    pairs = [pair for pair in pairs if not set(pair) <= set(context.dtypes)]
    for first, second in pairs:
        for level in LEVELS:
            _compare_level(context, first, second, level)
        _compare_promotion(context, first, second)


def measure(context: Context) -> Section:
    casting: list[list[Json]] = _can_cast(context)
    promotion: list[list[Json]] = _promotion(context)
    _result_types(context)
    _further_units(context)
    return {"dtypes": list(context.dtypes), "casting": casting, "promotion": promotion}
