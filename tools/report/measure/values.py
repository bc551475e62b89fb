"""What loops compute, bit for bit as NumPy, on special times special and on random inputs.

Approximate loops are held to their bound against correctly rounded results instead, which come with
the golden data.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ..basics import Array, error_text, tuple_text, value_text
from ..bits import canonical, differing, returns_an_input, shape_fault
from ..context import Context, Section
from ..corpus import Corpus, corpus, loop_corpus
from ..ledger import Subject
from ..library import Library
from ..oracle import NumpyLibrary
from ..spec import Loop
from .refusals import Outcome, outcome_of
from .ulp import ulp_distance

CHECK = "values"
SIGN_OF_ZERO = "sign of zero"


def numpys_outputs(oracle: NumpyLibrary, loop: Loop, inputs: Corpus) -> tuple[Array, ...]:
    with oracle.quiet():
        return oracle.call(loop.ufunc, *inputs.columns)


def zero_ties(columns: tuple[Array, ...], expected: Array, positions: Array) -> Array:
    """Which of the positions have operands that are zeros of both signs, and a zero result."""
    zeros = [column[positions] == 0 for column in columns]
    minus = [np.signbit(column[positions]) for column in columns]
    some_minus = np.logical_or.reduce([z & m for z, m in zip(zeros, minus, strict=True)])
    some_plus = np.logical_or.reduce([z & ~m for z, m in zip(zeros, minus, strict=True)])
    return np.asarray(some_minus & some_plus & (expected[positions] == 0))


def enter(
    context: Context,
    subject: Subject,
    columns: tuple[Array, ...],
    ours: Array,
    expected: Array,
    special: tuple[str, Callable[[Array], Array]] | None = None,
) -> None:
    """Enters one output column beside the expected one, element by element.

    special: a tag, and which of some positions it is for.
    """
    if fault := shape_fault(ours, expected):
        context.ledger.differs(subject, "the result", fault, "", count=len(expected))
        return
    wrong = differing(ours, expected)
    context.ledger.passed(subject, len(expected) - len(wrong))
    if not len(wrong):
        return
    tagged, tag = np.zeros(len(wrong), bool), SIGN_OF_ZERO
    if returns_an_input(columns, expected):
        tagged = zero_ties(columns, expected, wrong) & (ours[wrong] == 0)
    elif special is not None:
        tag, tagged = special[0], special[1](wrong)
    for positions, tags in ((wrong[tagged], [tag]), (wrong[~tagged], [])):
        if len(positions):
            first = int(positions[0])
            context.ledger.differs(
                subject, tuple_text(columns, first), value_text(ours[first]),
                value_text(expected[first]), tags=tags, count=len(positions),
            )  # fmt: skip


def outputs_or_none(
    context: Context, subject: Subject, loop: Loop, columns: Sequence[Array]
) -> tuple[Array, ...] | None:
    """The library's outputs; a refusal is entered as a difference."""
    try:
        with context.library.quiet():
            return context.library.call(loop.ufunc, *columns)
    except Exception as error:
        context.ledger.differs(
            subject, "the call", error_text(error), "results", count=len(columns[0])
        )
        return None


def _compare_exact(context: Context, loop: Loop) -> None:
    inputs = loop_corpus(loop, context.scale.values, exhaustive=True)
    _compare_outputs(context, loop, inputs, numpys_outputs(context.oracle, loop, inputs))


def _compare_function(context: Context, loop: Loop) -> None:
    """A loop of a ufunc that NumPy has as a function of another kind, with its parameters by name."""
    inputs = loop_corpus(loop, context.scale.values, exhaustive=True)
    function, names = context.oracle.function(loop.ufunc), context.parameters[loop.ufunc]
    main = len(inputs.columns) - len(names)
    with context.oracle.quiet():
        result = function(*inputs.columns[:main], **dict(zip(names, inputs.columns[main:], strict=True)))
    _compare_outputs(context, loop, inputs, (np.asarray(result),))


def _compare_outputs(context: Context, loop: Loop, inputs: Corpus, expected: Sequence[Array]) -> None:
    """Every target's outputs beside those that are expected."""
    for target in context.targets:
        context.library.use_target(target)
        subject = Subject(CHECK, loop.ufunc, loop.types, target)
        outputs = outputs_or_none(context, subject, loop, inputs.columns)
        for ours, numpys in zip(outputs or (), expected, strict=bool(outputs)):
            enter(context, subject, inputs.columns, ours, numpys)


def _answer(library: Library, loop: Loop, operands: Sequence[Array]) -> Outcome:
    """Whether a library has a result for one tuple."""

    def attempt() -> str:
        library.call(loop.ufunc, *operands)
        return "a result"

    with library.quiet():
        return outcome_of(attempt)


def _compare_refusals(context: Context, loop: Loop) -> None:
    """The special tuples one by one: a loop refuses those that NumPy refuses."""
    inputs = corpus(loop.operands, 0)
    for target in context.targets:
        context.library.use_target(target)
        subject = Subject(CHECK, loop.ufunc, loop.types, target)
        for index in range(inputs.special):
            operands = [column[index : index + 1] for column in inputs.columns]
            ours = _answer(context.library, loop, operands)
            numpys = _answer(context.oracle, loop, operands)
            if ours.agrees_with(numpys):
                context.ledger.passed(subject)
            else:
                case = tuple_text(inputs.columns, index)
                context.ledger.differs(subject, case, ours.text, numpys.text)


def _compare_rounded(context: Context, loop: Loop) -> None:
    """An approximate loop against the correctly rounded results of the golden data."""
    for recorded in context.golden.loops(loop.ufunc):
        if recorded.types.inputs != loop.inputs:
            continue
        columns = tuple(
            np.frombuffer(data, np.dtype(name).newbyteorder("<")).astype(name)
            for name, data in zip(loop.inputs, recorded.inputs.columns, strict=True)
        )
        dtype = np.dtype(loop.outputs[0])
        expected = np.frombuffer(recorded.outputs[0], dtype.newbyteorder("<")).astype(dtype)
        for target in context.targets:
            context.library.use_target(target)
            subject = Subject(CHECK, loop.ufunc, loop.types, target)
            outputs = outputs_or_none(context, subject, loop, columns)
            if outputs is not None:
                _enter_rounded(context, subject, loop, columns, outputs[0], expected)


def _enter_rounded(
    context: Context,
    subject: Subject,
    loop: Loop,
    columns: tuple[Array, ...],
    ours: Array,
    expected: Array,
) -> None:
    """A result may be a neighbour of the correctly rounded one; `accuracy` measures the bound."""
    if fault := shape_fault(ours, expected):
        context.ledger.differs(subject, "the result", fault, "", count=len(expected))
        return
    wrong = np.flatnonzero(ulp_distance(ours, expected) > 1)
    context.ledger.passed(subject, len(expected) - len(wrong))
    if len(wrong):
        first = int(wrong[0])
        context.ledger.differs(
            subject, tuple_text(columns, first), value_text(ours[first]),
            f"{value_text(expected[first])} or a neighbour", count=len(wrong),
        )  # fmt: skip


def _compare_parts(context: Context, loop: Loop) -> None:
    """A rounded loop over complex numbers beside NumPy's in a longer format: parts within the loop's bound."""
    inputs = loop_corpus(loop, context.scale.values, exhaustive=True)
    longer = [column.astype(np.clongdouble) for column in inputs.columns]
    with context.oracle.quiet():
        (exact,) = context.oracle.call(loop.ufunc, *longer)
        expected = exact.astype(loop.outputs[0])
    steps = np.floor(float(loop.accuracy or 0.0) + 0.5)
    for target in context.targets:
        context.library.use_target(target)
        subject = Subject(CHECK, loop.ufunc, loop.types, target)
        for ours in outputs_or_none(context, subject, loop, inputs.columns) or ():
            if fault := shape_fault(ours, expected):
                context.ledger.differs(subject, "the result", fault, "", count=len(expected))
                continue
            parts = [(canonical(side.real), canonical(side.imag)) for side in (ours, expected)]
            distance = np.maximum(*(ulp_distance(mine, true) for mine, true in zip(*parts, strict=True)))
            wrong = np.flatnonzero(distance > steps)
            context.ledger.passed(subject, len(expected) - len(wrong))
            if len(wrong):
                first = int(wrong[0])
                context.ledger.differs(
                    subject, tuple_text(inputs.columns, first), value_text(ours[first]),
                    f"{value_text(expected[first])} within {loop.accuracy} ULP", count=len(wrong),
                )  # fmt: skip


def _is_rounded_complex(loop: Loop) -> bool:
    kinds = {np.dtype(name).kind for name in loop.inputs}
    return kinds == {"c"} and loop.accuracy is not None and not loop.is_rounded_correctly


def measure(context: Context) -> Section:
    loops = context.loops()
    for loop in context.progress.track(loops, len(loops)):
        if _is_rounded_complex(loop):
            _compare_parts(context, loop)
        elif context.is_approximate(loop):
            _compare_rounded(context, loop)
        else:
            _compare_exact(context, loop)
        if loop.refuses:
            _compare_refusals(context, loop)
    for loop in context.function_loops():
        _compare_function(context, loop)
    return {}
