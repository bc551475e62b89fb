"""The floating-point flags of every special tuple, each in a call of its own, beside the golden ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ..basics import FLAG_BITS, Array, error_text, flags_text, tuple_text
from ..context import Context, Section
from ..corpus import loop_corpus
from ..ledger import Subject
from ..library import FlagWatch, Library
from ..spec import Loop

CHECK = "flags"


def from_golden(types: Sequence[str], columns: Sequence[bytes], count: int) -> tuple[Array, ...]:
    """The first tuples of recorded columns."""
    return tuple(
        np.frombuffer(data, np.dtype(name).newbyteorder("<"))[:count].astype(name)
        for name, data in zip(types, columns, strict=True)
    )


def special_tuples(context: Context) -> Iterator[tuple[Loop, tuple[Array, ...], bytes]]:
    """Every recorded loop with its special inputs and their flags."""
    loops = {(loop.ufunc, loop.inputs): loop for loop in context.loops()}
    for recorded in context.golden.loops():
        loop = loops.get((recorded.ufunc, recorded.types.inputs))
        if loop is not None:
            inputs = recorded.inputs
            columns = from_golden(inputs.types, inputs.columns, inputs.special)
            yield loop, columns, recorded.flags


def raised_by_each(
    library: Library, watch: FlagWatch, ufunc: str, columns: tuple[Array, ...]
) -> Iterator[int]:
    """The flags of a call with one element, for each tuple."""
    for index in range(len(columns[0])):
        watch.raised = 0
        library.call(ufunc, *(column[index : index + 1] for column in columns))
        yield watch.raised


def tags_of(ours: int, numpys: int) -> list[str]:
    """`lacks underflow`, `adds invalid` ...: in which flags two sets differ."""
    return [
        f"{verb} {word}"
        for verb, flags in (("lacks", numpys & ~ours), ("adds", ours & ~numpys))
        for word, bit in FLAG_BITS.items()
        if flags & bit
    ]


def _compare(context: Context, loop: Loop, columns: tuple[Array, ...], recorded: bytes) -> None:
    for target in context.targets:
        context.library.use_target(target)
        subject = Subject(CHECK, loop.ufunc, loop.types, target)
        try:
            with context.library.watching() as watch:
                raised = list(raised_by_each(context.library, watch, loop.ufunc, columns))
        except Exception as error:
            context.ledger.differs(
                subject, "the call", error_text(error), "flags", count=len(recorded)
            )
            continue
        for index, (ours, numpys) in enumerate(zip(raised, recorded, strict=True)):
            if ours == numpys:
                context.ledger.passed(subject)
            else:
                case = tuple_text(columns, index)
                context.ledger.differs(
                    subject, case, flags_text(ours), flags_text(numpys), tags=tags_of(ours, numpys)
                )


def _compare_masked(context: Context, loop: Loop, columns: tuple[Array, ...]) -> None:
    """Elements that `where` leaves out raise nothing."""
    out = np.zeros(len(columns[0]), loop.results[0])
    nowhere = np.zeros(len(columns[0]), bool)
    for target in context.targets:
        context.library.use_target(target)
        subject = Subject(CHECK, loop.ufunc, loop.types, target)
        try:
            with context.library.watching() as watch:
                context.library.call(loop.ufunc, *columns, out=out, where=nowhere)
            raised = flags_text(watch.raised)
        except Exception as error:
            raised = error_text(error)
        context.ledger.compare(subject, "where=False everywhere", raised, "none")


def measure(context: Context) -> Section:
    count = len(context.loops())
    for loop, columns, recorded in context.progress.track(special_tuples(context), count):
        _compare(context, loop, columns, recorded)
    for loop in context.own_loops():
        if loop.flags and len(loop.outputs) == 1:
            _compare_masked(context, loop, loop_corpus(loop, 0).columns)
    return {}
