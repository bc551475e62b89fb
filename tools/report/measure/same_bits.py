"""The same bits on every target, in every layout, on any number of threads.

One hash per loop over a fixed corpus: the one of the least target, one element after another, on one
thread. Every other combination must give it too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..basics import Array, Json, error_text, tuple_text, value_text
from ..bits import differing, digest, shape_fault
from ..context import Context, Section
from ..corpus import HASHED, Corpus, corpus, loop_corpus
from ..layouts import CONTIGUOUS, LAYOUTS, Call
from ..ledger import Subject
from ..spec import Loop

CHECK = "same bits"
THREADS = (1, 2, 3, 7)

# Elements of a call that seven threads share: above seven times the least share of one.
SHARED_ELEMENTS = 7 * 66_000


@dataclass
class Matrix:
    """How many of the subjects gave their hash, by target and variant."""

    total: dict[str, dict[str, int]] = field(default_factory=dict)
    equal: dict[str, dict[str, int]] = field(default_factory=dict)

    def enter(self, target: str, variant: str, is_equal: bool) -> None:
        for counts, one in ((self.total, 1), (self.equal, int(is_equal))):
            row = counts.setdefault(target, {})
            row[variant] = row.get(variant, 0) + one

    def as_json(self) -> Json:
        return [
            {"target": target, "variant": variant, "total": total,
             "equal": self.equal[target][variant]}
            for target, row in self.total.items()
            for variant, total in row.items()
        ]  # fmt: skip


@dataclass(frozen=True)
class Variant:
    """A way to compute what the reference computed."""

    name: str
    run: Callable[[], Array]


def threads_name(threads: int) -> str:
    return f"{threads} thread" + ("s" if threads > 1 else "")


def enter_variant(
    context: Context,
    matrix: Matrix,
    subject: Subject,
    variant: Variant,
    reference: Array,
    inputs: tuple[Array, ...],
) -> None:
    """Runs one variant and enters whether it gave the reference's bits."""
    try:
        ours = variant.run()
        fault = shape_fault(ours, reference)
        wrong = np.arange(1) if fault else differing(ours, reference)
    except Exception as error:
        fault, wrong = error_text(error), np.arange(1)
    matrix.enter(subject.target, variant.name, len(wrong) == 0)
    if not len(wrong):
        context.ledger.passed(subject)
        return
    first = int(wrong[0])
    case = f"{variant.name}: {tuple_text(inputs, first) if inputs else f'element {first}'}"
    got = fault or f"{value_text(ours[first])}, hash {digest(ours)[:12]}"
    expected = f"{value_text(reference[first])}, hash {digest(reference)[:12]}"
    context.ledger.differs(subject, case, got, expected)


def _tiled(columns: tuple[Array, ...]) -> tuple[Array, ...]:
    """The columns over and over, to SHARED_ELEMENTS or just above."""
    times = -(-SHARED_ELEMENTS // len(columns[0]))
    return tuple(np.tile(column, times) for column in columns)


def folded(result: Array, count: int) -> Array:
    """The first `count` results if all later ones repeat them, else the first run that does not."""
    repeated = np.tile(result[:count], len(result) // count)
    wrong = differing(result, repeated)
    start = wrong[0] - wrong[0] % count if len(wrong) else 0
    return np.asarray(result[start : start + count])


def _variants(
    context: Context, call: Call, inputs: Corpus, wide: tuple[Array, ...]
) -> Iterator[Variant]:
    for layout in LAYOUTS:
        yield Variant(layout.name, lambda layout=layout: layout.run(call, inputs))  # type: ignore[misc]
    for threads in THREADS:

        def run(threads: int = threads) -> Array:
            context.library.use_threads(threads)
            try:
                return folded(call(*wide), inputs.count)
            finally:
                context.library.use_threads(1)

        yield Variant(threads_name(threads), run)


def _call_of(context: Context, loop: Loop, place: int) -> Call:
    """The loop's call as one that has the output at `place` alone."""

    def call(*operands: Any, out: Array | None = None, **keywords: Any) -> Array:
        if out is not None:
            outs = tuple(out if i == place else None for i in range(len(loop.outputs)))
            keywords["out"] = out if len(outs) == 1 else outs
        return context.library.call(loop.ufunc, *operands, **keywords)[place]

    return call


def _compare_output(
    context: Context, loop: Loop, place: int, wide: tuple[Array, ...], matrix: Matrix
) -> str | None:
    """The hash of one output; None if there is none."""
    inputs = loop_corpus(loop, HASHED)
    call = _call_of(context, loop, place)
    context.library.use_threads(1)
    context.library.use_target(context.targets[-1])
    subject = Subject(CHECK, loop.ufunc, loop.types, context.targets[-1])
    try:
        reference = CONTIGUOUS.run(call, inputs)
    except Exception as error:
        context.ledger.differs(subject, "the call", error_text(error), "results")
        return None
    for target in context.targets:
        context.library.use_target(target)
        subject = Subject(CHECK, loop.ufunc, loop.types, target)
        for variant in _variants(context, call, inputs, wide):
            enter_variant(context, matrix, subject, variant, reference, inputs.columns)
    return digest(reference)


def measure(context: Context) -> Section:
    matrix = Matrix()
    hashes = []
    wide: tuple[Array, ...] = ()
    wide_for: tuple[tuple[str, ...], bool] = ((), False)
    loops = context.own_loops()
    with context.library.quiet():
        for loop in context.progress.track(loops, len(loops)):
            if (loop.inputs, loop.refuses) != wide_for:
                wide = _tiled(loop_corpus(loop, HASHED).columns)
                wide_for = (loop.inputs, loop.refuses)
            found = [_compare_output(context, loop, place, wide, matrix) for place in range(len(loop.outputs))]
            if None not in found:
                hashes.append({"ufunc": loop.ufunc, "types": loop.types, "hash": " ".join(map(str, found))})
    return {
        "hashes": hashes,
        "matrix": matrix.as_json(),
        "layouts": {layout.name: layout.what for layout in LAYOUTS},
        "threads": list(THREADS),
        "shared_elements": SHARED_ELEMENTS,
        "elements": {name: corpus((name,), HASHED).count for name in context.loop_dtypes},
    }


