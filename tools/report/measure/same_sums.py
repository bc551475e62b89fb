"""The same bits for every reduction, along any axis, in any layout, on any number of threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .. import layouts
from ..basics import Array, Json, error_text
from ..bits import digest
from ..context import Context, Section
from ..ledger import Subject
from ..sequences import loop_sequence
from ..spec import Loop, Ufunc
from .reductions import reducing
from .same_bits import THREADS, Matrix, Variant, enter_variant, threads_name

CHECK = "same bits, reductions"

# Short, around the ends of blocks and lanes, several blocks. Multiples of 4 fold into two axes.
LENGTHS = (1, 2, 7, 100, 1_023, 1_025, 8_196, 12_000)
FOLDED_LENGTHS = (100, 8_196, 12_000)

# A reduction that seven threads share: one long sequence, or short ones in many columns.
SHARED_ELEMENTS = 7 * 66_000
ROWS = 200

Reduce = Callable[..., Array]


def _over_lengths(reduce: Reduce, arrange: Callable[[Array], tuple[Array, Any]]) -> Reduce:
    """One result per length, each from the sequence as `arrange` places it: array and axis."""

    def run(sequences: list[Array]) -> Array:
        results = []
        for values in sequences:
            array, axis = arrange(values)
            result = np.asarray(reduce(array, axis=axis)).reshape(-1)
            results.append(result[result.size // 2 : result.size // 2 + 1])
        return np.concatenate(results)

    return run


def _as_column(values: Array) -> tuple[Array, Any]:
    """The middle one of several columns, reduced down the rows."""
    return np.stack([values[::-1], values, values], axis=1), 0


def _as_row(values: Array) -> tuple[Array, Any]:
    return np.stack([values[::-1], values, values], axis=0), 1


def _as_wide_column(values: Array) -> tuple[Array, Any]:
    """The middle one of many columns, fewer if they are long, with a gap after each row."""
    width = 41 if len(values) < 2_000 else 9
    block = np.zeros((len(values), width + 3), values.dtype)
    block[:, width // 2] = values
    return block[:, :width], 0


def _as_columns_first(values: Array) -> tuple[Array, Any]:
    block, axis = _as_row(values)
    return np.asfortranarray(block), axis


ARRANGEMENTS: dict[str, Callable[[Array], tuple[Array, Any]]] = {
    "contiguous": lambda values: (values, 0),
    "step 2": lambda values: (layouts.stepped(values, 2), 0),
    "reversed": lambda values: (layouts.reversed_memory(values), 0),
    "misaligned": lambda values: (layouts.misaligned(values), 0),
    "byte-swapped": lambda values: (layouts.swapped(values), 0),
    "offset": lambda values: (layouts.offset(values), 0),
    "down a column": _as_column,
    "along a row": _as_row,
    "many columns": _as_wide_column,
    "columns first": _as_columns_first,
}

# Two axes reduced at once; only where the order of elements is free.
FOLDINGS: dict[str, Callable[[Array], tuple[Array, Any]]] = {
    "both axes": lambda values: (values.reshape(4, -1), (0, 1)),
    "all axes, columns first": lambda values: (np.asfortranarray(values.reshape(-1, 4)), None),
}


def _variants(
    reduce: Reduce, ufunc: Ufunc, dtype: str, loop: Loop
) -> Iterator[tuple[Variant, bool]]:
    """Each variant, and whether it runs over the folded lengths alone."""
    sequences = [loop_sequence(loop, dtype, length) for length in LENGTHS]
    for name, arrange in ARRANGEMENTS.items():
        run = _over_lengths(reduce, arrange)
        yield Variant(name, lambda run=run: run(sequences)), False  # type: ignore[misc]
    if ufunc.reorderable:
        folded = [loop_sequence(loop, dtype, length) for length in FOLDED_LENGTHS]
        for name, arrange in FOLDINGS.items():
            run = _over_lengths(reduce, arrange)
            yield Variant(name, lambda run=run: run(folded)), True  # type: ignore[misc]


def _shared(reduce: Reduce, values: Array, loop: Loop) -> Array:
    """The long sequence cut into columns; also whole, where the fold has a tree to be split by."""
    columns = reduce(values.reshape(ROWS, -1), axis=0)
    if loop.neutral is None:
        return columns
    return np.concatenate([reduce(values, axis=0).reshape(1), columns])


def _on_threads(context: Context, threads: int, run: Callable[[], Array]) -> Array:
    context.library.use_threads(threads)
    try:
        return run()
    finally:
        context.library.use_threads(1)


def _compare(context: Context, ufunc: Ufunc, dtype: str, loop: Loop, matrix: Matrix) -> Json | None:
    def reduce(array: Array, axis: Any) -> Array:
        return context.library.method(ufunc.name, "reduce", array, axis=axis)

    lowest = context.targets[-1]
    subject = Subject(CHECK, ufunc.name, loop.types, lowest)
    long = loop_sequence(loop, dtype, SHARED_ELEMENTS)
    context.library.use_target(lowest)
    try:
        plain = _over_lengths(reduce, ARRANGEMENTS["contiguous"])
        reference = plain([loop_sequence(loop, dtype, length) for length in LENGTHS])
        folded = reference[[LENGTHS.index(length) for length in FOLDED_LENGTHS]]
        shared = _shared(reduce, long, loop)
    except Exception as error:
        context.ledger.differs(subject, dtype, error_text(error), "results")
        return None
    for target in context.targets:
        context.library.use_target(target)
        subject = Subject(CHECK, ufunc.name, loop.types, target)
        for variant, is_folded in _variants(reduce, ufunc, dtype, loop):
            wanted = folded if is_folded else reference
            enter_variant(context, matrix, subject, variant, wanted, ())
        for threads in THREADS:
            variant = Variant(
                threads_name(threads),
                lambda threads=threads: _on_threads(  # type: ignore[misc]
                    context, threads, lambda: _shared(reduce, long, loop)
                ),
            )
            enter_variant(context, matrix, subject, variant, shared, ())
    return {
        "ufunc": ufunc.name, "types": f"{dtype} -> {loop.results[0]}",
        "hash": digest(reference, shared),
    }  # fmt: skip


def measure(context: Context) -> Section:
    matrix = Matrix()
    subjects = list(reducing(context))
    hashes = []
    context.library.use_threads(1)
    with context.library.quiet():
        for ufunc, dtype, loop in context.progress.track(subjects, len(subjects)):
            entry = _compare(context, ufunc, dtype, loop, matrix)
            if entry is not None:
                hashes.append(entry)
    return {"hashes": hashes, "matrix": matrix.as_json(), "lengths": list(LENGTHS)}
