"""The same elements in other places: how a corpus is laid out in memory before a call.

A layout gets a function to call and the operands' columns, and returns the results in the order of
the columns, whatever it did to them on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .basics import Array
from .corpus import UNIT, Corpus

Call = Callable[..., Array]


@dataclass(frozen=True)
class Layout:
    """name: as the report shows it; what: in a sentence; run: see above."""

    name: str
    what: str
    run: Callable[[Call, Corpus], Array]


def stepped(column: Array, step: int) -> Array:
    """A view of every `step`-th element of a larger buffer that holds the column's elements."""
    buffer = np.zeros(len(column) * step, column.dtype)
    view = buffer[::step]
    view[...] = column
    return view


def reversed_memory(column: Array) -> Array:
    return np.ascontiguousarray(column[::-1])[::-1]


def misaligned(column: Array) -> Array:
    """Elements that start one byte past where their dtype would have them."""
    buffer = np.zeros(column.nbytes + 1, np.uint8)
    view = buffer[1:].view(column.dtype)
    view[...] = column
    return view


def swapped(column: Array) -> Array:
    return column.astype(column.dtype.newbyteorder("S"))


def offset(column: Array) -> Array:
    """Elements that start at the fourth of a buffer."""
    buffer = np.zeros(len(column) + 8, column.dtype)
    view = buffer[3 : 3 + len(column)]
    view[...] = column
    return view


def in_rows(column: Array, width: int, gap: int) -> Array:
    """Rows of `width` elements with `gap` unused ones between them."""
    buffer = np.zeros((len(column) // width, width + gap), column.dtype)
    view = buffer[:, :width]
    view[...] = column.reshape(-1, width)
    return view


def _columnwise(arrange: Callable[[Array], Array]) -> Callable[[Call, Corpus], Array]:
    return lambda call, corpus: call(*map(arrange, corpus.columns)).reshape(-1)


def _columns_first(call: Call, corpus: Corpus) -> Array:
    """Operands in Fortran order, the last one in C order, so that no axis suits all."""
    blocks = [column.reshape(UNIT // 3, -1) for column in corpus.columns]
    orders = ["F"] * (len(blocks) - 1) + ["C" if len(blocks) > 1 else "F"]
    return call(
        *(np.array(b, order=o) for b, o in zip(blocks, orders, strict=True))  # type: ignore[call-overload]
    ).reshape(-1)


def _transposed(call: Call, corpus: Corpus) -> Array:
    """Three axes, stored last to first."""
    blocks = [column.reshape(4, -1, UNIT // 4) for column in corpus.columns]
    return call(*(np.ascontiguousarray(block.T).T for block in blocks)).reshape(-1)


def _broadcast(call: Call, corpus: Corpus) -> Array:
    """The grid of special values from one axis per operand; the rest as it stands."""
    rest = call(*(column[corpus.special :] for column in corpus.columns))
    if len(corpus.columns) == 1:
        column = corpus.columns[0][: corpus.special, np.newaxis]
        wide = call(np.broadcast_to(column, (corpus.special, UNIT)))
        return np.concatenate([wide[:, UNIT - 1], rest])
    axes = []
    for operand, column in enumerate(corpus.columns):
        block = column[: corpus.special].reshape(corpus.grid)
        along = tuple(slice(None) if k == operand else slice(1) for k in range(block.ndim))
        axes.append(np.array(block[along]))
    return np.concatenate([call(*axes).reshape(-1), rest])


def _masked(call: Call, corpus: Corpus) -> Array:
    """Two calls with `where`, the second of which fills what the first left out."""
    chosen = (np.arange(corpus.count) * 2654435761 >> 7) % 2 == 0
    out = np.zeros_like(call(*(column[:1] for column in corpus.columns)), shape=corpus.count)
    call(*corpus.columns, out=out, where=chosen)
    return call(*corpus.columns, out=out, where=~chosen)


def _scattered_out(call: Call, corpus: Corpus) -> Array:
    """Results into every third element of a larger array, back to front."""
    like = call(*(column[:1] for column in corpus.columns))
    out = np.zeros(corpus.count * 3, like.dtype)[::-3]
    return call(*corpus.columns, out=out)


def _in_place(call: Call, corpus: Corpus) -> Array:
    """Results over an operand of their dtype, where there is one."""
    like = call(*(column[:1] for column in corpus.columns))
    copies = [column.copy() for column in corpus.columns]
    for copy in copies:
        if copy.dtype == like.dtype:
            return call(*copies, out=copy)
    return call(*copies)


def _pieces(call: Call, corpus: Corpus) -> Array:
    """A call without axes, then calls of 1, 2, 3 ... elements."""
    whole: list[Any] = [call(*(column[0] for column in corpus.columns)).reshape(1)]
    start, length = 1, 1
    while start < corpus.count:
        whole.append(call(*(column[start : start + length] for column in corpus.columns)))
        start, length = start + length, length + 1
    return np.concatenate(whole)


CONTIGUOUS = Layout("contiguous", "one element after another", _columnwise(np.ascontiguousarray))

LAYOUTS: Sequence[Layout] = (
    CONTIGUOUS,
    Layout("step 2", "every second element", _columnwise(lambda column: stepped(column, 2))),
    Layout("reversed", "last element first", _columnwise(reversed_memory)),
    Layout("misaligned", "one byte off", _columnwise(misaligned)),
    Layout("byte-swapped", "the other byte order", _columnwise(swapped)),
    Layout("offset", "from the fourth element of a buffer", _columnwise(offset)),
    Layout("rows of 16", "16 elements, 5 unused, and again",
           _columnwise(lambda column: in_rows(column, 16, 5))),
    Layout("columns first", "two axes in Fortran order, one operand in C order", _columns_first),
    Layout("transposed", "three axes stored last to first", _transposed),
    Layout("broadcast", "operands along axes of their own", _broadcast),
    Layout("masked", "where= of density 0.5, twice", _masked),
    Layout("scattered out", "results to every third element, backwards", _scattered_out),
    Layout("in place", "results over an operand", _in_place),
    Layout("pieces", "no axes, then 1, 2, 3 ... elements a call", _pieces),
)  # fmt: skip
