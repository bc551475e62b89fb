"""The special-value rows of the spec: results and flags of one-element calls."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..basics import SPEC_FLAG_BITS, Array, error_text, flags_text, value_text
from ..bits import canonical
from ..context import Context, Section
from ..ledger import Subject
from ..spec import Loop, SpecialRow
from ..times import NOT_A_TIME, counted, counts_time

CHECK = "special values"
REFUSED = "refused"  # the outputs of a row whose inputs the loop refuses
_BOOLEANS = {"true": True, "false": False}


def parse_value(text: str, dtype: str) -> Array:
    """One element from the spec's text: "true", "-128", "nan", "min", "0x1p-3" ..."""
    kind = np.dtype(dtype)
    if kind.kind == "b":
        return np.array([_BOOLEANS[text]])
    if kind.kind == "c":
        return np.array([complex(text)]).astype(kind)
    if counts_time(kind):
        return counted([NOT_A_TIME if text == "nat" else int(text)], kind)
    limits: Any = np.iinfo(kind) if kind.kind in "iu" else np.finfo(kind)
    if text in ("min", "max"):
        return np.array([getattr(limits, text)], kind)
    if kind.kind in "iu":
        return np.array([int(text)], kind)
    number = float.fromhex(text) if "0x" in text else float(text)
    return np.array([number], np.float64).astype(kind)


def _text(values: list[Array], flags: int) -> str:
    results = ", ".join(value_text(canonical(value)[0]) for value in values)
    return f"{results}; flags {flags_text(flags)}"


def _compare_row(context: Context, subject: Subject, loop: Loop, row: SpecialRow) -> None:
    inputs = [parse_value(t, d) for t, d in zip(row.inputs, loop.operands, strict=True)]
    refused = REFUSED in row.outputs
    texts = [] if refused else zip(row.outputs, loop.results, strict=True)
    outputs = [parse_value(t, d) for t, d in texts]
    flags = sum(SPEC_FLAG_BITS[word] for word in row.raises)
    case = f"({', '.join(row.inputs)}), {row.origin}"
    try:
        with context.library.watching() as watch:
            results = list(context.library.call(loop.ufunc, *inputs))
        ours = _text(results, watch.raised)
    except Exception as error:
        ours = REFUSED if refused and isinstance(error, ValueError) else error_text(error)
    context.ledger.compare(subject, case, ours, REFUSED if refused else _text(outputs, flags))


def measure(context: Context) -> Section:
    loops = [loop for loop in context.own_loops() if loop.special_values]
    for loop in context.progress.track(loops, len(loops)):
        for target in context.targets:
            context.library.use_target(target)
            for row in loop.special_values:
                subject = Subject(CHECK, loop.ufunc, loop.types, target)
                _compare_row(context, subject, loop, row)
    return {}
