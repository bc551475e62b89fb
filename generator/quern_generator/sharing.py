"""Loops whose machine code is the same run one kernel: of one ufunc, or of several of a family.

Sharing ends at the family, so that an edit of one ufunc changes the kernels and tables of its own
family alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from .expression import text_of, words_in
from .model import DType, Loop, Ufunc
from .reference import parse_value
from .vocabulary import OperationWord


WHOLE = ("signed", "unsigned")


def share_code(ufuncs: Sequence[Ufunc], operations: Mapping[str, OperationWord]) -> list[Ufunc]:
    """Points loops at an earlier one of their ufunc, or else of their family, whose machine code is the same."""
    first: dict[tuple[object, ...], str] = {}
    shared = {
        loop.kernel: first.setdefault(code_key(loop, operations), loop.kernel)
        for ufunc in ufuncs
        for loop in ufunc.loops
    }
    for ufunc in ufuncs:
        for loop in ufunc.loops:
            if loop.computed_by is None:
                continue
            if loop.core is not None:  # its operands are converted by the call
                shared[loop.kernel] = shared[loop.computed_by]
            elif shared[loop.kernel] == loop.kernel:  # a kernel stands beside those that it computes
                shared[loop.computed_by] = loop.computed_by
    return [replace(ufunc, loops=tuple(_pointed(loop, shared[loop.kernel]) for loop in ufunc.loops)) for ufunc in ufuncs]


def _pointed(loop: Loop, kernel: str) -> Loop:
    return loop if kernel == loop.kernel else replace(loop, same_code_as=kernel)


def code_key(loop: Loop, operations: Mapping[str, OperationWord]) -> tuple[object, ...]:
    """What decides the machine code of a loop: of one that reads no input, its value. Widths stand for whole
    numbers whose signs no operation sees. A loop that another dtype computes rounds with its own flags."""
    if loop.core is not None:
        by_width = loop.core.signless
        types = [dtype.bits if by_width and dtype.kind in WHOLE else dtype.name for dtype in loop.types]
        return loop.family, loop.core.name, *types
    if any(body.result == "constant" for body in loop.bodies):
        return loop.family, text_of(loop.bodies)
    words = set().union(*map(words_in, loop.bodies))
    signless = all(word in operations and operations[word].signless for word in words)

    def lanes(dtype: DType) -> object:
        if dtype.is_time:
            return "time"
        return dtype.bits if signless and not dtype.significand else dtype.name

    outputs = tuple(
        "mask" if body.result == "mask" else lanes(dtype) for body, dtype in zip(loop.bodies, loop.outputs)
    )
    neutral: object = loop.neutral
    if signless and neutral is not None:
        value = parse_value(str(neutral), loop.outputs[0])
        neutral = value & ((1 << loop.outputs[0].bits) - 1) if isinstance(value, int) else neutral
    inputs = tuple(map(lanes, loop.inputs))
    rounding = loop.declared_flags if loop.computed_by is not None else None
    return loop.family, text_of(loop.bodies), inputs, outputs, neutral, loop.reduces, rounding
