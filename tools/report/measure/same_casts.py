"""The same bits for every conversion, on every target, in the layouts that a conversion can meet."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

from .. import layouts
from ..basics import Array, Json, error_text
from ..bits import digest
from ..context import Context, Section
from ..corpus import HASHED, corpus
from ..ledger import Subject
from ..times import UNITS, counts_time_by_name, in_units
from .same_bits import Matrix, Variant, enter_variant

CHECK = "same bits, casts"

ARRANGEMENTS: dict[str, Callable[[Array], Array]] = {
    "contiguous": np.ascontiguousarray,
    "step 2": lambda column: layouts.stepped(column, 2),
    "reversed": layouts.reversed_memory,
    "misaligned": layouts.misaligned,
    "byte-swapped": layouts.swapped,
    "offset": layouts.offset,
    "rows of 16": lambda column: layouts.in_rows(column, 16, 5),
    "columns first": lambda column: np.asfortranarray(column.reshape(16, -1)),
}


def _compare(context: Context, source: str, target: str, matrix: Matrix) -> Json | None:
    column = corpus((source,), HASHED).columns[0]
    types = f"{source} -> {target}"

    def cast(arrange: Callable[[Array], Array]) -> Array:
        return context.library.astype(arrange(column), target).reshape(-1)

    context.library.use_target(context.targets[-1])
    try:
        reference = cast(np.ascontiguousarray)
    except Exception as error:
        subject = Subject(CHECK, types=types, target=context.targets[-1])
        context.ledger.differs(subject, "the cast", error_text(error), "results")
        return None
    for name in context.targets:
        context.library.use_target(name)
        subject = Subject(CHECK, types=types, target=name)
        for arrangement, arrange in ARRANGEMENTS.items():
            variant = Variant(arrangement, lambda arrange=arrange: cast(arrange))  # type: ignore[misc]
            enter_variant(context, matrix, subject, variant, reference, (column,))
    return {"ufunc": "astype", "types": types, "hash": digest(reference)}


def measure(context: Context) -> Section:
    matrix = Matrix()
    context.library.use_threads(1)
    # Kernels convert counts, whatever their unit; movers convert units.
    units = in_units(filter(counts_time_by_name, context.names_of_dtypes), UNITS)
    pairs = dict.fromkeys(itertools.chain(*(itertools.product(each, repeat=2) for each in (context.loop_dtypes, units))))
    with context.library.quiet():
        entries = [_compare(context, source, target, matrix) for source, target in pairs]
    return {"hashes": [e for e in entries if e is not None], "matrix": matrix.as_json()}
